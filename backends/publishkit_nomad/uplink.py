"""How fast the server takes what is sent, and whether compressed data would get there earlier."""

from __future__ import annotations

import math
import zlib
from time import perf_counter
from typing import Final

__all__ = ["LEVEL", "SAMPLE", "Gauge", "Uplink"]

LEVEL: Final = 1
"""Of deflating: higher ones take two to eight times as long for a tenth less."""
SAMPLE: Final = 1 << 16
"""Bytes that tell how well a file can be compressed."""

_GUESS: Final = 50e6
"""Bytes a second, until there is something to go by."""
_WINDOW: Final = 1 << 22
"""Bytes between two looks at the clock; the system takes about as many before any leaves."""
_IDLE: Final = 0.2
"""The share of the time spent on waiting for the line, under which the line is not what delays."""
_WORTH: Final = 0.9
"""The share of the time that compressed data may take at most, for all its trouble."""


class Uplink:
    """What is known of the way to one server. Threads may share it: it only holds estimates."""

    def __init__(self) -> None:
        self.speed = _GUESS
        """Bytes a second; infinite when sending is not what takes the time."""
        self.takes_chunks = True
        """Whether bodies may be sent whose length is not known before, as compressed ones."""

    def compresses(self, sample: bytes) -> bool:
        """Whether content like the sample is sent earlier when it is compressed on the way."""
        if not sample or not self.takes_chunks:
            return False
        began = perf_counter()
        smaller = len(zlib.compress(sample, LEVEL))
        working = perf_counter() - began
        return max(working, smaller / self.speed) < _WORTH * len(sample) / self.speed


class Gauge:
    """Measures the line by what leaves of one body."""

    def __init__(self, uplink: Uplink) -> None:
        self._uplink = uplink
        self._first = _WINDOW
        self._restart()

    def took(self, nbytes: int, seconds: float) -> None:
        """So many bytes were taken, after waiting so long for it."""
        if self._first > 0:
            self._first -= nbytes
            self._restart()
            return
        self._bytes += nbytes
        self._waited += seconds
        if self._bytes >= _WINDOW:
            elapsed = perf_counter() - self._since
            delays = self._waited > _IDLE * elapsed
            self._uplink.speed = self._bytes / elapsed if delays else math.inf
            self._restart()

    def _restart(self) -> None:
        self._since = perf_counter()
        self._bytes, self._waited = 0, 0.0
