"""Words and figures for people."""

from __future__ import annotations

import unicodedata
from pathlib import Path

__all__ = ["clean", "near", "plural", "size"]

_STEP = 1000.0


def clean(text: str) -> str:
    """Text that cannot steer a terminal: control characters in it are shown, not obeyed."""
    return "".join(
        c if unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp"} or c == "\u200d" else "\ufffd"
        for c in text.replace("\n", " ").replace("\t", " ")
    )


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


def plural(number: int, word: str) -> str:
    """A count with its word, such as `2 files`."""
    return f"{number} {word}{'' if number == 1 else 's'}"
