"""Servers on loopback that tell what they were sent, and answer what a test wants."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Answer", "Asked", "Server", "as_json", "serving"]


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)  # a test may look for them where it is itself
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What to answer."""

    status: int = 200
    body: bytes | Iterable[bytes] = b"{}"
    """In blocks it has no end that is announced."""
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None


def as_json(found: object, status: int = 200) -> Answer:
    """An answer of JSON."""
    headers = {"Content-Type": "application/json"}
    return Answer(status, json.dumps(found).encode(), headers)


@dataclass
class Server:
    """A server that runs."""

    url: str
    answer: Callable[[Asked], Answer]
    asked: list[Asked] = field(default_factory=list)

    @property
    def signed(self) -> list[str]:
        """Everything that it was sent to sign in."""
        names = ("Authorization", "Proxy-Authorization", "Cookie")
        return [one.headers[name] for one in self.asked for name in names if name in one.headers]


@contextmanager
def serving(
    answer: Callable[[Asked], Answer] = lambda _: Answer(), *, tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Serve on loopback."""
    web = _Web(("127.0.0.1", 0), _Handler)
    if tls:
        web.socket = tls.wrap_socket(web.socket, server_side=True)
    scheme = "https" if tls else "http"
    web.server = Server(f"{scheme}://127.0.0.1:{web.server_address[1]}", answer)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield web.server
    finally:
        web.shutdown()
        thread.join()
        web.server_close()


class _Web(ThreadingHTTPServer):
    daemon_threads = True
    server: Server

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: the client may go whenever it wants."""


class _Handler(BaseHTTPRequestHandler):
    server: _Web
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(self._chunks())
        asked = Asked(self.command, self.path, dict(self.headers.items()), body)
        self.server.server.asked.append(asked)
        self._send(self.server.server.answer(asked))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_CONNECT = _any  # noqa: N815 - as it asks

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status, answer.reason)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if isinstance(answer.body, bytes):
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            return
        self.close_connection = True
        self.send_header("Connection", "close")
        self.end_headers()
        for block in answer.body:
            self.wfile.write(block)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""
