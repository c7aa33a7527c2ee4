"""Mistakes of the verbs that were found by using them: names, folders, links files, repeats."""

from __future__ import annotations

import errno
import json
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit import cli, downloading
from publishkit.abilities import Source
from publishkit.errors import ConfigError, PublishkitError, RejectedError, TemporaryError
from publishkit.hooks import Target
from publishkit.identifiers import as_doi
from publishkit.keys import PART_SUFFIX
from publishkit.ledger import LINKS_FILE, Ledger, Row
from publishkit.receipts import Outcome
from publishkit_local.targets import locate as locate_local
from publishkit_nomad.urls import locate as locate_nomad

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from io import FileIO
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.testing import MemoryRepository

    Run = Callable[..., tuple[int, str, str]]


def rows(folder: Path) -> list[dict[str, JsonValue]]:
    found: list[dict[str, JsonValue]] = json.loads((folder / LINKS_FILE).read_text())
    return found


def kept(folder: Path) -> dict[str, JsonValue]:
    """What the links file keeps for publishkit of its first row."""
    found = rows(folder)[0]["publishkit"]
    assert isinstance(found, dict)
    return found


def describe(folder: Path, text: str) -> None:
    path = folder / "record_metadata.json"
    value = json.loads(path.read_text())
    value["metadata"]["description"] = text
    path.write_text(json.dumps(value))


