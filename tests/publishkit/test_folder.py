"""Which folders are records, and what comes out of one."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from publishkit.errors import RecordError, Severity
from publishkit.folder import Loaded, find_records, fingerprint, load
from publishkit.repository import Digests
from publishkit.validation import MAX_BYTES, parse

if TYPE_CHECKING:
    import random

METADATA = {
    "metadata": {
        "resource_type": {"id": "dataset"},
        "creators": [{"person_or_org": {"type": "personal", "family_name": "Doe"}}],
        "title": "A title",
        "publication_date": "2024-05-17",
    }
}


class Block(BaseModel):
    """A backend's block."""

    datasets: tuple[str, ...] = ()
    entry: bool = True


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hear the library's log, whatever a command that ran before did to it."""
    monkeypatch.setattr(logging.getLogger("publishkit"), "propagate", True)
    caplog.set_level(logging.WARNING, "publishkit")


def make(folder: Path, *files: str, **more: object) -> Path:
    """A record folder with these data files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "record_metadata.json").write_text(json.dumps({**METADATA, **more}))
    for name in files:
        (folder / name).write_text(name)
    return folder


def read(folder: Path) -> Loaded:
    return load(folder, "the record", {"nomad": Block}, today=dt.date(2026, 1, 1))


# ---- which records there are ----


def test_a_folder_with_metadata_is_one_record_whatever_lies_below(tmp_path: Path) -> None:
    make(tmp_path / "r")
    make(tmp_path / "r" / "sub")

    assert find_records(tmp_path / "r", recursive=False) == [tmp_path / "r"]
    assert find_records(tmp_path / "r", recursive=True) == [tmp_path / "r"]


def test_a_folder_of_records_is_many_in_natural_order(tmp_path: Path) -> None:
    for name in ("10", "2", "0", "1", "b10", "b9", "B1"):
        make(tmp_path / "all" / name)

    found = find_records(tmp_path / "all", recursive=False)

    assert [path.name for path in found] == ["0", "1", "2", "10", "B1", "b9", "b10"]


def test_deeper_records_are_found_with_recursive_only(tmp_path: Path) -> None:
    make(tmp_path / "all" / "a")
    make(tmp_path / "all" / "x" / "y" / "b")
    make(tmp_path / "all" / "a" / "data")

    assert find_records(tmp_path / "all", recursive=False) == [tmp_path / "all" / "a"]
    assert find_records(tmp_path / "all", recursive=True) == [
        tmp_path / "all" / "a",
        tmp_path / "all" / "x" / "y" / "b",
    ]


def test_hidden_folders_hold_no_records(tmp_path: Path) -> None:
    make(tmp_path / "all" / "a")
    make(tmp_path / "all" / ".git" / "b")
    make(tmp_path / "all" / ".trash")

    assert find_records(tmp_path / "all", recursive=True) == [tmp_path / "all" / "a"]


def test_a_folder_without_metadata_among_records_is_mentioned(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path / "all" / "a")
    (tmp_path / "all" / "forgotten").mkdir()

    with caplog.at_level(logging.WARNING):
        find_records(tmp_path / "all", recursive=False)

    assert "forgotten" in caplog.text


def test_a_linked_record_is_found_and_no_folder_twice(tmp_path: Path) -> None:
    make(tmp_path / "all" / "real")
    make(tmp_path / "elsewhere")
    (tmp_path / "all" / "again").symlink_to("real")
    (tmp_path / "all" / "far").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "all" / "loop").symlink_to(".")

    names = [path.name for path in find_records(tmp_path / "all", recursive=True)]

    assert names == ["far", "real"]


def refusal(path: Path, *, recursive: bool = False) -> str:
    with pytest.raises(RecordError) as caught:
        find_records(path, recursive=recursive)
    assert caught.value.exit_code == 4
    return str(caught.value)


def test_no_folder_is_one_clear_error(tmp_path: Path) -> None:
    assert "there is no such folder. Looked for it in" in refusal(tmp_path / "missing")


def test_a_link_to_nowhere_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("missing")

    assert "leads nowhere" in refusal(tmp_path / "link")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "data.csv").touch()

    assert "this is not a folder" in refusal(tmp_path / "data.csv")


def test_the_metadata_file_itself_is_answered_with_its_folder(tmp_path: Path) -> None:
    folder = make(tmp_path / "r")

    assert f"Give its folder: {folder}" in refusal(folder / "record_metadata.json")


def test_an_empty_folder_is_told_what_a_record_is(tmp_path: Path) -> None:
    (tmp_path / "all" / "sub").mkdir(parents=True)

    said = refusal(tmp_path / "all")

    assert "there is no record_metadata.json" in said
    assert "Write one" in said


def test_records_that_lie_deeper_are_answered_with_recursive(tmp_path: Path) -> None:
    make(tmp_path / "all" / "x" / "b")

    assert f"in {Path('x', 'b')}: add --recursive." in refusal(tmp_path / "all")


@pytest.mark.parametrize("name", ["record-metadata.json", "metadata.json", "Record_Metadata.JSON"])
def test_a_metadata_file_of_another_name_is_pointed_at(tmp_path: Path, name: str) -> None:
    (tmp_path / "all" / "0").mkdir(parents=True)
    (tmp_path / "all" / "0" / name).write_text("{}")

    assert f"Rename {tmp_path / 'all' / '0' / name}" in refusal(tmp_path / "all", recursive=True)


# ---- what is in one ----


def test_a_record_and_its_files_are_loaded(tmp_path: Path) -> None:
    loaded = read(make(tmp_path / "r", "b.csv", "a.csv"))

    assert loaded.ok
    assert loaded.problems == ()
    assert [file.key for file in loaded.files] == ["a.csv", "b.csv"]
    assert loaded.record
    assert loaded.record.metadata.title == "A title"


def test_problems_name_the_record(tmp_path: Path) -> None:
    (make(tmp_path / "r", acces={}) / "link").symlink_to("missing")

    problems = read(tmp_path / "r").problems

    assert {problem.record for problem in problems} == {"the record"}
    assert {problem.path for problem in problems} == {"acces", "link"}


@pytest.mark.parametrize(("files", "enabled"), [((), False), (("a.csv",), True)])
def test_whether_there_are_files_need_not_be_said(
    tmp_path: Path, files: tuple[str, ...], *, enabled: bool
) -> None:
    loaded = read(make(tmp_path / "r", *files))

    assert loaded.record
    assert loaded.record.files.enabled is enabled
    assert loaded.record.body()["files"] == {"enabled": enabled}


@pytest.mark.parametrize(("files", "enabled"), [((), True), (("a.csv",), False)])
def test_a_contradiction_about_files_is_an_error(
    tmp_path: Path, files: tuple[str, ...], *, enabled: bool
) -> None:
    loaded = read(make(tmp_path / "r", *files, files={"enabled": enabled}))

    assert [(p.path, p.severity) for p in loaded.problems] == [("files.enabled", Severity.ERROR)]
    assert not loaded.ok


def test_files_that_are_all_ignored_are_no_files(tmp_path: Path) -> None:
    folder = make(tmp_path / "r", "a.csv", ".publishignore")
    (folder / ".publishignore").write_text("*.csv")
    loaded = read(folder)

    assert loaded.record
    assert loaded.record.files.enabled is False


def test_a_preview_that_is_not_there_is_a_warning_that_names_the_nearest(tmp_path: Path) -> None:
    files = {"default_preview": "a.CSV", "order": ["a.csv"]}
    [problem] = read(make(tmp_path / "r", "a.csv", files=files)).problems

    assert (problem.path, problem.severity) == ("files.default_preview", Severity.WARNING)
    assert problem.advice == "did you mean a.csv?"


def test_metadata_that_vanished_is_an_error(tmp_path: Path) -> None:
    loaded = read(tmp_path)

    assert loaded.record is None
    assert [p.path for p in loaded.problems if "cannot be read" in p.message] == [
        "record_metadata.json"
    ]


@pytest.mark.parametrize("kind", ["folder", "pipe", "link out", "too large"])
def test_metadata_that_is_no_plain_small_file_inside_is_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "r" / "record_metadata.json"
    path.parent.mkdir()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link out":
        path.symlink_to(make(tmp_path / "other") / "record_metadata.json")
    else:
        with path.open("wb") as stream:
            stream.truncate(MAX_BYTES + 1)

    loaded = read(path.parent)

    assert loaded.record is None
    assert len(loaded.problems) == 1


# ---- fingerprints ----


def of(value: dict[str, Any], files: dict[str, str] | None = None) -> str:
    record = parse(json.dumps(value).encode(), blocks={"nomad": Block}).record
    assert record
    return fingerprint(record, {key: Digests("m", sha) for key, sha in (files or {}).items()})


def shuffled(value: Any, rng: random.Random) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {key: shuffled(item, rng) for key, item in items}
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


RICH = {
    **METADATA,
    "custom_fields": {"a:b": {"c": [1, {"d": None}], "e": "é"}},
    "nomad": {"datasets": ["x"], "entry": False},
}


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False), st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_order_and_layout_do_not_change_a_fingerprint(
    rng: random.Random, files: dict[str, str]
) -> None:
    assert of(shuffled(RICH, rng), shuffled(files, rng)) == of(RICH, files)


def test_what_an_archive_adds_does_not_change_a_fingerprint() -> None:
    assert of({**METADATA, "id": "abc", "links": {}, "pids": {}}) == of(METADATA)


@pytest.mark.parametrize(
    "change",
    [
        {"access": {"files": "restricted"}},
        {"custom_fields": {"a:b": {"c": [1, {"d": 0}], "e": "é"}}},
        {"nomad": {"datasets": ["x"], "entry": True}},
        {"nomad": {}},
        {"metadata": {**METADATA["metadata"], "version": "2"}},
    ],
)
def test_any_change_of_metadata_or_block_changes_the_fingerprint(change: dict[str, Any]) -> None:
    assert of({**RICH, **change}) != of(RICH)


@pytest.mark.parametrize(
    "files",
    [{}, {"a": "1", "b": "3"}, {"a": "2", "b": "1"}, {"a": "1"}, {"a": "1", "c": "2"}],
)
def test_any_change_of_a_file_changes_the_fingerprint(files: dict[str, str]) -> None:
    assert of(METADATA, files) != of(METADATA, {"a": "1", "b": "2"})


def test_a_fingerprint_is_the_same_in_every_version() -> None:
    """Otherwise all that was pushed before would be looked at again."""
    assert of(RICH, {"a": "1"}) == (
        "4a84f37e8d0a163e3157ad3f04ed4a24cffa4787b0e0e9c35f2266cb95cdf44b"
    )
