"""Lists in columns, for somebody who looks at a terminal; in a pipe they stay one line each."""

from __future__ import annotations

import shutil
import sys
from itertools import islice
from typing import TYPE_CHECKING, Final

import click

from publishkit.showing.ink import Ink, is_terminal
from publishkit.tables import Anchor
from publishkit.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from publishkit.tables import Cells, Tabular

__all__ = ["in_columns", "show_columns", "show_rows"]

_PORTION: Final = 50
"""Rows that are looked at together; the first set the widths."""
_WHOLE: Final = frozenset({"id", "deposit", "DOI", "target"})
"""Columns that are never cut, since they are typed elsewhere."""
_LEAST: Final = 8
_GAP: Final = "  "


def in_columns(*, as_json: bool, quiet: bool) -> bool:
    """Whether to print columns: somebody looks at a terminal and did not ask for anything else."""
    return is_terminal(sys.stdout) and not (as_json or quiet)


def show_columns(items: Iterable[Tabular]) -> bool:
    """Print items as they come, portion by portion; whether there was any."""
    return show_rows(item.cells() for item in items)


def show_rows(rows: Iterable[Cells]) -> bool:
    """Print rows; whether there was any."""
    left = iter(rows)
    widths: dict[str, int] = {}
    ink = Ink.of(sys.stdout)
    while portion := list(islice(left, _PORTION)):
        if not widths:
            widths = _widths(portion)
            heading = {name: name for name in widths}
            click.echo(ink.paint("".join(_line(heading, widths, Ink())), "dim"), color=True)
        for row in portion:
            click.echo("".join(_line(row, widths, ink)), color=True)
    return bool(widths)


def _widths(rows: Sequence[Cells]) -> dict[str, int]:
    """The width of each column that says anything, so that a line fits where that can be."""
    from rich.cells import cell_len

    names = dict.fromkeys(name for row in rows for name, cell in row.items() if _text(cell))
    widths = {
        name: max(cell_len(name), *(cell_len(_text(row.get(name, ""))) for row in rows))
        for name in names
    }
    place = shutil.get_terminal_size().columns - 1 - len(_GAP) * (len(widths) - 1)
    while sum(widths.values()) > place:
        others = {name: width for name, width in widths.items() if name not in _WHOLE}
        widest = max(others, key=others.__getitem__, default="")
        if not widest or widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    return widths


def _line(row: Cells, widths: Mapping[str, int], ink: Ink) -> Iterator[str]:
    from rich.cells import cell_len

    for number, (name, width) in enumerate(widths.items()):
        cell = row.get(name, "")
        text = _cut(_text(cell), width) if name not in _WHOLE else _text(cell)
        yield _GAP if number else ""
        yield ink.link(text, cell.url) if isinstance(cell, Anchor) else text
        if number < len(widths) - 1:
            yield " " * (width - cell_len(text))


def _text(cell: str | Anchor) -> str:
    return clean(cell.text if isinstance(cell, Anchor) else cell)


def _cut(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    encoding = getattr(sys.stdout, "encoding", None) or ""
    mark = "…" if encoding.lower().startswith("utf") else "~"
    return set_cell_size(text, width - 1) + mark
