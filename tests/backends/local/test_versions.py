"""What follows a published bag, and drafts that are put aside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bagit
import pytest

from publishkit.abilities import Link
from publishkit.errors import Cancelled, IntegrityError, RejectedError
from publishkit.repository import State
from publishkit.testing import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable

    from publishkit_local.repository import LocalRepository
    from tests.backends.local.conftest import MakeFiles, MakeRecord, Push

FILES = {"data.csv": b"0 1.5\n", "sub/b": b"22"}


def test_an_edit_is_a_bag_of_its_own_that_names_the_old_one(
    push: Push, repository: LocalRepository, make_record: MakeRecord, archive: Path
) -> None:
    old = push(FILES, publish=True)
    before = {p: p.stat().st_mtime_ns for p in (archive / "published").rglob("*")}
    new = repository.edit(old.id, make_record("Edited"))
    assert new.id != old.id
    assert {p: p.stat().st_mtime_ns for p in before} == before  # what is published stays
    bag = archive / "published" / f"edited-{new.id}"
    found = bagit.Bag(str(bag))
    assert found.validate()
    assert found.info["Previous-Version"] == f"a-title-{old.id}"
    for key, content in FILES.items():
        assert (bag / "data" / key).read_bytes() == content
    link = f'href="../../published/a-title-{old.id}/index.html"'
    assert link in (bag / "index.html").read_text(encoding="utf-8")


def test_a_copy_does_not_change_with_the_file_it_was_made_of(
    push: Push, repository: LocalRepository, make_record: MakeRecord
) -> None:
    old = push(FILES, publish=True)
    new = repository.edit(old.id, make_record("Edited"))
    old_bag, new_bag = (Path(repository.inspect(one.id).details["bag"]) for one in (old, new))  # type: ignore[arg-type] # a path is told as text
    with (old_bag / "data" / "data.csv").open("ab") as file:
        file.write(b"more")
    assert (new_bag / "data" / "data.csv").read_bytes() == FILES["data.csv"]


def test_an_edit_that_changes_nothing_makes_nothing(
    push: Push, repository: LocalRepository, make_record: MakeRecord, bags: Callable[[], list[Path]]
) -> None:
    old = push(FILES, publish=True)
    assert repository.edit(old.id, make_record()).id == old.id
    assert len(bags()) == 1


def test_an_edit_of_a_bag_that_was_tampered_with_is_refused_and_says_where(
    push: Push,
    repository: LocalRepository,
    make_record: MakeRecord,
    bags: Callable[[], list[Path]],
) -> None:
    old = push(FILES, publish=True)
    (bag,) = bags()
    (bag / "data" / "sub" / "b").write_bytes(b"XX")
    with pytest.raises(IntegrityError, match=r"sub.b was changed in the archive"):
        repository.edit(old.id, make_record("Edited"))
    assert bags() == [bag]


def test_a_draft_is_not_edited_as_if_it_were_published(
    push: Push, repository: LocalRepository, make_record: MakeRecord
) -> None:
    draft = push(FILES)
    changes: list[Callable[[], object]] = [
        lambda: repository.edit(draft.id, make_record("Edited")),
        lambda: repository.new_version(draft.id, "next", NoMeter()),
        lambda: repository.discard(draft.id),
    ]
    for change in changes:
        with pytest.raises(RejectedError, match="not published yet"):
            change()


def test_a_new_version_keeps_what_was_removed_from_it_removed(
    push: Push, repository: LocalRepository
) -> None:
    old = push(FILES, publish=True)
    draft = repository.new_version(old.id, "next", NoMeter())
    repository.remove(draft.id, ["sub/b"])
    repository.settle(draft.id, NoMeter())
    assert repository.new_version(old.id, "next", NoMeter()).id == draft.id
    assert repository.files(draft.id).keys() == {"data.csv"}


def test_making_a_new_version_can_be_stopped_and_goes_on(
    push: Push, repository: LocalRepository
) -> None:
    class Stopping(NoMeter):
        calls = 0

        def advance(self, nbytes: int) -> None:
            self.calls += 1
            if self.calls > 1:
                raise Cancelled("stopped")

    old = push(FILES, publish=True)
    with pytest.raises(Cancelled):
        repository.new_version(old.id, "next", Stopping())
    draft = repository.new_version(old.id, "next", NoMeter())
    assert repository.files(draft.id) == repository.files(old.id)


def test_a_new_version_names_the_doi_of_the_old_one_and_no_folder(
    push: Push, repository: LocalRepository, make_record: MakeRecord
) -> None:
    pids = {"pids": {"doi": {"identifier": "10.1234/abc", "provider": "external"}}}
    one = push(FILES, record=make_record("With", pids), marker="m1", publish=True)
    other = push(FILES, record=make_record("Without"), marker="m2", publish=True)
    assert repository.follows(one.id) == (Link("10.1234/abc", "isnewversionof"),)
    assert repository.follows(other.id) == ()


def test_the_index_shows_the_newest_version_and_under_it_the_older_ones(
    push: Push, repository: LocalRepository, make_record: MakeRecord, archive: Path
) -> None:
    first = push(FILES, publish=True)
    second = repository.edit(first.id, make_record("Second"))
    third = repository.new_version(second.id, "next", NoMeter())
    repository.update(third.id, make_record("Third"))
    html = (archive / "index.html").read_text(encoding="utf-8")
    assert html.count("<h3>") == 2  # the newest that is published, and a draft beside it
    repository.publish(third.id, make_record("Third"))
    html = (archive / "index.html").read_text(encoding="utf-8")
    assert html.count("<h3>") == 1
    assert "2 older versions" in html
    assert html.index("Third") < html.index("Second") < html.index("A title")
    assert "1 record," in html


def test_what_a_published_bag_names_is_in_a_bag_that_follows_it(
    push: Push, repository: LocalRepository
) -> None:
    old = push(FILES, publish=True)
    new = repository.relate(old.id, [Link("10.1234/other", "issupplementto")])
    assert new.id != old.id
    assert new.state is State.PUBLISHED
    metadata = repository.describe(new.id)["metadata"]
    assert isinstance(metadata, dict)
    assert metadata.pop("related_identifiers") == [
        {
            "identifier": "10.1234/other",
            "scheme": "doi",
            "relation_type": {"id": "issupplementto"},
        }
    ]
    assert metadata == repository.describe(old.id)["metadata"]


def test_a_draft_without_metadata_names_nothing(repository: LocalRepository) -> None:
    deposit = repository.create("m")
    looks: list[Callable[[], object]] = [
        lambda: repository.relate(deposit.id, [Link("10.1234/other")]),
        lambda: repository.describe(deposit.id),
    ]
    for look in looks:
        with pytest.raises(RejectedError, match="no metadata"):
            look()


def test_a_draft_that_is_put_aside_lies_in_the_trash_and_on_no_page(
    push: Push, repository: LocalRepository, archive: Path
) -> None:
    ids, kept = set(), []
    for _ in range(2):
        draft = push(FILES)
        ids.add(draft.id)
        kept.append(Path(repository.set_aside(draft.id)))
        assert "A title" not in (archive / "index.html").read_text(encoding="utf-8")
    (id_,) = ids
    assert [path.name for path in kept] == [f"a-title-{id_}", f"a-title-{id_}.2"]
    for bag in kept:
        assert bag.parent == archive / ".trash"
        assert bagit.Bag(str(bag)).validate()
    assert list(repository.deposits()) == []


def test_a_close_look_names_every_file_that_is_not_as_it_was(
    push: Push, repository: LocalRepository, bags: Callable[[], list[Path]], make_files: MakeFiles
) -> None:
    deposit = push({"a": b"1", "b": b"2", "c": b"3"}, publish=True)
    (bag,) = bags()
    assert repository.inspect(deposit.id).details == {"bag": str(bag), "fixity": "valid"}
    (bag / "data" / "a").write_bytes(b"X")
    (bag / "data" / "b").unlink()
    (bag / "data" / "stray").write_bytes(b"X")
    report = repository.inspect(deposit.id)
    assert report.details["fixity"] == "damaged"
    told = "\n".join(report.deposit.failures)
    assert all(f"data/{name}" in told for name in ("a", "b", "stray"))
    assert "data/c" not in told


def test_a_deposit_that_is_no_bag_yet_is_not_called_damaged(repository: LocalRepository) -> None:
    report = repository.inspect(repository.create("m").id)
    assert report.details["fixity"] == "not a bag yet"
    assert report.deposit.failures == ()
