"""A deposit's life in the archive, as whoever opens the folder sees it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import bagit
import pytest

from publishkit.errors import (
    ConflictError,
    IntegrityError,
    NotFoundError,
    RejectedError,
)
from publishkit.repository import DataFile, RemoteFile, State
from publishkit.testing import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable

    from publishkit_local.repository import LocalRepository
    from tests.backends.local.conftest import MakeFiles, MakeRecord, Open, Push


def _link(url: str) -> Path:
    return Path(url2pathname(urlsplit(url).path))


# ---- where they lie ----


def test_a_draft_lies_in_drafts_and_its_links_lead_to_it(
    push: Push, bags: Callable[[], list[Path]], archive: Path
) -> None:
    deposit = push({"a": b"1"})
    (bag,) = bags()
    assert bag == archive / "drafts" / f"a-title-{deposit.id}"
    assert _link(deposit.links["self"]) == bag
    assert _link(deposit.links["self_html"]) == bag / "index.html"
    assert _link(deposit.links["files"]) == bag / "data"
    assert all(_link(url).exists() for url in deposit.links.values())


def test_publishing_moves_the_bag(
    push: Push, bags: Callable[[], list[Path]], archive: Path
) -> None:
    draft = push({"a": b"1"})
    published = push({"a": b"1"}, publish=True)
    assert published.id == draft.id
    assert published.state is State.PUBLISHED
    assert bags() == [archive / "published" / f"a-title-{draft.id}"]
    assert all(_link(url).exists() for url in published.links.values())
    assert {"record", "record_html"} <= published.links.keys()


def test_a_deposit_without_metadata_is_not_shown(
    repository: LocalRepository, bags: Callable[[], list[Path]], archive: Path
) -> None:
    repository.create("publishkit-1")
    assert bags() == []
    assert not (archive / "index.html").exists()


def test_another_process_finds_everything(push: Push, open_archive: Open) -> None:
    ids = {push({"a": b"1"}, marker=f"m{n}", publish=bool(n % 2)).id for n in range(4)}
    other = open_archive()
    found = {n: other.find(f"m{n}") for n in range(4)}
    assert {deposit.id for deposit in found.values() if deposit} == ids
    assert [other.get(id_).id for id_ in ids] == list(ids)


def test_a_bag_that_another_process_published_is_found(
    push: Push, open_archive: Open, repository: LocalRepository, make_record: MakeRecord
) -> None:
    deposit = push({"a": b"1"})
    open_archive().publish(deposit.id, make_record())
    assert repository.get(deposit.id).state is State.PUBLISHED


def test_a_marker_is_used_once(repository: LocalRepository, push: Push) -> None:
    repository.create("m1")
    with pytest.raises(ConflictError):
        repository.create("m1")
    push({}, marker="m1", publish=True)
    with pytest.raises(ConflictError):
        repository.create("m1")


@pytest.mark.parametrize("id_", ["../published", "", "0123456789ab", "drafts", "..", "/etc"])
def test_what_is_no_deposit_is_not_found(repository: LocalRepository, id_: str) -> None:
    with pytest.raises(NotFoundError):
        repository.get(id_)


# ---- changing drafts ----


def test_a_changed_title_is_shown_and_the_bag_stays_where_it_is(
    push: Push, bags: Callable[[], list[Path]], make_record: MakeRecord, archive: Path
) -> None:
    first = push({"a": b"1"})
    second = push({}, record=make_record("Another title"))
    assert second.links == first.links
    assert second.revision != first.revision
    assert second.contents == first.contents
    (bag,) = bags()
    assert bagit.Bag(str(bag)).validate()
    assert "Another title" in (bag / "index.html").read_text(encoding="utf-8")
    assert "Another title" in (archive / "index.html").read_text(encoding="utf-8")


def test_removed_and_replaced_files_leave_a_valid_bag(
    push: Push, repository: LocalRepository, bags: Callable[[], list[Path]]
) -> None:
    first = push({"a/b/c": b"1", "a/d": b"2", "e": b"3"})
    repository.remove(first.id, ["a/b/c", "never there", "e/also/not", "a"])
    second = push({"e": b"three", "a/b": b"a file where a folder was"})
    assert second.contents != first.contents
    assert second.revision == first.revision
    (bag,) = bags()
    assert bagit.Bag(str(bag)).validate()
    held = repository.files(second.id)
    assert {key: file.size for key, file in held.items()} == {"a/b": 25, "a/d": 1, "e": 5}


def test_files_that_did_not_arrive_whole_are_incomplete(
    push: Push,
    repository: LocalRepository,
    bags: Callable[[], list[Path]],
    make_files: MakeFiles,
    make_record: MakeRecord,
) -> None:
    deposit = push({"a": b"1", "b": b"2"})
    list(repository.transfers(deposit.id, make_record(), make_files({"a": b"11"})))
    held = repository.files(deposit.id)
    assert held["a"] == RemoteFile(1, None, complete=False)
    assert held["b"].complete


def test_metadata_that_changed_meanwhile_is_not_overwritten(
    push: Push, repository: LocalRepository, make_record: MakeRecord
) -> None:
    deposit = push({"a": b"1"})
    repository.update(deposit.id, make_record("Mine"), revision=deposit.revision)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        repository.update(deposit.id, make_record("Late"), revision=deposit.revision)


def test_metadata_that_somebody_broke_is_replaced(
    push: Push, repository: LocalRepository, bags: Callable[[], list[Path]], make_record: MakeRecord
) -> None:
    deposit = push({"a": b"1"})
    (bag,) = bags()
    (bag / "record_metadata.json").write_text("{broken")
    assert repository.get(deposit.id).revision != deposit.revision
    with pytest.raises(RejectedError, match="no metadata that can be read"):
        repository.publish(deposit.id, make_record())
    push({"a": b"1"}, publish=True)
    (bag,) = bags()
    assert bagit.Bag(str(bag)).validate()


# ---- publishing ----


def test_a_published_bag_is_never_changed(
    push: Push,
    repository: LocalRepository,
    archive: Path,
    make_record: MakeRecord,
    make_files: MakeFiles,
) -> None:
    id_ = push({"a": b"1"}, publish=True).id
    before = {path: path.stat().st_mtime_ns for path in (archive / "published").rglob("*")}
    for change in (
        lambda: repository.update(id_, make_record("Other")),
        lambda: repository.remove(id_, ["a"]),
        lambda: repository.transfers(id_, make_record(), make_files({"b": b"2"})),
        lambda: repository.publish(id_, make_record()),
        lambda: repository.delete(id_),
    ):
        with pytest.raises(RejectedError, match="published"):
            change()
    repository.settle(id_, NoMeter())
    assert {path: path.stat().st_mtime_ns for path in (archive / "published").rglob("*")} == before


def test_a_draft_that_was_tampered_with_is_not_published_until_it_is_sent_anew(
    push: Push, repository: LocalRepository, bags: Callable[[], list[Path]], make_record: MakeRecord
) -> None:
    deposit = push({"a": b"1", "b": b"2"})
    (bag,) = bags()
    (bag / "data" / "a").write_bytes(b"X")  # of the same size
    with pytest.raises(IntegrityError, match="data/a"):
        repository.publish(deposit.id, make_record())
    assert repository.get(deposit.id).state is State.DRAFT
    assert repository.get(deposit.id).contents != deposit.contents
    assert [key for key, f in repository.files(deposit.id).items() if not f.complete] == ["a"]
    push({"a": b"1"}, publish=True)
    (bag,) = bags()
    assert (bag / "data" / "a").read_bytes() == b"1"
    assert bagit.Bag(str(bag)).validate()


def test_a_file_that_somebody_put_into_a_draft_is_not_published(
    push: Push, repository: LocalRepository, bags: Callable[[], list[Path]], make_record: MakeRecord
) -> None:
    deposit = push({"a": b"1"})
    (bag,) = bags()
    (bag / "data" / "stray").write_bytes(b"X")
    with pytest.raises(IntegrityError, match="stray"):
        repository.publish(deposit.id, make_record())
    assert not repository.files(deposit.id)["stray"].complete


def test_a_deposit_without_metadata_is_not_published(
    repository: LocalRepository, make_record: MakeRecord
) -> None:
    deposit = repository.create("m")
    with pytest.raises(RejectedError, match="no metadata"):
        repository.publish(deposit.id, make_record())


def test_a_deleted_draft_leaves_nothing(
    push: Push, repository: LocalRepository, archive: Path
) -> None:
    deposit = push({"sub/a": b"1"})
    repository.delete(deposit.id)
    repository.delete(deposit.id)
    assert [p for p in archive.rglob("*") if deposit.id in p.name] == []
    assert "A title" not in (archive / "index.html").read_text(encoding="utf-8")


# ---- many at once ----


def test_many_records_at_once_are_all_there_once(
    push: Push, open_archive: Open, archive: Path, make_files: MakeFiles
) -> None:
    make_files({"a": b"1"})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: push({}, marker=f"m{n}", publish=n % 2 == 0), range(24)))
    open_archive().get(push({}, marker="m1").id)
    html = (archive / "index.html").read_text(encoding="utf-8")
    assert html.count("<li>") == 24
    assert "24 records" in html


def test_files_of_one_record_can_arrive_at_once(
    repository: LocalRepository,
    make_record: MakeRecord,
    make_files: MakeFiles,
    bags: Callable[[], list[Path]],
) -> None:
    record, deposit = make_record(), repository.create("m")
    files: list[DataFile] = make_files({f"{n % 3}/{n}": bytes([n]) * n for n in range(60)})
    with ThreadPoolExecutor(8) as pool:
        transfers = repository.transfers(deposit.id, record, files)
        list(pool.map(lambda transfer: transfer.run(NoMeter()), transfers))
    repository.update(deposit.id, record)
    (bag,) = bags()
    assert bagit.Bag(str(bag)).validate()
    assert len(repository.files(deposit.id)) == 60


def test_two_processes_can_push_to_one_archive_at_once(
    open_archive: Open,
    make_record: MakeRecord,
    archive: Path,
    bags: Callable[[], list[Path]],
) -> None:
    processes = open_archive(), open_archive()
    record = make_record()

    def push(n: int) -> None:
        process = processes[n % 2]
        deposit = process.create(f"m{n}")
        process.update(deposit.id, record)
        process.publish(deposit.id, record)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(push, range(20)))
    assert len(bags()) == 20
    assert (archive / "index.html").read_text(encoding="utf-8").count("<li>") == 20
