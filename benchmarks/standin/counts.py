"""What a run costs a server: requests, connections, answers; and how many it may send."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["Counts", "Json", "RateLimit"]

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


@dataclass
class Counts:
    """Counts since the start, or since they were reset."""

    connections: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    """By method and the route's name."""
    statuses: Counter[int] = field(default_factory=Counter)

    def connected(self) -> None:
        """A client connected."""
        self.connections += 1

    def reset(self) -> None:
        """Begin anew."""
        self.connections = 0
        self.requests.clear()
        self.statuses.clear()

    def as_json(self) -> dict[str, Json]:
        """For the report."""
        return {
            "connections": self.connections,
            "requests": sum(self.requests.values()),
            "by_route": dict(self.requests),
            "by_status": {str(status): count for status, count in self.statuses.items()},
        }


class RateLimit:
    """So many requests in windows of a fixed length, as InvenioRDM counts them.

    A window begins with the first request after the last one's end. The headers are on every
    answer, `Retry-After` too (seen on InvenioRDM 13.1.2).

    Args:
        limit: Requests in a window; 0 for no limit.
        window: Its length in seconds.
    """

    def __init__(self, limit: int, window: float) -> None:
        self._limit = limit
        self._window = window
        self._ends = 0.0
        self._used = 0

    def ask(self) -> tuple[bool, dict[str, str]]:
        """Count a request: whether it may pass, and the headers of its answer."""
        if not self._limit:
            return True, {}
        now = time.time()
        if now >= self._ends:
            self._ends, self._used = now + self._window, 0
        self._used += 1
        reset = int(self._ends) + 1  # whole seconds, never too early
        headers = {
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(max(0, self._limit - self._used)),
            "X-RateLimit-Reset": str(reset),
            "Retry-After": str(int(reset - now)),
        }
        return self._used <= self._limit, headers
