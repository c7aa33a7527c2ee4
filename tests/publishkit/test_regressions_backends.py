"""What a user got wrong once, with backends and groups: a test for each fault."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit import config, plugins
from publishkit.abilities import Grouping, Member
from publishkit.errors import ConfigError, LimitError, PartialError, Problem, RejectedError
from publishkit.hooks import Backend, Connection, Credentials, Target
from publishkit.ledger import LINKS_FILE
from publishkit.progress import RunMeter
from publishkit.receipts import Outcome
from publishkit.repository import Deposit, Repository, Resolved, State
from publishkit.testing import MemoryRepository, memory_backend, metadata, write_record
from publishkit.validation import parse
from publishkit.verbs.adopt import adopt
from publishkit.verbs.push import setting_of
from publishkit_nomad.answers import Element, Upload
from publishkit_nomad.block import NomadBlock
from publishkit_nomad.repository import NomadRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from publishkit.bodies import Body
    from publishkit.model import Record
    from publishkit_nomad.uploads import UploadRepository


def retitle(folder: Path, title: str) -> None:
    (folder / "record_metadata.json").write_text(json.dumps(metadata(title)))


class _Groups(MemoryRepository, Grouping):
    """Keeps groups, and knows that a record called Wrong cannot be sent."""

    def resolve(self, record: Record) -> Resolved:
        wrong = record.metadata.title == "Wrong"
        return Resolved(record, (Problem("metadata.title", "unknown here"),) * wrong)

    def check_group(self, members: Sequence[Member]) -> list[Problem]:
        return []

    def group(self, name: str, members: Sequence[Member]) -> Repository:
        return self

    def member(self, deposit: Deposit, prefix: str) -> Deposit:
        return Deposit(f"{deposit.id}/{prefix}", deposit.state, "", "", deposit.links)

    def group_id(self, id: str) -> str:
        return id.partition("/")[0]


def groups(monkeypatch: pytest.MonkeyPatch) -> _Groups:
    repository = _Groups()
    backend = memory_backend({"memory": repository})
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})
    return repository


def test_a_link_of_the_users_own_to_the_archive_stays_in_the_links_file(records: Path) -> None:
    publishkit.push(records / "0", to="memory")
    rows = json.loads((records / LINKS_FILE).read_text())
    rows[0]["paper_data"] = "https://memory.example/records/of-a-colleague"
    (records / LINKS_FILE).write_text(json.dumps(rows))
    retitle(records / "0", "Another title")
    publishkit.push(records / "0", to="memory", publish=True)
    (row,) = json.loads((records / LINKS_FILE).read_text())
    assert row.get("paper_data") == "https://memory.example/records/of-a-colleague"


def test_publishing_the_drafts_that_fill_the_account_makes_room_for_a_new_record(
    records: Path, memory: MemoryRepository
) -> None:
    memory.most_drafts = 3
    publishkit.push(records, to="memory")  # the account is full, of drafts of this very folder
    write_record(records / "11", {"data.csv": b"11"})
    publishkit.push(records, to="memory", publish=True)
    assert [shelf.state for shelf in memory.shelves.values()] == [State.PUBLISHED] * 4


def test_whoever_publishes_already_is_not_told_to_publish(
    records: Path, memory: MemoryRepository
) -> None:
    memory.most_drafts = 0
    with pytest.raises(LimitError) as raised:
        publishkit.push(records, to="memory", publish=True)
    assert "--publish" not in str(raised.value)


def test_one_invalid_member_of_a_group_does_not_make_the_others_vanish_without_a_word(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups(monkeypatch)
    retitle(records / "1", "Wrong")
    with pytest.raises(PartialError) as raised:
        publishkit.push(records, to="memory", group="All", skip_invalid=True)
    assert {receipt.folder.name for receipt in raised.value.receipts} == {"0", "1", "10"}
    assert any(receipt.outcome is Outcome.CREATED for receipt in raised.value.receipts)


def test_a_group_whose_links_file_is_elsewhere_keeps_no_path_out_of_the_deposit(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = groups(monkeypatch)
    elsewhere = tmp_path / "links" / "mine.json"
    try:
        publishkit.push(records, to="memory", group="All", links=elsewhere)
    except ConfigError:
        return  # refused before anything is sent: as good
    assert not [key for key in repository.sent if key.startswith("../")]


def test_one_archive_by_its_name_and_by_its_address_is_not_pushed_to_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = Target(name="zoo", backend="memory", url="https://zoo.example", database="zoo")
    backend = Backend(name="memory", targets=(target,), open=lambda _: MemoryRepository())
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})
    assert config.load().target("memory+https://zoo.example").database == "zoo"
    with pytest.raises(ConfigError, match="hold the same deposits"):
        setting_of(["zoo", "memory+https://zoo.example"])


@pytest.mark.parametrize("way", ["new-version", "update"])
def test_the_ways_that_are_advised_for_what_is_published_work(records: Path, way: str) -> None:
    publishkit.push(records / "0", to="memory", publish=True)
    retitle(records / "0", "Another title")
    with pytest.raises(RejectedError, match=f"publishkit {way}"):
        publishkit.push(records / "0", to="memory")
    (receipt,) = getattr(publishkit, way.replace("-", "_"))(records / "0")
    assert receipt.outcome in {"created", "updated"}


def test_taking_over_a_published_record_of_another_title_is_not_called_unchanged(
    records: Path,
) -> None:
    (receipt,) = publishkit.push(records / "0", to="memory", publish=True)
    write_record(records.parent / "mine" / "x", {"data.csv": b"0", "sub/more.txt": b"more"})
    mine = records.parent / "mine" / "x"
    retitle(mine, "A wholly different title")
    adopt(receipt.id, mine, "memory")
    with pytest.raises(RejectedError, match="differs"):
        publishkit.push(mine, to="memory")


# ---- NOMAD ----


class _Raw:
    """As much of NOMAD's API as the files of one upload need."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def folder(self, upload_id: str, path: str) -> list[Element]:
        start = f"{path}/" if path else ""
        below = [key.removeprefix(start) for key in self.held if key.startswith(start)]
        return [
            Element(name=name, size=len(self.held.get(start + name, b"")), is_file=name in below)
            for name in sorted({key.partition("/")[0] for key in below})
        ]

    def find_raw(self, upload_id: str, path: str) -> bytes | None:
        return self.held.get(path)

    def delete_raw(self, upload_id: str, path: str) -> None:
        for key in [k for k in self.held if k == path or k.startswith(f"{path}/")]:
            del self.held[key]

    def upload(self, upload_id: str) -> Upload:
        return Upload(upload_id=upload_id)

    def put_zip(self, upload_id: str, body: Callable[[], Body]) -> None:
        with zipfile.ZipFile(io.BytesIO(b"".join(body()))) as found:  # type: ignore[arg-type]
            self.held |= {name: found.read(name) for name in found.namelist()}


