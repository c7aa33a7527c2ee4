"""Figures as people read them."""

from __future__ import annotations

from typing import Final

__all__ = ["count", "human_size"]

_ROUNDED_UP: Final = 999.5
"""What rounds to 1000 is said in the next unit."""


def human_size(size: int) -> str:
    """A number of bytes with a unit of powers of 1000: `12.3 MB`."""
    figure, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while figure >= _ROUNDED_UP and len(units) > 1:
        figure /= 1000
        units.pop(0)
    return f"{figure:.3g} {units[0]}"


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 file`, `1,204 files`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
