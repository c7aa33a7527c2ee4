"""One deposit of one target that is to be brought up to date: all that it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from publishkit.progress import Activity, Told, Untold
from publishkit.repository import DataFile, Deposit, Digests, Meter, Repository, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor

    from publishkit.digests import DigestCache
    from publishkit.model import Record
    from publishkit.receipts import Outcome
    from publishkit.row import Row

__all__ = ["DONE", "Choices", "Job", "Result", "Rows"]

NOBODY = Untold()
DONE = frozenset({State.PUBLISHED, State.IN_REVIEW})
"""The states in which a deposit is not the user's to change."""


class Rows(Protocol):
    """Where the engine keeps what it knows of one deposit."""

    @property
    def row(self) -> Row:
        """What is known now."""

    def note(self, *, sync: bool = False, renew: bool = False, **changes: object) -> None:
        """Keep changes; with `sync` before a power failure could lose them.

        With `renew` it counts as updated even if nothing changes.
        """

    def keep(self, deposit: Deposit) -> None:
        """Keep what the repository says of the deposit."""

    def row_of(self, record: str) -> Row:
        """The row of one record, by its name in the links file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the user wants where there is a choice."""

    force: bool = False
    """Overwrite metadata that was edited on the archive's pages."""
    recreate: bool = False
    """Make a deposit anew that is gone."""
    resubmit: bool = False
    """Submit again what a review declined."""
    allow_failed_entries: bool = False
    """Publish although the repository could not process everything."""
    new_version: bool = False
    """Follow a published deposit by a new version when the folder differs from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One deposit to be brought up to date."""

    folder: str
    """The record's, as commands take it; of a group that of the first."""
    repository: Repository
    record: Callable[[], Record]
    """Gives the record as the target takes it; asks the target when first called."""
    read: Callable[[], Sequence[DataFile]]
    """Gives the files; reads the folder when first called."""
    fingerprint: Callable[[Mapping[str, Digests]], str]
    """Of the record and its files, given the files' digests."""
    known: str = ""
    """The same, where it was found a moment ago to be what was sent."""
    rows: Rows
    choices: Choices
    digests: DigestCache
    transfers: Executor
    meter: Meter
    """For what is read here, and for waits that the user's patience does not end."""
    settling: Meter
    """For transfers, and for waits while the repository processes."""
    began: float
    """When this run began, by `time.monotonic()`."""
    told: Told = NOBODY
    """Who is told how it goes on."""

    def doing(self, activity: Activity) -> None:
        """Tell what is done now."""
        self.told.doing(activity, self.rows.row.state)

    @property
    def files(self) -> Sequence[DataFile]:
        """The folder's files."""
        return self.read()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What `bring_up` did."""

    deposit: Deposit
    outcome: Outcome
    files_sent: int = 0
    bytes_sent: int = 0
    published_now: bool = False
    late: float = 0.0
    """Until when a request of a run that was killed may still change the deposit's files, by
    `time.monotonic()`; 0 where there was none."""
