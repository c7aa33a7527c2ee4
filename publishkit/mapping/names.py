"""Names of files and folders, of what a lab calls things."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

__all__ = ["folder_name", "step_name"]

_LONGEST: Final = 60
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""What Windows takes for devices."""
_LETTERS: Final = {"\u00df": "ss", "\u00e6": "ae", "\u00f8": "o", "\u0142": "l", "\u00b5": "u"}
_LOST: Final = re.compile(r"[^\w\s./\\:,;()\u0300-\u036f-]|[^\W\x00-\x7f]|^-|-$")
"""What of a name is left out and is more than a separator or an accent."""


def _plain(text: str) -> str:
    """Letters, digits, dashes and underscores that every file system and every archive keeps."""
    letters = unicodedata.normalize("NFKD", _spelt(text)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", letters).strip("-_")[:_LONGEST].rstrip("-_")


def _spelt(text: str) -> str:
    return "".join(_LETTERS.get(letter, letter) for letter in text)


def folder_name(text: str) -> str:
    """What the folder of a record is called; '' where nothing is left of the text.

    Where something is left out that may tell it from another, a sum of the text does.
    """
    plain = _plain(text)
    if _RESERVED.fullmatch(plain):
        return f"record-{plain}"
    letters = unicodedata.normalize("NFKD", _spelt(text.strip()))
    if plain and (_LOST.search(letters) or len(text) > _LONGEST):
        return f"{plain}-{hashlib.sha256(text.strip().encode()).hexdigest()[:8]}"
    return plain


def step_name(number: int, count: int, type_: str, name: str) -> str:
    """What the file of a step is called: its place among so many, its type and its name."""
    width = max(2, len(str(count)))
    parts = dict.fromkeys(filter(None, (_plain(type_), _plain(name))))
    return "-".join((f"{number:0{width}}", *parts))
