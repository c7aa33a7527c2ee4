"""Deposits name other works and belong to collections, and that outlives the next push."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit.abilities import Link
from publishkit.errors import ConfigError, NotFoundError, RejectedError, UnsupportedError
from publishkit.ledger import LINKS_FILE
from publishkit.receipts import Outcome
from publishkit.testing import MemoryRepository, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from publishkit.repository import Deposit

ELSE = "https://doi.org/10.5072/else"


@pytest.fixture
def pushed(records: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The three records, pushed to `memory`; the current folder is that in which they lie."""
    publishkit.push(records, to="memory", workers=1)
    monkeypatch.chdir(records)
    return records


def linked(folder: Path, number: int = 0) -> dict[str, str]:
    row: dict[str, Any] = json.loads((folder / LINKS_FILE).read_text())[number]["publishkit"]
    found: dict[str, str] = row.get("linked", {})
    return found


def named(memory: MemoryRepository, id_: str = "m1") -> dict[str, str]:
    """What a deposit in memory names, by identifier."""
    shelf = memory.shelves[id_]
    assert shelf.record
    sent = shelf.record.metadata.related_identifiers
    return {**{one.identifier: one.relation_type.id for one in sent}, **shelf.named}


# ---- other works ----


@pytest.mark.parametrize("written", ["10.5072/ELSE", ELSE, "doi:10.5072/else"])
def test_a_draft_names_a_doi_however_it_is_written(
    pushed: Path, memory: MemoryRepository, written: str
) -> None:
    (made,) = publishkit.link(pushed / "0", to_record=written, relation="isSupplementTo")
    assert made.link == Link(ELSE, "issupplementto")
    assert named(memory) == {"10.5072/else": "issupplementto"}
    assert linked(pushed) == {ELSE: "issupplementto"}


def test_the_next_push_neither_loses_the_link_nor_sends_anything(
    pushed: Path, memory: MemoryRepository
) -> None:
    publishkit.link(pushed / "0", to_record=ELSE)
    assert publishkit.push(pushed / "0", to="memory")[0].outcome is Outcome.UNCHANGED
    content = json.dumps(metadata("Another title"))
    (pushed / "0" / "record_metadata.json").write_text(content)
    assert publishkit.push(pushed / "0", to="memory")[0].outcome is Outcome.UPDATED
    assert named(memory) == {"10.5072/else": "references"}


def test_linking_again_adds_nothing(pushed: Path, memory: MemoryRepository) -> None:
    publishkit.link(pushed / "0", to_record=ELSE)
    before = memory.get("m1")
    publishkit.link(pushed / "0", to_record="10.5072/else")
    assert memory.get("m1").revision == before.revision
    assert len(linked(pushed)) == 1


def test_what_is_published_can_name_other_works_too(pushed: Path, memory: MemoryRepository) -> None:
    publishkit.publish(pushed / "0")
    publishkit.link(pushed / "0", to_record=ELSE)
    assert named(memory) == {"10.5072/else": "references"}
    assert publishkit.push(pushed / "0", to="memory")[0].outcome is Outcome.UNCHANGED


def test_another_folder_is_named_by_its_doi_or_page(pushed: Path, memory: MemoryRepository) -> None:
    publishkit.link(pushed / "0", to_record=pushed / "1")
    assert list(linked(pushed)) == ["https://memory.example/m2"]
    memory.dois = True
    publishkit.link(pushed / "0", to_record="m3", relation="cites")
    assert linked(pushed)["https://doi.org/10.5072/memory.example.m3"] == "cites"


def test_a_folder_on_several_targets_is_named_where_both_are(
    pushed: Path, other: MemoryRepository
) -> None:
    publishkit.push(pushed, to="other", workers=1)
    publishkit.link(pushed / "0", "other", to_record=pushed / "1")
    assert list(named(other)) == ["https://other.example/m2"]
    publishkit.link(pushed / "0", "memory", to_record=pushed / "1")
    assert list(linked(pushed)) == ["https://memory.example/m2"]


def test_a_record_does_not_name_itself(pushed: Path) -> None:
    with pytest.raises(ConfigError, match="itself"):
        publishkit.link(pushed / "0", to_record="m1")


def test_a_url_is_named_as_it_is(pushed: Path) -> None:
    publishkit.link("m1", to_record="https://example.org/A?b=c")
    assert list(linked(pushed)) == ["https://example.org/A?b=c"]


def test_a_relation_that_there_is_not_names_the_nearest(
    pushed: Path, memory: MemoryRepository
) -> None:
    with pytest.raises(ConfigError, match="Did you mean issupplementto"):
        publishkit.link(pushed / "0", to_record=ELSE, relation="issuplementto")
    assert named(memory) == {}


