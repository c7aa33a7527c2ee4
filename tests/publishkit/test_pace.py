"""How many requests are sent to a server at once, and how a limit that it tells is kept."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from publishkit.errors import Cancelled
from publishkit.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_800_000_000
WINDOW = 60


class Clock:
    """The time, which waiting moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("publishkit.pace.time.monotonic", clock.monotonic)

    def wait(self: threading.Condition, timeout: float | None = None) -> bool:
        clock.now += timeout or 0.0
        return False

    monkeypatch.setattr(threading.Condition, "wait", wait)
    return clock


class Server:
    """Allows so many requests in each window, and says so as InvenioRDM does."""

    def __init__(self, clock: Clock, allowed: int) -> None:
        self._clock, self._allowed = clock, allowed
        self.refused = 0
        self.used: dict[int, int] = {}
        """Requests by window."""

    def answer(self) -> tuple[int, Mapping[str, str]]:
        now = NOW + self._clock.now
        window = int(now // WINDOW)
        self.used[window] = self.used.get(window, 0) + 1
        left = self._allowed - self.used[window]
        self.refused += left < 0
        headers = {
            "Date": formatdate(now, usegmt=True),
            "Retry-After": "7",
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": str((window + 1) * WINDOW),
        }
        return 200 if left >= 0 else 429, headers


def send(pace: Pace, server: Server) -> None:
    with pace.turn():
        pace.heard(time.monotonic(), *server.answer())


def test_a_limit_is_used_up_and_not_run_into(clock: Clock) -> None:
    pace, server = Pace(4, threading.Event()), Server(clock, allowed=20)
    clock.now += WINDOW - (NOW + clock.now) % WINDOW  # a window begins
    for _ in range(100):
        send(pace, server)
    assert server.refused == 0
    assert list(server.used.values()) == [20] * 5
    assert clock.now - 1000 < 5 * WINDOW + 5


def test_a_servers_clock_that_is_wrong_does_no_harm(clock: Clock) -> None:
    pace = Pace(4, threading.Event())
    elsewhere = NOW + 5_000_000
    headers = {
        "Date": formatdate(elsewhere, usegmt=True),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(elsewhere + 30),
    }
    with pace.turn():
        pace.heard(clock.now, 200, headers)
    before = clock.now
    with pace.turn():
        assert 30 <= clock.now - before < 32


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-RateLimit-Remaining": "0"},
        {"X-RateLimit-Remaining": "none", "X-RateLimit-Reset": "soon"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999999"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "nan"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "-5"},
        {"Retry-After": "600"},
    ],
)
def test_what_says_nothing_of_a_limit_is_not_waited_for(
    clock: Clock, headers: Mapping[str, str]
) -> None:
    pace, before = Pace(4, threading.Event()), clock.now
    for _ in range(10):
        with pace.turn():
            pace.heard(clock.now, 200, {"Date": formatdate(NOW, usegmt=True), **headers})
    assert clock.now == before


def most_at_once(pace: Pace, workers: int) -> int:
    """How many of so many workers have their turn at the same time."""
    inside, most, lock = 0, 0, threading.Lock()
    full = threading.Semaphore(0)

    def one() -> None:
        nonlocal inside, most
        with pace.turn():
            with lock:
                inside += 1
                most = max(most, inside)
            full.acquire(timeout=0.2)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda _: one(), range(workers)))
    return most


def test_a_busy_server_gets_half_as_many_requests_and_more_again_while_it_goes_well() -> None:
    pace = Pace(8, threading.Event())
    assert most_at_once(pace, 8) == 8
    for _ in range(3):  # those that were under way count as one
        pace.heard(0.0, 503, {})
    assert most_at_once(pace, 8) == 4
    for _ in range(40):
        pace.heard(time.monotonic(), 200, {})
    assert most_at_once(pace, 8) == 8


def test_a_server_that_is_always_busy_still_gets_one_request() -> None:
    pace = Pace(4, threading.Event())
    for _ in range(20):
        pace.heard(time.monotonic(), 429, {})
    assert most_at_once(pace, 2) == 1


def test_a_run_that_is_stopped_waits_for_no_window() -> None:
    stop = threading.Event()
    pace = Pace(1, stop)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 60)}
    with pace.turn():
        pace.heard(time.monotonic(), 200, headers)
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Cancelled), pace.turn():
        raise AssertionError("it was its turn")
