"""Tables: how results show themselves in a notebook, and in columns in a terminal."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from publishkit.text import clean, linkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Anchor", "Cells", "Results", "Stream", "Tabular", "html_table", "streamed", "tabled"]

T = TypeVar("T", bound="Tabular")
P = ParamSpec("P")

MOST: Final = 1000
"""Rows that a notebook shows of one result."""
PEEK: Final = 20
"""Rows that a notebook shows of what is still coming."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Text that leads to an address."""

    text: str
    url: str


Cells = Mapping[str, str | Anchor]
"""What a result says in a table: headings and what stands below them; '' says nothing."""


class Tabular(ABC):
    """Something that is a row of a table, and shows as one in a notebook."""

    __slots__ = ()

    @abstractmethod
    def cells(self) -> Cells:
        """What it says, by headings."""

    def _repr_html_(self) -> str:
        return html_table([self.cells()])


class Results(list[T]):
    """A list whose items show as a table in a notebook."""

    def _repr_html_(self) -> str:
        more = f"and {len(self) - MOST} more" if len(self) > MOST else ""
        return html_table([one.cells() for one in self[:MOST]], more)

    def __repr__(self) -> str:
        return "[" + ",\n ".join(_in_words(one.cells()) for one in self) + "]"


class Stream(Iterator[T]):
    """Items that come when they are asked for; a notebook shows the first, and loses none."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._seen: deque[T] = deque()

    def __next__(self) -> T:
        return self._seen.popleft() if self._seen else next(self._items)

    def __repr__(self) -> str:
        return "<results that come when they are asked for: use for or list()>"

    def _repr_html_(self) -> str:
        self._seen.extend(islice(self._items, PEEK + 1 - len(self._seen)))
        more = "and more: go through it with for or list()" if len(self._seen) > PEEK else ""
        return html_table([one.cells() for one in islice(self._seen, PEEK)], more)


def tabled(function: Callable[P, list[T]]) -> Callable[P, Results[T]]:
    """Let what a function gives show as a table."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Results[T]:
        return Results(function(*args, **kwargs))

    return call


def streamed(function: Callable[P, Iterator[T]]) -> Callable[P, Stream[T]]:
    """Let what a generator gives show as a table."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Stream[T]:
        return Stream(function(*args, **kwargs))

    return call


def html_table(rows: Iterable[Cells], more: str = "") -> str:
    """A table in HTML, in which nothing of what the rows say is obeyed.

    Args:
        rows: Columns that are empty in all of them are left out.
        more: A line below.
    """
    listed = list(rows)
    if not listed:
        return "<p>none</p>"
    headings = [h for h in dict.fromkeys(h for row in listed for h in row) if _any(listed, h)]
    top = "".join(f'<th style="text-align: left">{_safe(one)}</th>' for one in headings)
    lines = ("".join(_cell(row.get(one, "")) for one in headings) for row in listed)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    below = f"<p>{_safe(more)}</p>" if more else ""
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{below}"


def _any(rows: Iterable[Cells], heading: str) -> bool:
    return any(row.get(heading) for row in rows)


def _cell(cell: str | Anchor) -> str:
    return f'<td style="text-align: left">{_shown(cell)}</td>'


def _shown(cell: str | Anchor) -> str:
    if not isinstance(cell, Anchor):
        return _safe(cell)
    if not linkable(cell.url):  # javascript: and the like
        return _safe(cell.text)
    address = html.escape(cell.url, quote=True)
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{_safe(cell.text)}</a>'


def _safe(text: str) -> str:
    return html.escape(clean(text), quote=True)


def _in_words(cells: Cells) -> str:
    texts = (f"{one.text} {one.url}" if isinstance(one, Anchor) else one for one in cells.values())
    return "  ".join(clean(text) for text in texts if text)