def test_a_link_that_was_killed_on_the_way_is_made_by_the_next_push(
    pushed: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(id: str, links: Sequence[Link]) -> Deposit:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(memory, "relate", die)
        with pytest.raises(KeyboardInterrupt):
            publishkit.link(pushed / "0", to_record=ELSE)
    publishkit.push(pushed / "0", to="memory")
    assert named(memory) == {"10.5072/else": "references"}


def test_a_link_does_not_hide_an_edit_on_the_web(pushed: Path, memory: MemoryRepository) -> None:
    memory.shelves["m1"].change()
    publishkit.link(pushed / "0", to_record=ELSE)
    (pushed / "0" / "data.csv").write_bytes(b"new")
    with pytest.raises(publishkit.ConflictError, match="edited on the web"):
        publishkit.push(pushed / "0", to="memory")


# ---- collections ----


def test_a_deposit_is_put_into_a_collection_that_is_made_if_need_be(
    pushed: Path, memory: MemoryRepository
) -> None:
    (made,) = publishkit.link(pushed / "0", collection="Resistivity")
    assert made.collection
    assert (made.collection.name, made.waiting) == ("Resistivity", False)
    assert memory.shelves["m1"].collections == {made.collection.id}
    publishkit.link(pushed, collection="Resistivity")
    assert len(memory.known_collections) == 1
    assert publishkit.push(pushed / "0", to="memory")[0].outcome is Outcome.UNCHANGED


def test_a_collection_whose_curators_must_agree_says_so(
    pushed: Path, memory: MemoryRepository
) -> None:
    collection = publishkit.create_collection("Curated", "memory")
    memory.curated.add(collection.id)
    publishkit.publish(pushed / "0")
    assert publishkit.link(pushed / "0", collection="Curated")[0].waiting
    assert publishkit.link(pushed / "0", collection="Curated")[0].waiting
    memory.accept("m1")
    assert not publishkit.link(pushed / "0", collection="Curated")[0].waiting


def test_linking_to_nothing_is_refused(pushed: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to link to"):
        publishkit.link(pushed / "0")


# ---- collections, users and DOIs ----


def test_collections_are_made_listed_shown_and_deleted(memory: MemoryRepository) -> None:
    one = publishkit.create_collection("Resistivity", "memory")
    assert publishkit.create_collection("Resistivity", "memory") == one
    publishkit.create_collection("Viscosity", "memory")
    assert [c.name for c in publishkit.collections("memory")] == ["Resistivity", "Viscosity"]
    assert [c.name for c in publishkit.collections("memory", "visc")] == ["Viscosity"]
    assert publishkit.collection("Resistivity", "memory") == one
    assert publishkit.delete_collection("Resistivity", "memory") == one
    assert publishkit.delete_collection("Resistivity", "memory") is None
    with pytest.raises(NotFoundError):
        publishkit.collection("Resistivity", "memory")


def test_people_are_found_by_name_and_id() -> None:
    assert [u.id for u in publishkit.users("doe", "memory")] == ["3", "4"]
    assert publishkit.user("2", "memory").name == "Ada Lovelace"
    with pytest.raises(NotFoundError):
        publishkit.user("9", "memory")


def test_a_draft_gets_the_doi_that_it_will_have(pushed: Path, memory: MemoryRepository) -> None:
    with pytest.raises(RejectedError, match="registers no DOIs"):
        publishkit.reserve_doi(pushed / "0")
    memory.dois = True
    (receipt,) = publishkit.reserve_doi(pushed / "0")
    assert receipt.doi == "10.5072/memory.example.m1"
    row = json.loads((pushed / LINKS_FILE).read_text())[0]["publishkit"]
    assert row["doi"] == receipt.doi
    (again,) = publishkit.reserve_doi(pushed / "0")
    assert (again.doi, again.outcome) == (receipt.doi, Outcome.UNCHANGED)
    assert publishkit.push(pushed / "0", to="memory")[0].outcome is Outcome.UNCHANGED


def test_what_is_published_and_a_collection_can_get_dois(
    pushed: Path, memory: MemoryRepository
) -> None:
    memory.dois = True
    with pytest.raises(RejectedError):
        publishkit.assign_doi(pushed / "0")
    publishkit.publish(pushed / "0")
    assert publishkit.assign_doi(pushed / "0")[0].doi == "10.5072/memory.example.m1"
    publishkit.create_collection("Resistivity", "memory")
    found = publishkit.assign_collection_doi("Resistivity", "memory")
    assert found.doi == publishkit.collection("Resistivity", "memory").doi
    assert found.doi


def test_what_is_no_ability_is_refused_before_anything_is_asked(plain: str, records: Path) -> None:
    publishkit.push(records / "0", to=plain)
    for call in (
        lambda: publishkit.share(records / "0", people="ada"),
        lambda: publishkit.share(records / "0", link=True),
        lambda: publishkit.shares(records / "0"),
        lambda: publishkit.unshare(records / "0", "ada"),
        lambda: publishkit.link(records / "0", to_record=ELSE),
        lambda: publishkit.link(records / "0", collection="x"),
        lambda: publishkit.reserve_doi(records / "0"),
        lambda: publishkit.assign_doi(records / "0"),
        lambda: publishkit.collections(plain),
        lambda: publishkit.create_collection("x", plain),
        lambda: publishkit.users("ada", plain),
    ):
        with pytest.raises(UnsupportedError, match=f"^{plain} cannot"):
            call()
