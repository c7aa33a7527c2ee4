"""What `publishkit.new_version` does with what was published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit.errors import ConfigError, RejectedError, UnsupportedError
from publishkit.ledger import LINKS_FILE
from publishkit.repository import Deposit, Meter, State
from publishkit.testing import Killed, MemoryRepository

if TYPE_CHECKING:
    from pathlib import Path


def row(records: Path) -> dict[str, object]:
    """The only object of a links file."""
    (found,) = json.loads((records / LINKS_FILE).read_text())
    return dict(found)


def change(records: Path) -> None:
    (records / "0" / "data.csv").write_text("changed")


@pytest.fixture
def published(records: Path) -> publishkit.Receipt:
    (receipt,) = publishkit.push(records / "0", to="memory", publish=True)
    return receipt


def test_a_changed_folder_becomes_a_new_draft_and_the_old_deposit_stays(
    records: Path, memory: MemoryRepository, published: publishkit.Receipt
) -> None:
    before = memory.files(published.id)
    change(records)
    (new,) = publishkit.new_version(records / "0")
    assert new.id != published.id
    assert new.state is State.DRAFT
    assert memory.files(published.id) == before
    assert memory.get(published.id).state is State.PUBLISHED
    assert memory.files(new.id)["data.csv"].size == len("changed")


def test_only_what_changed_is_sent(
    records: Path, memory: MemoryRepository, published: publishkit.Receipt
) -> None:
    memory.sent.clear()
    change(records)
    publishkit.new_version(records / "0")
    assert memory.sent == ["data.csv"]


def test_published_it_is_the_deposit_of_the_folder(
    records: Path, memory: MemoryRepository, published: publishkit.Receipt
) -> None:
    change(records)
    (new,) = publishkit.new_version(records / "0", publish=True)
    assert new.state is State.PUBLISHED
    assert (row(records)["id"], row(records)["state"]) == (new.id, "published")
    (again,) = publishkit.push(records / "0", to="memory", publish=True)
    assert (again.outcome, again.id) == ("unchanged", new.id)


def test_again_it_goes_on_with_the_same_draft(
    records: Path, memory: MemoryRepository, published: publishkit.Receipt
) -> None:
    change(records)
    (first,) = publishkit.new_version(records / "0")
    (records / "0" / "data.csv").write_text("changed once more")
    (second,) = publishkit.new_version(records / "0")
    (third,) = publishkit.push(records / "0", to="memory")
    assert first.id == second.id == third.id
    assert len(memory.shelves) == 2


def test_a_folder_that_is_as_it_was_published_gets_none(
    records: Path, memory: MemoryRepository, published: publishkit.Receipt
) -> None:
    (again,) = publishkit.new_version(records / "0", publish=True)
    assert (again.outcome, again.id) == ("unchanged", published.id)
    assert len(memory.shelves) == 1


def test_a_draft_needs_none(records: Path) -> None:
    publishkit.push(records / "0", to="memory")
    change(records)
    with pytest.raises(RejectedError, match="publishkit push"):
        publishkit.new_version(records / "0")


def test_a_folder_that_was_never_pushed_is_told_to_be(records: Path) -> None:
    with pytest.raises(ConfigError, match="publishkit push"):
        publishkit.new_version(records / "0")
    with pytest.raises(ConfigError, match="publishkit push"):
        publishkit.new_version(records / "0", to="memory")


def test_of_several_targets_one_must_be_named(records: Path) -> None:
    publishkit.push(records / "0", to=["memory", "other"], publish=True)
    change(records)
    with pytest.raises(ConfigError, match="memory, other"):
        publishkit.new_version(records / "0")
    (receipt,) = publishkit.new_version(records / "0", to="other")
    assert receipt.target == "other"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_while_it_is_made_the_next_run_goes_on(
    records: Path,
    memory: MemoryRepository,
    published: publishkit.Receipt,
    monkeypatch: pytest.MonkeyPatch,
    *,
    after: bool,
) -> None:
    real = memory.new_version

    def killed(id: str, marker: str, meter: Meter) -> Deposit:
        if after:
            real(id, marker, meter)
        raise Killed

    change(records)
    monkeypatch.setattr(memory, "new_version", killed)
    with pytest.raises(Killed):
        publishkit.new_version(records / "0", publish=True)
    monkeypatch.setattr(memory, "new_version", real)
    (new,) = publishkit.push(records / "0", to="memory", publish=True)
    assert new.state is State.PUBLISHED
    assert memory.files(new.id)["data.csv"].size == len("changed")
    assert memory.files(published.id)["data.csv"].size == 1
    assert len(memory.shelves) == 2


def test_a_repository_without_versions_says_what_to_do(
    records: Path, published: publishkit.Receipt, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nothing:
        pass

    change(records)
    monkeypatch.setattr("publishkit.locate.Versions", Nothing)
    with pytest.raises(UnsupportedError, match="copy of its folder"):
        publishkit.new_version(records / "0")


def test_a_push_of_a_changed_published_record_names_the_way(
    records: Path, published: publishkit.Receipt
) -> None:
    change(records)
    with pytest.raises(RejectedError, match="publishkit new-version"):
        publishkit.push(records / "0", to="memory")
