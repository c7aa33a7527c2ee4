"""The links file and its journal: what is kept, and what a crash leaves."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishkit.errors import ConfigError, TemporaryError
from publishkit.hooks import Target
from publishkit.ledger import LINKS_FILE, STATE_FOLDER, Ledger, Row

if TYPE_CHECKING:
    from pathlib import Path

TARGET = Target(name="memory", backend="memory", url="https://memory.example")
URLS = frozenset({TARGET.url})


def row(folder: str = "0", **more: object) -> Row:
    return Row(folder=folder, target="memory", url=TARGET.url, **more)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / LINKS_FILE


def test_what_was_noted_is_there_afterwards(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.note(row(), id="m1", links={"self": "https://memory.example/api/m1"})
    found = Ledger.read(path).find("0", TARGET, URLS)
    assert found is not None
    assert (found.id, dict(found.links)) == ("m1", {"self": "https://memory.example/api/m1"})
    assert not (path.parent / STATE_FOLDER / "journal.jsonl").exists()


def test_links_stand_at_the_top_level_and_all_else_below_publishkit(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.note(row(), id="m1", state="draft", links={"record_html": "https://h/1"}, sent="f")
    (found,) = json.loads(path.read_text())
    assert list(found) == ["folder", "target", "id", "state", "record_html", "publishkit"]
    assert found["publishkit"]["format"] == 1
    assert found["publishkit"]["sent"] == "f"


def test_noting_what_is_known_changes_no_byte(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.note(row(), id="m1")
    before = path.read_bytes()
    with Ledger.open(path) as ledger:
        ledger.note(row(), id="m1")
    assert path.read_bytes() == before


def test_an_unknown_row_of_a_killed_run_is_replayed(path: Path) -> None:
    killed = Ledger.open(path)
    ledger = killed.__enter__()
    ledger.note(row(), sync=True, marker="publishkit-1")
    ledger.note(row(), sync=True, id="m1")
    journal = (path.parent / STATE_FOLDER / "journal.jsonl").read_bytes()
    killed.__exit__(None, None, None)
    path.unlink()
    (path.parent / STATE_FOLDER / "journal.jsonl").write_bytes(journal)
    found = Ledger.read(path).find("0", TARGET, URLS)
    assert found is not None
    assert (found.marker, found.id) == ("publishkit-1", "m1")


def _journal_of(changes: list[dict[str, str]], folder: Path) -> bytes:
    path = folder / LINKS_FILE
    with Ledger.open(path) as ledger:
        for change in changes:
            ledger.note(row(change["folder"]), state=change["state"], id=change["id"])
        return (folder / STATE_FOLDER / "journal.jsonl").read_bytes()


@given(
    changes=st.lists(
        st.fixed_dictionaries(
            {"folder": st.sampled_from(["0", "ä b", "x/y"]), "state": st.text(), "id": st.text()}
        ),
        min_size=1,
        max_size=6,
    ),
    cut=st.integers(0, 4000),
)
def test_a_journal_cut_at_any_byte_replays_its_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, changes: list[dict[str, str]], cut: int
) -> None:
    journal = _journal_of(changes, tmp_path_factory.mktemp("whole"))
    left = journal[:cut]
    folder = tmp_path_factory.mktemp("cut")
    (folder / STATE_FOLDER).mkdir()
    (folder / STATE_FOLDER / "journal.jsonl").write_bytes(left)
    with Ledger.open(folder / LINKS_FILE) as ledger:
        found = {r.folder: (r.state, r.id) for r in ledger.rows()}
    assert found == _expected(left)
    again = {r.folder: (r.state, r.id) for r in Ledger.read(folder / LINKS_FILE).rows()}
    assert again == found


def _expected(journal: bytes) -> dict[str, tuple[str, str]]:
    rows: dict[str, tuple[str, str]] = {}
    for line in journal.split(b"\n"):
        try:
            change = json.loads(line)
        except ValueError:
            continue
        state, id_ = rows.get(change["folder"], ("", ""))
        rows[change["folder"]] = (change.get("state", state), change.get("id", id_))
    return rows


def test_a_second_run_says_who_holds_the_file(path: Path) -> None:
    with (
        Ledger.open(path),
        pytest.raises(TemporaryError, match=f"process {os.getpid()} on"),
        Ledger.open(path),
    ):
        pass


def test_a_file_of_a_later_version_is_refused_and_left_alone(path: Path) -> None:
    text = json.dumps([{"folder": "0", "target": "memory", "publishkit": {"format": 2}}])
    path.write_text(text)
    with pytest.raises(ConfigError, match="newer"):
        Ledger.read(path)
    assert path.read_text() == text


@pytest.mark.parametrize("text", ["{", "{}", '"text"', "\xff"])
def test_a_file_that_is_no_links_file_is_refused_and_left_alone(path: Path, text: str) -> None:
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match="cannot be read"):
        Ledger.read(path)
    assert path.read_text(encoding="latin-1") == text


def test_a_full_disk_is_said_plainly_and_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(path) as ledger:
        ledger.note(row(), id="m1")
    before = path.read_bytes()

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("publishkit.ledger.os.fsync", full)
    with (
        pytest.raises(ConfigError, match="No space left on device"),
        Ledger.open(path) as ledger,
    ):
        ledger.note(row("1"), sync=True, marker="publishkit-2")
    assert path.read_bytes() == before
    monkeypatch.undo()
    found = Ledger.read(path).find("1", TARGET, URLS)
    assert found is not None
    assert found.marker == "publishkit-2"


def test_a_folder_that_cannot_be_written_is_said_plainly(path: Path) -> None:
    (path.parent / STATE_FOLDER).write_text("in the way")
    with pytest.raises(ConfigError, match="--links"), Ledger.open(path):
        pass


def test_a_target_of_the_same_database_finds_the_row(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.note(row(), id="m1")
    staging = Target(name="staging", backend="memory", url="https://staging.example")
    found = Ledger.read(path).find("0", staging, {staging.url, TARGET.url})
    assert found is not None
    assert found.id == "m1"


def test_a_renamed_folder_keeps_its_row_and_its_place(path: Path) -> None:
    with Ledger.open(path) as ledger:
        for name in ("a", "b", "c"):
            ledger.note(row(name), id=name)
    with Ledger.open(path) as ledger:
        ledger.rename("b", "z")
    assert [(r.folder, r.id) for r in Ledger.read(path).rows()] == [
        ("a", "a"),
        ("z", "b"),
        ("c", "c"),
    ]


def test_new_rows_come_in_natural_order(path: Path) -> None:
    with Ledger.open(path) as ledger:
        for name in ("10", "2", "1"):
            ledger.note(row(name), id=name)
    assert [r.folder for r in Ledger.read(path).rows()] == ["1", "2", "10"]