def bring(repository: UploadRepository, raw: _Raw, record: Record) -> None:
    """What the engine does with the files of a deposit whose folder holds none (any more)."""
    repository.api = raw  # type: ignore[assignment]
    repository.remove("u", list(repository.files("u")))
    for transfer in repository.transfers("u", record, ()):
        transfer.run(RunMeter(threading.Event(), lambda _: None))


def nomad() -> NomadRepository:
    target = Target(name="n", backend="nomad", url="https://nomad.example/api/v1")
    signed = Credentials(token="t")
    return NomadRepository(
        Connection(target=target, credentials=signed, stop=threading.Event(), workers=1)
    )


def record_of(block: dict[str, object]) -> Record:
    text = json.dumps({**metadata("A title"), "nomad": block}).encode()
    found = parse(text, blocks={"nomad": NomadBlock}).record
    assert found
    return found


def test_a_record_that_no_longer_wants_an_entry_loses_the_one_it_has() -> None:
    repository, raw = nomad(), _Raw()
    bring(repository, raw, record_of({}))
    assert "publishkit.archive.json" in raw.held
    bring(repository, raw, record_of({"entry": False}))
    assert "publishkit.archive.json" not in raw.held


def test_a_record_that_left_its_group_is_not_published_with_it() -> None:
    repository, raw, record = nomad(), _Raw(), record_of({})
    members = [Member("a", record), Member("b", record)]
    bring(repository.group("All", members), raw, record)  # type: ignore[arg-type]
    assert "b/publishkit.archive.json" in raw.held
    bring(repository.group("All", members[:1]), raw, record)  # type: ignore[arg-type]
    assert [key for key in raw.held if key.startswith("b/")] == []
