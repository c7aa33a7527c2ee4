"""Colours and links in what is printed, where it goes to somebody who can see them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from publishkit.text import linkable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Ink", "colours", "is_terminal"]

_CODES: Final = {"red": 31, "green": 32, "yellow": 33, "cyan": 36, "dim": 2, "bold": 1}
_DUMB: Final = frozenset({"dumb", "unknown"})
_NO_LINKS: Final = frozenset({"linux"})
"""Linux's own console shows the bytes of a link."""


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether somebody looks at a stream, in a terminal that obeys commands."""
    try:
        there = stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False
    return there and os.environ.get("TERM", "").lower() not in _DUMB


def colours(environment: Mapping[str, str] | None = None) -> bool | None:
    """Whether to print colours: as NO_COLOR, FORCE_COLOR and TERM say; None asks the stream."""
    said = os.environ if environment is None else environment
    if said.get("NO_COLOR"):
        return False
    if said.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return False if said.get("TERM", "").lower() in _DUMB else None


@dataclass(frozen=True, slots=True)
class Ink:
    """What may be used on a stream."""

    coloured: bool = False
    links: bool = False

    @classmethod
    def of(cls, stream: IO[str] | None) -> Ink:
        """What a stream takes."""
        there = is_terminal(stream)
        wish = colours()
        return cls(there if wish is None else wish, there and _knows_links())

    def paint(self, text: str, colour: str | None) -> str:
        """A text in a colour."""
        code = _CODES.get(colour or "")
        return f"\x1b[{code}m{text}\x1b[0m" if code and self.coloured else text

    def link(self, text: str, url: str) -> str:
        """A text that leads somewhere when it is clicked (OSC 8); harmless text already."""
        if not (self.links and linkable(url)):
            return text
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"


def _knows_links() -> bool:
    if sys.platform == "win32":  # the old console shows the bytes
        return "WT_SESSION" in os.environ
    return os.environ.get("TERM", "").lower() not in _NO_LINKS
