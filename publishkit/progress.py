"""How a run reports, and how it is stopped."""

from __future__ import annotations

import logging
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Protocol, Self

from publishkit.errors import Cancelled, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from publishkit.plan import Plan, Step
    from publishkit.receipts import Receipt

__all__ = [
    "Activity",
    "NoPull",
    "PatienceError",
    "PullWatcher",
    "Quiet",
    "RunMeter",
    "StepTold",
    "Told",
    "Untold",
    "Watcher",
]

log = logging.getLogger("publishkit")


class Activity(StrEnum):
    """What is being done to a deposit."""

    LOOKING = "looking"
    """At how it stands, and whether the folder changed."""
    CREATING = "creating"
    DESCRIBING = "describing"
    """Its metadata are sent."""
    SENDING = "sending"
    CHECKING = "checking"
    """Whether what arrived is what the folder holds."""
    PROCESSING = "processing"
    """The repository is at work, and waited for."""
    LINKING = "linking"
    PUBLISHING = "publishing"


class Watcher(Protocol):
    """What a run tells while it goes on; called from several threads, and must be quick."""

    def planned(self, plan: Plan) -> None:
        """The plan stands and is about to be carried out."""

    def began(self, step: Step) -> None:
        """A deposit is being worked on; once for its draft, and once more to publish it."""

    def doing(self, step: Step, activity: Activity, state: str) -> None:
        """What is done to it now, and its state as far as that is known, else ''."""

    def expected(self, step: Step, files: int, nbytes: int) -> None:
        """So many files and bytes are about to be sent."""

    def sent(self, step: Step, nbytes: int) -> None:
        """So many bytes more were sent, or fewer when negative."""

    def arrived(self, step: Step, files: int) -> None:
        """So many files more are complete."""

    def ended(self, step: Step) -> None:
        """The deposit is not worked on any more; it may wait for others to be published."""

    def finished(self, receipt: Receipt) -> None:
        """One record is done on one target."""


class Quiet:
    """A watcher that says nothing."""

    def planned(self, plan: Plan) -> None:
        """Say nothing."""

    def began(self, step: Step) -> None:
        """Say nothing."""

    def doing(self, step: Step, activity: Activity, state: str) -> None:
        """Say nothing."""

    def expected(self, step: Step, files: int, nbytes: int) -> None:
        """Say nothing."""

    def sent(self, step: Step, nbytes: int) -> None:
        """Say nothing."""

    def arrived(self, step: Step, files: int) -> None:
        """Say nothing."""

    def ended(self, step: Step) -> None:
        """Say nothing."""

    def finished(self, receipt: Receipt) -> None:
        """Say nothing."""


class PullWatcher(Protocol):
    """What a pull tells while it goes on; called from several threads."""

    def expected(self, files: int, nbytes: int) -> None:
        """So many files are about to be downloaded."""

    def received(self, nbytes: int) -> None:
        """So many bytes more came, or fewer when negative."""

    def arrived(self, files: int) -> None:
        """So many files more are complete."""


class NoPull:
    """A watcher that says nothing."""

    def expected(self, files: int, nbytes: int) -> None:
        """Say nothing."""

    def received(self, nbytes: int) -> None:
        """Say nothing."""

    def arrived(self, files: int) -> None:
        """Say nothing."""


class Told(Protocol):
    """Who is told of the work on one deposit."""

    def doing(self, activity: Activity, state: str = "") -> None:
        """What is done to it now, and its state as far as that is known."""

    def expected(self, files: int, nbytes: int) -> None:
        """So much is about to be sent."""

    def sent(self, nbytes: int) -> None:
        """So many bytes more were sent, or fewer when negative."""

    def arrived(self, files: int) -> None:
        """So many files more are complete."""


class Untold:
    """Nobody."""

    def doing(self, activity: Activity, state: str = "") -> None:
        """Say nothing."""

    def expected(self, files: int, nbytes: int) -> None:
        """Say nothing."""

    def sent(self, nbytes: int) -> None:
        """Say nothing."""

    def arrived(self, files: int) -> None:
        """Say nothing."""


class StepTold:
    """Tells a watcher of one step; one that fails does not stop the run."""

    def __init__(self, watcher: Watcher, step: Step) -> None:
        self._watcher = watcher
        self._step = step

    def __enter__(self) -> Self:
        self._tell(partial(self._watcher.began, self._step))
        return self

    def __exit__(self, *_: object) -> None:
        self._tell(partial(self._watcher.ended, self._step))

    def doing(self, activity: Activity, state: str = "") -> None:
        """See `Watcher`."""
        self._tell(partial(self._watcher.doing, self._step, activity, state))

    def expected(self, files: int, nbytes: int) -> None:
        """See `Watcher`."""
        self._tell(partial(self._watcher.expected, self._step, files, nbytes))

    def sent(self, nbytes: int) -> None:
        """See `Watcher`."""
        self._tell(partial(self._watcher.sent, self._step, nbytes))

    def arrived(self, files: int) -> None:
        """See `Watcher`."""
        self._tell(partial(self._watcher.arrived, self._step, files))

    def finished(self, receipt: Receipt) -> None:
        """See `Watcher`."""
        self._tell(partial(self._watcher.finished, receipt))

    def _tell(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            log.debug("the watcher failed", exc_info=error)


class PatienceError(TemporaryError):
    """The repository still processes, and the user does not want to wait longer."""

    default_advice = "Run the same command again later; it takes up there."


class RunMeter:
    """The meter of one record's transfers or waits.

    Args:
        stop: Set when the run is to end.
        sent: Told of bytes.
        patience: How many seconds to wait in all; None waits as long as it takes.
    """

    def __init__(
        self, stop: Event, sent: Callable[[int], None], patience: float | None = None
    ) -> None:
        self._stop = stop
        self._sent = sent
        self._left = patience

    def advance(self, nbytes: int) -> None:
        """Report bytes. Raises Cancelled when the run was stopped."""
        if self._stop.is_set() and nbytes >= 0:
            raise Cancelled("stopped")
        self._sent(nbytes)

    def wait(self, seconds: float) -> None:
        """Wait; raises Cancelled when the run is stopped, PatienceError when time is up."""
        if self._left is not None:
            if self._left <= 0 < seconds:
                raise PatienceError("still being processed")
            seconds = min(seconds, self._left)
            self._left -= seconds
        if self._stop.wait(seconds):
            raise Cancelled("stopped")
