"""Finds out what kind an export is, and reads it."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from publishkit.errors import ConfigError, RecordError
from publishkit.mapping import databases
from publishkit.mapping.export import as_json, of_document, of_rows
from publishkit.mapping.tables import read_csv, read_spreadsheet
from publishkit.smallfiles import read_small
from publishkit.validation.reading import read_json

if TYPE_CHECKING:
    from publishkit.mapping.export import Export, Row
    from publishkit.mapping.model import Source

__all__ = ["Given", "is_database", "read_export"]

Given = str | Path | Mapping[str, JsonValue] | Sequence[Mapping[str, JsonValue]]
"""A file, the URL of a database, a document as JSON has it, or the rows of a table."""

_MOST: Final = 50_000_000
"""Bytes of a document."""
_TABLES: Final = frozenset({".csv", ".tsv", ".txt"})
_SPREADSHEETS: Final = frozenset({".xlsx", ".xlsm"})


def is_database(export: Given) -> bool:
    """Whether an export is the URL of a database."""
    return isinstance(export, str) and "://" in export


def read_export(export: Given, source: Source, values: Mapping[str, str]) -> Export:
    """Read an export.

    Args:
        export: What it is.
        source: Where things are in it.
        values: What stands for `:name` in the queries of a database.

    Raises:
        ConfigError: It cannot be read.
        RecordError: It is no JSON.
        TemporaryError: The database does not answer.
    """
    if not isinstance(export, str | Path):
        return _of_data(export, source)
    if is_database(export):
        rows, processes = databases.read_database(str(export), source, values)
        return of_rows(rows, source, databases.name_of(str(export)), processes)
    if values:
        raise ConfigError("only the queries of a database take values", advice="Leave --param out.")
    return _of_file(Path(export), source)


def _of_data(export: object, source: Source) -> Export:
    """What a program gives, be it with the times and decimals of a database in it."""
    try:
        if isinstance(export, Mapping):
            return of_document(as_json(export), source, "process")
        if isinstance(export, Iterable):
            return of_rows([_row(one) for one in export], source, "process")
    except (ValueError, RecursionError) as error:
        why = "they are nested too deep" if isinstance(error, RecursionError) else str(error)
        raise ConfigError(
            f"the exported data cannot be mapped: {why}", advice="Give data as JSON has them."
        ) from error
    raise ConfigError(
        "the export is neither a file, a URL nor data",
        advice="Give a document as JSON has it, or the rows of a table.",
    )


def _row(value: object) -> Row:
    if not isinstance(value, Mapping):
        raise ValueError(f"a row is {type(value).__name__}, and no object with columns")  # noqa: TRY004 - as all that cannot be mapped
    return {str(key): as_json(one) for key, one in value.items()}


def _of_file(path: Path, source: Source) -> Export:
    kind = path.suffix.lower()
    if kind in _TABLES:
        return of_rows(read_csv(path, source), source, path.stem)
    if kind in _SPREADSHEETS:
        rows, processes = read_spreadsheet(path, source)
        return of_rows(rows, source, path.stem, processes)
    if kind == ".json":
        return of_document(_document(path), source, path.stem)
    raise ConfigError(
        f"it is not known what kind of export {_shown(path)} is",
        advice="Give a .json, .csv, .tsv or .xlsx file, or the URL of a database.",
    )


def _shown(path: Path) -> str:
    """Without the password of what was meant to be a URL."""
    return re.sub(r":[^:]*@", ":***@", str(path))


def _document(path: Path) -> JsonValue:
    try:
        data = read_small(path, _MOST)
    except OSError as error:
        large = error.errno == errno.EFBIG
        raise ConfigError(
            f"the export {path} cannot be read: {error.strerror}",
            advice="Export fewer processes at a time." if large else "Check the path.",
        ) from error
    value, problems = read_json(data, _MOST)
    if problems:
        raise RecordError(problems, f"the export {path} cannot be used", advice="Export it again.")
    return value
