"""What users have in hand leads to the deposit: a folder, an id, a DOI, the address of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import responses

import publishkit
from publishkit.abilities import LinkSharing, Sharing
from publishkit.errors import ConfigError, NotFoundError, RecordError, UnsupportedError
from publishkit.finding import able, find, find_one, keeping, open_target
from publishkit.ledger import LINKS_FILE, Ledger
from publishkit.testing import MemoryRepository, PlainRepository

if TYPE_CHECKING:
    from pathlib import Path

DOI = "10.5072/memory.example.m1"


@pytest.fixture
def pushed(records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The three records, pushed to `memory`; the current folder is that in which they lie."""
    memory.dois = True
    publishkit.push(records, to="memory", workers=1)
    monkeypatch.chdir(records)
    return records


def landing(doi: str, page: str | None) -> None:
    values = [{"index": 100, "type": "HS_ADMIN", "data": {"format": "admin", "value": {}}}]
    if page:
        values.append({"index": 1, "type": "URL", "data": {"format": "string", "value": page}})
    answer = {"responseCode": 1, "handle": doi, "values": values}
    responses.get(f"https://doi.org/api/handles/{doi}", json=answer)


def test_a_record_folder_is_its_deposit(pushed: Path) -> None:
    (found,) = find(pushed / "1")
    assert (found.id, found.target.name, found.name) == ("m2", "memory", str(pushed / "1"))
    assert found.folder == pushed / "1"


def test_a_folder_of_records_is_all_their_deposits(pushed: Path) -> None:
    assert [found.id for found in find(pushed)] == ["m1", "m2", "m3"]


def test_a_folder_on_two_targets_is_both_unless_one_is_named(pushed: Path) -> None:
    publishkit.push(pushed / "0", to="other")
    assert [found.target.name for found in find(pushed / "0")] == ["memory", "other"]
    assert [found.target.name for found in find(pushed / "0", "other")] == ["other"]
    with pytest.raises(ConfigError, match=r"on several targets: memory, other.*--to"):
        find_one(pushed / "0")


