"""Physical quantities, as pint knows them, with bounds on what it is given."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from publishkit.mapping.extras import needs

if TYPE_CHECKING:
    from pint import Unit, UnitRegistry

__all__ = ["as_unit", "convert", "factor_differs", "number_of", "quantity_of"]

_LONGEST: Final = 60
_SIGNIFICANT: Final = 15
"""Digits: what a conversion adds beyond them is noise."""
_NUMBER: Final = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_QUANTITY: Final = re.compile(rf"\s*({_NUMBER})\s*(.*?)\s*", re.ASCII | re.DOTALL)
_UNIT: Final = re.compile(r"[^\W\d_](?:[\w\s*/^().\u00b7\u00b2\u00b3%\u00b0-])*|[%\u00b0].*|1/.*")
_POWER_OF_NUMBER: Final = re.compile(r"\d\s*(?:\*\*|\^)|(?:\*\*|\^)\s*-?\s*(?:\d{2}|\()")
"""What would take long to work out, and is no unit."""
_PLAIN: Final = {"\u00b0C": "degC", "\u00b0F": "degF", "\u2103": "degC", "%": "percent"}
_SIGNS: Final = {"\u00b7": "*", "\u00b2": "**2", "\u00b3": "**3", "^": "**"}


def number_of(text: str) -> float | None:
    """The number that a text is, or None."""
    return float(text) if re.fullmatch(rf"\s*{_NUMBER}\s*", text, re.ASCII) else None


def quantity_of(text: str) -> tuple[float, str]:
    """The number and the unit, '' if there is none, in a text. Raises ValueError."""
    found = _QUANTITY.fullmatch(text)
    if not found or len(text) > _LONGEST:
        raise ValueError("no number with a unit")
    return float(found[1]), found[2]


@cache
def as_unit(text: str) -> Unit:
    """The unit that is written so. Raises ValueError where there is none."""
    written = _PLAIN.get(text, text)
    for sign, plain in _SIGNS.items():
        written = written.replace(sign, plain)
    odd = len(text) > _LONGEST or not _UNIT.fullmatch(text) or _POWER_OF_NUMBER.search(written)
    try:
        if odd:
            raise ValueError(text)  # noqa: TRY301 - as what pint does not know
        return _registry().parse_units(written)
    except Exception as error:  # pint raises errors of many kinds, syntax errors among them
        if isinstance(error, ImportError):
            raise
        raise ValueError(f'there is no unit "{text[:_LONGEST]}"') from None


def convert(number: float, from_: Unit, to: Unit) -> float:
    """A number in another unit. Raises ValueError where the units do not fit."""
    import pint

    if from_ == to and math.isfinite(number):
        return float(number)  # not rounded
    try:
        made = float(_registry().Quantity(number, from_).to(to).magnitude)
    except (pint.PintError, ArithmeticError) as error:
        raise ValueError(f"in {from_:~} it cannot be had in {to:~}") from error
    if not math.isfinite(made):
        raise ValueError(f"in {to:~} it is too large")
    return float(f"{made:.{_SIGNIFICANT}g}")


def factor_differs(one: str, other: str) -> bool:
    """Whether the same number means something else in two units. Raises ValueError."""
    first, second = as_unit(one), as_unit(other)
    if not first.is_compatible_with(second):
        return True
    return not all(math.isclose(convert(n, first, second), n) for n in (1.0, 2.0))


@cache
def _registry() -> UnitRegistry[float]:
    with needs():
        import pint
    return pint.UnitRegistry()
