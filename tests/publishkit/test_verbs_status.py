"""How deposits stand, and what that leaves in the links file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit.errors import NotFoundError
from publishkit.ledger import LINKS_FILE, Ledger
from publishkit.repository import State

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.testing import MemoryRepository


@pytest.fixture
def pushed(records: Path) -> Path:
    """The three records, pushed to `memory`."""
    publishkit.push(records, to="memory", workers=1)
    return records


def states(folder: Path) -> list[str]:
    return [row["state"] for row in json.loads((folder / LINKS_FILE).read_text())]


def test_a_folder_shows_state_title_files_and_page(pushed: Path) -> None:
    (status,) = publishkit.status(pushed / "0")
    assert (status.id, status.state, status.target) == ("m1", State.DRAFT, "memory")
    assert set(status.files) == {"data.csv", "sub/more.txt"}
    assert status.page == "https://memory.example/m1"
    assert status.title
    assert status.updated
    assert status.updated.tzinfo


def test_a_folder_of_records_shows_each(pushed: Path) -> None:
    assert [one.id for one in publishkit.status(pushed)] == ["m1", "m2", "m3"]


def test_what_happened_on_the_web_comes_into_the_links_file(
    pushed: Path, memory: MemoryRepository
) -> None:
    memory.shelves["m1"].state = State.PUBLISHED
    memory.shelves["m1"].doi = "10.5072/new"
    del memory.shelves["m2"]
    assert [one.state for one in publishkit.status(pushed)] == ["published", "gone", "draft"]
    assert states(pushed) == ["published", "gone", "draft"]
    assert json.loads((pushed / LINKS_FILE).read_text())[0]["publishkit"]["doi"] == "10.5072/new"


def test_looking_leaves_the_links_file_alone_when_nothing_changed(pushed: Path) -> None:
    before = (pushed / LINKS_FILE).read_bytes()
    publishkit.status(pushed)
    assert (pushed / LINKS_FILE).read_bytes() == before


def test_looking_does_not_take_an_edit_on_the_web_for_known(
    pushed: Path, memory: MemoryRepository
) -> None:
    memory.shelves["m1"].change()
    publishkit.status(pushed / "0")
    (pushed / "0" / "data.csv").write_bytes(b"new")
    with pytest.raises(publishkit.ConflictError, match="edited on the web"):
        publishkit.push(pushed / "0", to="memory")


def test_what_could_not_be_processed_is_told_and_kept(
    pushed: Path, memory: MemoryRepository
) -> None:
    memory.failures = ("a.json: no parser",)
    (status,) = publishkit.status(pushed / "0")
    assert (status.state, status.failures) == (State.FAILED, ("a.json: no parser",))
    assert states(pushed)[0] == "failed"
    memory.failures = ()
    publishkit.status(pushed / "0")
    assert states(pushed)[0] == "draft"


def test_one_can_look_while_a_push_holds_the_links_file(pushed: Path) -> None:
    with Ledger.open(pushed / LINKS_FILE):
        assert publishkit.status(pushed / "0")[0].state is State.DRAFT


def test_a_member_of_a_group_shows_its_own_files(records: Path) -> None:
    publishkit.push(records, to="memory", group="all")
    (status,) = publishkit.status(records / "1")
    assert (status.id, set(status.files)) == ("m1.1", {"data.csv", "sub/more.txt"})


def test_an_id_that_no_links_file_knows_and_that_is_gone_is_an_error(pushed: Path) -> None:
    assert publishkit.status("m1", "memory")[0].name == "m1"
    with pytest.raises(NotFoundError):
        publishkit.status("m9", "memory")
