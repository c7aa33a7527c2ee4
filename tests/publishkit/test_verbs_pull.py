"""What a pull leaves in its folder, and what it never does."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

import publishkit
from publishkit import downloading, plugins
from publishkit.abilities import Source
from publishkit.cli import cli
from publishkit.errors import (
    Cancelled,
    ConfigError,
    ConflictError,
    IntegrityError,
    NotFoundError,
    PublishkitError,
    RejectedError,
    TemporaryError,
    UnsupportedError,
)
from publishkit.ledger import LINKS_FILE
from publishkit.receipts import Outcome
from publishkit.testing import MemoryRepository, metadata, write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.abilities import Entry

FILES = {"data.csv": b"1,2\n", "sub/more.txt": b"more", "empty": b""}


class Archive(MemoryRepository):
    """Its downloads can be changed by a test, and are counted."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.change: Callable[[Source], Source] = lambda source: source
        self.more: list[Source] = []
        self.opened: list[tuple[str, int]] = []
        self.described: Mapping[str, JsonValue] | None = None

    def sources(self, id: str) -> Iterator[Source]:
        for source in [*super().sources(id), *self.more]:
            changed = self.change(source)
            yield replace(changed, open=partial(self._open, changed))

    @contextmanager
    def _open(self, source: Source, offset: int) -> Iterator[Iterator[bytes]]:
        self.opened.append((source.key, offset))
        with source.open(offset) as blocks:
            yield blocks

    def describe(self, id: str) -> Mapping[str, JsonValue]:
        return self.described or super().describe(id)


@pytest.fixture
def memory() -> Archive:
    return Archive("https://memory.example")


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "FIRST_WAIT", 0.0)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A record folder that is on `memory` as `m1`."""
    folder = write_record(tmp_path / "records" / "r", FILES)
    publishkit.push(folder, to="memory")
    return folder


def there(folder: Path) -> dict[str, bytes]:
    """The files of a folder that are not hidden, without the metadata."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.name != "record_metadata.json"
    }


def bytes_source(key: str, data: bytes = b"x", *, checksum: bool = True) -> Source:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}" if checksum else None

    @contextmanager
    def read(offset: int) -> Iterator[Iterator[bytes]]:
        yield iter([data[offset:]])

    return Source(key, len(data), digest, read)


def hold(memory: Archive, data: bytes) -> None:
    """Let the deposit hold another `data.csv`."""
    memory.shelves["m1"].files["data.csv"] = (data, hashlib.sha256(data).hexdigest())


def without_checksum(source: Source) -> Source:
    return replace(source, checksum=None)


def row(folder: Path) -> dict[str, object]:
    rows: list[dict[str, object]] = json.loads((folder.parent / LINKS_FILE).read_text())
    return next(one for one in rows if one["folder"] == folder.name)


# ---- a new folder ----


def test_a_pulled_record_can_be_adopted_and_pushed_again(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.sent.clear()
    pulled = publishkit.pull("m1", tmp_path / "new" / "copy", to="memory")
    assert (pulled.files, pulled.bytes, pulled.kept, pulled.known) == (3, 8, 0, False)
    assert there(tmp_path / "new" / "copy") == FILES
    assert not (tmp_path / "new" / LINKS_FILE).exists()
    (tmp_path / "records" / LINKS_FILE).unlink()
    publishkit.adopt("m1", tmp_path / "new" / "copy", "memory")
    (receipt,) = publishkit.push(tmp_path / "new" / "copy", to="memory")
    assert receipt.files_sent == 0
    assert memory.sent == []


def test_without_a_folder_one_is_made_that_is_called_like_the_id(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    pulled = publishkit.pull("m1", to="memory")
    assert str(pulled.folder) == "m1"
    assert there(tmp_path / "empty" / "m1") == FILES
    again = publishkit.pull("m1", to="memory")
    assert (again.files, again.kept) == (0, 3)
    assert publishkit.pull("m1").kept == 3


def test_pulling_again_downloads_nothing_and_changes_nothing(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.change = without_checksum
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "copy").glob("[!.]*")}
    memory.opened.clear()
    assert publishkit.pull("m1", tmp_path / "copy", to="memory").kept == 3
    assert memory.opened == []
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "copy").glob("[!.]*")} == before


