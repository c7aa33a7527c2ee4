"""A meter for tests."""

from __future__ import annotations

import time

__all__ = ["NoMeter"]


class NoMeter:
    """A meter that counts bytes, and waits as long as it is told."""

    def __init__(self) -> None:
        self.sent = 0

    def advance(self, nbytes: int) -> None:
        """Count the bytes."""
        self.sent += nbytes

    def wait(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
