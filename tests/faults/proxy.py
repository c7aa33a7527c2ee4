"""A reverse proxy on loopback that lets one request of a run go wrong.

It streams, keeps the client's connections, counts requests from 1, and notes which deposits the
server was told to make, so that a check depends on no search index.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

import h11

from .peer import Peer
from .plans import PAGES, Fault, Page, Plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

__all__ = ["Exchange", "Proxy", "Wire"]

AWAY = 2.0
"""Seconds during which connections are refused."""
_MAKES = re.compile(r"/api/records(/[^/]+/versions)?|/api/v1/uploads")
_HOP = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"host", b"user-agent"})
_SIGNS_IN = "/auth/token"


@dataclass(slots=True)
class Exchange:
    """One request as the proxy saw it; path without query."""

    number: int
    method: str
    path: str
    has_body: bool
    status: int = 0
    """What the server answered; 0 where it got no request or never answered."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        """Whether it may change what the server holds."""
        asks = self.path.endswith((_SIGNS_IN, "/entries/query"))
        return self.method not in {"GET", "HEAD"} and not asks


@dataclass
class Wire:
    """What the proxies of one run share: which request goes wrong, and what was seen."""

    tag: str = ""
    """Goes into the User-Agent: InvenioRDM counts requests by it, and cases must not add up."""
    disguises: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Passwords that the client has, and those that the server knows in their place."""
    plans: Callable[[Exchange], Fault | None] = field(default=lambda _: None)
    """Says what goes wrong with a request."""
    kill: Callable[[], None] = field(default=lambda: None)
    """Kills the client."""
    exchanges: list[Exchange] = field(default_factory=list)
    """Of the run that goes on."""
    made: dict[str, str] = field(default_factory=dict)
    """The ids of all deposits that the server was told to make, with the server's name."""
    tokens: set[str] = field(default_factory=set, repr=False)
    """Every token that was seen."""
    refused: set[str] = field(default_factory=set, repr=False)
    """Tokens that are no longer taken."""
    wrong: str = ""
    """The first request of the run that went wrong as planned, '' for none."""
    writing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the run has sent what may change something."""
    _under_way: int = 0
    _quiet: asyncio.Event = field(default_factory=asyncio.Event)

    def arm(self, plan: Plan | None) -> None:
        """Begin a new run, in which a plan holds."""
        self.exchanges = []
        self.refused.clear()
        self.wrong = ""
        self.writing.clear()

        counted = itertools.count(1)

        def planned(exchange: Exchange) -> Fault | None:
            if plan is None or not re.search(plan.where, str(exchange)):
                return None
            return plan.fault if next(counted) == plan.at else None

        self.plans = planned

    def note(self, request: h11.Request) -> Exchange:
        """Count a request."""
        headers = dict(request.headers)
        exchange = Exchange(
            len(self.exchanges) + 1,
            request.method.decode(),
            urlsplit(request.target.decode()).path,
            int(headers.get(b"content-length", b"0")) > 0 or b"transfer-encoding" in headers,
        )
        self.exchanges.append(exchange)
        if exchange.writes:
            self.writing.set()
        if token := _token(request):
            self.tokens.add(token)
        return exchange

    def fault(self, exchange: Exchange, request: h11.Request) -> Fault | None:
        """What goes wrong with a request, if anything."""
        found = self.plans(exchange)
        token = _token(request)
        if found is Fault.TOKEN_REFUSED and token:
            self.refused.add(token)
        elif token in self.refused:
            found = Fault.TOKEN_REFUSED
        if found and not self.wrong:
            self.wrong = str(exchange)
        return found

    @contextmanager
    def working(self) -> Iterator[None]:
        """While the server has a request."""
        self._under_way += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()

    async def quiet(self) -> None:
        """Wait until the server has answered all that it was asked."""
        if self._under_way:
            await self._quiet.wait()


class Proxy:
    """Stands before one server.

    Args:
        wire: What goes wrong, shared with the run's other proxies.
        name: The server's name.
        url: Where it is: scheme, host, port and perhaps a path.
    """

    def __init__(self, wire: Wire, name: str, url: str) -> None:
        parts = urlsplit(url)
        self._wire = wire
        self._name = name
        self._host = parts.hostname or "127.0.0.1"
        self._server_port = parts.port or 80
        self._path = parts.path.rstrip("/")
        self._listener: asyncio.Server | None = None
        self._port = 0
        self._open: set[Peer] = set()

    @property
    def url(self) -> str:
        """Where the client finds the server."""
        return f"http://127.0.0.1:{self._port}{self._path}"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Proxy]:
        """Answer while this lasts."""
        await self._listen()
        try:
            yield self
        finally:
            await self._away()

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]

    async def _away(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
        for peer in tuple(self._open):
            peer.reset()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Peer(reader, writer, h11.SERVER)
        self._open.add(client)
        try:
            while await self._exchange(client):
                pass
        except (OSError, h11.ProtocolError):
            client.reset()  # the client was killed, or the server broke off
        finally:
            self._open.discard(client)
            client.close()

    async def _exchange(self, client: Peer) -> bool:
        """One request and its answer; whether the connection is still of use."""
        request = await client.next()
        if not isinstance(request, h11.Request):
            return False
        exchange = self._wire.note(request)
        fault = self._wire.fault(exchange, request)
        if fault is Fault.REQUEST_CUT and not exchange.has_body:
            fault = Fault.RESET_BEFORE
        if fault is None or fault.forwards:
            await self._forward(client, request, exchange, fault)
        elif fault is Fault.REQUEST_CUT:
            await self._cut(client, request)
        else:
            await self._instead(client, fault)
        return client.again()

    async def _instead(self, client: Peer, fault: Fault) -> None:
        """What happens where the server gets no request."""
        if fault is Fault.KILL_BEFORE:
            self._wire.kill()
            client.reset()
        elif fault is Fault.RESET_BEFORE:
            client.reset()
        elif fault is Fault.REFUSED:
            await self._away()
            await asyncio.sleep(AWAY)
            await self._listen()
        else:
            await client.drain()
            await self._finish(client, fault)

    async def _finish(self, client: Peer, fault: Fault) -> None:
        """What the client gets instead of the server's answer."""
        page = PAGES.get(fault)
        if page:
            await _answer(client, page)
        elif fault in {Fault.STALL_BEFORE, Fault.STALL_AFTER}:
            await client.hold()
        else:
            if fault is Fault.KILL_AFTER:
                self._wire.kill()
            client.reset()

    async def _cut(self, client: Peer, request: h11.Request) -> None:
        """Half of the body arrives at the server, then both connections break."""
        server = await self._connected()
        await server.send(self._outward(request, None))
        left = _length(request) // 2
        while left > 0 and isinstance(event := await client.next(), h11.Data):
            await server.send(h11.Data(data=bytes(event.data)[:left]))
            left -= len(event.data)
        server.reset()
        client.reset()

    async def _forward(
        self, client: Peer, request: h11.Request, exchange: Exchange, fault: Fault | None
    ) -> None:
        with self._wire.working():
            server = await self._connected()
            try:
                await self._ask(client, server, request)
                if fault is Fault.KILL_DURING:
                    self._wire.kill()
                await self._answered(client, server, exchange, fault)
            finally:
                server.close()

    async def _connected(self) -> Peer:
        reader, writer = await asyncio.open_connection(self._host, self._server_port)
        return Peer(reader, writer, h11.CLIENT)

    async def _ask(self, client: Peer, server: Peer, request: h11.Request) -> None:
        body: bytes | None = None
        if request.target.decode().endswith(_SIGNS_IN):
            body = await self._signing_in(client)
        await server.send(self._outward(request, body))
        if body is not None:
            await server.send(h11.Data(data=body))
        else:
            while isinstance(event := await client.next(), h11.Data):
                await server.send(event)
        await server.send(h11.EndOfMessage())

    async def _signing_in(self, client: Peer) -> bytes:
        """The form with the password that the server knows."""
        body = b""
        while isinstance(event := await client.next(), h11.Data):
            body += bytes(event.data)
        form = parse_qsl(body.decode())
        return urlencode([(k, self._wire.disguises.get(v, v)) for k, v in form]).encode()

    def _outward(self, request: h11.Request, body: bytes | None) -> h11.Request:
        given = dict(request.headers)
        agent = given.get(b"user-agent", b"") + f" {self._wire.tag}".encode()
        headers = [(k, v) for k, v in request.headers if k not in _HOP]
        if body is not None:
            headers = [(k, v) for k, v in headers if k != b"content-length"]
            headers.append((b"content-length", str(len(body)).encode()))
        headers += [
            (b"host", f"{self._host}:{self._server_port}".encode()),
            (b"user-agent", agent.strip()),
            (b"connection", b"close"),
        ]
        return h11.Request(method=request.method, target=request.target, headers=headers)

    def _inward(self, head: h11.Response) -> h11.Response:
        """The answer's head for the client.

        Without what says how it was framed, where that is not its length: h11 frames it anew. A
        redirect leads through the proxy again, as one of a server that knows its public address.
        """
        drop = _HOP | {b"transfer-encoding"}
        theirs = f"http://{self._host}:{self._server_port}/".encode()
        ours = f"http://127.0.0.1:{self._port}/".encode()
        headers = [
            (k, v.replace(theirs, ours) if k == b"location" else v)
            for k, v in head.headers
            if k not in drop
        ]
        return h11.Response(status_code=head.status_code, headers=headers, reason=head.reason)

    async def _answered(
        self, client: Peer, server: Peer, exchange: Exchange, fault: Fault | None
    ) -> None:
        head = await server.next()
        while isinstance(head, h11.InformationalResponse):
            head = await server.next()
        if not isinstance(head, h11.Response):
            raise ConnectionResetError("the server broke off")
        exchange.status = head.status_code
        if fault is None and not _makes(exchange):
            await _stream(client, server, self._inward(head))
            return
        body = b""
        while isinstance(event := await server.next(), h11.Data):
            body += bytes(event.data)
        self._note_made(exchange, body)
        if fault is Fault.ANSWER_CUT:
            await _half(client, self._inward(head), body)
        elif fault:
            await self._finish(client, fault)
        else:
            await client.send(self._inward(head))
            await client.send(h11.Data(data=body))
            await client.send(h11.EndOfMessage())

    def _note_made(self, exchange: Exchange, body: bytes) -> None:
        if not _makes(exchange) or exchange.status not in {200, 201}:
            return
        answer = json.loads(body)
        id_ = answer.get("upload_id") or answer.get("id")
        self._wire.made[str(id_)] = self._name