def test_a_folder_that_was_not_pushed_says_so(pushed: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no deposit on other yet.*publishkit push .*other"):
        find(pushed / "0", "other")


def test_several_records_are_not_one(pushed: Path) -> None:
    with pytest.raises(ConfigError, match=r"several records.*Name one"):
        find_one(pushed)


@pytest.mark.parametrize("what", ["./nowhere", "no/where", "../nowhere"])
def test_a_path_that_is_not_there_is_no_id(pushed: Path, what: str) -> None:
    with pytest.raises(RecordError, match="no such folder"):
        find(what, "memory")


def test_an_id_needs_a_target_unless_a_links_file_near_knows_it(
    pushed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_one("m2").row is not None
    assert find_one("elsewhere", "memory").row is None
    with pytest.raises(ConfigError, match="--to"):
        find("elsewhere")
    monkeypatch.chdir(pushed.parent)
    assert find_one("m2").ledger == pushed / LINKS_FILE


@pytest.mark.parametrize("page", ["https://memory.example/m2", "https://memory.example/api/m2/x"])
def test_the_address_of_a_page_leads_to_its_target(pushed: Path, page: str) -> None:
    found = find_one(page)
    assert (found.id, found.target.name) == ("m2", "memory")
    assert found.row
    assert found.row.folder == "1"


def test_the_address_of_another_page_is_refused(pushed: Path) -> None:
    with pytest.raises(ConfigError, match="not the address of a deposit on any target"):
        find("https://example.org/m2")
    with pytest.raises(ConfigError, match="not the address of a deposit on other"):
        find("https://memory.example/m2", "other")


@pytest.mark.parametrize("written", [DOI, f"https://doi.org/{DOI}", f"doi:{DOI.upper()}"])
def test_a_doi_that_a_links_file_near_knows_needs_nothing_else(pushed: Path, written: str) -> None:
    publishkit.reserve_doi(pushed / "0")
    assert find_one(written).id == "m1"


def test_a_doi_is_looked_up_on_the_target(pushed: Path, memory: MemoryRepository) -> None:
    memory.reserve_doi("m3")
    assert find_one("10.5072/memory.example.m3", "memory").id == "m3"
    with pytest.raises(NotFoundError, match="no deposit with the DOI"):
        find("10.5072/none", "memory")


@responses.activate
def test_a_doi_without_a_target_is_followed_to_its_page(pushed: Path) -> None:
    landing("10.5072/abc", "https://other.example/m7")
    found = find_one("10.5072/abc")
    assert (found.target.name, found.id) == ("other", "m7")
    assert "Authorization" not in responses.calls[0].request.headers


@responses.activate
def test_a_doi_that_leads_elsewhere_or_nowhere_says_so(pushed: Path) -> None:
    landing("10.5072/away", "https://example.org/m7")
    landing("10.5072/empty", None)
    responses.get(
        "https://doi.org/api/handles/10.5072/none",
        status=404,
        json={"responseCode": 100, "handle": "10.5072/none"},
    )
    with pytest.raises(NotFoundError, match=r"leads to https://example\.org/m7, which is not"):
        find("10.5072/away")
    with pytest.raises(NotFoundError, match="leads to no page"):
        find("10.5072/empty")
    with pytest.raises(NotFoundError, match=r"nobody registered 10\.5072/none"):
        find("10.5072/none")


def test_a_member_of_a_group_is_found_as_part_of_the_whole(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push(records, to="memory", group="all")
    monkeypatch.chdir(records)
    found = find_one(records / "1")
    assert (found.id, found.member) == ("m1", "m1.1")
    assert (find_one("m1.1").member, find_one("m1").member) == ("m1.1", "")
    assert find_one("https://memory.example/m1").member == ""


def test_a_target_at_another_url_is_refused(pushed: Path) -> None:
    text = (pushed / LINKS_FILE).read_text()
    (pushed / LINKS_FILE).write_text(text.replace('"url": "https://memory', '"url": "https://old'))
    with pytest.raises(ConfigError, match=r"https://old\.example.*now https://memory"):
        find(pushed / "0")


def test_what_a_target_cannot_do_names_what_it_can() -> None:
    _, target, repository = open_target("memory")
    assert isinstance(able(repository, Sharing, target, "share"), MemoryRepository)

    class Little(PlainRepository, LinkSharing):
        link_permissions = ()
        share_link = MemoryRepository.share_link

    with pytest.raises(UnsupportedError, match=r"memory cannot share deposits.*it can: secret"):
        able(Little(), Sharing, target, "share deposits")


def test_an_edit_on_the_web_is_not_swallowed(pushed: Path, memory: MemoryRepository) -> None:
    found = find_one(pushed / "0")
    memory.shelves["m1"].change()  # somebody's edit
    with keeping(found) as keeper:
        before = memory.get("m1")
        with keeper.changing(before):
            memory.shelves["m1"].change()  # the verb's own
        keeper.keep(memory.get("m1"), before=before)
    (pushed / "0" / "data.csv").write_bytes(b"new")
    with pytest.raises(publishkit.ConflictError, match="edited on the web"):
        publishkit.push(pushed / "0", to="memory")


def test_a_verbs_own_change_is_no_edit_on_the_web(pushed: Path, memory: MemoryRepository) -> None:
    found = find_one(pushed / "0")
    before = memory.get("m1")
    with keeping(found) as keeper:
        with keeper.changing(before):
            memory.shelves["m1"].change()
        keeper.keep(memory.get("m1"), before=before)
    (receipt,) = publishkit.push(pushed / "0", to="memory")
    assert receipt.outcome is publishkit.Outcome.UNCHANGED


def test_a_verb_that_is_killed_on_the_way_has_the_metadata_sent_again(
    pushed: Path, memory: MemoryRepository
) -> None:
    found = find_one(pushed / "0")
    with keeping(found) as keeper, keeper.changing(memory.get("m1")):
        memory.shelves["m1"].change()
    (row,) = (r for r in Ledger.read(pushed / LINKS_FILE).rows() if r.folder == "0")
    assert (row.sent, row.revision) == ("", "")
    (receipt,) = publishkit.push(pushed / "0", to="memory")
    assert receipt.outcome is publishkit.Outcome.UPDATED
