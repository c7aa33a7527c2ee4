"""Verbs keep what other verbs added, and repeating them is success."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit.errors import RejectedError
from publishkit.ledger import LINKS_FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publishkit.model import Record
    from publishkit.repository import Deposit
    from publishkit.testing import MemoryRepository

SAME = "isidenticalto"
FOLLOWS = "isnewversionof"


@pytest.fixture
def published(records: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder `0`, published on `memory`."""
    publishkit.push(records / "0", to="memory", publish=True)
    monkeypatch.chdir(records)
    return records / "0"


def row(folder: Path, target: str = "memory") -> dict[str, Any]:
    """What the links file keeps for publishkit of a folder on a target."""
    found = json.loads((folder.parent / LINKS_FILE).read_text())
    (mine,) = [one["publishkit"] for one in found if one["target"] == target]
    return dict(mine)


def test_an_update_of_what_is_published_knows_the_collections_that_link_added(
    published: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NOMAD takes entries out of datasets that neither the record nor these name."""
    publishkit.link(published, collection="Ionic conductors")
    seen: list[tuple[str, ...]] = []
    edit = memory.edit

    def watched(id_: str, record: Record) -> Deposit:
        seen.append(record.collections)
        return edit(id_, record)

    monkeypatch.setattr(memory, "edit", watched)
    publishkit.update(published, changes={"metadata": {"title": "A new title"}})
    assert seen == [("c1",)]


def test_a_new_version_is_in_the_collections_that_link_added(
    published: Path, memory: MemoryRepository
) -> None:
    publishkit.link(published, collection="Ionic conductors")
    (published / "data.csv").write_text("changed")
    (new,) = publishkit.new_version(published)
    assert memory.shelves[new.id].collections == {"c1"}


@pytest.mark.parametrize("throw_away", [publishkit.discard, publishkit.delete])
def test_a_version_whose_successor_is_thrown_away_does_not_follow_itself(
    published: Path, memory: MemoryRepository, throw_away: Callable[[Path], object]
) -> None:
    (published / "data.csv").write_text("changed")
    before = row(published).get("linked", {})
    publishkit.new_version(published)
    throw_away(published)
    assert FOLLOWS not in row(published).get("linked", {}).values()
    assert row(published).get("linked", {}) == before


def test_a_discarded_version_leaves_the_cross_links_of_the_one_before(
    published: Path, other: MemoryRepository
) -> None:
    publishkit.push(published, to="other")
    publishkit.link(published, cross=True)
    before = row(published)["linked"]
    assert set(before.values()) == {SAME}
    (published / "data.csv").write_text("changed")
    publishkit.new_version(published, "memory")
    publishkit.discard(published, "memory")
    assert row(published).get("linked", {}) == before


def test_an_embargo_that_comes_too_late_is_not_written_into_the_folder(published: Path) -> None:
    before = (published / "record_metadata.json").read_bytes()
    with pytest.raises(RejectedError):
        publishkit.publish(published, embargo=12)
    assert (published / "record_metadata.json").read_bytes() == before
