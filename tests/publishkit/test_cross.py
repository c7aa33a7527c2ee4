"""Deposits of one record on several archives name each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit.errors import ConfigError
from publishkit.ledger import LINKS_FILE
from publishkit.repository import Deposit, State
from publishkit.testing import Killed, MemoryRepository, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from publishkit.abilities import Link

BOTH = ["memory", "other"]


def row(records: Path, target: str) -> dict[str, object]:
    found = json.loads((records / LINKS_FILE).read_text())
    return dict(next(one for one in found if one["target"] == target))


def named(repository: MemoryRepository, deposit: str) -> list[str]:
    """The identifiers that a deposit names."""
    content = json.loads(json.dumps(repository.describe(deposit)))
    return [one["identifier"] for one in content["metadata"].get("related_identifiers", [])]


def test_each_names_the_other(
    records: Path, memory: MemoryRepository, other: MemoryRepository
) -> None:
    here, there = publishkit.push(records / "0", to=BOTH, cross=True)
    assert named(memory, here.id) == [other.address(there.id)]
    assert named(other, there.id) == [memory.address(here.id)]


def test_again_it_adds_nothing(
    records: Path, memory: MemoryRepository, other: MemoryRepository
) -> None:
    publishkit.push(records / "0", to=BOTH, cross=True)
    before = (records / LINKS_FILE).read_bytes()
    receipts = publishkit.push(records / "0", to=BOTH, cross=True)
    assert {r.outcome for r in receipts} == {"unchanged"}
    assert (records / LINKS_FILE).read_bytes() == before
    assert len(named(memory, receipts[0].id)) == 1


def test_a_later_push_without_it_keeps_the_links(
    records: Path, memory: MemoryRepository, other: MemoryRepository
) -> None:
    here, there = publishkit.push(records / "0", to=BOTH, cross=True)
    (records / "0" / "record_metadata.json").write_text(json.dumps(metadata("Another title")))
    publishkit.push(records / "0", to=BOTH)
    assert named(memory, here.id) == [other.address(there.id)]
    assert named(other, there.id) == [memory.address(here.id)]


def test_what_is_published_is_linked_all_the_same(
    records: Path, memory: MemoryRepository, other: MemoryRepository
) -> None:
    (here,) = publishkit.push(records / "0", to="memory", publish=True)
    receipts = publishkit.push(records / "0", to=BOTH, cross=True, publish=True)
    assert {r.state for r in receipts} == {State.PUBLISHED}
    assert named(memory, here.id) == [other.address(receipts[1].id)]
    assert {r.outcome for r in publishkit.push(records / "0", to=BOTH)} == {"unchanged"}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("which", [0, 1])
def test_killed_while_linking_the_next_push_finishes(
    records: Path,
    memory: MemoryRepository,
    other: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
    which: int,
    *,
    after: bool,
) -> None:
    repository = (memory, other)[which]
    real = repository.relate

    def killed(id: str, links: Sequence[Link]) -> Deposit:
        if after:
            real(id, links)
        raise Killed

    monkeypatch.setattr(repository, "relate", killed)
    with pytest.raises(Killed):
        publishkit.push(records / "0", to=BOTH, cross=True, publish=True)
    monkeypatch.setattr(repository, "relate", real)
    here, there = publishkit.push(records / "0", to=BOTH, cross=True, publish=True)
    assert (here.state, there.state) == (State.PUBLISHED, State.PUBLISHED)
    assert named(memory, here.id) == [other.address(there.id)]
    assert named(other, there.id) == [memory.address(here.id)]
    assert len(memory.shelves) == len(other.shelves) == 1


def test_it_waits_until_the_archive_that_is_named_has_accepted(
    records: Path,
    memory: MemoryRepository,
    other: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type(memory), "registers", False)
    monkeypatch.setattr(memory, "registers", True, raising=False)
    memory.review = True
    here, there = publishkit.push(records / "0", to=BOTH, cross=True, publish=True)
    assert (here.state, there.state, there.waiting) == (State.IN_REVIEW, State.DRAFT, "memory")
    memory.accept(here.id)
    here, there = publishkit.push(records / "0", to=BOTH, cross=True, publish=True)
    assert (here.state, there.state, there.waiting) == (State.PUBLISHED, State.PUBLISHED, "")


def test_it_need_not_wait(
    records: Path,
    memory: MemoryRepository,
    other: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type(memory), "registers", False)
    monkeypatch.setattr(memory, "registers", True, raising=False)
    memory.review = True
    here, there = publishkit.push(
        records / "0", to=BOTH, cross=True, publish=True, publish_now=True
    )
    assert (here.state, there.state) == (State.IN_REVIEW, State.PUBLISHED)


def test_nothing_is_published_when_one_target_fails(
    records: Path,
    memory: MemoryRepository,
    other: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(id: str, links: Sequence[Link]) -> Deposit:
        raise publishkit.TemporaryError("no")

    monkeypatch.setattr(other, "relate", fails)
    with pytest.raises(publishkit.TemporaryError):
        publishkit.push(records / "0", to=BOTH, cross=True, publish=True)
    states = [shelf.state for one in (memory, other) for shelf in one.shelves.values()]
    assert states == [State.DRAFT, State.DRAFT]


def test_one_target_cannot_be_crossed(records: Path) -> None:
    with pytest.raises(ConfigError, match="several targets"):
        publishkit.push(records / "0", to="memory", cross=True)


# ---- publishkit link --cross ----


def test_what_was_pushed_apart_is_linked_later(
    records: Path, memory: MemoryRepository, other: MemoryRepository
) -> None:
    (here,) = publishkit.push(records / "0", to="memory", publish=True)
    (there,) = publishkit.push(records / "0", to="other")
    linkages = publishkit.link(records / "0", cross=True)
    assert [one.link.identifier for one in linkages if one.link] == [
        other.address(there.id),
        memory.address(here.id),
    ]
    publishkit.link(records / "0", cross=True)
    assert named(memory, here.id) == [other.address(there.id)]
    assert named(other, there.id) == [memory.address(here.id)]
    receipts = publishkit.push(records / "0", to=BOTH, cross=True)
    assert {r.outcome for r in receipts} == {"unchanged"}


def test_an_edit_on_the_web_still_counts_as_one_after_linking(
    records: Path, memory: MemoryRepository
) -> None:
    (here, _) = publishkit.push(records / "0", to=BOTH)
    memory.shelves[here.id].edits += 1
    publishkit.link(records / "0", cross=True)
    (records / "0" / "data.csv").write_text("changed")
    with pytest.raises(publishkit.ConflictError, match="pull"):
        publishkit.push(records / "0", to="memory")


def test_a_link_that_was_taken_out_on_the_web_comes_back(
    records: Path, memory: MemoryRepository, other: MemoryRepository
) -> None:
    here, there = publishkit.push(records / "0", to=BOTH, cross=True, publish=True)
    memory.shelves[here.id].named.clear()
    publishkit.link(records / "0", cross=True)
    assert named(memory, here.id) == [other.address(there.id)]


def test_a_record_on_one_target_has_nothing_to_be_linked_with(records: Path) -> None:
    publishkit.push(records / "0", to="memory")
    with pytest.raises(ConfigError, match="only on memory"):
        publishkit.link(records / "0", cross=True)


def test_the_doi_that_is_reserved_for_it_is_no_edit_on_the_web(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed right after the archive reserved a DOI, which changes the draft."""
    memory.dois = True
    real = memory.address

    def killed(id: str) -> str:
        real(id)
        memory.shelves[id].edits += 1
        raise Killed

    monkeypatch.setattr(memory, "address", killed)
    with pytest.raises(Killed):
        publishkit.push(records / "0", to=BOTH, cross=True)
    monkeypatch.setattr(memory, "address", real)
    receipts = publishkit.push(records / "0", to=BOTH, cross=True, publish=True)
    assert {r.state for r in receipts} == {State.PUBLISHED}
