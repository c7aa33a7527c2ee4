"""Workflows as NOMAD has them: the file, references that hold, and what entries offer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from publishkit.entryfiles import SectionLink, TaskLink
from publishkit_nomad import flows
from publishkit_nomad.entry import entry_id_of
from publishkit_nomad.entry_files import ArchiveFiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from publishkit_nomad.repository import NomadRepository

FILES = ArchiveFiles()
OWN: dict[str, JsonValue] = {
    "inputs": [{"name": "system", "section": "#/run/0/system/0"}],
    "outputs": [
        {"name": "energy", "section": "../upload/archive/OTHER#/data"},
        {"section": "../uploads/U/archive/E#/data"},
        {"name": "nothing"},
    ],
}


def test_a_workflow_is_an_entry_of_its_own_name_with_references_to_tasks() -> None:
    link = SectionLink("geometry", FILES.elsewhere("U", "E"))
    content = FILES.workflow(
        "Bänder: #1",
        inputs=[link],
        outputs=[],
        tasks=[
            TaskLink(name="relax", reference=FILES.elsewhere("U", "E", "workflow2"), inputs=[link]),
            TaskLink(name="notes", outputs=[link]),
        ],
    )
    geometry = {"name": "geometry", "section": "../uploads/U/archive/E#/data"}
    definitions = "nomad.datamodel.metainfo.workflow"
    assert yaml.safe_load(content) == {
        "metadata": {"entry_name": "Bänder: #1"},
        "workflow2": {
            "m_def": f"{definitions}.Workflow",
            "name": "Bänder: #1",
            "inputs": [geometry],
            "tasks": [
                {
                    "m_def": f"{definitions}.TaskReference",
                    "name": "relax",
                    "task": "../uploads/U/archive/E#/workflow2",
                    "inputs": [geometry],
                },
                {"m_def": f"{definitions}.Task", "name": "notes", "outputs": [geometry]},
            ],
        },
    }
    assert FILES.workflow_file("x") == "x.workflow.archive.yaml"
    assert FILES.block() == {"nomad": {"entry": False}}


@pytest.mark.parametrize(
    ("reference", "absolute"),
    [
        ("#/data", "../uploads/U/archive/E#/data"),
        ("../upload/archive/O#/run/0", "../uploads/U/archive/O#/run/0"),
        (
            "../upload/archive/mainfile/a b.json#/data",
            f"../uploads/U/archive/{entry_id_of('U', 'a b.json')}#/data",
        ),
        ("../uploads/X/archive/Y#/data", "../uploads/X/archive/Y#/data"),
        ("https://n.example/api/uploads/X/archive/Y#/data",) * 2,
    ],
)
def test_what_an_entry_refers_to_is_referred_to_from_elsewhere(
    reference: str, absolute: str
) -> None:
    assert FILES.anywhere("U", "E", reference) == absolute


@pytest.mark.parametrize(
    ("archive", "section", "task"),
    [
        ({"data": {}, "run": [{}], "workflow2": {}}, "data", "workflow2"),
        ({"run": [{}], "workflow2": {}}, "run/0", "workflow2"),
        ({"run": [], "workflow2": {}}, "workflow2", "workflow2"),
        ({"data": {}}, "data", ""),
        ({"metadata": {}}, "", ""),
        ({"data": None, "workflow2": "x"}, "", ""),
    ],
)
def test_what_came_out_stands_in_the_first_of_the_usual_sections(
    archive: Mapping[str, Any], section: str, task: str
) -> None:
    offer = flows.offer_of(archive, (), str)
    assert (offer.section, offer.task) == (section, task)


def test_a_file_offers_what_is_written_in_it() -> None:
    content = json.dumps({"run": [{"system": [{}, {}]}], "workflow2": OWN}).encode()
    asked = ["run/0/system/-1", "run/0/system/2", "run/-2", "run/x", "workflow2/name"]
    offer = FILES.offer("a/b.archive.json", content, asked)
    assert offer
    assert offer.missing == tuple(asked[1:])
    beside = "../upload/archive/mainfile/a/b.archive.json"
    assert offer.inputs == (SectionLink("system", f"{beside}#/run/0/system/0"),)
    assert offer.outputs == (
        SectionLink("energy", "../upload/archive/OTHER#/data"),
        SectionLink("2", "../uploads/U/archive/E#/data"),
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a#.archive.json", b"{}", "# or ?"),
        ("a?.archive.json", b"{}", "# or ?"),
        ("a#/aims.out", b"", "# or ?"),
        ("a.archive.yaml", b"a: [", "neither JSON nor YAML"),
        ("a.archive.yaml", b"a: !!python/object:os.system {}", "neither JSON nor YAML"),
        ("a.archive.yaml", b"a: !!bool x", "neither JSON nor YAML"),
        ("a.archive.yaml", b"a: !!int ''", "neither JSON nor YAML"),
        ("a.archive.yaml", b"a: !!timestamp x", "neither JSON nor YAML"),
        ("a.archive.yaml", b"a: 1" + b":00" * 200 + b".0", "neither JSON nor YAML"),
        ("a.archive.json", b"[1]", "no sections"),
        ("a.archive.json", b"\xff", "neither JSON nor YAML"),
    ],
)
def test_a_file_that_cannot_be_referred_to_says_why(name: str, content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FILES.offer(name, content)


def test_what_a_parser_makes_of_a_file_is_not_guessed() -> None:
    assert FILES.offer("a/aims.out", b"x") is None
    assert FILES.offer("a.archive.json", b" " * 10_000_001) is None


@pytest.mark.parametrize(
    ("section", "required"),
    [
        ("data", {"data": {"m_def": "*"}}),
        ("run/0/system/-1", {"run[0]": {"system[-1]": {"m_def": "*"}}}),
    ],
)
def test_sections_are_asked_for_as_nomad_takes_it(
    section: str, required: Mapping[str, Any]
) -> None:
    assert flows.required(section) == required


def test_an_entry_offers_what_nomad_found_in_it(
    repository: NomadRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Mapping[str, Any]] = []

    def answer(_id: str, required: Mapping[str, Any]) -> dict[str, JsonValue]:
        asked.append(required)
        if "workflow2" in required:
            return {"metadata": {"upload_id": "U"}, "run": [{}], "workflow2": OWN}
        return {"run": [{"system": [{}]}]} if "run[0]" in required else {}

    monkeypatch.setattr(repository.api, "archive_parts", answer)
    offer = repository.offer("E", ["run/0/system/-1", "data/x"])
    assert offer.section == "run/0"
    assert offer.missing == ("data/x",)
    assert offer.inputs == (SectionLink("system", "../uploads/U/archive/E#/run/0/system/0"),)
    assert offer.outputs[0] == SectionLink("energy", "../uploads/U/archive/OTHER#/data")
    assert len(asked) == 3
