"""Whether compressing pays, by a clock that stands still unless it is moved."""

from __future__ import annotations

import math
import os
import zlib

import pytest

from publishkit_nomad.uplink import SAMPLE, Gauge, Uplink

MB = 1_000_000
TEXT = b"".join(b"%d %d\n" % (i, i * i) for i in range(5_000))[:SAMPLE]


class Clock:
    """Time, which passes when somebody compresses, at so many bytes a second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.deflating = 100 * MB

    def __call__(self) -> float:
        return self.now

    def compress(self, data: bytes, level: int) -> bytes:
        self.now += len(data) / self.deflating
        return zlib.compress(data, level)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the uplink looks at."""
    made = Clock()
    monkeypatch.setattr("publishkit_nomad.uplink.perf_counter", made)
    monkeypatch.setattr("publishkit_nomad.uplink.zlib", made)
    return made


def send(gauge: Gauge, clock: Clock, *, speed: float, working: float = 0.0) -> None:
    """Send 16 MB over a line of a speed, working so long for each block."""
    for _ in range(64):
        clock.now += working
        clock.now += (1 << 18) / speed
        gauge.took(1 << 18, (1 << 18) / speed)


@pytest.mark.parametrize(
    ("speed", "expected"), [(1 * MB, True), (80 * MB, True), (120 * MB, False), (math.inf, False)]
)
def test_text_is_compressed_where_the_line_is_slower_than_the_processor(
    clock: Clock, speed: float, *, expected: bool
) -> None:
    uplink = Uplink()
    send(Gauge(uplink), clock, speed=speed)
    assert uplink.compresses(TEXT) == expected


def test_noise_is_never_compressed(clock: Clock) -> None:
    uplink = Uplink()
    send(Gauge(uplink), clock, speed=1000)
    assert not uplink.compresses(os.urandom(SAMPLE))
    assert not uplink.compresses(b"")


def test_as_long_as_little_left_the_guess_stands(clock: Clock) -> None:
    uplink = Uplink()
    before = uplink.speed
    gauge = Gauge(uplink)
    for _ in range(16):  # what the system takes at once tells nothing of the line
        gauge.took(1 << 18, 0.0)
    assert uplink.speed == before
    clock.deflating = 1 * MB
    assert not uplink.compresses(TEXT)


def test_a_line_that_never_keeps_anybody_waiting_is_not_what_to_save(clock: Clock) -> None:
    uplink = Uplink()
    send(Gauge(uplink), clock, speed=1000 * MB, working=0.01)
    assert uplink.speed == math.inf


def test_a_line_that_becomes_slow_is_noticed(clock: Clock) -> None:
    uplink = Uplink()
    gauge = Gauge(uplink)
    send(gauge, clock, speed=1000 * MB)
    assert not uplink.compresses(TEXT)
    send(gauge, clock, speed=5 * MB)
    assert uplink.speed == pytest.approx(5 * MB)
    assert uplink.compresses(TEXT)


def test_nothing_is_compressed_for_a_server_that_must_know_the_length(clock: Clock) -> None:
    uplink = Uplink()
    send(Gauge(uplink), clock, speed=1 * MB)
    uplink.takes_chunks = False
    assert not uplink.compresses(TEXT)
