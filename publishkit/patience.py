"""How long a server that fails is put up with."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from threading import Lock
from typing import Final

from publishkit.errors import TemporaryError

__all__ = ["ATTEMPTS", "OUTAGE", "Patience", "Spent"]

ATTEMPTS: Final = 6
"""How often a request is sent at most to a server that is there."""
OUTAGE: Final = 300.0
"""Seconds that a request waits in all for a server that was there before and is away."""
LONGEST_TOLD_WAIT: Final = 900.0
"""Seconds; a server that asks for a longer pause is not waited for."""
REST: Final = 30.0
"""Seconds in which a server that was given up is left alone."""
_IN_A_ROW: Final = 3
"""So many requests given up, with no answer between, and the server counts as away."""
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0


@dataclass(slots=True)
class Spent:
    """What one request has cost so far."""

    attempts: int = 0
    """Times that it reached the server."""
    pauses: int = 0
    waited: float = 0.0
    """Seconds of pauses."""


class Patience:
    """The budget for repeating requests to one server.

    A server that is there gets each request a few times. One that was there and is away, as
    while it is restarted, is waited for; when one request has given it up, the others do too
    until it answers, so that a run of thousands of records ends soon. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._there = False
        self._given_up = 0
        self._away = False
        self._rests_until = 0.0

    def answered(self) -> None:
        """The server did what it was asked."""
        with self._lock:
            self._there, self._given_up, self._away = True, 0, False

    def check(self, target: str) -> None:
        """Raises TemporaryError while the server, given up a moment ago, is left alone."""
        with self._lock:
            if self._away and time.monotonic() < self._rests_until:
                message = "nothing was sent, since the server keeps failing"
                raise TemporaryError(message, target=target)

    def wait(self, spent: Spent, *, away: bool, told: float | None) -> float | None:
        """How long to wait before a request that failed is sent again.

        Args:
            spent: What the request has cost so far; the wait is added to it.
            away: Whether it did not get through to the archive.
            told: How many seconds the server says to wait.

        Returns:
            Seconds; None for giving up.
        """
        with self._lock:
            waiting = away and self._there
            spent.attempts += not waiting
            if self._enough(spent, told, away=away):
                self._give_up(away=waiting)
                return None
        backoff = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0**spent.pauses)
        jittered = backoff * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret
        # InvenioRDM 13.1.2 says "Retry-After: 0" in the last second of its window
        seconds: float = max(told or 0.0, jittered)
        spent.pauses += 1
        spent.waited += seconds
        return seconds

    def _enough(self, spent: Spent, told: float | None, *, away: bool) -> bool:
        return (
            spent.attempts >= ATTEMPTS
            or spent.waited >= OUTAGE
            or (told or 0.0) > LONGEST_TOLD_WAIT
            or (away and self._away)
        )

    def _give_up(self, *, away: bool) -> None:
        self._given_up += 1
        self._away = self._away or away or self._given_up >= _IN_A_ROW
        self._rests_until = time.monotonic() + REST
