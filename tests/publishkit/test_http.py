"""What becomes of a request: answers, faults, repeats, redirects, secrets."""

from __future__ import annotations

import logging
import os
import time
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from publishkit.bodies import FileBody
from publishkit.errors import (
    AuthenticationError,
    Cancelled,
    ConflictError,
    IntegrityError,
    LimitError,
    LostAnswerError,
    NotFoundError,
    RejectedError,
    RepositoryError,
    TemporaryError,
)
from publishkit.hooks import Connection, Credentials, Target
from publishkit.http import Client
from publishkit.patience import ATTEMPTS, OUTAGE, REST
from publishkit.repository import DataFile
from publishkit.sessions import BearerAuth
from publishkit.testing import NoMeter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import JsonValue

API = "https://archive.example/api"
SECRET = "s3cr3t-token"


def words(answer: JsonValue) -> str:
    return str(answer.get("message", "")) if isinstance(answer, dict) else ""


@pytest.fixture
def stop() -> Event:
    return Event()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, stop: Event) -> list[float]:
    """The waits between attempts, in seconds, which the test does not wait."""
    told: list[float] = []

    def wait(seconds: float | None = None) -> bool:
        told.append(seconds or 0)
        return False

    monkeypatch.setattr(stop, "wait", wait)
    return told


@pytest.fixture
def client(stop: Event, waits: list[float]) -> Client:
    target = Target(name="archive", backend="any", url="https://archive.example")
    connection = Connection(target=target, credentials=Credentials(token=SECRET), stop=stop)
    return Client(connection, API, auth=BearerAuth(SECRET), words=words)


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def test_requests_carry_the_token_a_name_and_no_cookie(
    client: Client, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/a", json={}, headers={"Set-Cookie": "csrftoken=1"})
    client.get_json("/a")
    client.get_json("/a")
    sent = web.calls[1].request.headers
    assert sent["Authorization"] == f"Bearer {SECRET}"
    assert sent["User-Agent"].startswith("publishkit/")
    assert "Cookie" not in sent


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RejectedError),
        (401, AuthenticationError),
        (403, AuthenticationError),
        (404, NotFoundError),
        (409, ConflictError),
        (410, NotFoundError),
        (412, ConflictError),
        (413, LimitError),
        (418, RejectedError),
        (501, RepositoryError),
    ],
)
def test_a_refusal_says_what_the_server_said_and_is_not_repeated(
    client: Client, web: responses.RequestsMock, status: int, kind: type[RepositoryError]
) -> None:
    web.get(f"{API}/a", json={"message": "its own words"}, status=status)
    with pytest.raises(RepositoryError, match="its own words") as caught:
        client.get_json("/a?token=x")
    assert type(caught.value) is kind
    assert (caught.value.target, caught.value.status) == ("archive", status)
    assert len(web.calls) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_fault_passes(client: Client, web: responses.RequestsMock, status: int) -> None:
    web.put(f"{API}/a", body="<html>Bad gateway</html>", status=status)
    web.put(f"{API}/a", json={"ok": True})
    assert client.send("PUT", "/a", repeat=True).json() == {"ok": True}


def test_a_web_page_with_a_status_of_success_is_no_answer(
    client: Client, web: responses.RequestsMock
) -> None:
    page = "<html>Please sign in to this network</html>"
    web.put(f"{API}/a", body=page, content_type="text/html; charset=utf-8")
    web.put(f"{API}/a", json={"ok": True})
    assert client.send("PUT", "/a", repeat=True).json() == {"ok": True}
    web.post(f"{API}/b", body=page, content_type="text/html")
    with pytest.raises(LostAnswerError, match="is a web page"):
        client.send("POST", "/b", repeat=False)
    web.get(f"{API}/c", body=page, content_type="text/html")
    assert client.send("GET", "/c", repeat=True, pages=True).text == page


def test_an_empty_answer_is_no_web_page_whatever_it_is_called(
    client: Client, web: responses.RequestsMock
) -> None:
    deleted = web.delete(f"{API}/a", status=204, content_type="text/html; charset=utf-8")
    client.send("DELETE", "/a", repeat=True)
    assert deleted.call_count == 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [({"status": 500}, 1), ({"body": requests.ConnectionError()}, 1), ({"status": 429}, 0)],
)
def test_who_wants_to_know_is_told_that_an_attempt_before_may_yet_be_acted_on(
    client: Client, web: responses.RequestsMock, fault: dict[str, Any], told: int
) -> None:
    repeats: list[str] = []
    web.put(f"{API}/a", **fault)
    web.put(f"{API}/a", json={})
    client.send("PUT", "/a", repeat=True, repeated=lambda: repeats.append("again"))
    assert len(repeats) == told


def test_a_fault_that_stays_is_temporary(
    client: Client, web: responses.RequestsMock, waits: list[float]
) -> None:
    web.get(f"{API}/a", status=503)
    with pytest.raises(TemporaryError, match="503"):
        client.get_json("/a")
    assert len(web.calls) == ATTEMPTS
    assert waits == sorted(waits)


