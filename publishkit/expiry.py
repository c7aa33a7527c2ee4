"""When access ends, as users say it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from publishkit.errors import ConfigError

__all__ = ["as_time", "in_months"]

_SPAN: Final = re.compile(r"(\d{1,5})\s*d(ays?)?", re.IGNORECASE | re.ASCII)
_MONTHS: Final = 12


def as_time(when: str | dt.date | dt.datetime, *, now: dt.datetime | None = None) -> dt.datetime:
    """The moment that is meant, in UTC: the beginning of a day unless a time is given.

    Args:
        when: A day (`2026-12-31`), a time with its zone, or a number of days from now (`30d`).
        now: Instead of the present.

    Raises:
        ConfigError: It is none of these, has no time zone, or is over.
    """
    now = now or dt.datetime.now(dt.UTC)
    meant = _meant(when.strip() if isinstance(when, str) else when, now)
    if meant.tzinfo is None:
        raise ConfigError(
            f"{when} has no time zone", advice="Write it with one, such as 2026-12-31T12:00Z."
        )
    meant = meant.astimezone(dt.UTC)
    if meant <= now:
        raise ConfigError(f"{when} is over", advice="Give a day that is to come, or 30d.")
    return meant


def _meant(when: str | dt.date, now: dt.datetime) -> dt.datetime:
    if isinstance(when, dt.datetime):
        return when
    try:
        if isinstance(when, dt.date):
            return _start(when)
        if span := _SPAN.fullmatch(when):
            # by whole days, so that the same words within a day mean the same
            return _start(now.date() + dt.timedelta(days=int(span[1])))
        found = dt.datetime.fromisoformat(when)
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"{when} is neither a day nor a time",
            advice="Write 2026-12-31, 2026-12-31T12:00Z or, for days from now, 30d.",
        ) from error
    return _start(found.date()) if len(when) <= len("2026-12-31") else found


def _start(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)


def in_months(months: int, *, today: dt.date | None = None) -> dt.date:
    """The day so many months from today (in UTC), or the last of its month.

    Raises:
        ConfigError: It is not to come, or beyond the calendar.
    """
    today = today or dt.datetime.now(dt.UTC).date()
    year, month = divmod(today.year * _MONTHS + today.month - 1 + months, _MONTHS)
    if months < 1 or year > dt.MAXYEAR:
        raise ConfigError(f"an embargo of {months} months makes no sense", advice="Give 1 or more.")
    for day in range(today.day, 27, -1):
        try:
            return dt.date(year, month + 1, day)
        except ValueError:  # no such day in that month
            continue
    return dt.date(year, month + 1, min(today.day, 28))
