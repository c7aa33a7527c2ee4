"""What verbs did wrong once: edits on the web, refused new versions, and several records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit.errors import (
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PublishkitError,
    RejectedError,
)
from publishkit.ledger import LINKS_FILE
from publishkit.receipts import Outcome
from publishkit.repository import Deposit, Meter, State
from publishkit.testing import Killed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.testing import MemoryRepository

NEW: dict[str, JsonValue] = {"metadata": {"title": "A new title"}}
PUBLISHER: dict[str, JsonValue] = {"metadata": {"publisher": "Somebody else"}}


@pytest.fixture
def published(records: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The record `0`, published on `memory`; the current folder is that in which it lies."""
    monkeypatch.chdir(records)
    publishkit.push(records / "0", to="memory", publish=True)
    return records / "0"


def row(folder: Path) -> dict[str, Any]:
    """The object of a folder in its links file."""
    rows: list[dict[str, Any]] = json.loads((folder.parent / LINKS_FILE).read_text())
    (found,) = (one for one in rows if one["folder"] == folder.name)
    return found


# ---- edits on the web ----


def test_a_push_that_sends_nothing_does_not_hide_an_edit_on_the_web_from_update(
    published: Path, memory: MemoryRepository
) -> None:
    memory.shelves["m1"].change()  # somebody edited and published it on its page
    (pushed,) = publishkit.push(published, to="memory")
    assert pushed.outcome is Outcome.UNCHANGED
    with pytest.raises(ConflictError, match="edited on the web"):
        publishkit.update(published, changes=NEW)


def test_a_push_that_fails_does_not_hide_an_edit_on_the_web_from_update(
    published: Path, memory: MemoryRepository
) -> None:
    memory.shelves["m1"].change()
    (published / "data.csv").write_bytes(b"other")
    with pytest.raises(RejectedError):
        publishkit.push(published, to="memory")
    (published / "data.csv").write_bytes(b"0")
    with pytest.raises(ConflictError, match="edited on the web"):
        publishkit.update(published, changes=NEW)


def test_what_was_changed_by_the_id_is_overwritten_by_update_also_after_a_push(
    published: Path, memory: MemoryRepository
) -> None:
    publishkit.update("m1", to="memory", changes=PUBLISHER)
    publishkit.push(published, to="memory")
    assert publishkit.update(published)[0].outcome is Outcome.UPDATED
    assert (record := memory.shelves["m1"].record)
    assert record.metadata.publisher != "Somebody else"