def lose_new_version(
    record: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publish a record, and lose the connection when its new version is made."""
    publishkit.push(record, to="memory", publish=True)
    (record / "data.csv").write_bytes(b"new")

    def lost(*_: object) -> None:
        raise TemporaryError("the connection broke")

    with monkeypatch.context() as patched:
        patched.setattr(memory, "new_version", lost)
        with pytest.raises(PublishkitError):
            publishkit.new_version(record, "memory")


# ---- what is meant ----


@pytest.mark.parametrize("verb", ["status", "delete", "publish", "update", "discard", "share"])
def test_an_empty_name_does_not_mean_every_record_of_the_current_folder(
    records: Path,
    memory: MemoryRepository,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    publishkit.push(records, to="memory")
    monkeypatch.chdir(records)
    code, out, _ = run(verb, "")
    assert (code, out) in {(2, ""), (3, "")}
    assert len(memory.shelves) == 3


@pytest.fixture
def pulled(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: MemoryRepository
) -> MemoryRepository:
    """A draft that was pulled into a folder called like its id, here, and not adopted."""
    publishkit.push(records / "0", to="memory")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    publishkit.pull("m1", to="memory")
    return memory


def test_an_id_is_published_though_it_was_pulled_into_a_folder_of_that_name(
    pulled: MemoryRepository, run: Run
) -> None:
    code, _, _ = run("publish", "m1", "--to", "memory")
    assert code != 0 or pulled.shelves["m1"].state == "published"


@pytest.mark.parametrize("published", [False, True])
def test_an_id_is_updated_though_it_was_pulled_into_a_folder_of_that_name(
    pulled: MemoryRepository, run: Run, *, published: bool
) -> None:
    if published:
        pulled.accept("m1")
        record = pulled.shelves["m1"].record
        assert record
        pulled.publish("m1", record)
    code, _, err = run("update", "m1", "--to", "memory", "--set", "metadata.title=Another")
    assert "mistake" not in err
    assert code != 0 or pulled.shelves["m1"].title == "Another"


def test_deleting_a_folder_again_deletes_no_other_deposit_that_has_its_name_as_id(
    pulled: MemoryRepository,
) -> None:
    publishkit.push("m1", to="memory")  # a deposit of its own, m2
    publishkit.delete("m1", "memory")
    with suppress(ConfigError):  # it may ask which is meant
        publishkit.delete("m1", "memory")
    assert list(pulled.shelves) == ["m1"]


@pytest.mark.parametrize(
    "command", [("status", "a" * 300), ("delete", "a" * 300), ("pull", "a" * 300)]
)
def test_a_name_that_no_file_can_have_is_no_mistake_of_publishkit(
    records: Path, run: Run, command: Sequence[str]
) -> None:
    code, _, err = run(*command)
    assert (code, "mistake" in err) == (3, False)


def test_a_folder_name_that_is_too_long_to_pull_into_is_told(records: Path, run: Run) -> None:
    publishkit.push(records / "0", to="memory")
    code, _, err = run("pull", "m1", "a" * 300, "--to", "memory")
    assert code != 0
    assert "mistake" not in err


def test_what_is_no_url_is_the_address_of_no_deposit() -> None:
    nomad = Target(name="n", backend="nomad", url="https://nomad.example/api/v1")
    archive = Target(name="l", backend="local", url="file:///data/archive")
    assert locate_nomad(nomad, "https://[bad") is None
    assert locate_local(archive, "file://[bad") is None


@pytest.mark.parametrize(
    "text",
    [
        "10.5281%2FZenodo.1",
        "doi:10.5281/zenodo.1",
        "doi.org/10.5281/zenodo.1",
        "https://www.doi.org/10.5281/zenodo.1",
        "https://doi.org/10.5281%2Fzenodo.1",
        "https://doi.org/10.5281/zenodo.1?a=b#c",
    ],
)
def test_a_doi_is_known_however_it_is_written(text: str) -> None:
    assert as_doi(text) == "10.5281/zenodo.1"


@pytest.mark.parametrize(
    "text", ["https://notdoi.org/10.5281/zenodo.1", "https://doi.org/10.5281/%00", "https://[bad"]
)
def test_what_is_no_doi_is_not_taken_for_one(text: str) -> None:
    assert as_doi(text) is None


# ---- the links file ----


def test_a_new_version_that_was_not_made_can_be_discarded(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_new_version(records / "0", memory, monkeypatch)
    publishkit.discard(records / "0")
    assert (rows(records)[0]["id"], "previous" in kept(records)) == ("m1", False)


def test_the_published_version_is_seen_while_the_next_one_is_not_made(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_new_version(records / "0", memory, monkeypatch)
    (seen,) = publishkit.status(records / "0")
    assert (seen.id, seen.state) == ("m1", "published")


def test_a_published_version_does_not_follow_itself_once_the_next_one_was_discarded(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records / "0", to="memory", publish=True)
    (records / "0" / "data.csv").write_bytes(b"new")
    publishkit.new_version(records / "0", "memory")
    publishkit.discard(records / "0")
    assert "linked" not in kept(records)
    (records / "0" / "data.csv").write_bytes(b"0")
    publishkit.update(records / "0", changes={"metadata": {"version": "2"}})
    record = memory.shelves["m1"].record
    assert record
    assert not record.metadata.related_identifiers


def test_a_discarded_new_version_does_not_lose_the_link_across_archives(
    records: Path, memory: MemoryRepository, other: MemoryRepository
) -> None:
    publishkit.push(records / "0", to=["memory", "other"], cross=True, publish=True)
    before = kept(records)["linked"]
    (records / "0" / "data.csv").write_bytes(b"new")
    publishkit.new_version(records / "0", "memory")
    publishkit.discard(records / "0", "memory")
    assert kept(records)["linked"] == before


def test_metadata_that_an_adopted_published_deposit_lacks_reach_it_after_a_push_too(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records / "0", to="memory", publish=True)
    (records / LINKS_FILE).unlink()
    describe(records / "0", "<p>New words</p>")
    publishkit.adopt("m1", records / "0", "memory")
    publishkit.push(records / "0", to="memory")
    (receipt,) = publishkit.update(records / "0")
    assert receipt.outcome is Outcome.UPDATED
    record = memory.shelves["m1"].record
    assert record
    assert record.metadata.description == "<p>New words</p>"


def test_a_push_does_not_hide_that_a_published_deposit_was_updated_by_its_id(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records / "0", to="memory", publish=True)
    publishkit.update(
        "m1", "memory", changes={"metadata": {"version": "4"}}, links=records / LINKS_FILE
    )
    publishkit.push(records / "0", to="memory")
    (receipt,) = publishkit.update(records / "0")  # as the command said it would
    assert receipt.outcome is Outcome.UPDATED
    record = memory.shelves["m1"].record
    assert record
    assert record.metadata.version is None


def test_a_record_of_a_group_that_gets_another_deposit_does_not_take_the_others_along(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records, to="memory", group="g")
    memory.create("made elsewhere")
    with suppress(PublishkitError):  # it may also refuse
        publishkit.adopt("m2", records / "0", "memory", force=True)
        publishkit.push(records, to="memory")
    assert not [key for key in memory.shelves["m2"].files if key.startswith("1")]
    assert [row["id"] for row in rows(records)][1:] == ["m1.1", "m1.10"]


def test_a_deposit_that_replaces_another_is_not_said_to_be_in_its_collections(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records / "0", to="memory")
    publishkit.link(records / "0", collection="C")
    memory.create("made elsewhere")
    publishkit.adopt("m2", records / "0", "memory", force=True)
    assert "collections" not in kept(records)


def test_a_links_file_that_only_its_owner_may_read_stays_so(records: Path) -> None:
    publishkit.push(records / "0", to="memory")
    (records / LINKS_FILE).chmod(0o600)
    publishkit.share(records / "0", link=True, save_secret_links=True)
    assert (records / LINKS_FILE).stat().st_mode & 0o777 == 0o600


def test_a_links_file_that_is_a_symbolic_link_stays_one(records: Path, tmp_path: Path) -> None:
    publishkit.push(records / "0", to="memory")
    real = tmp_path / "kept.json"
    (records / LINKS_FILE).rename(real)
    (records / LINKS_FILE).symlink_to(real)
    publishkit.push(records / "1", to="memory")
    assert (records / LINKS_FILE).is_symlink()
    assert len(json.loads(real.read_text())) == 2


class FullDisk:
    """A file on a disk that is full."""

    def __init__(self, real: FileIO) -> None:
        self._real = real

    def write(self, _: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fileno(self) -> int:
        return self._real.fileno()

    def close(self) -> None:
        self._real.close()


def test_a_full_disk_under_the_links_file_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(tmp_path / LINKS_FILE) as ledger:
        journal = vars(ledger)["_journal"]
        with monkeypatch.context() as patch:
            patch.setattr(journal, "_file", FullDisk(vars(journal)["_file"]))
            with pytest.raises(ConfigError, match="No space left"):
                ledger.note(Row(folder="0", target="memory"), id="m1")
    assert [row.id for row in Ledger.read(tmp_path / LINKS_FILE).rows()] == ["m1"]


# ---- record_metadata.json ----


def test_another_embargo_for_what_is_published_already_leaves_the_folder_as_it_was(
    records: Path,
) -> None:
    publishkit.push(records / "0", to="memory")
    publishkit.publish(records / "0", embargo="2090-01-01")
    path = records / "0" / "record_metadata.json"
    before = path.read_bytes()
    with suppress(RejectedError):
        publishkit.publish(records / "0", embargo="2090-01-02")  # `--embargo 12` a day later
    assert path.read_bytes() == before


@pytest.mark.parametrize("how", ["--set", "--metadata"])
def test_json_that_is_nested_too_deep_is_no_mistake_of_publishkit(
    records: Path, tmp_path: Path, run: Run, how: str
) -> None:
    publishkit.push(records / "0", to="memory")
    deep = "[" * 100_000 + "]" * 100_000
    (tmp_path / "deep.json").write_text(f'{{"metadata": {deep}}}')
    value = f"metadata={deep}" if how == "--set" else tmp_path / "deep.json"
    code, _, err = run("update", records / "0", how, value)
    assert (code in {2, 4}, "mistake" in err) == (True, False)


# ---- pull ----


def extra(key: str) -> Source:
    @contextmanager
    def read(offset: int) -> Iterator[Iterator[bytes]]:
        yield iter([b"x"[offset:]])

    return Source(key, 1, None, read)


@pytest.mark.parametrize("key", ["record_metadata.json/x", "RECORD_METADATA.json/sub/x"])
def test_a_file_below_the_place_of_the_metadata_is_refused_before_anything_is_written(
    records: Path,
    tmp_path: Path,
    memory: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> None:
    publishkit.push(records / "0", to="memory")
    sources = memory.sources
    monkeypatch.setattr(memory, "sources", lambda id_: iter([*sources(id_), extra(key)]))
    with pytest.raises(RejectedError, match="cannot be written"):
        publishkit.pull("m1", tmp_path / "new", to="memory")
    assert not (tmp_path / "new").exists()


def test_a_pull_that_ended_before_its_first_note_was_whole_goes_on(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push(records / "0", to="memory")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(downloading, "_opened", full)
        with pytest.raises(PublishkitError, match="No space"):
            publishkit.pull("m1", tmp_path / "new", to="memory")
    assert publishkit.pull("m1", tmp_path / "new", to="memory").files == 2


def test_a_pull_that_was_killed_before_its_first_note_was_whole_goes_on(
    records: Path, tmp_path: Path
) -> None:
    publishkit.push(records / "0", to="memory")
    state = tmp_path / "new" / ".publishkit"
    state.mkdir(parents=True)
    (state / f".0{PART_SUFFIX}").touch()
    assert publishkit.pull("m1", tmp_path / "new", to="memory").files == 2


# ---- the command line ----


@pytest.mark.parametrize(
    "command",
    [
        ("collections", "list"),
        ("collections", "create", "C"),
        ("collections", "show", "C"),
        ("collections", "delete", "C", "--yes"),
        ("users", "Jane"),
        ("request", "GET", "/x"),
        ("entries", "list"),
        ("entries", "show", "x"),
    ],
)
def test_a_command_that_needs_a_target_says_so(run: Run, command: Sequence[str]) -> None:
    code, _, err = run(*command)
    assert (code, "--to" in err) == (2, True)


def test_output_on_a_full_disk_is_told_as_that(
    run: Run, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push(records / "0", to="memory")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("publishkit.cli.catalogue.click.echo", full)
    monkeypatch.setattr(cli, "show_error", lambda error: sys.stderr.write(str(error)))
    code, _, err = run("list", "--to", "memory")
    assert (code, "No space left" in err, "mistake" in err) == (3, True, False)


def test_a_closed_standard_output_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_run", lambda: 0)
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
