"""On which lines of a JSON document its parts stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from publishkit.validation.reading import join

__all__ = ["line_of", "lines"]

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+|\n', re.DOTALL)


def lines(text: str) -> dict[str, int]:
    """The line, from 1, on which each part begins, by its JSON path; an item's is its key's.

    Of what is no JSON, some parts.
    """
    walk = _Walk()
    for word in _TOKEN.finditer(text):
        walk.take(word[0])
    return walk.found


def line_of(path: str, found: dict[str, int]) -> int | None:
    """The line of a path or, where it is missing, of the nearest part that it should be in."""
    while path and path not in found:
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return found.get(path)


@dataclass(slots=True)
class _Open:
    """An object or a list that is not closed yet."""

    path: str
    count: int | None
    """How many items a list has so far; None for an object."""
    key: str | None = None
    """The key in an object whose value comes next."""


@dataclass(slots=True)
class _Walk:
    found: dict[str, int] = field(default_factory=dict)
    open: list[_Open] = field(default_factory=list)
    line: int = 1

    def take(self, word: str) -> None:
        """Go on by one word."""
        if word == "\n":
            self.line += 1
        elif word in {"}", "]"}:
            self.open = self.open[:-1]
            self._passed()
        elif word == ",":
            self._passed(comma=True)
        elif word != ":":
            self._value(word)

    def _passed(self, *, comma: bool = False) -> None:
        """A value is complete, or the next one begins."""
        if not self.open:
            return
        self.open[-1].key = None
        if comma and self.open[-1].count is not None:
            self.open[-1].count += 1

    def _value(self, word: str) -> None:
        here = self.open[-1] if self.open else None
        if here and here.count is None and here.key is None:
            here.key = _text(word)
            self.found[join(here.path, here.key)] = self.line
            return
        path = ""
        if here:
            path = f"{here.path}[{here.count}]" if here.key is None else join(here.path, here.key)
        self.found.setdefault(path, self.line)
        if word in {"{", "["}:
            self.open.append(_Open(path, None if word == "{" else 0))


def _text(word: str) -> str:
    """A key as JSON reads it."""
    import json

    try:
        return str(json.loads(word))
    except ValueError:
        return word
