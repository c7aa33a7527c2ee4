"""Entries: listed, shown, and their files and archives brought here."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

import publishkit
from publishkit.abilities import Collection, Entry
from publishkit.cli import cli
from publishkit.errors import (
    ConfigError,
    ConflictError,
    NotFoundError,
    RejectedError,
    RepositoryError,
    UnsupportedError,
)
from publishkit.testing import MemoryRepository, write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from publishkit.abilities import Source

FILES = {
    "top.txt": b"top",
    "a/x.archive.json": b'{"data": 1}',
    "a/raw/x.csv": b"1,2",
    "b/y.archive.json": b'{"data": 2}',
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A record with two entries, on `memory` as `m1`; `m2` has one more."""
    more = write_record(tmp_path / "records" / "s", {"z.archive.json": b"{}"})
    folder = write_record(tmp_path / "records" / "r", FILES)
    publishkit.push(folder, to="memory", workers=1)
    publishkit.push(more, to="memory")
    return folder


@pytest.fixture
def x(folder: Path) -> Entry:
    """One of its entries."""
    return next(one for one in publishkit.entries(folder) if one.name == "x")


def test_the_entries_of_a_folder_are_those_of_its_deposit(folder: Path) -> None:
    found = {one.mainfile for one in publishkit.entries(folder)}
    assert found == {"a/x.archive.json", "b/y.archive.json"}
    assert {one.mainfile for one in publishkit.entries("m1", "memory")} == found


def test_without_a_deposit_they_are_all_ones_own(folder: Path) -> None:
    assert {one.deposit for one in publishkit.entries(to="memory")} == {"m1", "m2"}
    with pytest.raises(ConfigError, match="whose entries"):
        list(publishkit.entries())


def test_one_entry_and_its_archive(x: Entry) -> None:
    assert publishkit.entry(x.id, "memory") == x
    assert publishkit.archive(x.id, "memory")["content"] == {"data": 1}
    with pytest.raises(NotFoundError):
        publishkit.entry("nonesuch", "memory")


def test_a_target_without_entries_says_so(plain: str) -> None:
    with pytest.raises(UnsupportedError, match="plain cannot make entries"):
        list(publishkit.entries(to=plain))
    with pytest.raises(UnsupportedError):
        publishkit.pull_entry("e1", to=plain)


