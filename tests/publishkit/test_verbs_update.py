"""Changing the metadata of drafts and of what is published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit.errors import ConflictError, PartialError, Problem, RecordError, RejectedError
from publishkit.ledger import LINKS_FILE
from publishkit.metadata_file import merged
from publishkit.receipts import Outcome
from publishkit.repository import Deposit, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.model import Record
    from publishkit.repository import DataFile
    from publishkit.testing import MemoryRepository

NEW: dict[str, JsonValue] = {"metadata": {"title": "A new title"}}


@pytest.fixture
def pushed(records: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The three records, pushed to `memory`; the current folder is that in which they lie."""
    publishkit.push(records, to="memory", workers=1)
    monkeypatch.chdir(records)
    return records


@pytest.fixture
def published(pushed: Path) -> Path:
    """The three records, published on `memory`."""
    publishkit.publish(pushed)
    return pushed


def said(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "record_metadata.json").read_text())
    return found


def title(folder: Path) -> str:
    return str(said(folder)["metadata"]["title"])


# ---- folders ----


def test_a_change_goes_into_the_folder_and_to_the_draft(
    pushed: Path, memory: MemoryRepository
) -> None:
    before = said(pushed / "0")
    (receipt,) = publishkit.update(pushed / "0", changes=NEW)
    assert receipt.outcome is Outcome.UPDATED
    assert title(pushed / "0") == memory.shelves["m1"].title == "A new title"
    assert list(said(pushed / "0")["metadata"]) == list(before["metadata"])
    assert publishkit.update(pushed / "0", changes=NEW)[0].outcome is Outcome.UNCHANGED


def test_the_name_of_the_schema_stays_and_changes_nothing(
    pushed: Path, memory: MemoryRepository
) -> None:
    path = pushed / "0" / "record_metadata.json"
    path.write_text(json.dumps({"$schema": "own.json", **said(pushed / "0")}))
    assert publishkit.update(pushed / "0")[0].outcome is Outcome.UNCHANGED
    publishkit.update(pushed / "0", changes=NEW)
    assert next(iter(said(pushed / "0").items())) == ("$schema", "own.json")


def test_the_metadata_of_what_is_published_can_be_changed(
    published: Path, memory: MemoryRepository
) -> None:
    (receipt,) = publishkit.update(published / "0", changes=NEW)
    assert (receipt.outcome, receipt.state) == (Outcome.UPDATED, State.PUBLISHED)
    assert memory.shelves["m1"].title == "A new title"
    assert publishkit.push(published / "0", to="memory")[0].outcome is Outcome.UNCHANGED
    assert publishkit.update(published / "0")[0].outcome is Outcome.UNCHANGED


def test_other_files_need_a_new_version(published: Path, memory: MemoryRepository) -> None:
    (published / "0" / "data.csv").write_bytes(b"newer")
    before = (published / "0" / "record_metadata.json").read_bytes()
    with pytest.raises(RejectedError, match=r"data\.csv.*new-version"):
        publishkit.update(published / "0", changes=NEW)
    assert (published / "0" / "record_metadata.json").read_bytes() == before
    assert memory.shelves["m1"].title != "A new title"


def test_drafts_and_published_ones_are_updated_together(
    pushed: Path, memory: MemoryRepository
) -> None:
    publishkit.publish(pushed / "1")
    receipts = publishkit.update(pushed, changes=NEW)
    assert sorted((r.id, r.outcome.value) for r in receipts) == [
        ("m1", "updated"),
        ("m2", "updated"),
        ("m3", "updated"),
    ]
    assert {shelf.title for shelf in memory.shelves.values()} == {"A new title"}


def test_one_that_fails_does_not_stop_the_others(published: Path, memory: MemoryRepository) -> None:
    memory.shelves["m1"].edited_elsewhere = True
    with pytest.raises(PartialError, match="1 of 3") as raised:
        publishkit.update(published, changes=NEW)
    assert [r.outcome for r in raised.value.receipts] == ["failed", "updated", "updated"]
    assert isinstance(raised.value.receipts[0].error, ConflictError)
    memory.shelves["m1"].edited_elsewhere = False
    receipts = publishkit.update(published)
    assert [r.outcome for r in receipts] == ["updated", "unchanged", "unchanged"]


def test_the_links_that_were_added_stay(published: Path, memory: MemoryRepository) -> None:
    publishkit.link(published / "0", to_record="10.5072/else", relation="cites")
    publishkit.update(published / "0", changes=NEW)
    assert (record := memory.shelves["m1"].record)
    assert [one.identifier for one in record.metadata.related_identifiers] == ["10.5072/else"]


