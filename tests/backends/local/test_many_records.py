"""Thousands of records: what is done for each of them does not grow with their number."""

from __future__ import annotations

import errno
import json
import shutil
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit import keeping as keepers
from publishkit.errors import ConfigError
from publishkit.finding import find_one
from publishkit.ledger import Ledger
from publishkit.repository import State
from publishkit.row import Row
from publishkit.verbs.delete import delete
from publishkit.verbs.status import status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

COUNT = 5


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with some records of one file each, pushed to the local archive."""
    monkeypatch.chdir(tmp_path)
    for number in range(COUNT):
        folder = tmp_path / "records" / str(number)
        folder.mkdir(parents=True)
        (folder / "data.csv").write_text(str(number))
        creator = {"person_or_org": {"type": "personal", "family_name": "Carberry"}}
        metadata = {
            "title": f"Record {number}",
            "creators": [creator],
            "publication_date": "2026",
            "resource_type": {"id": "dataset"},
            "publisher": "An example",
        }
        (folder / "record_metadata.json").write_text(json.dumps({"metadata": metadata}))
    publishkit.push(tmp_path / "records")
    return tmp_path / "records"


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every opening of a links file for writing."""
    opened: list[Path] = []
    real: Callable[[Path], AbstractContextManager[Ledger]] = Ledger.open

    def counted(path: Path) -> AbstractContextManager[Ledger]:
        opened.append(path)
        return real(path)

    monkeypatch.setattr(Ledger, "open", counted)
    return opened


def _rows(records: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((records / "records_links.json").read_text())
    return found


def test_a_verb_on_many_records_writes_their_links_file_once(
    records: Path, openings: list[Path]
) -> None:
    assert len(delete(records)) == COUNT
    assert openings == [records / "records_links.json"]
    assert _rows(records) == []


def test_a_deletion_killed_before_the_links_file_was_written_is_finished_by_the_next(
    records: Path,
) -> None:
    links = records / "records_links.json"
    with Ledger.open(links) as ledger:
        for row in ledger.rows():
            ledger.forget(row)
        journal = records / ".publishkit" / "journal.jsonl"
        lines, before = journal.read_bytes(), links.read_bytes()
    links.write_bytes(before)
    journal.write_bytes(lines)
    assert len(_rows(records)) == COUNT
    assert delete(records) == []
    assert _rows(records) == []
    assert not journal.exists()


def test_a_look_at_many_records_writes_their_links_file_once(
    records: Path, openings: list[Path]
) -> None:
    for row in _rows(records):
        shutil.rmtree(row["self"].removeprefix("file://"))
    assert {one.state for one in status(records)} == {State.GONE}
    assert openings == [records / "records_links.json"]
    assert {row["state"] for row in _rows(records)} == {"gone"}


def test_a_look_does_not_overwrite_what_a_push_kept_meanwhile(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pushed_meanwhile() -> AbstractContextManager[None]:
        publishkit.push(records / "3", publish=True)
        return keepers.keeping_open()

    monkeypatch.setattr("publishkit.verbs.status.keeping_open", pushed_meanwhile)
    assert {one.state for one in status(records)} == {State.DRAFT}
    states = {row["folder"]: row["state"] for row in _rows(records)}
    assert states.pop("3") == "published"
    assert set(states.values()) == {"draft"}


def test_links_files_that_stay_open_are_closed_by_an_error_too(records: Path) -> None:
    path = records / "records_links.json"

    def broken() -> Iterator[None]:
        with keepers.keeping_open():
            found = find_one(records / "1")
            with keepers.keeping(found) as keeper:
                keeper.note(state="gone")
            yield
            raise RuntimeError

    with pytest.raises(RuntimeError):
        list(broken())
    assert {row["folder"] for row in _rows(records) if row["state"] == "gone"} == {"1"}
    with Ledger.open(path) as ledger:  # it is not locked any more
        assert ledger.rows_of("1")[0].state == "gone"


def test_rows_are_found_by_folder_and_by_deposit_whatever_changed(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "records_links.json") as ledger:
        row = ledger.note(Row(folder="a", target="local"), marker="m")
        ledger.note(row, id="1")
        ledger.note(Row(folder="b", target="local"), id="2")
        ledger.note(Row(folder="g", target="other", group="G"), id="u/3", group="G")
        assert [one.folder for one in ledger.rows_about("1")] == ["a", "g"]
        ledger.rename("a", "c")
        assert [one.folder for one in ledger.rows_about("1")] == ["c", "g"]
        assert ledger.rows_of("a") == []
        assert [one.id for one in ledger.rows_of("c")] == ["1"]
        ledger.forget(ledger.rows_of("c")[0])
        assert [one.folder for one in ledger.rows_about("1")] == ["g"]


def test_more_links_files_than_can_be_open_are_told_apart_from_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("pathlib.Path.mkdir", full)
    with pytest.raises(ConfigError, match="too many") as caught, Ledger.open(tmp_path / "l.json"):
        pass
    assert "--links" in caught.value.advice
