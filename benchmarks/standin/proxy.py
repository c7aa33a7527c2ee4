"""A TCP proxy on loopback that makes a line long or narrow: `python -m benchmarks.standin.proxy`.

Each direction holds bytes back for half the round trip, and lets through no more than the line
bears, all connections together. A connection itself costs one round trip, as TCP's handshake does:
its first bytes leave that much later. Loss and TCP's slow start are not imitated.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import deque
from typing import Final, cast

from benchmarks.standin.serving import closed, run, say

HOST: Final = "127.0.0.1"
WINDOW: Final = 4 << 20
"""Bytes under way in one direction of a connection before its sender is held back."""


class Line:
    """One direction of the line, shared by all connections.

    Args:
        rate: Bytes a second; 0 for as many as come.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free = 0.0

    def through(self, size: int, now: float) -> float:
        """When bytes that come now have passed, before any delay."""
        if not self._rate:
            return now
        self._free = max(now, self._free) + size / self._rate
        return self._free


class _Way(asyncio.Protocol):
    """One end of a connection; what it receives leaves at the other end, later.

    Args:
        line: What the bytes pass.
        delay: Seconds that they take besides.
        notbefore: When the first of them may leave, in the loop's time.
    """

    def __init__(self, line: Line, delay: float) -> None:
        self._line = line
        self._delay = delay
        self._loop = asyncio.get_running_loop()
        self._notbefore = 0.0
        self._transport: asyncio.Transport | None = None
        self._queue: deque[tuple[float, bytes]] = deque()
        self._held = 0
        self._full = False
        self._timer: asyncio.TimerHandle | None = None
        self.other: _Way | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def handshake(self) -> None:
        """Charge the round trip of a connection to the first bytes."""
        self._notbefore = self._loop.time() + 3 * self._delay

    def data_received(self, data: bytes) -> None:
        self._put(data)

    def eof_received(self) -> bool:
        self._put(b"")
        return True

    def connection_lost(self, _: Exception | None) -> None:
        self._put(b"")

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        if self.other:
            self.other.pass_on()

    def _put(self, data: bytes) -> None:
        now = self._loop.time()
        due = max(self._line.through(len(data), now) + self._delay, self._notbefore)
        self._queue.append((due, data))
        self._held += len(data)
        if self._held > WINDOW and self._transport:
            self._transport.pause_reading()
        if self._timer is None:
            self.pass_on()

    def pass_on(self) -> None:
        """Let out what is due at the other end, as far as that takes it."""
        self._cancel()
        while self._queue and self.other and not self.other.is_full:
            due, data = self._queue[0]
            if due > self._loop.time():
                self._timer = self._loop.call_at(due, self.pass_on)
                break
            self._queue.popleft()
            self._held -= len(data)
            self.other.give(data)
        if self._held <= WINDOW and self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    @property
    def is_full(self) -> bool:
        """Whether its receiver is behind, or not there yet."""
        return self._full or self._transport is None

    def give(self, data: bytes) -> None:
        """Send to the receiver at this end; nothing means that there is no more."""
        if self._transport is None or self._transport.is_closing():
            return
        if data:
            self._transport.write(data)
        else:
            self._transport.close()

    def _cancel(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


class _Entrance(_Way):
    """The clients' end: connects to the server as soon as a client is there."""

    def __init__(self, lines: tuple[Line, Line], delay: float, port: int) -> None:
        super().__init__(lines[0], delay)
        self._back = lines[1]
        self._port = port
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.handshake()
        self._task = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        exit_ = _Way(self._back, self._delay)
        exit_.other = self
        await self._loop.create_connection(lambda: exit_, HOST, self._port)
        self.other = exit_
        self.pass_on()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.standin.proxy", description=__doc__)
    parser.add_argument("--to", type=int, required=True, help="the server's port on loopback")
    parser.add_argument("--round-trip", type=float, default=0.0, help="seconds")
    parser.add_argument("--rate", type=float, default=0.0, help="bytes a second, each way")
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    lines = Line(options.rate), Line(options.rate)
    server = await asyncio.get_running_loop().create_server(
        lambda: _Entrance(lines, options.round_trip / 2, options.to), HOST, 0
    )
    say({"port": server.sockets[0].getsockname()[1]})
    await closed()


if __name__ == "__main__":
    given = _options()
    run(lambda: _serve(given))