def test_a_change_that_is_not_valid_changes_nothing(pushed: Path, memory: MemoryRepository) -> None:
    before = (pushed / "0" / "record_metadata.json").read_bytes()
    with pytest.raises(RecordError) as raised:
        publishkit.update(pushed / "0", changes={"metadata": {"titel": "x", "creators": None}})
    assert {p.path for p in raised.value.problems} >= {"metadata.titel", "metadata.creators"}
    assert (pushed / "0" / "record_metadata.json").read_bytes() == before
    assert memory.shelves["m1"].title != "x"


def test_a_record_that_the_target_refuses_is_not_edited(
    published: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(record: Record, files: Sequence[DataFile]) -> list[Problem]:
        return [Problem("metadata.title", "not here")]

    monkeypatch.setattr(memory, "check", refuse)
    with pytest.raises(RecordError):
        publishkit.update(published / "0", changes=NEW)
    assert title(published / "0") != "A new title"


def test_an_edit_on_the_web_is_overwritten_only_by_force(
    published: Path, memory: MemoryRepository
) -> None:
    memory.shelves["m1"].change()
    with pytest.raises(ConflictError, match=r"edited on the web.*--force"):
        publishkit.update(published / "0", changes=NEW)
    publishkit.update(published / "0", force=True)
    assert memory.shelves["m1"].title == "A new title"


def test_an_archive_that_makes_a_new_version_of_an_edit_gets_its_id_kept(
    published: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit(id: str, record: Record) -> Deposit:
        memory.shelves["v2"] = memory.shelves[id]
        memory.shelves["v2"].change()
        return memory.get("v2")

    monkeypatch.setattr(memory, "edit", edit)
    assert publishkit.update(published / "0", changes=NEW)[0].id == "v2"
    assert json.loads((published / LINKS_FILE).read_text())[0]["id"] == "v2"
    assert publishkit.update(published / "0")[0].outcome is Outcome.UNCHANGED


def test_an_edit_that_was_killed_after_it_was_made_goes_on(
    published: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = memory.edit

    def die_afterwards(id: str, record: Record) -> Deposit:
        edit(id, record)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(memory, "edit", die_afterwards)
        with pytest.raises(KeyboardInterrupt):
            publishkit.update(published / "0", changes=NEW)
    assert publishkit.update(published / "0")[0].outcome is Outcome.UPDATED
    assert publishkit.update(published / "0")[0].outcome is Outcome.UNCHANGED
    assert publishkit.push(published / "0", to="memory")[0].outcome is Outcome.UNCHANGED


def test_an_edit_that_is_refused_leaves_the_links_file_as_it_was(
    published: Path, memory: MemoryRepository
) -> None:
    rows = json.loads((published / LINKS_FILE).read_text())
    memory.shelves["m1"].edited_elsewhere = True
    with pytest.raises(ConflictError):
        publishkit.update(published / "0", changes=NEW)
    after = json.loads((published / LINKS_FILE).read_text())
    for row in (*rows, *after):
        del row["publishkit"]["updated"]
    assert after == rows


def test_a_group_is_edited_as_a_whole(records: Path, memory: MemoryRepository) -> None:
    publishkit.push(records, to="memory", group="all")
    publishkit.publish(records)
    (receipt,) = publishkit.update(records / "1", changes=NEW)
    assert (receipt.id, receipt.outcome) == ("m1.1", Outcome.UPDATED)
    receipts = publishkit.update(records)
    assert [r.id for r in receipts] == ["m1.0", "m1.1", "m1.10"]
    assert {r.outcome for r in receipts} == {Outcome.UNCHANGED}
    assert memory.shelves["m1"].title == "all"


# ---- deposits that were not named by a folder ----


@pytest.mark.parametrize("public", [False, True])
def test_a_deposit_gets_what_it_says_of_itself_changed(
    pushed: Path, memory: MemoryRepository, *, public: bool
) -> None:
    if public:
        publishkit.publish("m1")
    before = title(pushed / "0")
    (receipt,) = publishkit.update("m1", changes=NEW)
    assert receipt.outcome is Outcome.UPDATED
    assert memory.shelves["m1"].title == "A new title"
    assert title(pushed / "0") == before
    assert publishkit.update("m1", changes=NEW)[0].outcome is Outcome.UNCHANGED


def test_a_deposit_that_would_not_be_valid_is_left_alone(
    pushed: Path, memory: MemoryRepository
) -> None:
    before = memory.get("m1")
    with pytest.raises(RecordError):
        publishkit.update("m1", changes={"metadata": {"creators": []}})
    assert memory.get("m1") == before


# ---- merge patches: the examples of RFC 7396 ----


@pytest.mark.parametrize(
    ("value", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_changes_are_a_merge_patch(
    value: JsonValue, patch: dict[str, JsonValue], result: JsonValue
) -> None:
    assert merged(value, patch) == result
