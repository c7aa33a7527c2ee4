"""Collections as the bags keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bagit
import pytest
from filelock import FileLock

from publishkit.abilities import Query
from publishkit.errors import NotFoundError, RejectedError, TemporaryError
from publishkit.testing import NoMeter
from publishkit_local import index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publishkit_local.repository import LocalRepository
    from tests.backends.local.conftest import MakeRecord, Open, Push


def _groups(bag: Path) -> list[str]:
    found = bagit.Bag(str(bag)).info.get("Bag-Group-Identifier", [])
    return [found] if isinstance(found, str) else list(found)


@pytest.mark.parametrize("publish", [False, True])
def test_a_bag_says_which_collections_it_is_in(
    push: Push,
    repository: LocalRepository,
    bags: Callable[[], list[Path]],
    archive: Path,
    *,
    publish: bool,
) -> None:
    deposit = push({"a": b"1"}, publish=publish)
    for name in ("Solid electrolytes", "Batterien äöü"):
        repository.collect(deposit.id, repository.create_collection(name).id)
    (bag,) = bags()
    assert bagit.Bag(str(bag)).validate()
    assert _groups(bag) == ["Batterien äöü", "Solid electrolytes"]
    for page in (bag / "index.html", archive / "index.html"):
        html = page.read_text(encoding="utf-8")
        assert "Solid electrolytes" in html
        assert "Batterien äöü" in html
    assert repository.get(deposit.id).revision == deposit.revision


def test_a_draft_stays_in_its_collection_when_it_is_pushed_again_and_published(
    push: Push, repository: LocalRepository, bags: Callable[[], list[Path]], make_record: MakeRecord
) -> None:
    deposit = push({"a": b"1"})
    repository.collect(deposit.id, repository.create_collection("Batteries").id)
    push({"a": b"2"}, record=make_record("Another title"), publish=True)
    (bag,) = bags()
    assert _groups(bag) == ["Batteries"]


def test_what_follows_a_bag_is_in_its_collections(
    push: Push, repository: LocalRepository, make_record: MakeRecord
) -> None:
    old = push({"a": b"1"}, publish=True)
    repository.collect(old.id, repository.create_collection("Batteries").id)
    new = repository.edit(old.id, make_record("Edited"))
    draft = repository.new_version(old.id, "next", NoMeter())
    assert [one.id for one in repository.search(Query(collection="Batteries", owner="mine"))] != []
    for id_ in (new.id, draft.id):
        assert repository.inspect(id_).details["collections"] == ["Batteries"]


def test_another_process_knows_every_collection_by_its_name(
    push: Push, repository: LocalRepository, open_archive: Open
) -> None:
    deposit = push({"a": b"1"}, publish=True)
    for name in ("beta", "Alpha"):
        repository.create_collection(name)
    repository.collect(deposit.id, "beta")
    other = open_archive()
    assert [one.name for one in other.collections()] == ["Alpha", "beta"]
    assert [one.name for one in other.collections("ALPH")] == ["Alpha"]
    with pytest.raises(NotFoundError, match="Did you mean Alpha"):
        other.collection("Alpah")


def test_a_collection_that_only_a_bag_knows_is_listed_until_it_is_deleted(
    push: Push, repository: LocalRepository, archive: Path, bags: Callable[[], list[Path]]
) -> None:
    deposit = push({"a": b"1"}, publish=True)
    repository.collect(deposit.id, repository.create_collection("Batteries").id)
    (archive / "collections.txt").unlink()
    assert [one.name for one in repository.collections()] == ["Batteries"]
    repository.delete_collection("Batteries")
    assert list(repository.collections()) == []
    (bag,) = bags()
    assert bagit.Bag(str(bag)).validate()
    assert _groups(bag) == []
    assert "Batteries" not in (archive / "index.html").read_text(encoding="utf-8")


def test_a_collection_has_a_name_of_one_line(repository: LocalRepository) -> None:
    assert repository.create_collection("Two\nlines").name == "Two lines"
    with pytest.raises(RejectedError, match="needs a name"):
        repository.create_collection(" \n ")


def test_an_archive_that_another_process_keeps_locked_is_left_alone(
    open_archive: Open, archive: Path, monkeypatch: pytest.MonkeyPatch, push: Push
) -> None:
    push({"a": b"1"})
    monkeypatch.setattr(index, "_PATIENCE", 0)
    with FileLock(archive / ".lock"), pytest.raises(TemporaryError, match=r"keeps .* locked"):
        open_archive().create_collection("Batteries")
