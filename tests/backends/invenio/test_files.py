"""Files on their way: announced, sent, committed, compared, and sent again where need be."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING

import pytest
import requests
import responses
from responses import matchers

from publishkit.errors import (
    Cancelled,
    IntegrityError,
    LimitError,
    NotFoundError,
    RejectedError,
    TemporaryError,
)
from publishkit.testing import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from publishkit.model import Record
    from publishkit.repository import DataFile, Transfer
    from publishkit_invenio.repository import InvenioRepository

FILES = "https://archive.example/api/records/1/draft/files"
HELLO = hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
LOST_13: JsonValue = {"key": "a", "status": "completed", "errors": "File upload transfer failed."}
LOST_12: JsonValue = {
    "status": 400,
    "message": "The file upload transfer failed, please try again.",
}
Reply = tuple[int, dict[str, str], str]


def entry(key: str, content: bytes | None = b"hello") -> dict[str, JsonValue]:
    if content is None:
        return {"key": key, "status": "pending", "metadata": None}
    checksum = f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"
    return {"key": key, "status": "completed", "size": len(content), "checksum": checksum}


class Server:
    """Takes files, in the way that a test says."""

    def __init__(self, web: responses.RequestsMock) -> None:
        self.web = web
        self.received: list[bytes] = []

    def announced(self, *keys: str) -> responses.BaseResponse:
        body = [{"key": key} for key in keys]
        match = [matchers.json_params_matcher(body)]
        answer = responses.Response(
            responses.POST, FILES, json={"entries": []}, status=201, match=match
        )
        return self.web.add(answer)

    def there_already(self) -> None:
        said = {"status": 400, "message": "File with key a already exists."}
        self.web.post(FILES, status=400, json=said)

    def holds(self, *entries: dict[str, JsonValue]) -> None:
        self.web.get(FILES, json={"enabled": True, "entries": list(entries)})

    def takes(self, key: str, status: int = 200, answer: JsonValue = None) -> None:
        def take(request: requests.PreparedRequest) -> Reply:
            body = request.body  # None for an empty one
            self.received.append(body if isinstance(body, bytes) else b"")
            return status, {}, json.dumps(answer or entry("any", None))

        self.web.add_callback(responses.PUT, f"{FILES}/{key}/content", callback=take)

    def commits(self, key: str, status: int = 200, answer: JsonValue = None) -> None:
        self.web.post(f"{FILES}/{key}/commit", status=status, json=answer or entry(key))


@pytest.fixture
def server(web: responses.RequestsMock) -> Server:
    return Server(web)


@pytest.fixture
def start(
    repository: InvenioRepository,
    make_record: Callable[..., Record],
    make_file: Callable[..., DataFile],
) -> Callable[..., Transfer]:
    """Gives the transfer of one file."""

    def begin(key: str = "a", content: bytes = b"hello") -> Transfer:
        return next(iter(repository.transfers("1", make_record(), [make_file(key, content)])))

    return begin


def test_a_file_that_was_sent_again_may_arrive_late(
    server: Server, start: Callable[..., Transfer], repository: InvenioRepository
) -> None:
    server.announced("a")
    server.takes("a", status=504)
    server.takes("a")
    server.commits("a")
    assert repository.late("1") == 0
    start().run(NoMeter())
    assert repository.late("1") > time.monotonic()
    assert repository.late("2") == 0


# ---- announced ----


def test_all_files_are_announced_by_one_call_of_keys_alone(
    server: Server,
    repository: InvenioRepository,
    make_record: Callable[..., Record],
    make_file: Callable[..., DataFile],
) -> None:
    server.announced("a", "sub/b c")
    files = [make_file("a"), make_file("sub/b c", b"more")]
    transfers = list(repository.transfers("1", make_record(), files))
    assert [(t.keys, t.size) for t in transfers] == [(("a",), 5), (("sub/b c",), 4)]


@pytest.mark.usefixtures("web")
def test_without_files_nothing_is_announced(
    repository: InvenioRepository, make_record: Callable[..., Record]
) -> None:
    assert list(repository.transfers("1", make_record(), [])) == []


def test_a_file_that_was_announced_already_is_sent_all_the_same(
    server: Server, start: Callable[..., Transfer]
) -> None:
    server.there_already()
    server.holds(entry("a", None))
    server.takes("a")
    server.commits("a")
    assert start().run(NoMeter())["a"].md5 == HELLO


def test_beside_a_file_that_was_announced_already_the_others_are_announced(
    server: Server,
    repository: InvenioRepository,
    make_record: Callable[..., Record],
    make_file: Callable[..., DataFile],
) -> None:
    server.there_already()
    server.holds(entry("a", None))
    others = server.announced("b")
    list(repository.transfers("1", make_record(), [make_file("a"), make_file("b")]))
    assert others.call_count == 1


def test_too_many_files_are_a_limit(server: Server, start: Callable[..., Transfer]) -> None:
    said = "Uploading selected files will result in exceeding the max amount per record."
    server.web.post(FILES, status=400, json={"status": 400, "message": said})
    with pytest.raises(LimitError, match="zip"):
        start()


def test_errors_beside_a_201_are_a_refusal(server: Server, start: Callable[..., Transfer]) -> None:
    errors = [{"field": "0.key", "messages": ["Filename is too long."]}]
    server.web.post(FILES, status=201, json={"entries": [], "errors": errors})
    with pytest.raises(RejectedError, match=r"0\.key: Filename is too long"):
        start()


# ---- sent ----


def test_a_file_arrives_and_its_digests_are_told(
    server: Server, start: Callable[..., Transfer]
) -> None:
    server.announced("a")
    server.takes("a")
    server.commits("a")
    meter = NoMeter()
    (digests,) = start().run(meter).values()
    assert server.received == [b"hello"]
    assert (digests.md5, meter.sent) == (HELLO, 5)
    sent = next(call.request for call in server.web.calls if call.request.method == "PUT")
    assert sent.headers["Content-Type"] == "application/octet-stream"


def test_an_empty_file_arrives(server: Server, start: Callable[..., Transfer]) -> None:
    server.announced("a")
    server.takes("a")
    server.commits("a", answer=entry("a", b""))
    start(content=b"").run(NoMeter())
    assert server.received == [b""]


def test_a_key_is_one_segment_of_the_address(
    server: Server, start: Callable[..., Transfer]
) -> None:
    key = "sub/ü 1%#?.txt"
    server.announced(key)
    server.takes("sub%2F%C3%BC%201%25%23%3F.txt")
    server.commits("sub%2F%C3%BC%201%25%23%3F.txt", answer=entry(key))
    assert start(key).run(NoMeter()).keys() == {key}


@pytest.mark.parametrize(
    "arrived",
    [
        entry("a", b"other"),
        entry("a", b"hell"),
        entry("a") | {"checksum": None},
        entry("a", None),
    ],
)
def test_what_arrived_otherwise_is_noticed(
    server: Server, start: Callable[..., Transfer], arrived: JsonValue
) -> None:
    server.announced("a")
    server.takes("a")
    server.commits("a", answer=arrived)
    meter = NoMeter()
    with pytest.raises(IntegrityError):
        start().run(meter)
    assert meter.sent == 0


def test_errors_of_a_commit_are_a_refusal(server: Server, start: Callable[..., Transfer]) -> None:
    server.announced("a")
    server.takes("a")
    server.commits("a", answer=entry("a") | {"errors": "No."})
    with pytest.raises(RejectedError, match="a was refused: No"):
        start().run(NoMeter())


@pytest.mark.parametrize("status", [400, 413])
def test_a_quota_is_a_limit_by_either_status(
    server: Server, start: Callable[..., Transfer], status: int
) -> None:
    server.announced("a")
    server.takes("a", status, {"status": status, "message": "Bucket quota exceeded."})
    with pytest.raises(LimitError, match="Bucket quota exceeded"):
        start().run(NoMeter())


# ---- sent again ----


@pytest.mark.parametrize(("status", "answer_"), [(200, LOST_13), (400, LOST_12)])
def test_a_file_that_the_server_deleted_is_announced_and_sent_again(
    server: Server, start: Callable[..., Transfer], status: int, answer_: JsonValue
) -> None:
    announced = server.announced("a")
    server.takes("a", status, answer_)
    server.takes("a")
    server.commits("a")
    meter = NoMeter()
    start().run(meter)
    assert announced.call_count == 2
    assert (len(server.received), meter.sent) == (2, 5)


def test_an_entry_that_vanished_is_announced_again(
    server: Server, start: Callable[..., Transfer]
) -> None:
    announced = server.announced("a")
    server.takes("a", 404, {"status": 404, "message": "Record '1' has no file 'a'."})
    server.takes("a")
    server.commits("a")
    start().run(NoMeter())
    assert announced.call_count == 2


def test_a_file_that_never_arrives_is_given_up(
    server: Server, start: Callable[..., Transfer]
) -> None:
    server.announced("a")
    server.takes("a", answer=LOST_13)
    with pytest.raises(TemporaryError, match="lost a 3 times"):
        start().run(NoMeter())


def test_a_draft_that_is_gone_is_not_found(server: Server, start: Callable[..., Transfer]) -> None:
    gone: JsonValue = {"status": 404, "message": "The persistent identifier does not exist."}
    server.announced("a")
    server.takes("a", 404, gone)
    transfer = start()
    server.web.replace(responses.POST, FILES, status=404, json=gone)
    server.web.get(FILES, status=404, json=gone)
    server.web.get("https://archive.example/api/records/1/files", status=404, json=gone)
    with pytest.raises(NotFoundError):
        transfer.run(NoMeter())


def test_a_commit_whose_answer_was_lost_is_found_done(
    server: Server, start: Callable[..., Transfer]
) -> None:
    """A second PUT would make the server delete the file."""
    server.announced("a")
    server.takes("a")
    server.web.post(f"{FILES}/a/commit", body=requests.ConnectionError("lost"))
    transfer, meter = start(), NoMeter()
    with pytest.raises(TemporaryError):
        transfer.run(meter)
    assert meter.sent == 0
    server.web.get(f"{FILES}/a", json=entry("a"))
    assert transfer.run(meter)["a"].md5 == HELLO
    assert (len(server.received), meter.sent) == (1, 5)


def test_another_file_of_the_same_key_is_replaced(
    server: Server, start: Callable[..., Transfer]
) -> None:
    server.there_already()
    server.holds(entry("a", b"before"))
    transfer = start()
    server.web.get(f"{FILES}/a", json=entry("a", b"before"))
    deleted = server.web.delete(f"{FILES}/a", status=204)
    server.web.replace(responses.POST, FILES, status=201, json={"entries": []})
    server.takes("a")
    server.commits("a")
    assert transfer.run(NoMeter())["a"].md5 == HELLO
    assert deleted.call_count == 1


def test_a_file_that_changed_on_the_way_is_noticed(
    server: Server,
    repository: InvenioRepository,
    make_record: Callable[..., Record],
    make_file: Callable[..., DataFile],
) -> None:
    server.announced("a")
    file = make_file("a")
    (transfer,) = repository.transfers("1", make_record(), [file])
    file.path.write_bytes(b"hello and more")
    with pytest.raises(IntegrityError, match="changed"):
        transfer.run(NoMeter())


class Ended(NoMeter):
    """A meter whose user has stopped the run."""

    def advance(self, nbytes: int) -> None:
        raise Cancelled(f"stopped at {nbytes}")


def test_a_stopped_run_sends_not_even_an_empty_file(
    server: Server, start: Callable[..., Transfer]
) -> None:
    server.announced("a")
    transfer = start(content=b"")
    with pytest.raises(Cancelled):
        transfer.run(Ended())
    assert len(server.web.calls) == 1
