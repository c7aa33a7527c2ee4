"""What the next push makes of a publishing that nobody saw end, on an archive like InvenioRDM.

There publishing itself moves the revision of the metadata.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit.errors import ConflictError, IntegrityError, RejectedError
from publishkit.ledger import LINKS_FILE
from publishkit.progress import RunMeter
from publishkit.receipts import Outcome
from publishkit.repository import State
from publishkit.testing import Killed, MemoryRepository, metadata

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.model import Record
    from publishkit.repository import Deposit, RemoteFile


@pytest.fixture
def killed(records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record whose push was killed after the archive published it."""
    real = memory.publish

    def publish(id: str, record: Record, *, seen: Deposit | None = None) -> None:
        real(id, record)
        memory.shelves[id].edits += 1
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(memory, "publish", publish)
        with pytest.raises(Killed):
            publishkit.push(records / "0", to="memory", publish=True)
    return records / "0"


def test_a_push_that_takes_up_a_killed_one_publishes_nothing_that_lost_a_file_meanwhile(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that a killed run was sending arrives once more: InvenioRDM then deletes it."""
    publishkit.push(records / "0", to="memory")
    (shelf,) = memory.shelves.values()
    files, waited, real = dict(shelf.files), list[float](), memory.files

    def half(id: str) -> dict[str, RemoteFile]:
        return {key: replace(one, complete=False) for key, one in real(id).items()}

    def wait(_: RunMeter, seconds: float) -> None:
        waited.append(seconds)
        shelf.files.popitem()

    (records / "0/sub/more.txt").write_text("changed")
    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "lag", 30.0)
        patch.setattr(RunMeter, "wait", wait)
        patch.setattr(memory, "files", lambda id: real(id) if memory.sent[2:] else half(id))
        publishkit.push(records / "0", to="memory", publish=True)
    assert len(waited) == 1
    assert 0 < waited[0] <= 30
    assert (shelf.state, shelf.files.keys()) == (State.PUBLISHED, files.keys())


def test_a_file_that_was_lost_while_it_was_published_is_told(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = memory.publish

    def publish(id: str, record: Record, *, seen: Deposit | None = None) -> Deposit:
        memory.shelves[id].files.popitem()
        real(id, record)
        return replace(memory.get(id), files=memory.files(id))

    monkeypatch.setattr(memory, "publish", publish)
    with pytest.raises(IntegrityError, match="new-version") as raised:
        publishkit.push(records / "0", to="memory", publish=True)
    (receipt,) = raised.value.receipts
    assert receipt.state is State.PUBLISHED
    (row,) = json.loads((records / LINKS_FILE).read_text())
    assert row["state"] == "published"


def aged(links: Path) -> bytes:
    """The links file as if it was written long ago, since its times are whole seconds."""
    rows = json.loads(links.read_text())
    for row in rows:
        row["publishkit"]["updated"] = "2020-01-01T00:00:00+00:00"
    links.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    return links.read_bytes()


def test_once_the_next_push_saw_it_the_links_file_stays_as_it_is(killed: Path) -> None:
    (receipt,) = publishkit.push(killed, to="memory", publish=True)
    assert receipt.outcome is Outcome.UNCHANGED
    before = aged(killed.parent / LINKS_FILE)
    publishkit.push(killed, to="memory", publish=True)
    assert (killed.parent / LINKS_FILE).read_bytes() == before


def test_it_does_not_count_as_an_edit_on_the_web(killed: Path, memory: MemoryRepository) -> None:
    publishkit.push(killed, to="memory", publish=True)
    (killed / "record_metadata.json").write_text(json.dumps(metadata("A better title")))
    publishkit.update(killed, to="memory")
    assert [shelf.title for shelf in memory.shelves.values()] == ["A better title"]


def test_somebodys_edit_of_a_published_record_goes_on_counting_and_changes_no_byte(
    records: Path, memory: MemoryRepository
) -> None:
    (receipt,) = publishkit.push(records / "0", to="memory", publish=True)
    before = aged(records / LINKS_FILE)
    memory.shelves[receipt.id].edits += 1
    publishkit.push(records / "0", to="memory", publish=True)
    assert (records / LINKS_FILE).read_bytes() == before
    (records / "0/record_metadata.json").write_text(json.dumps(metadata("A better title")))
    with pytest.raises(ConflictError, match="edited"):
        publishkit.update(records / "0", to="memory")


def test_what_was_refused_is_still_known_to_be_up_to_date(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(id: str, record: Record, *, seen: Deposit | None = None) -> None:
        raise RejectedError("not now")

    monkeypatch.setattr(memory, "publish", refuse)
    with pytest.raises(RejectedError, match="not now"):
        publishkit.push(records / "0", to="memory", publish=True)
    (receipt,) = publishkit.push(records / "0", to="memory")
    assert receipt.outcome is Outcome.UNCHANGED
