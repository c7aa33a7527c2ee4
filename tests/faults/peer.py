"""One end of an HTTP/1.1 connection, event by event."""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import TYPE_CHECKING, TypeAlias

import h11

if TYPE_CHECKING:
    import asyncio

__all__ = ["BLOCK", "Event", "Peer"]

BLOCK = 1 << 16

Event: TypeAlias = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]


class Peer:
    """A connection to a client or to a server."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        role: type[h11.CLIENT | h11.SERVER],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(role)

    async def next(self) -> Event:
        """What comes next. Raises h11.RemoteProtocolError, ConnectionError."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(BLOCK))
        return event

    async def send(self, event: h11.Event) -> None:
        """Send an event. Raises ConnectionError."""
        data = self._http.send(event)
        if data:
            await self.raw(data)

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def drain(self) -> None:
        """Read what is left of the message."""
        while not isinstance(await self.next(), h11.EndOfMessage | h11.ConnectionClosed):
            pass

    async def hold(self) -> None:
        """Say nothing until the other end goes away."""
        while await self._reader.read(BLOCK):
            pass

    def again(self) -> bool:
        """Whether another request can come on this connection, which is then expected."""
        try:
            self._http.start_next_cycle()
        except h11.LocalProtocolError:
            return False
        return True

    def reset(self) -> None:
        """Break the connection, so that the other end sees a reset."""
        found = self._writer.get_extra_info("socket")
        if found is not None:
            with contextlib.suppress(OSError):
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def close(self) -> None:
        """End the connection."""
        self._writer.close()
