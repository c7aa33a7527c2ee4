"""The known word that somebody probably meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["fold", "nearest"]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word of `known` most like `word`, first by its letters and digits alone, or None."""
    folded = {fold(candidate): candidate for candidate in sorted(known)}
    if (exact := folded.get(fold(word))) is not None:
        return exact
    close = difflib.get_close_matches(fold(word), folded, n=1, cutoff=0.7)
    return folded[close[0]] if close else None


def fold(word: str) -> str:
    """Letters and digits in lower case: `isSupplementTo`, `Is supplement to` become one."""
    return "".join(char for char in word.casefold() if char.isalnum())
