"""HTTP/1.1 as a server speaks it, no more than clients of the two archives need."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Application", "Buffer", "Connection", "Head", "Reply", "Sink"]

_END: Final = b"\r\n"
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Head:
    """What comes before a request's body."""

    method: str
    path: str
    """As it came: percent-encoded, without the query."""
    query: str
    headers: Mapping[str, str]
    """By lower-case name."""

    @property
    def has_body(self) -> bool:
        """Whether bytes follow."""
        return "transfer-encoding" in self.headers or self.headers.get("content-length", "0") != "0"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] | None = None
    """Beside the length, and the type where it is JSON."""


class Sink(Protocol):
    """Where a request's body goes while it comes in."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""


class Buffer:
    """Keeps a body in memory."""

    def __init__(self) -> None:
        self.data = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self.data += data


class Application(Protocol):
    """What answers requests."""

    def sink(self, head: Head) -> Sink:
        """Where the body of a request goes."""

    def reply(self, head: Head, sink: Sink) -> Reply:
        """The answer to a request that came whole."""


class Connection(asyncio.Protocol):
    """One client's connection; requests are answered one after the other.

    Args:
        application: What answers.
        connected: Called once, when the connection is made.
    """

    def __init__(self, application: Application, connected: Callable[[], None]) -> None:
        self._application = application
        self._connected = connected
        self._transport: asyncio.Transport | None = None
        self._partial = b""
        self._head: Head | None = None
        self._sink: Sink = Buffer()
        self._body: _Fixed | _Chunked = _Fixed(0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._connected()

    def data_received(self, data: bytes) -> None:
        """Take what came in, and answer each request that is whole."""
        left: bytes | None = data
        while left:
            left = self._begin(left) if self._head is None else self._go_on(left)

    def _begin(self, data: bytes) -> bytes:
        head, found, rest = (self._partial + data).partition(_END + _END)
        if not found:
            self._partial = head
            return b""
        self._partial = b""
        self._head = _parsed(head)
        self._sink = self._application.sink(self._head)
        self._body = _body_of(self._head)
        if self._head.headers.get("expect", "").lower() == "100-continue":
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self._head.has_body:
            self._finish(self._head)
        return rest

    def _go_on(self, data: bytes) -> bytes | None:
        rest = self._body.take(data, self._sink)
        if rest is not None and self._head:
            self._finish(self._head)
        return rest

    def _finish(self, head: Head) -> None:
        self._head = None
        reply = self._application.reply(head, self._sink)
        headers = {
            "Content-Type": "application/json",
            **(reply.headers or {}),
            "Content-Length": str(len(reply.body)),
        }
        lines = [f"HTTP/1.1 {reply.status} {_REASONS[reply.status]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._write("\r\n".join([*lines, "", ""]).encode() + reply.body)

    def _write(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)


def _parsed(head: bytes) -> Head:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    pairs = (line.partition(":") for line in lines)
    return Head(method, path, query, {name.lower(): value.strip() for name, _, value in pairs})


def _body_of(head: Head) -> _Fixed | _Chunked:
    if head.headers.get("transfer-encoding", "").lower() == "chunked":
        return _Chunked()
    return _Fixed(int(head.headers.get("content-length", "0")))


class _Fixed:
    """A body of a length that was announced."""

    def __init__(self, length: int) -> None:
        self._left = length

    def take(self, data: bytes, sink: Sink) -> bytes | None:
        """Hand on what belongs to the body: what comes after it, or None before its end."""
        if len(data) < self._left:
            self._left -= len(data)
            sink.feed(data)
            return None
        sink.feed(data[: self._left] if len(data) > self._left else data)
        return data[self._left :]


class _Chunked:
    """A body in chunks, each after a line with its length."""

    def __init__(self) -> None:
        self._left = 0
        """Bytes of the current chunk, with the end of line after it."""
        self._line = b""
        self._last = False

    def take(self, data: bytes, sink: Sink) -> bytes | None:
        """Hand on what belongs to the body: what comes after it, or None before its end."""
        while data:
            if self._left:
                data = self._inside(data, sink)
                continue
            line, found, data = (self._line + data).partition(_END)
            if not found:
                self._line = line
                return None
            self._line = b""
            if self._last:
                return data
            size = int(line.partition(b";")[0], 16)
            self._left, self._last = (size + len(_END) if size else 0), not size
        return None

    def _inside(self, data: bytes, sink: Sink) -> bytes:
        content = self._left - len(_END)
        if content > 0:
            sink.feed(data[:content] if len(data) > content else data)
        rest = data[self._left :]
        self._left = max(0, self._left - len(data))
        return rest
