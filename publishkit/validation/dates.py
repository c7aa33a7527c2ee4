"""Dates as InvenioRDM takes them: EDTF level 0, checked by the library that it uses."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from threading import Lock
from time import struct_time
from typing import TYPE_CHECKING

from publishkit.model import as_day
from publishkit.validation.node import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit.errors import Problem
    from publishkit.validation.node import Node

__all__ = ["date_problem", "date_rules", "embargo_rules"]

_ADVICE = 'write "2024-05-17", "2024-05", "2024" or an interval such as "2024-01/2024-03"'
_PLAIN = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_EUROPEAN = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", re.ASCII)
_LOOSE = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[T ].*)?", re.ASCII)
# pyparsing, under edtf, fails at random when two threads parse at once.
_parsing = Lock()


def date_rules(metadata: Node) -> Iterator[Problem]:
    """`publication_date` and `dates`."""
    if (node := metadata["publication_date"]).text:
        yield from _checked(node, times=False)
    for entry in metadata["dates"].each():
        if (node := entry["date"]).text:
            yield from _checked(node, times=True)


def _checked(node: Node, *, times: bool) -> Iterator[Problem]:
    if found := date_problem(node.text, times=times):
        yield node.error(*found)


@lru_cache(maxsize=4096)
def date_problem(text: str, *, times: bool) -> tuple[str, str] | None:
    """What is wrong with a date, and what would be right; None for a good one.

    Args:
        text: The date, such as `2024-05` or `2024-01/2024-03`.
        times: Whether a time of day is possible.
    """
    if plain := _PLAIN.fullmatch(text):
        year, month, day = (int(part or 1) for part in plain.groups())
        return None if _exists(year, month, day) else (f"{shown(text)} does not exist", _ADVICE)
    if ".." in text:  # at which the library stumbles, and prints
        return f"{shown(text)} has no beginning or no end", _ADVICE
    import edtf  # slow to import, seldom needed
    from edtf.parser.edtf_exceptions import EDTFParseException  # as above

    try:
        with _parsing:
            found = edtf.parse_edtf(text)
            known = isinstance(found, (edtf.Date, edtf.Interval, edtf.DateAndTime))
            bounds = (found.lower_strict(), found.upper_strict()) if known else ()
    except (EDTFParseException, ValueError, TypeError):
        return f"{shown(text)} is not a date", _proposal(text) or _ADVICE
    if isinstance(found, edtf.DateAndTime) and not times:
        return f"{shown(text)} has a time of day", f'write "{text[:10]}"'
    if not bounds or isinstance(found, edtf.Season):
        return f"{shown(text)} is EDTF, but above the level 0 that archives take", _ADVICE
    return _wrong_bounds(text, *bounds)


def _wrong_bounds(text: str, first: object, last: object) -> tuple[str, str] | None:
    """InvenioRDM 13.1.2 answers 500 to years before 1, and where one end is open."""
    if not (isinstance(first, struct_time) and isinstance(last, struct_time)):
        return f"{shown(text)} has no beginning or no end", _ADVICE
    if first.tm_year < 1:
        return f"{shown(text)} is before the year 1", _ADVICE
    return (
        (f"{shown(text)} ends before it begins", "exchange the two dates") if last < first else None
    )


def _exists(year: int, month: int, day: int) -> bool:
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def _proposal(text: str) -> str:
    """The same day in the right form, where there is only one way to read it."""
    if loose := _LOOSE.fullmatch(text):
        year, month, day = (int(part) for part in loose.groups())
    elif european := _EUROPEAN.fullmatch(text):
        day, month, year = (int(part) for part in european.groups())
        if day <= 12 and day != month:  # noqa: PLR2004 - could be a month as well
            return ""
    else:
        return ""
    return f'write "{year:04}-{month:02}-{day:02}"' if _exists(year, month, day) else ""


def embargo_rules(record: Node, today: dt.date) -> Iterator[Problem]:
    """What InvenioRDM asks of `access.embargo`, whichever files it is about.

    Args:
        record: The whole record.
        today: In UTC, as the server counts.
    """
    embargo = record["access"]["embargo"]
    until = embargo["until"]
    end = as_day(until.text)
    if embargo["active"].value is True:
        if until.value is None:
            yield until.error("an active embargo needs an end", 'write the day, "YYYY-MM-DD"')
        elif end and end <= today:
            yield until.error(
                f"the embargo's end, {end}, is not in the future",
                "write a later day, or leave the embargo out",
            )
    elif end and end > today:
        yield embargo["active"].error(
            f"the embargo until {end} is not active", 'write "active": true, or leave it out'
        )
