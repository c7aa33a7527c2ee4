"""CSV files and spreadsheets with a row for each step."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Final

from publishkit.errors import ConfigError
from publishkit.mapping.export import as_json
from publishkit.mapping.extras import needs
from publishkit.smallfiles import read_small

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from openpyxl.cell import Cell, MergedCell
    from openpyxl.workbook import Workbook
    from pydantic import JsonValue

    from publishkit.mapping.export import Row
    from publishkit.mapping.model import Source

__all__ = ["read_csv", "read_spreadsheet"]

_LARGEST: Final = 50_000_000
_DELIMITERS: Final = ",;\t|"
_ADVICE: Final = "Correct it there, or export it again."


def read_csv(path: Path, source: Source) -> list[Row]:
    """The rows of a CSV file, by the names in its first line; cells are text.

    Raises:
        ConfigError: It cannot be read, or is no table.
    """
    text = _text(path, source.encoding)
    delimiter = source.delimiter or _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise _wrong(path, f"line {reader.line_num}: {error}") from error
    if not lines:
        raise _wrong(path, "it is empty")
    (_, names), *rows = lines
    columns = _columns(path, names)
    for number, cells in rows:
        if len(cells) != len(columns):
            said = f"line {number} has {len(cells)} cells, the first line {len(columns)}"
            raise _wrong(path, said)
    return [dict(zip(columns, cells, strict=True)) for _, cells in rows]


def _text(path: Path, encoding: str) -> str:
    try:
        data = read_small(path, _LARGEST)
        return data.decode("utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding)
    except OSError as error:
        raise _wrong(path, f"it cannot be read: {error.strerror}") from error
    except LookupError as error:
        raise ConfigError(
            f"there is no encoding {encoding}",
            advice="Let source.encoding be one such as utf-8 or cp1252.",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not in {encoding}", advice="Name its encoding in source.encoding: cp1252."
        ) from error


def _delimiter(text: str) -> str:
    """What stands most often in the first line."""
    first = text.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _columns(path: Path, names: Iterable[str]) -> list[str]:
    columns = [name.strip() for name in names]
    twice = [name for name, count in Counter(columns).items() if count > 1 and name]
    if twice:
        raise _wrong(path, f"it has two columns called {twice[0]}")
    if not all(columns):
        raise _wrong(path, f"column {columns.index('') + 1} has no name in the first line")
    return columns


def read_spreadsheet(path: Path, source: Source) -> tuple[list[Row], list[Row]]:
    """The rows of the sheet with the steps, and of the one with the processes.

    Formulas count as what they gave when the file was saved last.

    Raises:
        ConfigError: It cannot be read, or has no such sheet.
    """
    with needs():
        import openpyxl
    try:
        data = read_small(path, _LARGEST)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except OSError as error:
        raise _wrong(path, f"it cannot be read: {error.strerror or error}") from error
    except Exception as error:  # openpyxl raises whatever zip and XML do
        raise _wrong(path, "it is no spreadsheet in the format xlsx") from error
    steps = list(_rows(path, book, source.sheet or _only_sheet(path, book)))
    processes = list(_rows(path, book, source.process_sheet)) if source.process_sheet else []
    return steps, processes


def _only_sheet(path: Path, book: Workbook) -> str:
    if len(book.sheetnames) == 1:
        return book.sheetnames[0]
    raise ConfigError(
        f"{path} has the sheets {', '.join(book.sheetnames)}",
        advice="Name the one with the steps in source.sheet.",
    )


def _rows(path: Path, book: Workbook, name: str) -> Iterator[Row]:
    if name not in book.sheetnames:
        raise ConfigError(
            f"{path} has no sheet {name}; it has {', '.join(book.sheetnames)}",
            advice="Name one of them in source.sheet or source.process_sheet.",
        )
    rows = book[name].iter_rows()
    lines = (cells for cells in rows if any(one.value is not None for one in cells))
    first = next(lines, ())
    filled = [number for number, one in enumerate(first) if one.value is not None]
    columns = _columns(path, [str(first[number].value) for number in filled])
    for cells in lines:
        for number, one in enumerate(cells):
            if one.value is not None and number not in filled:
                raise _wrong(path, f"{one.coordinate} is in a column without a name")
        yield {
            column: _cell(path, cells[number] if number < len(cells) else None, column)
            for column, number in zip(columns, filled, strict=True)
        }


def _cell(path: Path, cell: Cell | MergedCell | None, column: str) -> JsonValue:
    if cell is None:
        return None
    if cell.data_type == "e":  # else it would count as text
        raise _wrong(path, f"{cell.coordinate} in the column {column} has the error {cell.value}")
    try:
        return as_json(cell.value)
    except ValueError as error:
        raise _wrong(path, f"in the column {column}: {error}") from error


def _wrong(path: Path, message: str) -> ConfigError:
    return ConfigError(f"the export {path} is no table: {message}", advice=_ADVICE)
