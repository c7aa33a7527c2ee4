"""A links file, its journal and its lock that are not what publishkit left."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from publishkit import journal as journals
from publishkit.errors import ConfigError, TemporaryError
from publishkit.ledger import LINKS_FILE, STATE_FOLDER, Ledger, Row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JOURNAL = "journal.jsonl"


def row(folder: str = "0", target: str = "memory") -> Row:
    return Row(folder=folder, target=target)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A links file with a row of the folder `0`."""
    links = tmp_path / "records" / LINKS_FILE
    with Ledger.open(links) as ledger:
        ledger.note(row(), id="m1")
    return links


def state_file(path: Path, name: str) -> Path:
    found = path.parent / STATE_FOLDER / name
    found.unlink(missing_ok=True)
    return found


def test_a_pipe_in_place_of_the_file_is_refused_at_once(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="is not a file"):
        Ledger.read(path)


def test_a_pipe_in_place_of_the_journal_is_refused_at_once(path: Path) -> None:
    os.mkfifo(state_file(path, JOURNAL))
    with pytest.raises(ConfigError, match="is not a file"):
        Ledger.read(path)


def test_a_journal_that_cannot_be_read_is_not_taken_for_none(path: Path) -> None:
    state_file(path, JOURNAL).mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        Ledger.read(path)


@pytest.mark.parametrize("name", [JOURNAL, "lock", f"{LINKS_FILE}.new"])
def test_nothing_is_written_through_a_symbolic_link(path: Path, tmp_path: Path, name: str) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    state_file(path, name).symlink_to(precious)
    with suppress(ConfigError), Ledger.open(path) as ledger:
        ledger.note(row("1"), id="m2")
    assert precious.read_text() == "mine"


def test_a_state_folder_that_leads_elsewhere_is_refused(path: Path, tmp_path: Path) -> None:
    state = path.parent / STATE_FOLDER
    state.rename(tmp_path / "elsewhere")
    state.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="symbolic link"), Ledger.open(path):
        pass


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe[]",
        b"[" * 100_000,
        b'[{"folder": "0", "target": "memory"}, {"folder": "0", "target": "memory"}]',
        b'[{"folder": "\\ud800", "target": "memory"}]',
        b'[{"folder": "0", "target": "memory", "publishkit": {"format": "x"}}]',
        b"\x00" * 100,
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_and_left_alone(
    path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    with pytest.raises(ConfigError) as refused, Ledger.open(path):
        pass
    assert str(path) in refused.value.message
    assert path.read_bytes() == content


def test_a_file_of_absurd_size_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MAX_BYTES", 1000)
    os.truncate(path, 1001)
    with pytest.raises(ConfigError, match="more than 1,000 bytes"):
        Ledger.read(path)


def test_a_large_file_is_read_whole(path: Path) -> None:
    items = [{"folder": str(n), "target": "memory", "x": "y" * 1000} for n in range(5000)]
    path.write_text(json.dumps(items))
    assert len(Ledger.read(path).rows()) == 5000


def test_a_name_that_is_not_unicode_is_refused_and_harms_nothing_else(path: Path) -> None:
    with Ledger.open(path) as ledger:
        with pytest.raises(ConfigError, match="not Unicode"):
            ledger.note(row("\udcff"), id="m2")
        ledger.note(row("1"), id="m3")
    assert [one.folder for one in Ledger.read(path).rows()] == ["0", "1"]


def test_what_could_not_be_synced_is_in_the_file_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with Ledger.open(path) as ledger:
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(ConfigError, match="Input/output"):
            ledger.note(row(), sync=True, id="m2")
        monkeypatch.undo()
    assert [one.id for one in Ledger.read(path).rows()] == ["m2"]


def test_a_folder_on_two_targets_is_renamed_on_both_or_on_none(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.note(row("0", "other"), id="o1")
        before = len((path.parent / STATE_FOLDER / JOURNAL).read_bytes().splitlines())
        ledger.rename("0", "new")
        after = (path.parent / STATE_FOLDER / JOURNAL).read_bytes().splitlines()
    assert len(after) == before + 1
    assert [(one.folder, one.id) for one in Ledger.read(path).rows()] == [
        ("new", "m1"),
        ("new", "o1"),
    ]


def test_a_reader_never_sees_the_file_without_the_journal_that_was_folded_into_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., bytes | None] = journals._read  # noqa: SLF001 - read between two looks
    looks = []

    def between(one: Path, *, follow: bool = True) -> bytes | None:
        looks.append(one)
        found = real(one, follow=follow)
        if len(looks) == 1:  # the file was read, and before its journal is a run ends
            with monkeypatch.context() as patch:
                patch.setattr(journals, "_read", real)
                with Ledger.open(path) as ledger:
                    ledger.note(row("1"), id="m2")
        return found

    monkeypatch.setattr(journals, "_read", between)
    assert [one.id for one in Ledger.read(path).rows()] == ["m1", "m2"]


# ---- the lock ----


def test_a_second_thread_is_told_that_the_file_is_in_use(path: Path) -> None:
    refused: list[TemporaryError] = []

    def second() -> None:
        try:
            with Ledger.open(path):
                pass
        except TemporaryError as error:
            refused.append(error)

    with Ledger.open(path):
        thread = Thread(target=second)
        thread.start()
        thread.join()
    assert f"process {os.getpid()}" in refused[0].message


def test_a_lock_that_a_killed_run_left_holds_nobody_up(path: Path) -> None:
    state_file(path, "lock").write_text("gone.example 999999\n")
    with Ledger.open(path) as ledger:
        ledger.note(row("1"), id="m2")
    assert len(Ledger.read(path).rows()) == 2


def test_where_a_locked_file_cannot_be_written_a_run_holds_the_others_up_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publishkit.lock._WRITABLE", False)  # as on Windows
    state_file(path, "lock")  # which nobody signed there
    with (
        Ledger.open(path),
        pytest.raises(TemporaryError, match="another process is pushing"),
        Ledger.open(path),
    ):
        pass


def test_a_folder_in_place_of_the_lock_is_said(path: Path) -> None:
    state_file(path, "lock").mkdir()
    with pytest.raises(ConfigError, match="cannot be written"), Ledger.open(path):
        pass


@pytest.mark.filterwarnings("ignore:flock not supported")
def test_a_disk_without_locks_still_lets_one_run_in_at_a_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", missing)
    state_file(path, "lock")  # where there are no locks, none was left
    with (
        Ledger.open(path),
        pytest.raises(TemporaryError, match=f"process {os.getpid()} on"),
        Ledger.open(path),
    ):
        pass
    with Ledger.open(path) as ledger:
        ledger.note(row("1"), id="m2")
    assert len(Ledger.read(path).rows()) == 2


def test_a_disk_that_cannot_lock_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", missing)
    with pytest.raises(ConfigError, match="No locks available"), Ledger.open(path):
        pass
