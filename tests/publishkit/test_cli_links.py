"""`publishkit links`: the links as tables, and as the PIDs.json of NOMAD's tutorials."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit.errors import ConfigError
from publishkit.ledger import LINKS_FILE
from publishkit.testing import MemoryRepository, write_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders of the tutorial, pushed."""
    folder = tmp_path / "project"
    for name in ("DFT-1", "DFT-2", "DFT-10", "md-workflow"):
        write_record(folder / name, {"aims.archive.json": b"{}"})
    monkeypatch.chdir(folder)
    publishkit.push(".", to="memory")
    return folder


def note(project: Path, record: str, **inner: object) -> dict[str, Any]:
    """Let the links file say more of a record; gives its object."""
    rows = json.loads((project / LINKS_FILE).read_text())
    row: dict[str, Any] = next(one for one in rows if one["folder"] == record)
    row["publishkit"] |= inner
    (project / LINKS_FILE).write_text(json.dumps(rows))
    return row


def test_it_prints_what_the_links_file_says_and_asks_nobody(
    run: Run, project: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "get", None)
    monkeypatch.setattr(memory, "whoami", None)
    code, out, err = run("links", ".")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == [
        "DFT-1",
        "DFT-2",
        "DFT-10",
        "md-workflow",
    ]
    assert "https://memory.example/m1" in out


def test_csv_and_json_have_the_same_for_programs(run: Run, project: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("links", ".", "--format", "csv")[1])))
    found = json.loads(run("links", ".", "--format", "json")[1])
    assert [one["name"] for one in found] == [row["name"] for row in rows]
    assert {row["target"] for row in rows} == {"memory"}
    assert all(row["page"] == one["page"] for row, one in zip(rows, found, strict=True))


def test_markdown_shows_any_title_as_text_and_a_doi_as_a_link(run: Run, project: Path) -> None:
    note(project, "DFT-1", title="a | b *c* [d](e)\nf", doi="10.5072/abc")
    out = run("links", "DFT-1", "--format", "markdown")[1]
    heading, rule, row = out.splitlines()
    assert heading.count("|") == rule.count("|") == row.count("|") - row.count(r"\|")
    assert r"a \| b \*c\* \[d\](e) f" in row
    assert "[10.5072/abc](https://doi.org/10.5072/abc)" in row


def test_one_target_can_be_chosen(run: Run, project: Path) -> None:
    publishkit.push("DFT-1", to="other")
    assert len(run("links", "DFT-1")[1].splitlines()) == 2
    assert run("links", "DFT-1", "--to", "other")[1].split()[1] == "other"


def test_what_was_never_pushed_is_an_error_that_says_what_to_do(run: Run, records: Path) -> None:
    code, _, err = run("links", records)
    assert code == 3
    assert "publishkit push" in err


# ---- PIDs.json ----


def test_pids_have_the_form_of_the_tutorial(run: Run, project: Path) -> None:
    ids = {
        name: note(
            project,
            name,
            extra={
                "entries": {"aims.archive.json": f"entry of {name}", "added.archive.json": "ours"},
                "datasets": {"Example": "the dataset"},
            },
        )["id"]
        for name in ("DFT-1", "DFT-2", "DFT-10", "md-workflow")
    }
    found = json.loads(run("links", ".", "--format", "pids")[1])
    calculations = ["DFT-1", "DFT-2", "DFT-10"]
    assert found == {
        "upload_ids": {
            "DFT": [ids[name] for name in calculations],
            "md-workflow": ids["md-workflow"],
        },
        "entry_ids": {
            "DFT": [f"entry of {name}" for name in calculations],
            "md-workflow": "entry of md-workflow",
        },
        "dataset_id": "the dataset",
    }


def test_records_in_a_folder_make_a_list_too(run: Run, project: Path) -> None:
    write_record(project / "setup" / "a", {"x.out": b"x"})
    publishkit.push("setup/a", to="memory", links=LINKS_FILE)
    found = publishkit.pids(".", recursive=True, links=LINKS_FILE)
    uploads: Any = found["upload_ids"]
    assert [isinstance(uploads[name], list) for name in ("DFT", "setup", "md-workflow")] == [
        True,
        True,
        False,
    ]


def test_entries_that_the_links_file_has_not_are_asked_for(project: Path) -> None:
    asked = {one.mainfile: one.id for one in publishkit.entries("md-workflow")}
    found: Any = publishkit.pids("md-workflow")["entry_ids"]
    assert asked
    assert found["md-workflow"] == asked["aims.archive.json"]


def test_more_entries_than_a_links_file_keeps_are_asked_for(
    project: Path, memory: MemoryRepository
) -> None:
    note(project, "md-workflow", extra={"entries": {f"f{n}": str(n) for n in range(100)}})
    found: Any = publishkit.pids("md-workflow")["entry_ids"]
    assert found["md-workflow"] == next(publishkit.entries("md-workflow")).id


def test_dois_are_there_once_there_are_any(project: Path) -> None:
    assert "dois" not in publishkit.pids("DFT-1")
    note(project, "DFT-1", doi="10.5072/abc")
    assert publishkit.pids("DFT-1")["dois"] == {"DFT-1": "10.5072/abc"}


def test_what_was_not_pushed_yet_stays_empty_as_in_the_tutorial(project: Path) -> None:
    write_record(project / "analysis", {"x.py": b""})
    found: Any = publishkit.pids(".")["upload_ids"]
    assert found["analysis"] == ""
    with pytest.raises(ConfigError, match="makes entries"):
        publishkit.pids("analysis")


def test_records_on_several_targets_want_one_named(project: Path) -> None:
    publishkit.push("DFT-1", to="other")
    with pytest.raises(ConfigError, match="memory") as refused:
        publishkit.pids("DFT-1")
    assert "--to" in refused.value.advice
    assert publishkit.pids("DFT-1", to="other")


def test_what_was_copied_into_the_file_by_hand_is_kept(run: Run, project: Path) -> None:
    path = project / "PIDs.json"
    by_hand = {"upload_ids": {"part-1": "abc", "DFT": []}, "dataset_id": "mine", "note": 1}
    path.write_text(json.dumps(by_hand))
    assert run("links", ".", "--format", "pids", "--output", path)[:2] == (0, "")
    found = json.loads(path.read_text())
    assert found["upload_ids"]["part-1"] == "abc"
    assert len(found["upload_ids"]["DFT"]) == 3
    assert (found["dataset_id"], found["note"]) == ("mine", 1)
    before = path.read_bytes()
    run("links", ".", "--format", "pids", "--output", path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff"])
def test_a_file_that_holds_something_else_is_left_alone(
    run: Run, project: Path, content: bytes
) -> None:
    path = project / "PIDs.json"
    path.write_bytes(content)
    code, _, err = run("links", ".", "--format", "pids", "-o", path)
    assert (code, path.read_bytes()) == (3, content)
    assert "Name another file" in err


def test_an_output_that_cannot_be_written_is_named(run: Run, project: Path) -> None:
    code, _, err = run("links", ".", "-o", "no/such/folder.txt")
    assert code == 3
    assert "folder.txt" in err
