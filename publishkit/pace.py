"""How fast one server is asked: so many requests at once, and no more than it allows."""

from __future__ import annotations

import logging
import math
import time
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import Condition
from typing import TYPE_CHECKING, Final

from publishkit.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from threading import Event

__all__ = ["Pace"]

log = logging.getLogger("publishkit.http")

BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_LONGEST_WINDOW: Final = 3600.0
"""Seconds; what a server says of a later time is not believed."""
_NOTICE: Final = 0.25
"""Seconds in which a wait notices that the user stops."""
_WORTH_SAYING: Final = 2.0
"""Seconds of a wait that is shown."""


class Pace:
    """The turns in which the threads of a run send requests to one server.

    As many requests are under way as there are workers; half as many when the server is busy
    (429, 503), one more again for each round that goes well. A server that says how many requests
    it still allows (`X-RateLimit-Remaining`, until `X-RateLimit-Reset`; seen on InvenioRDM 13.1.2
    and documented for Zenodo) is not asked for more: who waits out the window instead of running
    into refusals loses no time. Thread-safe.

    Args:
        most: How many requests may be under way.
        stop: Ends waits.
    """

    def __init__(self, most: int, stop: Event) -> None:
        self._most = most
        self._stop = stop
        self._turn = Condition()
        self._bears = float(most)
        self._under_way = 0
        self._allowed: int | None = None
        """Requests, those under way included, that the server still allows in its window; None
        where it does not say."""
        self._ends = 0.0
        """When the window ends by the server's clock, in seconds since 1970."""
        self._ends_here = 0.0
        """The same by `time.monotonic()`."""
        self._slowed = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn, and have it while sending one request.

        Raises:
            Cancelled: The user stopped the run.
        """
        self._begin()
        try:
            yield
        finally:
            with self._turn:
                self._under_way -= 1
                self._turn.notify_all()

    def heard(self, began: float, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer; called within its turn.

        Args:
            began: When its request was sent, by `time.monotonic()`.
            status: The answer's.
            headers: The answer's, by names in whatever case.
        """
        with self._turn:
            if status not in BUSY:
                self._bears = min(self._most, self._bears + 1 / self._bears)
            elif began >= self._slowed:  # else it was under way when the others were refused
                self._bears = max(1.0, self._bears / 2)
                self._slowed = time.monotonic()
            self._allow(headers)
            self._turn.notify_all()

    def _begin(self) -> None:
        said = False
        with self._turn:
            while seconds := self._waits():
                if seconds > _WORTH_SAYING and not said:
                    log.warning("the server allows no more requests for %.0f s: waiting", seconds)
                    said = True
                self._turn.wait(min(seconds, _NOTICE))
                if self._stop.is_set():
                    raise Cancelled("stopped")
            self._under_way += 1

    def _waits(self) -> float:
        """How long to wait at most before the next look; 0 when it is time to send."""
        if self._allowed is not None and self._under_way >= self._allowed:
            left = self._ends_here - time.monotonic()
            if left > 0:
                return left
            # how much the new window allows is asked by one request
            self._allowed, self._ends_here = 1, math.inf
        most = int(self._bears) if self._allowed is None else min(int(self._bears), self._allowed)
        return _NOTICE if self._under_way >= most else 0.0

    def _allow(self, headers: Mapping[str, str]) -> None:
        try:
            remaining = int(headers["X-RateLimit-Remaining"])
            ends = float(headers["X-RateLimit-Reset"])
        except (KeyError, ValueError):
            self._allowed = None
            return
        seconds = ends - _now(headers)
        if not 0 <= seconds <= _LONGEST_WINDOW:
            self._allowed = None
        elif ends >= self._ends:
            if ends == self._ends and self._allowed is not None:
                remaining = min(self._allowed, remaining)  # answers may overtake each other
            self._allowed, self._ends = remaining, ends
            self._ends_here = time.monotonic() + seconds


def _now(headers: Mapping[str, str]) -> float:
    """The server's clock, in seconds since 1970, since ours may be wrong."""
    with suppress(KeyError, ValueError, TypeError):
        return parsedate_to_datetime(headers["Date"]).timestamp()
    return time.time()
