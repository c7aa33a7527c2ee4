"""What a user got wrong once: a test for each fault that was found."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import responses

import publishkit
from publishkit import cli, config, plugins
from publishkit.datafiles import data_files
from publishkit.errors import (
    ConfigError,
    ConflictError,
    LimitError,
    PartialError,
    Problem,
    PublishkitError,
    RecordError,
    RejectedError,
    TemporaryError,
)
from publishkit.hooks import Backend, Connection, Credentials, Target
from publishkit.http import Client
from publishkit.ledger import LINKS_FILE, STATE_FOLDER, Ledger, Row
from publishkit.repository import Deposit, Meter, Resolved, State
from publishkit.sessions import BearerAuth
from publishkit.testing import MemoryRepository, memory_backend, metadata, write_record
from publishkit.verbs.adopt import adopt

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.model import Record


def links(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((folder / LINKS_FILE).read_text())
    return found


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(sys, "argv", ["publishkit", *map(str, arguments)])
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return int(ended.value.code or 0)


# ---- what could be lost or made twice ----


def test_a_note_of_mine_in_the_links_file_stays_and_its_bytes_too(records: Path) -> None:
    publishkit.push(records, to="memory")
    rows = links(records)
    rows[0]["note"] = "measured on Monday"
    (records / LINKS_FILE).write_text(json.dumps(rows))
    publishkit.push(records, to="memory")
    assert links(records)[0]["note"] == "measured on Monday"


def test_after_a_torn_first_journal_line_a_marker_survives_the_next_kill(tmp_path: Path) -> None:
    path = tmp_path / LINKS_FILE
    journal = tmp_path / STATE_FOLDER / "journal.jsonl"
    journal.parent.mkdir()
    journal.write_text('{"folder": "0", "tar')
    with Ledger.open(path) as ledger:
        ledger.note(Row(folder="0", target="memory"), sync=True, marker="mine")
        left = journal.read_bytes()
    path.unlink(missing_ok=True)
    journal.write_bytes(left)  # as a kill here would leave it
    assert [row.marker for row in Ledger.read(path).rows()] == ["mine"]


def test_an_edit_on_the_web_after_a_push_that_failed_half_way_is_not_overwritten(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = records / "0"
    publishkit.push(folder, to="memory")
    (folder / "new.txt").write_text("new")

    def broken(*_: object, **__: object) -> None:
        raise TemporaryError("the network is down")

    with monkeypatch.context() as patched:
        patched.setattr(memory, "transfers", broken)
        with pytest.raises(TemporaryError):
            publishkit.push(folder, to="memory")
    (shelf,) = memory.shelves.values()
    shelf.title, shelf.edits = "edited on the web", shelf.edits + 1
    with pytest.raises(ConflictError):
        publishkit.push(folder, to="memory")
    assert shelf.title == "edited on the web"


def test_a_record_that_was_published_before_is_not_called_unpublished(
    records: Path, other: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push(records / "0", to="memory", publish=True)

    def refuse(*_: object, **__: object) -> None:
        raise RejectedError("no")

    monkeypatch.setattr(other, "update", refuse)
    with pytest.raises(PartialError) as failed:
        publishkit.push(records / "0", to=["memory", "other"], publish=True)
    assert [receipt.held for receipt in failed.value.receipts] == [False, False]


def test_two_rows_of_one_folder_and_target_are_not_silently_made_one(records: Path) -> None:
    publishkit.push(records / "0", to="memory")
    (row,) = links(records)
    (records / LINKS_FILE).write_text(json.dumps([row, {**row, "id": "m99"}]))
    with contextlib.suppress(PublishkitError):
        publishkit.push(records / "0", to="memory")
    assert {found["id"] for found in links(records)} == {row["id"], "m99"}


def test_one_deposit_cannot_be_adopted_for_two_folders(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records / "0", to="memory")
    with pytest.raises(ConflictError):
        adopt(next(iter(memory.shelves)), records / "1", "memory")


def test_targets_that_are_one_database_get_one_deposit_for_a_record(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Barrier(2)
    create = memory.create

    def slowly(marker: str, record: Record | None = None) -> Deposit:
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(timeout=0.5)
        return create(marker, record)

    targets = tuple(
        Target(name=name, backend="memory", url=f"https://{name}.example", database="one")
        for name in ("prod", "staging")
    )
    backend = Backend(name="memory", targets=targets, open=lambda _: memory)
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})
    monkeypatch.setattr(memory, "create", slowly)
    try:
        publishkit.push(records / "0", to=["prod", "staging"])
    except ConfigError:
        return  # refused: as good
    assert len(memory.shelves) == 1


def test_a_record_that_one_target_refuses_in_the_plan_is_not_published_on_the_other(
    records: Path,
    memory: MemoryRepository,
    other: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        other, "resolve", lambda record: Resolved(record, (Problem("metadata", "not known"),))
    )
    with pytest.raises(PublishkitError):
        publishkit.push(records / "0", to=["memory", "other"], publish=True, skip_invalid=True)
    assert not memory.shelves


# ---- secrets ----


@pytest.mark.parametrize("token", ["SECRETTOKEN…", "SECRETTOKEN\nx"])
def test_a_token_that_no_header_can_hold_is_not_shown(token: str) -> None:
    url = "http://127.0.0.1:9"
    target = Target(name="mine", backend="memory", url=url)
    connection = Connection(
        target=target, credentials=Credentials(), stop=threading.Event(), workers=1
    )
    with pytest.raises(Exception) as failed:  # noqa: PT011 - the kind is the second assertion
        Client(connection, url, auth=BearerAuth(token), words=str).send("GET", "x", repeat=False)
    assert "SECRETTOKEN" not in repr(failed.value)
    assert isinstance(failed.value, PublishkitError)


def test_a_target_whose_variable_is_anothers_does_not_get_its_token(tmp_path: Path) -> None:
    (tmp_path / "publishkit.toml").write_text(
        '[targets.Memory]\nbackend = "memory"\nurl = "https://elsewhere.example"\n'
    )
    try:
        found = config.load(tmp_path, environment={"PUBLISHKIT_MEMORY_TOKEN": "SECRET"})
    except ConfigError:
        return  # refused: as good
    assert found.credentials(found.target("Memory")).token is None


@responses.activate
def test_what_goes_to_loopback_does_not_pass_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    url = "http://127.0.0.1:9"
    responses.get(f"{url}/x", json={})
    target = Target(name="mine", backend="memory", url=url)
    connection = Connection(
        target=target, credentials=Credentials(), stop=threading.Event(), workers=1
    )
    Client(connection, url, auth=BearerAuth("t"), words=str).send("GET", "x", repeat=True)
    assert not responses.calls[0].request.req_kwargs.get("proxies")  # type: ignore[attr-defined]


@responses.activate
def test_the_targets_own_certificates_win_over_the_environments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/somewhere/else.pem")
    bundle, url = tmp_path / "mine.pem", "https://archive.example"
    responses.get(f"{url}/x", json={})
    target = Target(name="mine", backend="memory", url=url, ca_bundle=bundle)
    connection = Connection(
        target=target, credentials=Credentials(), stop=threading.Event(), workers=1
    )
    Client(connection, url, auth=BearerAuth("t"), words=str).send("GET", "x", repeat=True)
    assert responses.calls[0].request.req_kwargs["verify"] == str(bundle)  # type: ignore[attr-defined]


# ---- what counts as failed ----


def test_a_draft_that_is_complete_is_no_failure_where_nothing_was_to_be_published(
    records: Path, other: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RejectedError("no")

    monkeypatch.setattr(other, "update", refuse)
    with pytest.raises(PartialError, match=r"^1 of 2 ") as failed:
        publishkit.push(records / "0", to=["memory", "other"])
    assert [receipt.ok for receipt in failed.value.receipts] == [True, False]


def test_each_record_has_all_the_time_for_its_processing(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = memory.settle

    def slowly(id_: str, meter: Meter) -> Deposit:
        meter.wait(0.04)
        return settle(id_, meter)

    monkeypatch.setattr(memory, "settle", slowly)
    receipts = publishkit.push(records, to="memory", wait_timeout=0.1, workers=1)
    assert [receipt.ok for receipt in receipts] == [True] * 3


def test_deposits_that_are_made_anew_count_against_the_room(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records, to="memory")
    memory.shelves.clear()  # the test server was wiped
    memory.most_drafts = 2
    with pytest.raises(LimitError, match="room"):
        publishkit.push(records, to="memory", recreate=True)
    assert not memory.shelves


def test_a_record_that_fails_to_be_published_does_not_take_the_room_of_later_ones(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2, 10):
        write_record(records / str(number), {"data.csv": b"x"})
    (records / "0" / "record_metadata.json").write_text(json.dumps(metadata("bad one")))
    memory.most_drafts = 3
    create, publish = memory.create, memory.publish

    def bounded(marker: str, record: Record | None = None) -> Deposit:
        if memory.room() < 1:
            raise LimitError("too many drafts")
        return create(marker, record)

    def picky(id: str, record: Record, *, seen: Deposit | None = None) -> None:
        if record.metadata.title == "bad one":
            raise RejectedError("no")
        publish(id, record)

    monkeypatch.setattr(memory, "create", bounded)
    monkeypatch.setattr(memory, "publish", picky)
    with pytest.raises(PartialError) as failed:
        publishkit.push(records, to="memory", publish=True)
    assert [r.name for r in failed.value.receipts if not r.ok] == [str(records / "0")]


# ---- the links file's place ----


def test_a_links_file_inside_a_record_is_not_sent_with_it(
    records: Path, memory: MemoryRepository
) -> None:
    inside = records / "0" / "mine.json"
    for _ in range(2):
        try:
            publishkit.push(records / "0", to="memory", links=inside)
        except ConfigError:
            return  # refused: as good
    (shelf,) = memory.shelves.values()
    assert "mine.json" not in shelf.files


def test_the_links_of_a_record_inside_a_record_are_no_data(records: Path) -> None:
    write_record(records / "0" / "deep" / "inner", {"x.txt": b"x"})
    publishkit.push(records / "0" / "deep" / "inner", to="memory")
    keys = [file.key for file in data_files(records / "0")[0]]
    assert f"deep/{LINKS_FILE}" not in keys


def test_a_record_that_is_a_symbolic_link_has_its_links_beside_the_link(
    records: Path, tmp_path: Path
) -> None:
    write_record(tmp_path / "elsewhere" / "x", {"x.txt": b"x"})
    (records / "x").symlink_to(tmp_path / "elsewhere" / "x")
    publishkit.push(records, to="memory")
    assert "x" in [row["folder"] for row in links(records)]
    assert not (tmp_path / "elsewhere" / LINKS_FILE).exists()


# ---- messages and exit codes ----


def test_a_folder_whose_name_is_not_utf8_is_a_clear_error_before_anything_is_sent(
    tmp_path: Path, memory: MemoryRepository
) -> None:
    write_record(tmp_path / "records" / os.fsdecode(b"bad\xff"), {"x.txt": b"x"})
    with pytest.raises((RecordError, ConfigError)):
        publishkit.push(tmp_path / "records", to="memory")
    assert not memory.shelves


@pytest.mark.parametrize("url", ["http://[bad", "http://127.0.0.1:abc", "https://host:99999"])
def test_a_url_that_is_none_is_a_config_error(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        config.load(tmp_path, environment={}).target(f"memory+{url}")


def test_a_dotenv_file_that_is_not_utf8_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PUBLISHKIT_TOKEN=\xff\xfe\n")
    with pytest.raises(ConfigError):
        config.load(tmp_path, environment={})


def test_an_environment_table_of_wrong_content_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "publishkit.toml").write_text(
        '[targets.x]\nbackend = "memory"\nurl = "https://a.example"\nenvironment = {tokn = 5}\n'
    )
    with pytest.raises(ConfigError):
        config.load(tmp_path, environment={})


def test_adopting_for_a_folder_of_records_is_a_clear_error(
    records: Path, memory: MemoryRepository
) -> None:
    new = memory.create("mine").id
    with pytest.raises(PublishkitError):
        adopt(new, records, "memory")


def test_a_row_about_a_name_too_long_for_a_folder_does_not_stop_a_push(records: Path) -> None:
    row = {"folder": "a" * 5000, "target": "memory", "id": "1", "publishkit": {"sent": "x"}}
    (records / LINKS_FILE).write_text(json.dumps([row]))
    assert publishkit.push(records, to="memory")


@pytest.mark.parametrize("line", ['"links": "x"', '"extra": 5'])
def test_a_journal_line_of_wrong_types_is_no_mistake_of_publishkit(
    line: str, records: Path
) -> None:
    publishkit.push(records / "0", to="memory")
    journal = records / STATE_FOLDER / "journal.jsonl"
    journal.write_text(f'{{"folder": "0", "target": "memory", {line}}}\n')
    try:
        publishkit.push(records / "0", to="memory")
    except PublishkitError as error:
        assert isinstance(error, ConfigError)  # noqa: PT017 - either is good


def test_output_that_cannot_be_written_stops_no_record(
    tmp_path: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("日本", "あ", "い", "う"):
        write_record(tmp_path / "records" / name, {"x.txt": b"x"})
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
        code = call(patched, "push", tmp_path / "records", "--to", "memory", "--publish")
    assert [shelf.state for shelf in memory.shelves.values()] == [State.PUBLISHED] * 4
    assert code == 0


def test_a_push_without_a_standard_error_works(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", None)
        code = call(patched, "push", records, "--to", "memory")
    assert code == 0


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stdin", [_Terminal("n\n"), None])
def test_publishing_that_was_not_confirmed_exits_with_2(
    stdin: io.StringIO | None,
    records: Path,
    memory: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = memory_backend({"memory": memory}, sandbox=False)
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})
    monkeypatch.setattr(sys, "stdin", stdin)
    assert call(monkeypatch, "push", records, "--to", "memory", "--publish") == 2
    assert not memory.shelves