async def _stream(client: Peer, server: Peer, head: h11.Response) -> None:
    await client.send(head)
    while isinstance(event := await server.next(), h11.Data):
        await client.send(event)
    await client.send(h11.EndOfMessage())


async def _answer(client: Peer, page: Page) -> None:
    await client.send(h11.Response(status_code=page.status, headers=page.headers))
    await client.send(h11.Data(data=page.body))
    await client.send(h11.EndOfMessage())


async def _half(client: Peer, head: h11.Response, body: bytes) -> None:
    """The head announces the whole body, half of which comes."""
    lines = [f"HTTP/1.1 {head.status_code} ".encode() + head.reason]
    lines += [k + b": " + v for k, v in head.headers if k != b"content-length"]
    lines += [b"content-length: " + str(len(body)).encode(), b"", b""]
    text = b"\r\n".join(lines)
    await client.raw(text + body[: len(body) // 2] if body else text[: len(text) // 2])


def _makes(exchange: Exchange) -> bool:
    return exchange.method == "POST" and bool(_MAKES.fullmatch(exchange.path.rstrip("/")))


def _token(request: h11.Request) -> str:
    return dict(request.headers).get(b"authorization", b"").decode().partition(" ")[2]


def _length(request: h11.Request) -> int:
    return int(dict(request.headers).get(b"content-length", b"0"))
