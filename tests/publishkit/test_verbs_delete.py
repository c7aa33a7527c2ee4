"""Deleting drafts, and throwing away what is not published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit.errors import ConfigError, RejectedError
from publishkit.ledger import LINKS_FILE
from publishkit.receipts import Outcome
from publishkit.repository import State

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.testing import MemoryRepository


@pytest.fixture
def pushed(records: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The three records, pushed to `memory`; the current folder is that in which they lie."""
    publishkit.push(records, to="memory", workers=1)
    monkeypatch.chdir(records)
    return records


def ids(folder: Path) -> list[str]:
    return [row["id"] for row in json.loads((folder / LINKS_FILE).read_text())]


def test_a_draft_is_kept_aside_where_that_can_be(pushed: Path, memory: MemoryRepository) -> None:
    (gone,) = publishkit.delete(pushed / "0")
    assert gone.kept_at == "https://memory.example/aside/m1"
    assert set(memory.shelves) == {"m2", "m3"}
    assert ids(pushed) == ["m2", "m3"]
    assert (pushed / "0" / "data.csv").exists()


def test_a_draft_is_destroyed_if_told(pushed: Path, memory: MemoryRepository) -> None:
    assert publishkit.delete("m1", destroy=True)[0].kept_at == ""
    assert (set(memory.shelves), memory.aside) == ({"m2", "m3"}, {})
    assert ids(pushed) == ["m2", "m3"]


def test_a_later_push_makes_a_new_deposit(pushed: Path) -> None:
    publishkit.delete(pushed / "0")
    (receipt,) = publishkit.push(pushed / "0", to="memory")
    assert (receipt.outcome, receipt.id) == (Outcome.CREATED, "m4")


def test_what_is_gone_already_is_taken_out_of_the_links_file(
    pushed: Path, memory: MemoryRepository
) -> None:
    del memory.shelves["m1"]
    assert publishkit.delete(pushed / "0")[0].already
    assert ids(pushed) == ["m2", "m3"]


def test_deleting_again_is_success(pushed: Path) -> None:
    publishkit.delete(pushed / "0")
    assert publishkit.delete(pushed / "0") == []
    assert publishkit.delete("m1", "memory")[0].already


def test_nothing_is_deleted_when_one_is_published(pushed: Path, memory: MemoryRepository) -> None:
    publishkit.publish(pushed / "10")
    with pytest.raises(RejectedError, match="m3 is published"):
        publishkit.delete(pushed)
    assert set(memory.shelves) == {"m1", "m2", "m3"}
    assert ids(pushed) == ["m1", "m2", "m3"]


def test_a_group_is_deleted_only_as_a_whole(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push(records, to="memory", group="all")
    with pytest.raises(ConfigError, match="also holds 0, 10"):
        publishkit.delete(records / "1")
    publishkit.delete(records)
    assert (memory.shelves, ids(records)) == ({}, [])
    publishkit.push(records, to="memory", group="all")
    monkeypatch.chdir(records)
    publishkit.delete("m2")
    assert (memory.shelves, ids(records)) == ({}, [])


# ---- new versions and edits ----


@pytest.fixture
def second(pushed: Path) -> Path:
    """A record that is published, whose new version is a draft."""
    publishkit.publish(pushed / "0")
    (pushed / "0" / "data.csv").write_bytes(b"newer")
    publishkit.new_version(pushed / "0")
    assert ids(pushed)[0] == "m4"
    return pushed / "0"


@pytest.mark.parametrize("verb", [publishkit.discard, publishkit.delete])
def test_without_its_new_versions_draft_a_folder_is_at_the_version_before(
    second: Path, memory: MemoryRepository, verb: object
) -> None:
    assert callable(verb)
    verb(second)
    assert "m4" not in memory.shelves
    assert ids(second.parent)[0] == "m1"
    assert publishkit.status(second)[0].state is State.PUBLISHED
    with pytest.raises(RejectedError, match="differs"):
        publishkit.push(second, to="memory")
    publishkit.new_version(second, publish=True)
    assert publishkit.push(second, to="memory")[0].outcome is Outcome.UNCHANGED


def test_a_new_versions_draft_that_is_gone_already_can_be_discarded(
    second: Path, memory: MemoryRepository
) -> None:
    del memory.shelves["m4"]
    publishkit.discard(second)
    assert ids(second.parent)[0] == "m1"


def test_an_open_edit_is_discarded(pushed: Path, memory: MemoryRepository) -> None:
    publishkit.publish(pushed / "0")
    memory.shelves["m1"].edited_elsewhere = True
    (receipt,) = publishkit.discard(pushed / "0")
    assert receipt.state is State.PUBLISHED
    assert not memory.shelves["m1"].edited_elsewhere
    assert publishkit.discard("m1")[0].state is State.PUBLISHED


def test_a_draft_that_was_never_published_is_not_discarded(pushed: Path) -> None:
    with pytest.raises(RejectedError, match="publishkit delete"):
        publishkit.discard(pushed / "0")
