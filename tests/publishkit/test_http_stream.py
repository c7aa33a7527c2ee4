"""Downloads over HTTP: where credentials go, and what becomes of what breaks off."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import responses

from publishkit.bodies import FileBody
from publishkit.errors import (
    Cancelled,
    LostAnswerError,
    NotFoundError,
    RepositoryError,
    TemporaryError,
)
from publishkit.hooks import Connection, Credentials, Target
from publishkit.http import Client
from publishkit.repository import DataFile
from publishkit.sessions import BearerAuth
from publishkit.testing import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import JsonValue

pytestmark = pytest.mark.enable_socket

SECRET = "s3cr3t-token"
CONTENT = bytes(range(256)) * 1000

Answer = tuple[int, "Mapping[str, str]", bytes]


class Host(ThreadingHTTPServer):
    """A server on loopback that answers as a test says, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Callable[[], Answer]] = {}
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.slowly = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def says(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        told = {
            "Content-Length": str(len(body)),
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        self.answers[path] = lambda: (status, told, body)


class _Handler(BaseHTTPRequestHandler):
    server: Host
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.server.slowly.wait(0.5)  # the line takes nothing for so long
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        self.do_GET()

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.server.answers[self.path.partition("?")[0]]()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def serving() -> Iterator[Host]:
    with Host() as host:
        thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield host
        host.shutdown()
        thread.join()


@pytest.fixture
def archive() -> Iterator[Host]:
    with serving() as host:
        yield host


@pytest.fixture
def storage() -> Iterator[Host]:
    with serving() as host:
        yield host


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Waits between attempts that take no time."""
    event = threading.Event()
    monkeypatch.setattr(event, "wait", lambda _seconds: event.is_set())
    return event


def client_of(url: str, stop: threading.Event, *, timeout: float = 20) -> Client:
    target = Target(name="archive", backend="any", url=url, timeout=timeout)
    connection = Connection(target=target, credentials=Credentials(token=SECRET), stop=stop)
    return Client(connection, url, auth=BearerAuth(SECRET), words=words)


def words(answer: JsonValue) -> str:
    return str(answer.get("message", "")) if isinstance(answer, dict) else ""


@pytest.fixture
def client(archive: Host, stop: threading.Event) -> Client:
    return client_of(archive.url, stop)


def read(client: Client, path: str = "file", **params: str) -> bytes:
    with client.stream(path, params=params) as blocks:
        return b"".join(blocks)


def test_a_file_comes_as_it_is_and_the_request_is_signed(client: Client, archive: Host) -> None:
    archive.says("/file", CONTENT)
    assert read(client, offset="0") == CONTENT
    path, headers = archive.asked[0]
    assert path == "/file?offset=0"
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert headers["Accept-Encoding"] == "identity"


def test_the_token_stays_behind_when_another_host_has_the_file(
    client: Client, archive: Host, storage: Host
) -> None:
    archive.says("/file", status=302, Location=f"{storage.url}/bucket/1?signature=x")
    archive.says("/back", CONTENT)
    storage.says("/bucket/1", status=307, Location=f"{archive.url}/back")
    assert read(client) == CONTENT
    path, headers = storage.asked[0]
    assert path == "/bucket/1?signature=x"
    assert "Authorization" not in headers
    assert SECRET not in str(headers)
    assert archive.asked[1][1]["Authorization"] == f"Bearer {SECRET}"


def test_neither_netrc_nor_cookies_reach_another_host(
    client: Client, archive: Host, storage: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path.home()
    (home / ".netrc").write_text("machine 127.0.0.1 login me password hidden\n")
    (home / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    archive.says("/file", status=302, Location=f"{storage.url}/1", Set_Cookie="session=1")
    storage.says("/1", CONTENT)
    assert read(client) == CONTENT
    assert not {"Authorization", "Cookie"} & storage.asked[0][1].keys()


def test_storage_without_encryption_is_refused_and_not_asked(
    stop: threading.Event, storage: Host
) -> None:
    client = client_of("https://archive.example", stop)
    for elsewhere in (f"{storage.url}/1", "http://storage.example/1", "file:///etc/passwd"):
        with responses.RequestsMock() as web:
            web.get("https://archive.example/file", status=302, headers={"Location": elsewhere})
            with pytest.raises(RepositoryError, match="without encryption"):
                read(client)
    assert storage.asked == []


def test_a_redirect_to_no_url_is_a_typed_error(client: Client, archive: Host) -> None:
    archive.says("/file", status=302, Location="http://[")
    with pytest.raises(RepositoryError, match="no URL"):
        read(client)


def test_redirects_end(client: Client, archive: Host) -> None:
    archive.says("/file", status=302, Location="/file")
    with pytest.raises(TemporaryError):
        read(client)


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_what_breaks_off_is_not_taken_for_the_whole(
    client: Client, archive: Host, *, chunked: bool
) -> None:
    whole = f"{len(CONTENT):x}\r\n".encode() + CONTENT + b"\r\n"
    told = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(CONTENT))}
    archive.answers["/file"] = lambda: (200, told, (whole if chunked else CONTENT)[:-100])
    came: list[bytes] = []
    with pytest.raises(TemporaryError) as caught, client.stream("file") as blocks:
        came.extend(blocks)
    assert (caught.value.target, caught.value.method) == ("archive", "GET")
    assert CONTENT.startswith(b"".join(came))
    assert len(b"".join(came)) > 0


def test_a_failing_server_is_asked_again(client: Client, archive: Host) -> None:
    answers = iter([(503, {"Content-Length": "0"}, b""), (200, {"Content-Length": "2"}, b"ok")])
    archive.answers["/file"] = lambda: next(answers)
    assert read(client) == b"ok"


def test_an_error_that_breaks_off_itself_is_a_typed_error(client: Client, archive: Host) -> None:
    archive.answers["/file"] = lambda: (404, {"Content-Length": "99"}, b"{")
    with pytest.raises(TemporaryError, match="connection broke"):
        read(client)


def test_a_missing_file_is_said_in_the_servers_words(client: Client, archive: Host) -> None:
    archive.says("/file", b'{"message": "gone fishing"}', 404)
    with pytest.raises(NotFoundError, match="gone fishing"):
        read(client)
    assert len(archive.asked) == 1


def test_another_host_is_not_asked_for_a_file(client: Client, storage: Host) -> None:
    with pytest.raises(RepositoryError, match="another host"):
        read(client, f"{storage.url}/file")
    assert storage.asked == []


def test_a_stopped_run_ends_a_download(
    client: Client, archive: Host, stop: threading.Event
) -> None:
    archive.says("/file", CONTENT)
    with client.stream("file") as blocks:
        next(blocks)
        stop.set()
        with pytest.raises(Cancelled):
            next(blocks)


def test_a_line_slower_than_a_connection_may_take_to_open_can_send_a_file(
    archive: Host, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publishkit.http.CONNECT_TIMEOUT", 0.1)
    path = tmp_path / "data"
    path.write_bytes(bytes(20_000_000))  # more than the system keeps for a socket
    file = DataFile("data", path, 20_000_000)
    archive.says("/data", b"{}")
    sent = client.send("PUT", "/data", repeat=False, body=lambda: FileBody(file, NoMeter()))
    assert sent.ok


def test_a_server_that_takes_no_more_bytes_is_noticed(
    archive: Host, stop: threading.Event, tmp_path: Path
) -> None:
    path = tmp_path / "data"
    path.write_bytes(bytes(20_000_000))
    file = DataFile("data", path, 20_000_000)
    client = client_of(archive.url, stop, timeout=0.1)
    with pytest.raises(LostAnswerError):
        client.send("PUT", "/data", repeat=False, body=lambda: FileBody(file, NoMeter()))


def test_a_name_that_is_not_known_for_a_while_is_asked_for_again(
    archive: Host, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = socket.getaddrinfo, iter([True, True])

    def asked(*args: object, **kwargs: object) -> list[object]:
        if next(failures, False):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(*args, **kwargs)  # type: ignore[arg-type, return-value]

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    archive.says("/data", b"{}")
    client = client_of(archive.url.replace("127.0.0.1", "localhost"), stop)
    assert client.send("POST", "/data", repeat=False).ok
