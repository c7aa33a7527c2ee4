"""How a run reports, and how it is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from publishkit.errors import Cancelled, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from publishkit.plan import Plan
    from publishkit.receipts import Receipt

__all__ = ["PatienceError", "Quiet", "RunMeter", "Watcher"]


class Watcher(Protocol):
    """What a run tells while it goes on; called from several threads."""

    def planned(self, plan: Plan) -> None:
        """The plan stands and is about to be carried out."""

    def sent(self, nbytes: int) -> None:
        """So many bytes more were sent, or fewer when negative."""

    def finished(self, receipt: Receipt) -> None:
        """One record is done on one target."""


class Quiet:
    """A watcher that says nothing."""

    def planned(self, plan: Plan) -> None:
        """Say nothing."""

    def sent(self, nbytes: int) -> None:
        """Say nothing."""

    def finished(self, receipt: Receipt) -> None:
        """Say nothing."""


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
