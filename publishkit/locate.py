"""Where a job's deposit is: found, made, or made to follow another.

Before an id is kept the marker finds the deposit, so that none is made twice.
"""

from __future__ import annotations

import logging
import secrets
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from publishkit.abilities import Versions
from publishkit.comparing import is_same
from publishkit.errors import (
    AuthenticationError,
    LostAnswerError,
    NotFoundError,
    RejectedError,
    UnsupportedError,
)
from publishkit.progress import Activity
from publishkit.refusals import gone
from publishkit.repository import Deposit, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publishkit.job import Job
    from publishkit.repository import Meter, Repository
    from publishkit.row import Row

__all__ = ["follow", "locate", "look"]

log = logging.getLogger("publishkit")

OF_ONE_VERSION = frozenset({"isidenticalto", "isnewversionof"})
"""Relations that a deposit's next version does not inherit."""
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 4.0
"""Seconds between looks."""
_FRESH: Mapping[str, Any] = MappingProxyType(
    {"sent": "", "revision": "", "contents": "", "doi": "", "links": {}, "next": ""}
)
"""What a row forgets when its folder gets another deposit."""


def locate(job: Job) -> tuple[Deposit, bool]:
    """The deposit, and whether this call made it."""
    job.doing(Activity.LOOKING)
    row = job.rows.row
    if row.id:
        found = _get(job, row)
        if found:
            return found, False
    elif row.marker:
        found = _of_earlier_run(job, row.marker)
        if found:
            job.rows.note(sync=True, id=found.id)
            return found, False
    return _create(job), True


def _get(job: Job, row: Row) -> Deposit | None:
    try:
        return job.repository.get(row.id, published=row.state == State.PUBLISHED.value)
    except NotFoundError as error:
        job.rows.note(state=State.GONE.value)
        if job.choices.recreate:
            job.rows.note(**_FRESH, id="", marker="", previous="", linked={}, shares=())
            return None
        raise gone(row.id, error) from None


def follow(job: Job, deposit: Deposit, *, created: bool) -> tuple[Deposit, bool]:
    """The draft of a new version where a published deposit must be followed by one."""
    if deposit.state is not State.PUBLISHED:
        if not job.rows.row.previous and deposit.state is State.DRAFT:
            raise RejectedError(
                f"{deposit.id} is not published yet, so it needs no new version",
                advice="Bring it up to date: publishkit push",
            )
        return deposit, created
    if is_same(job, deposit):
        return deposit, created
    if not isinstance(job.repository, Versions):
        raise UnsupportedError(
            "a published deposit cannot be followed by a new version here",
            advice="Push the record as a new one, from a copy of its folder.",
        )
    return _new_version(job, job.repository, deposit.id), True


def _new_version(job: Job, repository: Versions, old: str) -> Deposit:
    """The new version's draft; until there is one, the row stays that of the old version."""
    row = job.rows.row
    begun = _of_earlier_run(job, row.next) if row.next else None
    kept = {one: rel for one, rel in row.linked.items() if rel not in OF_ONE_VERSION}
    follows = {link.identifier: link.relation for link in repository.follows(old)}
    marker = row.next or _new_marker()

    def made() -> Deposit:
        job.doing(Activity.CREATING)
        job.rows.note(sync=True, renew=True, next=marker)  # when, as for a creation
        return repository.new_version(old, marker, job.meter)

    try:
        deposit = begun or made()
    except LostAnswerError:
        deposit = look(job.repository, marker, job.meter, job.repository.lag) or made()
    except (RejectedError, AuthenticationError):
        job.rows.note(next="")
        raise
    job.rows.note(
        sync=True,
        **_FRESH,
        id=deposit.id,
        state=deposit.state.value,
        marker=marker,
        previous=old,
        linked={**kept, **follows},
        linked_before=row.linked,
    )
    return deposit


def _of_earlier_run(job: Job, marker: str) -> Deposit | None:
    """What a run that ended before it knew the id may have made, or may yet make."""
    lag = job.repository.lag
    return look(job.repository, marker, job.meter, lag - min(lag, _age(job.rows.row)))


def _age(row: Row) -> float:
    """Seconds since a row was last changed."""
    try:
        changed = datetime.fromisoformat(row.updated)
        return max(0.0, (datetime.now(UTC) - changed).total_seconds())
    except (TypeError, ValueError):  # nobody knows
        return 0.0


def look(repository: Repository, marker: str, meter: Meter, seconds: float) -> Deposit | None:
    """The deposit of a marker, or None once it can no longer turn up.

    Args:
        repository: Where it is looked for.
        marker: Its marker.
        meter: Waits between the looks.
        seconds: How long it may still turn up; one look is taken in any case.
    """
    pause = _FIRST_PAUSE
    while not (found := repository.find(marker)) and seconds > 0:
        if pause == _FIRST_PAUSE:
            log.info("looking for %.0f s whether a deposit was made after all", seconds)
        meter.wait(pause := min(pause, seconds))
        seconds -= pause
        pause = min(2 * pause, _LONGEST_PAUSE)
    return found


def _new_marker() -> str:
    return f"publishkit-{secrets.token_hex(16)}"


def _create(job: Job) -> Deposit:
    marker = job.rows.row.marker or _new_marker()
    try:
        deposit = _created(job, marker)
    except LostAnswerError:
        found = look(job.repository, marker, job.meter, job.repository.lag)
        deposit = found or _created(job, marker)
    job.rows.note(sync=True, id=deposit.id)
    return deposit


def _created(job: Job, marker: str) -> Deposit:
    """Make it, noting when: should this run end here, the next one must know how long to look."""
    record = job.record()  # which may be refused, and then nothing was begun
    job.rows.note(sync=True, renew=True, marker=marker, state=State.CREATING.value)
    job.doing(Activity.CREATING)
    return job.repository.create(marker, record)
