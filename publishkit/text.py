"""Words and figures for people."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["amount", "clean", "duration", "linkable", "natural", "near", "plural", "size"]

_STEP = 1000.0
_MINUTE = 60


def clean(text: str) -> str:
    """Text that cannot steer a terminal: control characters in it are shown, not obeyed."""
    return "".join(
        c if unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp"} or c == "\u200d" else "\ufffd"
        for c in text.replace("\n", " ").replace("\t", " ")
    )


def linkable(url: str) -> bool:
    """Whether an address can be the target of a link: nothing in it that would do more."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return False
    return scheme in {"http", "https", "file"} and all("!" <= c <= "~" for c in url)


def near(path: Path) -> str:
    """A path as seen from the current folder, where that is shorter."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def size(nbytes: float) -> str:
    """A number of bytes, such as `1.2 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(nbytes) < _STEP:
            return f"{nbytes:.0f} B" if unit == "B" else f"{nbytes:.1f} {unit}"
        nbytes /= _STEP
    return f"{nbytes:.1f} TB"


def amount(done: float, total: float) -> str:
    """How much of something is there, such as `1.2 of 4.5 MB`."""
    begin, end = size(done), size(total)
    figure, _, unit = begin.partition(" ")
    return f"{figure if end.endswith(f' {unit}') else begin} of {end}"


def duration(seconds: float) -> str:
    """A time span, such as `0:05`, `12:34` or `1:02:03`."""
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def plural(number: int, word: str) -> str:
    """A count with its word, such as `2 files`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def natural(parts: Iterable[str]) -> list[tuple[list[tuple[bool, int, str]], str]]:
    """A key by which 10 comes after 2, and letters after digits."""
    return [([_rank(run) for run in _runs(part)], part) for part in parts]


def _rank(run: str) -> tuple[bool, int, str]:
    return (False, int(run), "") if run.isdecimal() else (True, 0, run.casefold())


def _runs(part: str) -> list[str]:
    return [run for run in re.split(r"(\d{1,18})", part) if run]
