"""The archive's own page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from filelock import FileLock

from publishkit.errors import TemporaryError
from publishkit.testing import NoMeter
from publishkit_local import index

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit_local.repository import LocalRepository
    from tests.backends.local.conftest import MakeRecord, Open, Push


def _html(archive: Path) -> str:
    return (archive / "index.html").read_text(encoding="utf-8")


def test_the_page_lists_every_record_and_links_to_it(
    push: Push, archive: Path, make_record: MakeRecord
) -> None:
    push({"a": b"12"}, record=make_record("First"), marker="m1", publish=True)
    push({"a": b"1", "b": b""}, record=make_record("Second"), marker="m2")
    html = _html(archive)
    assert "2 records, 3 B" in html
    assert "1 file, 2 B" in html
    assert "2 files, 1 B" in html
    links = re.findall(r'href="([^"#]+)"', html)
    assert len(links) == 2
    assert all((archive / unquote(link)).is_file() for link in links)
    assert html.index("Published</h2>") < html.index("First") < html.index("Drafts</h2>")
    assert html.index("Drafts</h2>") < html.index("Second")


def test_newer_records_come_first(push: Push, archive: Path, make_record: MakeRecord) -> None:
    for n, year in enumerate(("2020", "2024", "2022")):
        record = make_record(f"Of {year}", publication_date=year)
        push({}, record=record, marker=f"m{n}")
    assert re.findall(r"Of (\d+)</a>", _html(archive)) == ["2024", "2022", "2020"]


def test_titles_and_names_are_escaped(push: Push, archive: Path, make_record: MakeRecord) -> None:
    person = {"type": "organizational", "name": "<i>Org</i>"}
    record = make_record("<script>x</script>", creators=[{"person_or_org": person}] * 7)
    push({}, record=record)
    html = _html(archive)
    assert "<script" not in html
    assert "&lt;script&gt;x&lt;/script&gt;" in html
    assert "&lt;i&gt;Org&lt;/i&gt;; and 3 more" in html


def test_a_page_that_is_gone_comes_back(
    push: Push, archive: Path, repository: LocalRepository
) -> None:
    deposit = push({"a": b"1"})
    (archive / "index.html").unlink()
    repository.get(deposit.id)
    assert "A title" in _html(archive)


def test_a_bag_that_somebody_deleted_vanishes_from_the_page(
    push: Push, archive: Path, repository: LocalRepository, make_record: MakeRecord
) -> None:
    deposit = push({}, marker="m1")
    push({}, record=make_record("Left over"), marker="m2")
    (bag,) = archive.glob("drafts/left-over-*")
    bag.rename(archive.parent / "elsewhere")
    repository.get(deposit.id)
    assert "Left over" not in _html(archive)


def test_folders_that_are_no_bags_of_ours_are_left_out(
    push: Push, archive: Path, make_record: MakeRecord
) -> None:
    push({}, marker="m1")
    (archive / "drafts" / "notes").mkdir()
    broken = archive / "drafts" / "broken-0123456789ab"
    broken.mkdir()
    (broken / "tagmanifest-sha256.txt").write_text("")
    (broken / "record_metadata.json").write_text("{")
    push({}, record=make_record("Second"), marker="m2")
    assert "2 records" in _html(archive)


def test_looking_at_an_archive_needs_no_right_to_write(
    push: Push, archive: Path, repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = push({"a": b"1"})
    (archive / "index.html").unlink()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(index, "write", refuse)
    assert repository.get(deposit.id) == deposit


def test_a_page_that_another_process_keeps_locked_is_waited_for_in_vain_only_so_long(
    push: Push,
    archive: Path,
    open_archive: Open,
    make_record: MakeRecord,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deposit = push({"a": b"1"})
    monkeypatch.setattr(index, "_PATIENCE", 0.0)
    other = open_archive()
    with FileLock(archive / ".lock"), pytest.raises(TemporaryError, match=r"locked.*again"):
        other.update(deposit.id, make_record("New"))
    other.update(deposit.id, make_record("New"))
    assert "New" in _html(archive)
    assert other.settle(deposit.id, NoMeter()).id == deposit.id


def test_the_page_of_a_large_archive_is_put_off_and_complete_in_the_end(
    archive: Path, open_archive: Open, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_MANY", 2)
    monkeypatch.setattr(index, "_SHARE", 1e-9)
    repository = open_archive()
    written = []
    for number in range(6):
        deposit = repository.create(f"m{number}")
        repository.update(deposit.id, make_record(f"Record {number}"))
        written.append(_html(archive).count("<li>"))
    assert written == [1, 2, 3, 3, 3, 3]
    del repository  # as at the end of a process
    assert _html(archive).count("<li>") == 6


def test_a_page_that_was_put_off_when_the_process_was_killed_is_mended_by_the_next_look(
    archive: Path, open_archive: Open, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_MANY", 1)
    monkeypatch.setattr(index, "_SHARE", 1e-9)
    killed = open_archive()
    deposits = [killed.create(f"m{number}") for number in range(3)]
    for deposit in deposits:
        killed.update(deposit.id, make_record("A record"))
    killed.update(deposits[0].id, make_record("Retitled"))  # moves no bag
    assert "Retitled" not in _html(archive)
    open_archive().get(deposits[0].id)
    assert "Retitled" in _html(archive)
    assert _html(archive).count("<li>") == 3


def test_a_half_written_page_is_gone_after_the_next_look(
    push: Push, archive: Path, open_archive: Open
) -> None:
    deposit = push({"a": b"1"})
    (archive / ".index.html.part").write_text("<html>half")
    open_archive().get(deposit.id)
    assert not (archive / ".index.html.part").exists()
    assert "A title" in _html(archive)
