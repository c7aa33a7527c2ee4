"""What verbs did wrong once: edits on the web, refused new versions, and several records."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit.errors import (
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PartialError,
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
    real = memory.new_version

    def with_shares(id: str, marker: str, meter: Meter) -> Deposit:
        made = real(id, marker, meter)  # as on InvenioRDM 13.1.2: all versions have the same
        memory.shelves[made.id].shares = memory.shelves[id].shares
        return made

    publishkit.share(published, link=True, save_secret_links=True)
    (published / "data.csv").write_bytes(b"other")
    monkeypatch.setattr(memory, "new_version", with_shares)
    publishkit.new_version(published)
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
    with pytest.raises(PartialError, match=r"1 of 3 .*records/1 on memory") as raised:
        publishkit.share(one_gone, link=True)
    (failed,) = raised.value.receipts
    assert (failed.folder, failed.outcome) == (one_gone / "1", Outcome.FAILED)
    assert isinstance(failed.error, NotFoundError)


def test_secret_links_that_were_made_are_told_though_another_fails(
    one_gone: Path, memory: MemoryRepository, run: Callable[..., tuple[int, str, str]]
) -> None:
    with pytest.raises(PartialError) as raised:
        publishkit.share(one_gone, link=True)
    made = [share for shelf in memory.shelves.values() for share in shelf.shares]
    assert list(raised.value.done) == made
    assert len(made) == 2
    code, out, err = run("share", one_gone, "--link", "-q")
    assert code == 8
    assert out.splitlines() == [share.url for share in made]
    assert err.startswith(f"failed     {one_gone / '1'} on memory: ")


@pytest.mark.parametrize(
    "command",
    [
        ("share", "--with", "josiah"),
        ("share", "--revoke", "josiah"),
        ("share",),
        ("doi", "reserve"),
        ("link", "--to-record", "10.5072/a", "--collection", "Resistivity"),
        ("update", "--set", "metadata.publisher=Somebody else"),
    ],
)
def test_every_verb_tells_what_was_done_and_what_failed(
    one_gone: Path, run: Callable[..., tuple[int, str, str]], command: tuple[str, ...]
) -> None:
    code, out, err = run(*command, one_gone)
    assert code == 8
    for name in ("0", "10"):
        assert f"{one_gone / name} on memory" in out
    assert f"failed     {one_gone / '1'} on memory: " in out + err
    assert "1 of 3 did not go through as asked" in err


def test_a_deposit_that_cannot_be_deleted_does_not_keep_the_others(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push(records, to="memory", workers=1)
    real = memory.set_aside

    def refuse(id: str) -> str:
        if id == "m2":
            raise AuthenticationError("this is somebody else's")
        return real(id)

    monkeypatch.setattr(memory, "set_aside", refuse)
    with pytest.raises(PartialError, match="1 of 3") as raised:
        publishkit.delete(records)
    assert list(memory.shelves) == ["m2"]
    assert len(raised.value.done) == 2


def test_an_edit_that_cannot_be_discarded_does_not_keep_the_others(
    records: Path, memory: MemoryRepository, run: Callable[..., tuple[int, str, str]]
) -> None:
    publishkit.push(records, to="memory", workers=1)
    publishkit.publish(records / "10")
    memory.shelves["m3"].edited_elsewhere = True
    code, out, err = run("discard", records)
    assert code == 8
    assert not memory.shelves["m3"].edited_elsewhere
    assert out.startswith(f"discarded  {records / '10'} on memory")
    assert err.count("was never published") == 2


def test_what_fails_alike_for_all_has_that_error(
    records: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    publishkit.push(records, to="memory", workers=1)
    code, out, err = run("doi", "reserve", records)
    assert (code, out) == (6, "")
    assert [line.split()[0] for line in err.splitlines()] == ["failed"] * 3


def test_a_published_deposit_that_is_gone_does_not_keep_the_others_from_being_updated(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(records)
    publishkit.push(records, to="memory", workers=1, publish=True)
    del memory.shelves["m2"]
    with pytest.raises(PartialError, match="1 of 3"):
        publishkit.update(records, changes=NEW)
    assert {shelf.title for shelf in memory.shelves.values()} == {"A new title"}
    with pytest.raises(PublishkitError, match="gone"):
        publishkit.update(records / "1")


# ---- what was asked for and not done ----


def test_a_published_deposit_that_shall_be_closed_is_not_passed_over_in_silence(
    published: Path, memory: MemoryRepository
) -> None:
    with pytest.raises(RejectedError, match=r"m1 is published already.*publishkit update m1"):
        publishkit.publish("m1", to="memory", restricted=True)
    assert (record := memory.shelves["m1"].record)
    assert record.access.record == "public"


@pytest.mark.parametrize("review", [False, True])
def test_a_folder_that_shall_be_closed_too_late_is_left_as_it_is(
    records: Path, memory: MemoryRepository, *, review: bool
) -> None:
    memory.review = review
    publishkit.push(records / "0", to="memory", publish=True)
    before = (records / "0" / "record_metadata.json").read_bytes()
    how = r"0 is in review already.*update m1 " if review else "0 is published already.*/0 "
    with pytest.raises(RejectedError, match=how):
        publishkit.publish(records / "0", embargo="2100-01-01")
    assert (records / "0" / "record_metadata.json").read_bytes() == before


def test_the_advice_for_what_shall_be_closed_too_late_does_that(
    published: Path, memory: MemoryRepository, run: Callable[..., tuple[int, str, str]]
) -> None:
    _, _, err = run("publish", "0", "--embargo", "2100-01-01")
    _, _, advice = err.strip().partition("publishkit ")
    assert run(*shlex.split(advice))[0] == 0
    assert (record := memory.shelves["m1"].record)
    assert str(record.access.embargo.until) == "2100-01-01"
    assert run("publish", "0", "--embargo", "2100-01-01")[0] == 0
    assert run("publish", "m1", "--embargo", "2100-01-01")[0] == 0


def test_what_is_gone_and_shall_be_closed_is_said_to_be_gone(
    published: Path, memory: MemoryRepository
) -> None:
    del memory.shelves["m1"]
    with pytest.raises(NotFoundError, match="gone"):
        publishkit.publish(published, restricted=True)


def test_taking_access_back_from_nobody_says_so(
    published: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    publishkit.share("0", people="ada")
    code, out, _ = run("share", "0", "--revoke", "bobb")
    assert (code, out) == (
        0,
        "unchanged  0 on memory: nobody of that name has access (bobb)\n",
    )
    assert publishkit.unshare("0", "bobb") == []
    code, out, _ = run("share", "0", "--revoke", "ada")
    assert out.startswith("unshared   0 on memory with Ada Lovelace: preview")
    publishkit.share("0", people="ada")
    assert [one.who for one in publishkit.unshare("0", "Ada Lovelace")] == ["Ada Lovelace"]


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
