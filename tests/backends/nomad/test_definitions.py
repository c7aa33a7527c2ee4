"""What NOMAD, and the schema files of an upload, say of definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import responses

from publishkit.entryfiles import Field
from publishkit.errors import TemporaryError
from publishkit_nomad.entry_files import ArchiveFiles
from publishkit_nomad.repository import NomadRepository
from tests.backends.nomad.conftest import URL

if TYPE_CHECKING:
    from publishkit.hooks import Connection

FILES = ArchiveFiles()
SCHEMA = b"""
definitions:
  name: Fab
  sections:
    Base:
      base_sections: [nomad.datamodel.data.EntryData]
      quantities:
        t: {type: np.float64, unit: s}
        n: {type: int}
        b: {type: bool}
        s: {type: str}
        d: {type: Datetime}
        e: {type: {type_kind: Enum}}
    Spin:
      base_section: Base
      sub_sections:
        layers: {repeats: true, section: {quantities: {thickness: {type: float}}}}
        other: {section: '#/Base'}
    Listed:
      base_sections: ['#/definitions/section_definitions/Base']
      quantities: [{name: x, type: float}]
"""


def here(name: str) -> str:
    return f"../upload/raw/fab.archive.yaml#/definitions/section_definitions/{name}"


@pytest.mark.parametrize(
    "written",
    [
        "fab.archive.yaml#Spin",
        "../upload/raw/fab.archive.yaml#Spin",
        "../upload/raw/fab.archive.yaml#/definitions/section_definitions/Spin",
        "../upload/archive/mainfile/fab.archive.yaml#/definitions/section_definitions/Spin",
    ],
)
def test_a_section_of_a_file_is_known_however_it_is_written(written: str) -> None:
    assert FILES.place_of(written) == ("fab.archive.yaml", "Spin")
    assert FILES.defined_in("fab.archive.yaml", "Spin") == here("Spin")


@pytest.mark.parametrize("written", ["nomad.datamodel.metainfo.eln.BasicEln", "x", "a.py#B", "#B"])
def test_other_names_are_no_places_in_a_file(written: str) -> None:
    assert FILES.place_of(written) is None


def test_a_schema_file_says_its_fields_kinds_and_units() -> None:
    found, problems = FILES.definitions("fab.archive.yaml", SCHEMA)
    assert problems == []
    kinds = {name: one.kind for name, one in found["Base"].fields.items()}
    assert kinds == {
        "t": "number",
        "n": "integer",
        "b": "yes/no",
        "s": "text",
        "d": "time",
        "e": "",
    }
    assert found["Base"].fields["t"].unit == "s"
    assert found["Base"].bases == ("nomad.datamodel.data.EntryData",)
    assert found["Spin"].bases == (here("Base"),)
    assert found["Spin"].fields["layers"] == Field(section=here("Spin.layers"))
    assert found["Spin"].fields["other"] == Field(section=here("Base"))
    assert found["Spin.layers"].fields == {"thickness": Field(kind="number")}
    assert found["Listed"].fields == {"x": Field(kind="number")}
    assert found["Listed"].bases == (here("Base"),)


@pytest.mark.parametrize("content", [b"", b"a: [", b"a: 1", b"definitions: 5", b"\xff"])
def test_a_file_without_definitions_says_so(content: bytes) -> None:
    found, problems = FILES.definitions("fab.archive.yaml", content)
    assert found == {}
    assert problems


def test_a_record_of_such_files_wants_no_generated_entry() -> None:
    assert FILES.block() == {"nomad": {"entry": False}}


# ---- what a NOMAD says ----

DATA: dict[str, Any] = {
    "name": "nomad.data",
    "section_definitions": [{"name": "ArchiveSection"}],
}
ELN: dict[str, Any] = {
    "name": "nomad.eln.v1",
    "aliases": ["nomad.eln"],
    "section_definitions": [
        {
            "name": "Activity",
            "base_sections": ["metainfo/nomad.data/section_definitions/0"],
            "quantities": [
                {"name": "t", "unit": "second", "type": {"type_data": "float64"}},
                {"name": "e", "type": {"type_data": ["a", "b"]}},
            ],
            "sub_sections": [
                {"name": "steps", "sub_section": "metainfo/nomad.eln.v1/section_definitions/1"},
                {"name": "odd", "sub_section": "metainfo/nomad.eln.v1/section_definitions/9"},
            ],
        },
        {"name": "Step", "quantities": [{"name": "activity", "type": {"type_kind": "reference"}}]},
    ],
}


@pytest.fixture
def repository(connection: Connection) -> NomadRepository:
    return NomadRepository(connection)


def answer(*bodies: dict[str, Any]) -> None:
    for body in bodies:
        responses.post(f"{URL}/graph/query", json=body)


@responses.activate
@pytest.mark.parametrize(
    "unknown",
    [{"metainfo": {}}, {"metainfo": {"m_errors": [{"error_type": "NOTFOUND"}]}}],
    ids=["1.3.17", "2.0.0"],
)
def test_packages_are_asked_for_once_with_all_that_they_refer_to(
    repository: NomadRepository, unknown: dict[str, Any]
) -> None:
    answer(
        {"metainfo": {"nomad.eln.v1": ELN, "nomad.eln": {"name": "nomad.eln"}}},
        unknown,
        {"metainfo": {"nomad.data": DATA}},
    )
    names = ["nomad.eln.Activity", "nomad.eln.Nope", "nomad.nosuch.X", "../upload/raw/a#B", "x"]
    found = repository.definitions(names)
    assert found.keys() == set(names[:3])
    assert found["nomad.eln.Nope"] is None
    assert found["nomad.nosuch.X"] is None
    activity = found["nomad.eln.Activity"]
    assert activity is not None
    assert activity.bases == ("nomad.data.ArchiveSection",)
    assert activity.fields["t"] == Field(kind="number", unit="second")
    assert activity.fields["e"] == Field()
    assert activity.fields["steps"] == Field(section="nomad.eln.v1.Step")
    assert activity.fields["odd"].section.startswith("metainfo/")
    asked = len(responses.calls)
    step = repository.definitions(["nomad.eln.v1.Step"])["nomad.eln.v1.Step"]
    assert step is not None
    assert len(responses.calls) == asked
    assert repository.definitions_beside("nomad.eln.Aktivity") == [
        "nomad.eln.Activity",
        "nomad.eln.Step",
    ]
    assert repository.definitions_beside("x") == []


@responses.activate
def test_an_answer_of_another_kind_is_no_answer(repository: NomadRepository) -> None:
    answer({"metainfo": {"nomad.eln": {"name": "nomad.eln", "section_definitions": 5}}})
    with pytest.raises(TemporaryError, match="not what NOMAD answers"):
        repository.definitions(["nomad.eln.X"])
