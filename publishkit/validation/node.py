"""A place in a JSON document: its value, whatever that is, and its path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishkit.errors import Problem, Severity
from publishkit.validation.reading import join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

__all__ = ["Node", "shown"]

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Node:
    """Rules read a document through this, so that what has a wrong shape is simply not there.

    Wrong shapes are named by `publishkit.validation.shape`, at the same time.
    """

    value: JsonValue
    path: str = ""

    def __getitem__(self, key: str) -> Node:
        """What an object has under `key`; a node without a value if it is not there."""
        inner = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(inner, join(self.path, key))

    def each(self) -> Iterator[Node]:
        """The objects in a list."""
        if isinstance(self.value, list):
            for number, item in enumerate(self.value):
                if isinstance(item, dict):
                    yield Node(item, f"{self.path}[{number}]")

    def keys(self) -> list[str]:
        """The keys of an object."""
        return list(self.value) if isinstance(self.value, dict) else []

    @property
    def text(self) -> str:
        """Text without blanks around it; empty if this is no text."""
        return self.value.strip() if isinstance(self.value, str) else ""

    def error(self, message: str, advice: str = "") -> Problem:
        """A problem at this place."""
        return Problem(self.path, message, advice)

    def warning(self, message: str, advice: str = "") -> Problem:
        """A lesser problem at this place."""
        return Problem(self.path, message, advice, Severity.WARNING)


def shown(value: object) -> str:
    """A value in a message: short, and never the content of a whole object."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
