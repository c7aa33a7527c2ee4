"""Days, moments and durations, as people write them."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["check_format", "day", "moment", "seconds", "zone"]

_PARTS: Final = re.compile(r"\s*(\d{1,6}):(\d{1,2})(?::(\d{1,2}(?:\.\d{1,9})?))?\s*", re.ASCII)
_SIXTY: Final = 60
_SAMPLE: Final = dt.datetime(2024, 12, 31, 13, 14, 15, tzinfo=dt.UTC)


def check_format(format_: str | None) -> None:
    """Make sure that something can be read by a format. Raises ValueError."""
    if format_ is None:
        return
    if "%" not in format_:
        raise ValueError(f'"{format_}" has no parts such as %Y, %m and %d')
    try:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of no year
            read = dt.datetime.strptime(_SAMPLE.strftime(format_), format_)  # noqa: DTZ007 - tried
    except ValueError as error:
        raise ValueError(f'"{format_}" is no format of dates') from error
    if read.date() != _SAMPLE.date():  # Python would make it a day of 1900, or the first of a month
        raise ValueError(f'"{format_}" does not say the year, the month and the day')


def day(text: str, format_: str | None) -> str:
    """A day as `YYYY-MM-DD`. Raises ValueError where it is none."""
    return _read(text, format_, "no date").date().isoformat()


def moment(text: str, format_: str | None, where: ZoneInfo | None) -> str:
    """A moment as ISO 8601 has it. Raises ValueError where it is none."""
    found = _read(text, format_, "no date with a time")
    if found.tzinfo is None and where:
        found = found.replace(tzinfo=where)
        if found.astimezone(dt.UTC).astimezone(where).replace(tzinfo=None) != found.replace(
            tzinfo=None
        ):
            raise ValueError(f"no time that a clock in {where} showed: it was put forward then")
    return found.isoformat()


def _read(text: str, format_: str | None, otherwise: str) -> dt.datetime:
    try:
        if format_:
            return dt.datetime.strptime(text.strip(), format_)  # noqa: DTZ007 - as it is written
        return dt.datetime.fromisoformat(text.strip())
    except ValueError:
        how = f"as {format_}" if format_ else "as ISO 8601 has it; a format says how it is written"
        raise ValueError(f"{otherwise} {how}") from None


def zone(name: str) -> ZoneInfo:
    """The time zone of a name. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'there is no time zone "{name}"; such as Europe/Rome') from None


def seconds(text: str, format_: str) -> float:
    """The seconds of a duration that is written in parts. Raises ValueError."""
    found = _PARTS.fullmatch(text)
    three = format_.count(":") > 1
    if not found or bool(found[3]) != three:
        raise ValueError(f"no duration as {format_}")
    first, second, third = int(found[1]), int(found[2]), float(found[3] or 0)
    if second >= _SIXTY or third >= _SIXTY:
        raise ValueError("a duration with a part of 60 or more")
    if three:
        return (first * _SIXTY + second) * _SIXTY + third
    return float((first * _SIXTY + second) * (_SIXTY if format_ == "hh:mm" else 1))