def test_a_server_that_was_there_is_waited_for_while_it_is_restarted(
    client: Client, web: responses.RequestsMock, waits: list[float]
) -> None:
    web.get(f"{API}/first", json={})
    client.get_json("/first")
    for _ in range(ATTEMPTS):
        web.get(f"{API}/a", body=requests.ConnectTimeout("no"))
        web.get(f"{API}/a", status=503)
    web.get(f"{API}/a", json={"ok": True})
    assert client.get_json("/a") == {"ok": True}
    assert len(waits) == 2 * ATTEMPTS


def test_a_server_that_stays_away_is_given_up_for_all_requests(
    client: Client, web: responses.RequestsMock, waits: list[float]
) -> None:
    web.get(f"{API}/first", json={})
    client.get_json("/first")
    web.get(f"{API}/a", status=502)
    with pytest.raises(TemporaryError, match="502"):
        client.get_json("/a")
    assert OUTAGE <= sum(waits) <= 2 * OUTAGE
    sent = len(web.calls)
    with pytest.raises(TemporaryError, match="nothing was sent, since the server keeps failing"):
        client.get_json("/first")
    assert len(web.calls) == sent


def test_a_server_that_was_given_up_is_tried_again_after_a_rest(
    client: Client, web: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        web.get(f"{API}/{name}", status=500)
        with pytest.raises(TemporaryError, match="500"):
            client.get_json(f"/{name}")
    sent = len(web.calls)
    with pytest.raises(TemporaryError, match="keeps failing"):
        client.get_json("/a")
    assert len(web.calls) == sent
    now = time.monotonic() + REST
    monkeypatch.setattr("publishkit.patience.time.monotonic", lambda: now)
    web.get(f"{API}/d", json={"ok": True})
    assert client.get_json("/d") == {"ok": True}


def test_one_request_that_always_fails_does_not_stop_the_others(
    client: Client, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/good", json={})
    web.get(f"{API}/bad", status=500)
    for _ in range(5):
        with pytest.raises(TemporaryError, match="500"):
            client.get_json("/bad")
        client.get_json("/good")


def test_each_repeat_is_told_with_its_reason_and_without_advice(
    client: Client, web: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "publishkit")
    web.get(f"{API}/a", json={"message": "being restarted"}, status=503)
    web.get(f"{API}/a", json={})
    client.get_json("/a")
    (line,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert line.startswith("archive: the server failed (503 Service Unavailable): being restarted")
    assert line.partition("; trying again in ")[2].endswith(" s")
    assert "Run the same command" not in line


def test_a_wait_is_as_long_as_told(
    client: Client, web: responses.RequestsMock, waits: list[float]
) -> None:
    web.get(f"{API}/a", status=429, headers={"Retry-After": "17"})
    web.get(f"{API}/a", json={})
    client.get_json("/a")
    assert waits == [17]


def test_retry_after_on_a_success_is_not_waited_for(
    client: Client, web: responses.RequestsMock, waits: list[float]
) -> None:
    web.get(f"{API}/a", json={}, headers={"Retry-After": "58"})
    client.get_json("/a")
    assert waits == []


def test_a_wait_of_hours_is_not_waited_for(client: Client, web: responses.RequestsMock) -> None:
    web.get(f"{API}/a", status=429, headers={"Retry-After": "7200"})
    with pytest.raises(TemporaryError):
        client.get_json("/a")
    assert len(web.calls) == 1


def test_who_has_to_wait_for_long_is_told_how_long(
    client: Client, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/a", status=429, headers={"Retry-After": "1500"})
    with pytest.raises(TemporaryError) as error:
        client.get_json("/a")
    assert "allows no more requests for now" in error.value.message
    assert error.value.advice == "Run the same command again in 25 minutes."


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_must_not_be_repeated_is_sent_once(
    client: Client, web: responses.RequestsMock, status: int
) -> None:
    web.post(f"{API}/a", status=status)
    with pytest.raises(LostAnswerError):
        client.send("POST", "/a", repeat=False)
    assert len(web.calls) == 1


def test_a_lost_answer_is_told_apart_from_a_request_that_never_left(
    client: Client, web: responses.RequestsMock
) -> None:
    web.post(f"{API}/a", body=requests.ConnectionError("Connection aborted."))
    with pytest.raises(LostAnswerError):
        client.send("POST", "/a", repeat=False)
    web.post(f"{API}/b", body=requests.ConnectTimeout("no"))
    web.post(f"{API}/b", json={}, status=201)
    assert client.send("POST", "/b", repeat=False).status_code == 201


def test_too_many_requests_is_repeated_even_where_repeating_is_not_safe(
    client: Client, web: responses.RequestsMock
) -> None:
    web.post(f"{API}/a", status=429)
    web.post(f"{API}/a", json={})
    client.send("POST", "/a", repeat=False)
    assert len(web.calls) == 2


def test_each_attempt_gets_a_whole_body(
    client: Client, web: responses.RequestsMock, tmp_path: Path
) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"x" * 3_000_000)
    bodies: list[FileBody] = []
    meter = NoMeter()

    def body() -> FileBody:
        bodies.append(FileBody(DataFile("data", path, 3_000_000), meter))
        return bodies[-1]

    def receive(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        received = request.body if isinstance(request.body, bytes) else request.body.read()  # type: ignore[union-attr]
        assert len(received) == 3_000_000
        return (502 if len(bodies) == 1 else 200), {}, "{}"

    web.add_callback(responses.PUT, f"{API}/a", callback=receive)
    client.send("PUT", "/a", repeat=True, body=body)
    assert len(bodies) == 2
    assert meter.sent == 3_000_000
    assert len(bodies[-1].digests.md5) == 32


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"x" * 10)
    body = FileBody(DataFile("data", path, 10), NoMeter())
    body.read(5)
    path.write_bytes(b"y" * 12)
    with pytest.raises(IntegrityError, match="changed while it was read"):
        body.read(10)
    body.close()


def test_a_file_that_was_changed_after_its_folder_was_read_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"x" * 10)
    listed = DataFile("data", path, 10, path.stat().st_mtime_ns - 1)
    with pytest.raises(IntegrityError, match="changed while it was read"):
        FileBody(listed, NoMeter())


def test_another_file_put_in_the_place_of_one_that_is_read_is_noticed(tmp_path: Path) -> None:
    path, other = tmp_path / "data", tmp_path / "other"
    path.write_bytes(b"x" * 10)
    other.write_bytes(b"y" * 10)
    os.utime(other, ns=(0, path.stat().st_mtime_ns))
    body = FileBody(DataFile("data", path, 10, path.stat().st_mtime_ns), NoMeter())
    body.read(5)
    other.replace(path)
    with pytest.raises(IntegrityError, match="changed while it was read"):
        body.read(10)


def test_a_pipe_put_in_the_place_of_a_file_is_noticed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "data"
    os.mkfifo(path)
    with pytest.raises(IntegrityError, match="changed while it was read"):
        FileBody(DataFile("data", path, 10), NoMeter())


def test_a_redirect_on_the_same_host_takes_body_and_sign_in_along(
    client: Client, web: responses.RequestsMock
) -> None:
    web.post(f"{API}/datasets/", status=307, headers={"Location": "/api/datasets"})
    web.post(f"{API}/datasets", json={"id": "1"})
    client.send("POST", "/datasets/", repeat=True, json={"name": "a"})
    request = web.calls[1].request
    assert request.body == b'{"name": "a"}'
    assert request.headers["Authorization"] == f"Bearer {SECRET}"


def test_a_redirect_to_plain_http_on_the_same_host_goes_by_https(
    client: Client, web: responses.RequestsMock
) -> None:
    # what a server behind a proxy that ends TLS says
    web.get(f"{API}/a", status=307, headers={"Location": "http://archive.example/api/b"})
    web.get(f"{API}/b", json={"ok": True})
    assert client.get_json("/a") == {"ok": True}


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/api/a",
        "http://archive.example:8080/api/a",
        "https://archive.example:8443/api/a",
        "//evil.example/a",
    ],
)
def test_a_redirect_to_another_host_is_refused(
    client: Client, web: responses.RequestsMock, elsewhere: str
) -> None:
    web.get(f"{API}/a", status=302, headers={"Location": elsewhere})
    with pytest.raises(RepositoryError, match="another host"):
        client.get_json("/a")
    assert len(web.calls) == 1


@pytest.mark.parametrize("url", ["https://[bad", "https://archive.example:99999/api/a"])
def test_what_is_no_url_is_refused(client: Client, url: str) -> None:
    with pytest.raises(RepositoryError, match="is no URL"):
        client.get_json(url)


def test_a_link_of_the_server_to_another_host_is_refused(client: Client) -> None:
    with pytest.raises(RepositoryError, match="another host"):
        client.get_json("https://evil.example/api/a")


def test_an_answer_that_is_not_json_is_said_plainly(
    client: Client, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/a", body="<html>Welcome</html>")
    with pytest.raises(TemporaryError, match="not a JSON object"):
        client.get_json("/a")


def test_a_stopped_run_sends_nothing_more(client: Client, stop: Event) -> None:
    stop.set()
    with pytest.raises(Cancelled):
        client.get_json("/a")


def test_the_secret_shows_nowhere(
    client: Client, web: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    web.get(f"{API}/a", status=500)
    with pytest.raises(TemporaryError) as caught:
        client.get_json("/a")
    shown = f"{caught.value!r} {caught.value} {vars(client)} {BearerAuth(SECRET)!r} {caplog.text}"
    assert SECRET not in shown