def test_update_brings_an_adopted_published_deposit_up_to_date_also_after_a_push(
    published: Path, memory: MemoryRepository, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere" / "copy"
    copy.parent.mkdir()
    published.rename(copy)
    publishkit.adopt("m1", copy, "memory")
    said = json.loads((copy / "record_metadata.json").read_text())
    said["metadata"]["publisher"] = "The folder's"
    (copy / "record_metadata.json").write_text(json.dumps(said))
    publishkit.push(copy, to="memory")
    publishkit.update(copy)
    assert (record := memory.shelves["m1"].record)
    assert record.metadata.publisher == "The folder's"


# ---- new versions ----


def _refuse(id: str, marker: str, meter: Meter) -> Deposit:
    raise AuthenticationError("Permission denied")


def _die(id: str, marker: str, meter: Meter) -> Deposit:
    raise Killed


def test_a_new_version_that_is_refused_leaves_the_folder_its_deposit(
    published: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    (published / "data.csv").write_bytes(b"other")
    monkeypatch.setattr(memory, "new_version", _refuse)
    with pytest.raises(AuthenticationError):
        publishkit.new_version(published)
    (status,) = publishkit.status(published)
    assert (status.id, status.state) == ("m1", State.PUBLISHED)
    assert (row(published)["id"], row(published)["state"]) == ("m1", "published")


@pytest.mark.parametrize("verb", [publishkit.status, publishkit.discard])
def test_killed_before_a_new_version_has_an_id_the_folder_is_known_all_the_same(
    published: Path,
    memory: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
    verb: Callable[[Path], object],
) -> None:
    (published / "data.csv").write_bytes(b"other")
    with monkeypatch.context() as patch:
        patch.setattr(memory, "new_version", _die)
        with pytest.raises(Killed):
            publishkit.new_version(published)
    verb(published)  # says nothing of a first push


def test_a_new_version_keeps_what_is_known_of_a_secret_link_that_is_still_open(
    published: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.share(published, link=True, save_secret_links=True)
    shared = memory.shelves["m1"].shares
    (published / "data.csv").write_bytes(b"other")
    (new,) = publishkit.new_version(published)
    memory.shelves[new.id].shares = shared  # as InvenioRDM 13.1.2: all versions have the same
    publishkit.status(published)
    assert [one["id"] for one in row(published)["publishkit"].get("shares", [])] == ["link-1"]


def test_discarding_a_new_version_gives_the_links_file_its_secret_links_back(
    published: Path,
) -> None:
    publishkit.share(published, link=True)
    before = row(published)["publishkit"]["shares"]
    (published / "data.csv").write_bytes(b"other")
    publishkit.new_version(published)
    publishkit.discard(published)
    assert row(published)["publishkit"].get("shares") == before


def test_discarding_a_new_version_gives_back_the_links_to_the_same_record_elsewhere(
    published: Path, memory: MemoryRepository
) -> None:
    same = "https://other.example/m1"
    publishkit.link(published, to_record=same, relation="isidenticalto")
    (published / "data.csv").write_bytes(b"other")
    publishkit.new_version(published)
    publishkit.discard(published)
    (published / "data.csv").write_bytes(b"0")
    assert row(published)["publishkit"]["linked"] == {same: "isidenticalto"}
    publishkit.update(published, changes=NEW)
    assert (record := memory.shelves["m1"].record)
    assert same in [one.identifier for one in record.metadata.related_identifiers]


# ---- several records ----


@pytest.fixture
def one_gone(records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three drafts on `memory`, of which that of the second record is gone."""
    monkeypatch.chdir(records)
    memory.dois = True
    receipts = publishkit.push(records, to="memory", workers=1)
    del memory.shelves[receipts[1].id]
    return records


def test_a_deposit_that_is_gone_does_not_keep_access_from_being_taken_back(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(records)
    publishkit.push(records, to="memory", workers=1)
    publishkit.share(records, people="josiah")
    del memory.shelves["m2"]
    with pytest.raises(PublishkitError):
        publishkit.unshare(records, "josiah")
    assert not memory.shelves["m1"].shares
    assert not memory.shelves["m3"].shares


def test_a_deposit_that_is_gone_does_not_keep_the_others_from_being_shared(
    one_gone: Path, memory: MemoryRepository
) -> None:
    with pytest.raises(PublishkitError):
        publishkit.share(one_gone, people="josiah")
    assert all(shelf.shares for shelf in memory.shelves.values())


def test_dois_that_were_reserved_are_told_though_another_fails(
    one_gone: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    _, out, _ = run("doi", "reserve", one_gone)
    assert "10.5072/memory.example.m1" in out


def test_a_deposit_that_is_gone_does_not_keep_the_others_from_being_updated(
    one_gone: Path, memory: MemoryRepository
) -> None:
    with pytest.raises(PublishkitError):
        publishkit.update(one_gone, changes=NEW)
    assert {shelf.title for shelf in memory.shelves.values()} == {"A new title"}


def test_an_error_about_one_of_several_names_its_folder(one_gone: Path) -> None:
    with pytest.raises(NotFoundError, match="records/1"):
        publishkit.share(one_gone, link=True)


# ---- what was asked for and not done ----


def test_a_published_deposit_that_shall_be_closed_is_not_passed_over_in_silence(
    published: Path, memory: MemoryRepository
) -> None:
    with pytest.raises(PublishkitError):
        publishkit.publish("m1", to="memory", restricted=True)


# ---- collections ----


def test_a_deposit_that_is_made_anew_is_in_the_collection_again_or_not_said_to_be(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(records)
    publishkit.push(records / "0", to="memory")
    publishkit.link(records / "0", collection="Ionic conductors")
    del memory.shelves["m1"]
    (new,) = publishkit.push(records / "0", to="memory", recreate=True)
    said = row(records / "0")["publishkit"].get("collections", [])
    assert sorted(memory.shelves[new.id].collections) == said