def test_the_raw_files_of_an_entry_are_pulled_once(
    x: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pulled = publishkit.pull_entry(x.id, to="memory")
    assert (pulled.folder.name, pulled.files, pulled.kept) == (x.id, 2, 0)
    assert (tmp_path / x.id / "a" / "raw" / "x.csv").read_bytes() == b"1,2"
    again = publishkit.pull_entry(x.id, to="memory")
    assert (again.files, again.kept) == (0, 2)


def test_changed_files_of_an_entry_are_not_overwritten(x: Entry, tmp_path: Path) -> None:
    publishkit.pull_entry(x.id, tmp_path / "e", "memory")
    (tmp_path / "e" / "a" / "raw" / "x.csv").write_text("mine")
    with pytest.raises(ConflictError, match=r"x\.csv"):
        publishkit.pull_entry(x.id, tmp_path / "e", "memory")
    publishkit.pull_entry(x.id, tmp_path / "e", "memory", force=True)
    assert (tmp_path / "e" / "a" / "raw" / "x.csv").read_bytes() == b"1,2"


def test_a_hostile_name_beside_an_entry_is_refused(
    x: Entry, tmp_path: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = list(memory.entry_files(x.id))

    def files(_: str) -> Iterator[Source]:
        yield replace(given[0], key="../out.txt")

    monkeypatch.setattr(memory, "entry_files", files)
    with pytest.raises(RejectedError, match=r"\.\./out\.txt"):
        publishkit.pull_entry(x.id, tmp_path / "e", "memory")
    assert not (tmp_path / "e").exists()
    assert not (tmp_path / "out.txt").exists()


def test_an_id_that_is_a_path_makes_no_folder_elsewhere(x: Entry) -> None:
    with pytest.raises(ConfigError, match="no folder can be called"):
        publishkit.pull_entry("../out", to="memory")


def test_metadata_among_the_raw_files_comes_along(
    x: Entry, tmp_path: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = list(memory.entry_files(x.id))
    kept = [replace(given[0], key="record_metadata.json")]
    monkeypatch.setattr(memory, "entry_files", lambda _: iter(kept))
    publishkit.pull_entry(x.id, tmp_path / "e", "memory")
    assert (tmp_path / "e" / "record_metadata.json").read_bytes() == FILES["a/x.archive.json"]


def test_half_a_download_that_nothing_vouches_for_is_begun_anew(
    x: Entry, tmp_path: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = next(memory.entry_files(x.id))

    @contextmanager
    def breaking(offset: int) -> Iterator[Iterator[bytes]]:
        yield iter([b"old"] if not offset else [])
        raise RepositoryError("it broke for good")

    def source(opened: Callable[[int], AbstractContextManager[Iterator[bytes]]]) -> Source:
        return replace(given, key="file", size=6, checksum=None, open=opened)

    @contextmanager
    def whole(offset: int) -> Iterator[Iterator[bytes]]:
        yield iter([b"newnew"[offset:]])

    monkeypatch.setattr(memory, "entry_files", lambda _: iter([source(breaking)]))
    with pytest.raises(RepositoryError):
        publishkit.pull_entry(x.id, tmp_path / "e", "memory")
    monkeypatch.setattr(memory, "entry_files", lambda _: iter([source(whole)]))
    publishkit.pull_entry(x.id, tmp_path / "e", "memory")
    assert (tmp_path / "e" / "file").read_bytes() == b"newnew"


# ---- the commands ----


def test_entries_list_has_a_line_an_entry(x: Entry) -> None:
    lines = run("entries", "list", "m1", "--to", "memory").output.splitlines()
    assert next(line for line in lines if x.id in line).split() == [
        x.id,
        "m1",
        "draft",
        "a/x.archive.json",
        "x",
    ]
    assert len(lines) == 2
    done = run("entries", "list", "--to", "memory", "--json", "--limit", "1")
    assert len([json.loads(line) for line in done.output.splitlines()]) == 1


def test_entries_show_says_all_that_is_known(
    x: Entry, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = replace(
        x,
        type="ELN",
        comment="a comment\x1b[2J",
        references=("https://a.example", "https://b.example"),
        collections=(Collection("c1", "Batteries"),),
        errors=("it broke",),
        processed=False,
        created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
    monkeypatch.setattr(memory, "entry", lambda _: full)
    output = run("entries", "show", x.id, "--to", "memory").output
    for said in ("2026-01-02 03:04:05 UTC", "Batteries (c1)", "https://b.example", "it broke"):
        assert said in output
    assert "\x1b" not in output
    told = json.loads(run("entries", "show", x.id, "--to", "memory", "--json").output)
    assert told["created"] == "2026-01-02T03:04:05Z"


def test_entries_archive_prints_json_or_writes_it(x: Entry, tmp_path: Path) -> None:
    output = run("entries", "archive", x.id, "--to", "memory").output
    assert json.loads(output)["content"] == {"data": 1}
    file = tmp_path / "archive.json"
    assert run("entries", "archive", x.id, "--to", "memory", "-o", str(file)).output == ""
    assert file.read_text() == output


def test_entries_pull_says_what_came(x: Entry, tmp_path: Path) -> None:
    done = run("entries", "pull", x.id, str(tmp_path / "e"), "--to", "memory")
    assert "2 files, 14 B" in done.output
    assert "adopt" not in done.output
    told = run("entries", "pull", x.id, str(tmp_path / "e"), "--to", "memory", "--json")
    assert json.loads(told.output)["kept"] == 2
