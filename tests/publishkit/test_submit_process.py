"""The button, against a target in memory: what it leaves behind, and what it says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit import plugins
from publishkit.mapping.databases import without_password
from publishkit.testing import MemoryRepository, memory_backend
from publishkit_nomad.entry_files import ArchiveFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., tuple[int, str, str]]

Given = Any
"""Whatever a test gives."""

MAPPING = """\
source: {process: processes, group: run}
record:
  folder: run
  mapping: {metadata.title: title}
  constants: {metadata.creators: [{person_or_org: {type: organizational, name: Our lab}}]}
process: {m_def: nomad.A, mapping: {name: title}, steps: {field: steps}}
steps: {bake: {m_def: nomad.B, mapping: {name: name}}}
"""


@pytest.fixture(autouse=True)
def targets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The target `memory`, which makes entries."""
    made = memory_backend({"memory": MemoryRepository("https://memory.example")})
    known = {"memory": replace(made, entry_files=ArchiveFiles)}
    monkeypatch.setattr(plugins, "backends", lambda: known)


@pytest.fixture(autouse=True)
def mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mapping.yaml").write_text(MAPPING)


def process(run: str, **more: object) -> dict[str, Any]:
    return {"run": run, "title": "Of a lab", "steps": [{"type": "bake", "name": "one"}], **more}


def submit(*processes: dict[str, Any], publish: bool = True, **more: Given) -> publishkit.Submitted:
    export: dict[str, Any] = {"processes": list(processes)}
    return publishkit.submit_process(
        export, "mapping.yaml", to="memory", folder="kept", publish=publish, **more
    )


def test_what_is_cleaned_up_is_not_published_again() -> None:
    first = submit(process("R1"), cleanup=True, ids="ids.json")
    assert first.kept == ""
    assert first.receipts[0].published_now
    assert list(json.loads(Path("ids.json").read_text())["processes"]) == ["R1"]
    assert not Path("kept/records/R1").exists()
    again = submit(process("R1"), cleanup=True, ids="ids.json")
    assert [(one.id, one.verb) for one in again.receipts] == [(first.receipts[0].id, "unchanged")]
    assert not Path("kept/records/R1").exists()


def test_a_step_that_the_export_has_no_more_is_neither_published_nor_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("publishkit.verbs.mapping.asking_for", lambda _to: (None, []))
    steps: list[dict[str, Any]] = [{"type": "bake", "name": name} for name in ("one", "two")]
    submit(process("R1", steps=steps), separate=True, publish=False)
    done = submit(process("R1", steps=steps[:1]), separate=True, cleanup=True)
    assert not Path("kept/records/R1-steps/01-bake").exists()
    assert len(done.receipts) == 2
    rows = json.loads(Path("kept/records/R1-steps/records_links.json").read_text())
    assert {row["folder"]: row["state"] for row in rows}["02-bake"] == "draft"


def test_the_steps_of_several_processes_are_records_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("publishkit.verbs.mapping.asking_for", lambda _to: (None, []))
    done = submit(process("R1"), process("R2"), separate=True)
    assert [(one.name, list(one.steps)) for one in done.processes] == [
        ("R1", ["01-bake"]),
        ("R2", ["01-bake"]),
    ]
    again = submit(process("R1"), process("R2"), separate=True)
    assert [one.id for one in again.receipts] == [one.id for one in done.receipts]


def test_a_process_that_is_left_out_is_told_by_the_exit_code(run: Run) -> None:
    Path("export.json").write_text(
        json.dumps({"processes": [process("R1"), process("R2", title="")]})
    )
    arguments = ["run-lims", "export.json", "--mapping", "mapping.yaml", "--to", "memory"]
    code, _out, said = run(*arguments, "--folder", "kept", "--skip-invalid")
    assert code == 8
    assert "a part of the export was left out" in said


def test_a_folder_belongs_to_a_database_wherever_its_password_comes_from() -> None:
    base = "postgresql://reader@lims.example/lab"
    with_one = base.replace("reader", "reader:s3cr3t-word")
    assert without_password(with_one) == without_password(base)
    assert without_password(f"{base}?password=s3cr3t-word") == without_password(base)
    assert without_password(f"{base}?host=one") != without_password(f"{base}?host=two")
    odbc = "mssql+pyodbc:///?odbc_connect=SERVER%3Dx%3BPWD%3Ds3cr3t-word%3B"
    assert "s3cr3t-word" not in without_password(odbc)


def test_errors_that_the_archive_logged_of_a_step_are_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = MemoryRepository.entries
    words = "could not normalize section"

    def complaining(self: MemoryRepository, id: str | None = None) -> Iterator[publishkit.Entry]:
        for one in entries(self, id):
            wrong = "bake" in one.mainfile
            yield replace(one, errors=(words, words)) if wrong else one

    monkeypatch.setattr(MemoryRepository, "entries", complaining)
    done = submit(process("R1"))
    (step,) = done.processes[0].steps.values()
    assert step.errors == (words, words)
    (told,) = done.problems
    assert (told.record, told.path, told.message) == ("R1", step.file, words)
    assert told.advice == f"see all of it: publishkit entries show {step.id} --to memory"
    assert done.ok
    Path("export.json").write_text(json.dumps({"processes": [process("R1")]}))
    arguments = ["run-lims", "export.json", "--mapping", "mapping.yaml", "--to", "memory"]
    code, _out, said = run(*arguments, "--folder", "kept")
    assert code == 0
    assert f"warning: R1: {step.file}: {words}; see all of it" in said
