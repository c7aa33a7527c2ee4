"""How to wait while NOMAD works: looking again soon at first, then ever more seldom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit.errors import Cancelled, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

__all__ = ["LONGEST", "PATIENCE", "SHORTEST", "Patient", "pauses"]

PATIENCE: Final = 1800.0
"""Seconds that a step waits for one before it, where the user's own patience is not asked."""
SHORTEST: Final = 0.3
"""Seconds between two looks; with a slow answer half a second at most."""
LONGEST: Final = 30.0
_SHARE: Final = 0.1
"""Of the wait so far, by which the end may be noticed late."""


def pauses() -> Iterator[float]:
    """The seconds to wait before each next look, without end."""
    waited = 0.0
    while True:
        pause = min(max(SHORTEST, waited * _SHARE), LONGEST)
        yield pause
        waited += pause


class Patient:
    """A meter for waits inside a step.

    Args:
        stop: Ends the wait.
    """

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self._left = PATIENCE

    def advance(self, nbytes: int) -> None:
        """Nothing is sent."""

    def wait(self, seconds: float) -> None:
        """Wait. Raises Cancelled, and TemporaryError when it takes too long."""
        if self._left <= 0:
            raise TemporaryError(f"NOMAD is still processing after {PATIENCE:.0f} s")
        self._left -= seconds
        if self._stop.wait(seconds):
            raise Cancelled("stopped")