def test_an_empty_folder_will_do(record: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert there(tmp_path / "copy") == FILES


def test_a_folder_from_elsewhere_cannot_choose_where_credentials_go(
    record: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    publishkit.pull("m1", copy, to="memory")
    notes = copy / ".publishkit" / "pulled.jsonl"
    good = notes.read_text()
    notes.write_text(good.replace('"memory"', '"memory+https://evil.example"'))
    with pytest.raises(ConfigError, match="Say so"):
        publishkit.pull(copy)
    notes.write_text(good.replace("https://memory.example", "https://evil.example"))
    with pytest.raises(ConfigError, match=r"pulled from https://evil\.example"):
        publishkit.pull(copy)


def test_notes_that_were_torn_or_damaged_are_no_matter(record: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    publishkit.pull("m1", copy, to="memory")
    notes = copy / ".publishkit" / "pulled.jsonl"
    notes.write_bytes(notes.read_bytes()[:-20])
    assert publishkit.pull("m1", copy, to="memory").kept == 3
    notes.write_bytes(b"\xff\x00[")
    assert publishkit.pull("m1", copy, to="memory").kept == 3


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_something_else_is_left_alone(
    record: Path, tmp_path: Path, *, force: bool
) -> None:
    (tmp_path / "home" / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="no record"):
        publishkit.pull("m1", tmp_path / "home", to="memory", force=force)
    assert there(tmp_path / "home") == {"mine.txt": b"mine"}


def test_a_file_is_no_folder(record: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="not a folder"):
        publishkit.pull("m1", tmp_path / "file", to="memory")


def test_a_half_pulled_folder_takes_no_other_deposit(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    (tmp_path / "copy" / "record_metadata.json").unlink()
    memory.create("x")
    with pytest.raises(ConfigError, match="half-pulled m1"):
        publishkit.pull("m2", tmp_path / "copy", to="memory")


def test_what_is_not_there_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        publishkit.pull("m9", tmp_path / "copy", to="memory")
    assert not (tmp_path / "copy").exists()


def test_metadata_that_is_not_valid_is_kept_with_a_warning(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.described = {"metadata": {"title": "Only a title"}}
    pulled = publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert any("creators" in problem.path for problem in pulled.problems)
    written = json.loads((tmp_path / "copy" / "record_metadata.json").read_text())
    assert written == memory.described


def test_a_target_that_cannot_is_said_before_anything_is_asked(tmp_path: Path, plain: str) -> None:
    with pytest.raises(UnsupportedError, match="plain cannot be pulled from"):
        publishkit.pull("m1", tmp_path / "copy", to=plain)


def test_one_record_of_a_group_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_record(
            tmp_path / "records" / name, {"data.csv": name.encode()}, metadata(f"Record {name}")
        )
    receipts = publishkit.push(tmp_path / "records", to="memory", group="both")
    for what in (receipts[0].id, tmp_path / "records" / "a"):
        with pytest.raises(ConfigError, match="pulled whole"):
            publishkit.pull(what, to="memory")
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert there(tmp_path / "copy").keys() == {"a/data.csv", "b/data.csv"}


def test_text_that_no_file_can_hold_is_written_as_json_can(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.described = metadata("Half a pair \ud800")
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    written = json.loads((tmp_path / "copy" / "record_metadata.json").read_text())
    assert written == memory.described


# ---- changes of the user's ----


def test_changed_files_are_all_named_and_none_is_touched(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    copy = tmp_path / "copy"
    publishkit.pull("m1", copy, to="memory")
    (copy / "data.csv").write_text("mine")
    (copy / "record_metadata.json").write_text(json.dumps(metadata("Mine")))
    (copy / "sub" / "more.txt").unlink()
    before = there(copy)
    with pytest.raises(ConflictError) as caught:
        publishkit.pull("m1", copy, to="memory")
    assert "'data.csv'" in str(caught.value)
    assert "'record_metadata.json'" in str(caught.value)
    assert "--force" in str(caught.value)
    assert there(copy) == before


def test_force_overwrites_them(record: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    publishkit.pull("m1", copy, to="memory")
    (copy / "data.csv").write_text("mine")
    (copy / "record_metadata.json").write_text(json.dumps(metadata("Mine")))
    pulled = publishkit.pull("m1", copy, to="memory", force=True)
    assert (pulled.files, pulled.kept) == (1, 2)
    assert there(copy) == FILES
    assert "Conductivity" in (copy / "record_metadata.json").read_text()


def test_files_that_the_deposit_lacks_are_left_alone_and_named(
    record: Path, tmp_path: Path
) -> None:
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    (tmp_path / "copy" / "mine.txt").write_text("mine")
    pulled = publishkit.pull("m1", tmp_path / "copy", to="memory", force=True)
    assert pulled.others == ("mine.txt",)
    assert (tmp_path / "copy" / "mine.txt").read_text() == "mine"


def test_what_changed_there_replaces_what_was_pulled_before(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.change = without_checksum
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    hold(memory, b"9,9\n")
    pulled = publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert (tmp_path / "copy" / "data.csv").read_bytes() == b"9,9\n"
    assert pulled.files == 3  # without checksums nobody knows which file changed


def test_metadata_that_changed_there_replaces_what_was_pulled_before(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    memory.described = metadata("Edited on the web")
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert "Edited" in (tmp_path / "copy" / "record_metadata.json").read_text()


def test_without_checksums_a_file_of_equal_size_counts_as_different(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.change = without_checksum
    copy = write_record(tmp_path / "copy", {"data.csv": b"3,4\n"})
    with pytest.raises(ConflictError, match=r"data\.csv"):
        publishkit.pull("m1", copy, to="memory")
    assert (copy / "data.csv").read_bytes() == b"3,4\n"


def test_another_deposits_pulled_files_are_not_overwritten_silently(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    other = write_record(tmp_path / "records" / "other", {"data.csv": b"other"})
    publishkit.push(other, to="memory")
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    with pytest.raises(ConflictError, match=r"data\.csv"):
        publishkit.pull("m2", tmp_path / "copy", to="memory")


# ---- a folder that the links file knows ----


def test_an_edit_on_the_web_is_brought_into_the_folder(record: Path, memory: Archive) -> None:
    shelf = memory.shelves["m1"]
    memory.described = metadata("Edited on the web")
    shelf.edits += 1
    hold(memory, b"9,9\n")
    pulled = publishkit.pull(record)
    assert (pulled.files, pulled.kept, pulled.known) == (1, 2, True)
    assert "Edited on the web" in (record / "record_metadata.json").read_text()
    assert (record / "data.csv").read_bytes() == b"9,9\n"
    (receipt,) = publishkit.push(record, to="memory")
    assert receipt.outcome is Outcome.UNCHANGED


def test_a_folder_that_is_as_it_was_sent_is_left_alone(record: Path, memory: Archive) -> None:
    memory.change = without_checksum
    memory.described = metadata("As the archive puts it")
    before = (record / "record_metadata.json").read_bytes(), row(record)
    pulled = publishkit.pull(record)
    assert (pulled.files, pulled.kept) == (0, 3)
    assert memory.opened == []
    assert ((record / "record_metadata.json").read_bytes(), row(record)) == before


def test_local_changes_survive_a_pull_into_their_folder(record: Path, memory: Archive) -> None:
    memory.shelves["m1"].edits += 1
    memory.described = metadata("Edited on the web")
    (record / "record_metadata.json").write_text(json.dumps(metadata("Mine")))
    before = (record.parent / LINKS_FILE).read_bytes()
    with pytest.raises(ConflictError, match=r"record_metadata\.json"):
        publishkit.pull(record)
    assert (record.parent / LINKS_FILE).read_bytes() == before
    publishkit.pull(record, force=True)
    assert publishkit.push(record, to="memory")[0].outcome is Outcome.UNCHANGED


def test_a_new_local_file_is_sent_by_the_next_push(record: Path, memory: Archive) -> None:
    (record / "new.txt").write_text("new")
    pulled = publishkit.pull(record)
    assert pulled.others == ("new.txt",)
    memory.sent.clear()
    (receipt,) = publishkit.push(record, to="memory")
    assert receipt.outcome is Outcome.UPDATED
    assert memory.sent == ["new.txt"]


def test_the_row_says_what_became_of_the_deposit(record: Path, memory: Archive) -> None:
    publishkit.push(record, to="memory", publish=True)
    folder = row(record)
    memory.shelves["m1"].edits += 1
    publishkit.pull("m1", record, to="memory")
    assert row(record)["state"] == "published"
    assert row(record) != folder
    assert publishkit.push(record, to="memory")[0].outcome is Outcome.UNCHANGED


def test_a_lost_file_comes_back(record: Path) -> None:
    (record / "data.csv").unlink()
    assert publishkit.pull(record).files == 1
    assert there(record) == FILES


def test_a_stopped_pull_into_a_known_folder_goes_on_without_force(
    record: Path, memory: Archive
) -> None:
    memory.shelves["m1"].edits += 1
    memory.described = metadata("Edited on the web")
    files = memory.shelves["m1"].files
    for key in ("data.csv", "sub/more.txt"):
        files[key] = (b"new", hashlib.sha256(b"new").hexdigest())
    memory.change = lambda source: (
        replace(source, checksum="md5:" + "0" * 32) if source.key == "data.csv" else source
    )
    with pytest.raises(IntegrityError):
        publishkit.pull(record)
    assert there(record) == {**FILES, "sub/more.txt": b"new"}
    memory.change = lambda source: source
    publishkit.pull(record)
    assert there(record) == {**FILES, "sub/more.txt": b"new", "data.csv": b"new"}
    assert publishkit.push(record, to="memory")[0].outcome is Outcome.UNCHANGED


def test_a_record_without_files_is_known_to_hold_none(tmp_path: Path) -> None:
    folder = write_record(tmp_path / "records" / "bare", {})
    publishkit.push(folder, to="memory")
    (folder / "mine.txt").write_text("mine")
    publishkit.pull(folder)
    (folder / "mine.txt").unlink()
    assert publishkit.push(folder, to="memory")[0].outcome is Outcome.UNCHANGED


def test_what_other_backends_need_stays_in_the_metadata(
    record: Path, memory: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydantic import BaseModel

    class Block(BaseModel):
        comment: str

    backends = dict(plugins.backends())
    backends["memory"] = replace(backends["memory"], block=lambda: Block)
    backends["elsewhere"] = replace(backends["memory"], name="elsewhere")
    monkeypatch.setattr(plugins, "backends", lambda: backends)
    monkeypatch.setattr(
        plugins,
        "declared_targets",
        lambda: {target.name: target for target in backends["memory"].targets},
    )
    mine = {"$schema": "own.json", **metadata(), "elsewhere": {"comment": "mine"}}
    mine["memory"] = {"comment": "old"}
    (record / "record_metadata.json").write_text(json.dumps(mine))
    memory.described = metadata("Edited on the web")
    publishkit.pull(record, force=True)
    written = json.loads((record / "record_metadata.json").read_text())
    kept = {"$schema": "own.json", "elsewhere": {"comment": "mine"}}
    assert written == {**metadata("Edited on the web"), **kept}
    assert next(iter(written)) == "$schema"


# ---- names ----

HOSTILE = [
    "/etc/passwd",
    "../out.txt",
    "a/../../out.txt",
    "a//b",
    "a/",
    "",
    ".",
    "C:/out.txt",
    "c:out.txt",
    "..\\out.txt",
    "nul\0.txt",
    "line\nfeed",
    "aux",
    "sub/COM1.txt",
    ".git/config",
    ".GIT/hooks/post-checkout",
    "lpt\u00b9",
    "record_metadata.json",
    "Record_Metadata.JSON",
    ".publishkit/pulled.jsonl",
    "sub/.PublishKit/journal.jsonl",
    ".publish\u200dkit/x",
    "sub/records_links.json",
    "publishkit.toml",
    ".env",
    "x" * 256,
    ".0123.publishkit-part",
    "bad\ud800surrogate",
    "DATA.CSV",
    "data.csv",
    "sub",
    "empty/x",
    "Sub/More.txt",
]


@pytest.mark.parametrize("key", HOSTILE, ids=ascii)
def test_a_name_that_will_not_do_is_refused_before_anything_is_written(
    record: Path, tmp_path: Path, memory: Archive, key: str
) -> None:
    memory.more = [bytes_source(key)]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RejectedError) as caught:
        publishkit.pull("m1", tmp_path / "copy", to="memory", force=True)
    assert repr(key) in str(caught.value) or key == "empty/x"
    assert sorted(tmp_path.rglob("*")) == before
    assert memory.opened == []


def test_every_bad_name_is_named(record: Path, tmp_path: Path, memory: Archive) -> None:
    memory.more = [bytes_source("../a"), bytes_source("/b"), bytes_source("fine")]
    with pytest.raises(RejectedError, match=r"2 of the names") as caught:
        publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert "'../a'" in str(caught.value)
    assert "'/b'" in str(caught.value)


def test_two_names_that_differ_in_accents_only_are_refused(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.more = [bytes_source("caf\u00e9"), bytes_source("cafe\u0301")]
    with pytest.raises(RejectedError, match="2 of the names"):
        publishkit.pull("m1", tmp_path / "copy", to="memory")


@pytest.mark.parametrize(
    "key", ["sub dir/v\u00e4rde 1%.dat", "...", "12:30.csv", ".hidden/x", "con1"]
)
def test_unusual_names_are_kept(record: Path, tmp_path: Path, memory: Archive, key: str) -> None:
    memory.more = [bytes_source(key, b"unusual")]
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert (tmp_path / "copy" / key).read_bytes() == b"unusual"


def test_links_in_the_folder_lead_nothing_out_of_it(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    copy = write_record(tmp_path / "copy", {})
    (copy / "sub").symlink_to(outside)
    (copy / "data.csv").symlink_to(outside / "data.csv")
    (outside / "data.csv").write_text("precious")
    with pytest.raises(RejectedError, match="2 of the names") as caught:
        publishkit.pull("m1", copy, to="memory", force=True)
    assert "symbolic link" in str(caught.value)
    assert there(outside) == {"data.csv": b"precious"}


def test_a_link_for_the_metadata_or_our_own_notes_leads_nothing_out(
    record: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_text("{}")
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "record_metadata.json").symlink_to(outside / "secret.json")
    with pytest.raises(PublishkitError):
        publishkit.pull("m1", copy, to="memory", force=True)
    (copy / "record_metadata.json").unlink()
    write_record(copy, {})
    (copy / ".publishkit").symlink_to(outside)
    with pytest.raises(RejectedError, match="leads out"):
        publishkit.pull("m1", copy, to="memory", force=True)
    assert [path.name for path in outside.iterdir()] == ["secret.json"]
    assert (outside / "secret.json").read_text() == "{}"


def test_a_folder_in_a_files_place_is_named(record: Path, tmp_path: Path) -> None:
    copy = write_record(tmp_path / "copy", {"data.csv/inner": b"", "sub": b""})
    with pytest.raises(RejectedError) as caught:
        publishkit.pull("m1", copy, to="memory", force=True)
    assert "'data.csv'" in str(caught.value)
    assert "'sub/more.txt'" in str(caught.value)


def test_a_planted_link_for_a_half_download_is_not_followed(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    hold(memory, bytes(range(200)))
    memory.change = lambda source: _breaking(source, after=1, times=99)
    with pytest.raises(TemporaryError):
        publishkit.pull("m1", tmp_path / "copy", to="memory")
    parts = list((tmp_path / "copy").rglob("*.publishkit-part"))
    assert parts
    for part in parts:
        part.unlink()
        part.symlink_to(victim)
    memory.change = lambda source: source
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert victim.read_text() == "precious"
    assert (tmp_path / "copy" / "data.csv").read_bytes() == bytes(range(200))


# ---- downloads ----


def _breaking(source: Source, *, after: int, times: int) -> Source:
    """A source whose connection breaks so many times, each time after so many bytes."""
    left = [times]

    @contextmanager
    def read(offset: int) -> Iterator[Iterator[bytes]]:
        with source.open(offset) as blocks:
            data = b"".join(blocks)

        def give() -> Iterator[bytes]:
            if left[0] and len(data) > after:
                left[0] -= 1
                yield data[:after]
                raise TemporaryError("the connection broke")
            yield data

        yield give()

    return replace(source, open=read)


def test_a_broken_download_is_taken_up_where_it_broke(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.change = lambda source: _breaking(source, after=1, times=2)
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert there(tmp_path / "copy") == FILES
    assert [offset for key, offset in memory.opened if key == "data.csv"] == [0, 1, 2]


def test_a_source_that_cannot_resume_is_downloaded_anew(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.change = lambda source: replace(_breaking(source, after=1, times=2), resumes=False)
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert there(tmp_path / "copy") == FILES
    assert {offset for _, offset in memory.opened} == {0}


def test_a_connection_that_goes_on_breaking_is_given_up_and_taken_up_by_the_next_run(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    long = bytes(range(200))
    hold(memory, long)
    memory.change = lambda source: _breaking(source, after=10, times=99)
    with pytest.raises(TemporaryError):
        publishkit.pull("m1", tmp_path / "copy", to="memory")
    tried = [offset for key, offset in memory.opened if key == "data.csv"]
    assert tried == [10 * n for n in range(downloading.ATTEMPTS)]
    assert not (tmp_path / "copy" / "record_metadata.json").exists()
    memory.opened.clear()
    memory.change = lambda source: source
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert ("data.csv", 10 * downloading.ATTEMPTS) in memory.opened
    assert (tmp_path / "copy" / "data.csv").read_bytes() == long
    assert not list((tmp_path / "copy").rglob("*.publishkit-part"))


def test_a_download_that_cannot_be_opened_is_not_asked_for_again_and_again(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    del memory.shelves["m1"].files["sub/more.txt"]
    memory.change = lambda source: _breaking(source, after=0, times=99)
    with pytest.raises(TemporaryError):
        publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert memory.opened.count(("data.csv", 0)) == 1


def test_half_a_download_that_is_too_long_is_thrown_away(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    hold(memory, b"a" * 200)
    memory.change = lambda source: _breaking(source, after=2, times=99)
    with pytest.raises(TemporaryError):
        publishkit.pull("m1", tmp_path / "copy", to="memory")
    parts = list((tmp_path / "copy").glob("*.publishkit-part"))
    assert parts  # of other files too, as far as they had come
    for part in parts:
        part.write_bytes(b"a" * 300)
    memory.change = lambda source: source
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert (tmp_path / "copy" / "data.csv").read_bytes() == b"a" * 200


def test_half_a_download_of_other_content_is_not_taken_up(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    hold(memory, b"a" * 200)
    memory.change = lambda source: without_checksum(_breaking(source, after=2, times=99))
    with pytest.raises(TemporaryError):
        publishkit.pull("m1", tmp_path / "copy", to="memory")
    hold(memory, b"b" * 200)
    memory.change = without_checksum
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert (tmp_path / "copy" / "data.csv").read_bytes() == b"b" * 200
    assert not list((tmp_path / "copy").rglob("*.publishkit-part"))


@pytest.mark.parametrize(
    "lie",
    [
        lambda source: replace(source, checksum="md5:" + "0" * 32),
        lambda source: replace(source, size=1, checksum=None),
        lambda source: replace(source, size=99, checksum=None),
    ],
    ids=["checksum", "too long", "too short"],
)
def test_what_is_not_what_was_announced_is_not_kept(
    record: Path, tmp_path: Path, memory: Archive, lie: Callable[[Source], Source]
) -> None:
    memory.change = lambda source: lie(source) if source.key == "data.csv" else source
    with pytest.raises(IntegrityError, match=r"data\.csv") as caught:
        publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert caught.value.target == "memory"
    assert not list((tmp_path / "copy").rglob("*.publishkit-part"))
    assert there(tmp_path / "copy") == {k: v for k, v in FILES.items() if k != "data.csv"}
    assert not (tmp_path / "copy" / "record_metadata.json").exists()
    memory.change = lambda source: source
    assert publishkit.pull("m1", tmp_path / "copy", to="memory").kept == 2


def test_a_second_run_goes_on_where_a_stopped_one_ended(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.change = without_checksum
    stopped = threading.Event()

    class Impatient:
        def expected(self, files: int, nbytes: int) -> None:
            assert (files, nbytes) == (3, 8)

        def received(self, nbytes: int) -> None:
            if stopped.is_set():
                raise Cancelled("stopped")
            stopped.set()

        def arrived(self, files: int) -> None:
            """Nothing is whole before it is stopped."""

    with pytest.raises(Cancelled):
        publishkit.pull("m1", tmp_path / "copy", to="memory", watcher=Impatient())
    assert not (tmp_path / "copy" / "record_metadata.json").exists()
    publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert there(tmp_path / "copy") == FILES


def test_ctrl_c_ends_a_pull_cleanly(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> Iterator[object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(downloading, "as_completed", interrupted)
    with pytest.raises(Cancelled):
        publishkit.pull("m1", tmp_path / "copy", to="memory")
    assert not (tmp_path / "copy" / "record_metadata.json").exists()
    monkeypatch.undo()


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_a_folder_that_cannot_be_written_is_said(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    def full(source: Source) -> Source:
        @contextmanager
        def read(_: int) -> Iterator[Iterator[bytes]]:
            raise OSError(28, "No space left on device", "data.csv")
            yield iter([])

        return replace(source, open=read)

    memory.change = full
    with pytest.raises(PublishkitError, match="No space left"):
        publishkit.pull("m1", tmp_path / "copy", to="memory")


# ---- archives ----


def test_archives_lie_hidden_beside_the_data(tmp_path: Path) -> None:
    files = {"sub/a.archive.json": b'{"data": 1}', "b.txt": b"b"}
    publishkit.push(write_record(tmp_path / "records" / "r", files), to="memory")
    pulled = publishkit.pull("m1", tmp_path / "copy", to="memory", archives=True)
    got = json.loads((tmp_path / "copy/.archives/sub/a.archive.json.json").read_text())
    assert got["content"] == {"data": 1}
    assert there(tmp_path / "copy") == files
    assert pulled.others == ()


def test_a_main_file_with_a_hostile_name_is_refused(
    record: Path, tmp_path: Path, memory: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    from publishkit.abilities import Entry as Made

    def entries(_: str | None = None) -> Iterator[Entry]:
        yield Made("e1", "m1", "../../out")

    monkeypatch.setattr(memory, "entries", entries)
    with pytest.raises(RejectedError, match="out"):
        publishkit.pull("m1", tmp_path / "copy", to="memory", archives=True)
    assert not (tmp_path / "copy").exists()


# ---- the command ----


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["pull", *map(str, arguments)])


def test_the_last_line_says_how_to_push_it_back(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "records" / LINKS_FILE).unlink()
    monkeypatch.chdir(tmp_path)
    done = run("m1", "my copy", "--to", "memory")
    assert done.output.splitlines() == [
        "pulled     m1 from memory into my copy: 3 files, 8 B",
        "If it is yours, and to push it from here: publishkit adopt m1 'my copy' --to memory",
    ]
    assert run("m1", "my copy", "--to", "memory", "-q").output == ""


def test_a_known_folder_needs_no_adopting(record: Path) -> None:
    (record / "mine.txt").write_text("mine")
    lines = run(record).output.splitlines()
    assert lines[0].endswith("0 files, 0 B; 3 there already")
    assert lines[1].strip() == "left alone, since the deposit has it not: mine.txt"
    assert len(lines) == 2


def test_json_says_what_was_done(record: Path, tmp_path: Path) -> None:
    told = json.loads(run("m1", tmp_path / "copy", "--to", "memory", "--json").output)
    assert (told["id"], told["files"], told["bytes"]) == ("m1", 3, 8)
    assert told["folder"] == str(tmp_path / "copy")


def test_what_is_wrong_with_the_metadata_is_a_warning(
    record: Path, tmp_path: Path, memory: Archive
) -> None:
    memory.described = {"metadata": {"title": "Only a title"}}
    done = run("m1", tmp_path / "copy", "--to", "memory")
    assert "creators" in done.stderr
    assert done.exit_code == 0
