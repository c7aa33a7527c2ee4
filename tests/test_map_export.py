"""From an export to a record: what is written, what stays, and what is left out and named."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fabrication
import pytest

import publishkit
from publishkit import MapOutcome, Mapped, PartialError, RecordError, Severity
from publishkit.errors import ConfigError, UnsupportedError
from publishkit.mapping.applying import Misfit

if TYPE_CHECKING:
    from collections.abc import Callable

Given = Any
"""Whatever a test gives."""
RUN = "RUN-0042"
SCHEMA = "../upload/raw/fab.schema.archive.yaml"


def content(folder: Path) -> dict[str, bytes]:
    """Everything in a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def data(path: Path) -> dict[str, Any]:
    """What an entry's file says."""
    whole: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return whole["data"]


def mapped(export: Given, mapping: Path = fabrication.MAPPING, **more: Given) -> list[Mapped]:
    found: list[Mapped] = publishkit.map_export(export, mapping, "out", **more)
    return found


def spoilt(change: Callable[[list[dict[str, Any]]], object]) -> dict[str, Any]:
    """The document with something changed in its steps."""
    document: dict[str, Any] = deepcopy(fabrication.document())
    change(document["process"]["steps"])
    return document


# ---- what comes out ----


def test_json_tables_and_databases_give_the_same_bytes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lims.db'}"
    fabrication.fill(url)
    exports: list[tuple[Any, dict[str, str]]] = [
        (fabrication.document(), {}),
        (fabrication.write_json(tmp_path / "export.json"), {}),
        (fabrication.rows(), {}),
        (fabrication.write_csv(tmp_path / "export.csv"), {}),
        (url, {"run": RUN}),
    ]
    made = []
    for number, (export, params) in enumerate(exports):
        out = tmp_path / f"out{number}"
        publishkit.map_export(export, fabrication.MAPPING, out, params=params)
        made.append(content(out))
    assert all(one == made[0] for one in made)
    assert len([name for name in made[0] if "/steps/" in name]) == fabrication.STEPS


def test_a_step_becomes_an_entry_in_the_archives_units() -> None:
    mapped(fabrication.document())
    steps = Path("out", RUN, "steps")
    assert data(steps / "03-spin_coating-Resist-3.archive.json") == {
        "m_def": f"{SCHEMA}#/definitions/section_definitions/SpinCoating",
        "name": "Resist 3",
        "lab_id": "S003",
        "datetime": "2024-03-12T08:45:00+01:00",
        "duration": 45.0,
        "resist": "R-1",
        "speed": 3000,
        "thickness": 1400.0,
    }
    assert data(steps / "05-exposure-Gratings-5.archive.json")["energy"] == 120.5 * 20.25
    assert data(steps / "08-deposition-Metal-8.archive.json")["source"] == {
        "material": "Al",
        "supplier": "Nobody Inc.",
    }
    assert "bias" not in data(steps / "09-etching-Open-9.archive.json")
    assert data(steps / "18-etching-Open-18.archive.json")["bias"] == 80


def test_the_process_refers_to_every_step_in_order() -> None:
    mapped(fabrication.document())
    found = data(Path("out", RUN, "process.archive.json"))["steps"]
    assert len(found) == fabrication.STEPS
    for step in found:
        file = step["activity"].removeprefix("../upload/archive/mainfile/").removesuffix("#/data")
        assert data(Path("out", RUN, file))["name"] == step["name"]


def test_bare_references_are_a_list_of_them(tmp_path: Path) -> None:
    text = (
        fabrication.OWN.read_text().replace("reference: activity", "").replace("steps, }", "refs}")
    )
    (tmp_path / "own.yaml").write_text(text)
    mapped(fabrication.document(), mapping=tmp_path / "own.yaml")
    found = data(Path("out", RUN, "process.archive.json"))["refs"]
    assert all(isinstance(one, str) for one in found)


def test_the_record_is_ready_to_be_pushed() -> None:
    mapped(fabrication.document())
    problems = publishkit.validate(Path("out"), to="nomad-test")
    assert [one for one in problems if one.severity is Severity.ERROR] == []
    metadata = json.loads(Path("out", RUN, "record_metadata.json").read_text("utf-8"))
    assert metadata["nomad"] == {"entry": False}
    assert metadata["metadata"]["title"] == fabrication.PROCESS["title"]
    assert metadata["metadata"]["publication_date"] == "2024-03-12"


def test_a_template_says_what_records_have_in_common(tmp_path: Path) -> None:
    common = {"metadata": {"subjects": [{"subject": "gratings"}]}, "nomad": {"datasets": ["Fab"]}}
    (tmp_path / "group.json").write_text(json.dumps(common))
    text = fabrication.OWN.read_text().replace("folder: run", "folder: run\n  template: group.json")
    (tmp_path / "own.yaml").write_text(text)
    mapped(fabrication.document(), mapping=tmp_path / "own.yaml")
    found = json.loads(Path("out", RUN, "record_metadata.json").read_text("utf-8"))
    assert found["metadata"]["subjects"] == [{"subject": "gratings"}]
    assert found["nomad"] == {"entry": False, "datasets": ["Fab"]}


# ---- again ----


def test_a_second_time_changes_nothing() -> None:
    mapped(fabrication.document())
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}
    (again,) = mapped(fabrication.document())
    assert again.outcome is MapOutcome.UNCHANGED
    assert {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")} == before


def test_a_step_that_is_gone_loses_its_file_and_what_the_user_put_there_stays() -> None:
    mapped(fabrication.document())
    record = Path("out", RUN)
    (record / "notes.txt").write_text("mine")
    (record / "steps" / "mine.archive.json").write_text("{}")
    (record / "steps" / "2024-mine.archive.json").write_text("{}")
    metadata = json.loads((record / "record_metadata.json").read_text("utf-8"))
    metadata["metadata"]["version"] = "7"
    (record / "record_metadata.json").write_text(json.dumps(metadata))
    (again,) = mapped(spoilt(lambda steps: steps.pop()))
    assert again.outcome is MapOutcome.WRITTEN
    names = content(record)
    mine = {"notes.txt", "steps/mine.archive.json", "steps/2024-mine.archive.json"}
    assert mine <= names.keys()
    assert len([name for name in names if name.startswith("steps/")]) == fabrication.STEPS + 1
    assert json.loads(names["record_metadata.json"])["metadata"]["version"] == "7"


def test_metadata_that_cannot_be_read_are_not_overwritten() -> None:
    mapped(fabrication.document())
    (path := Path("out", RUN, "record_metadata.json")).write_text("{mine")
    with pytest.raises(RecordError, match="nothing was written"):
        mapped(fabrication.document())
    assert path.read_text() == "{mine"


def test_a_record_that_no_mapping_made_is_left_alone() -> None:
    (record := Path("out", RUN)).mkdir(parents=True)
    (record / "record_metadata.json").write_text("{}")
    with pytest.raises(ConfigError, match="no mapping made"):
        mapped(fabrication.document())
    assert content(record) == {"record_metadata.json": b"{}"}


def test_a_file_in_a_folder_that_is_no_record_yet_is_left_alone() -> None:
    (record := Path("out", RUN)).mkdir(parents=True)
    (record / "process.archive.json").write_text("mine")
    with pytest.raises(ConfigError, match="in the way"):
        mapped(fabrication.document())
    assert content(record) == {"process.archive.json": b"mine"}


def test_nothing_is_written_through_a_symbolic_link(tmp_path: Path) -> None:
    Path("out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    Path("out", RUN).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="symbolic link"):
        mapped(fabrication.document())
    assert content(tmp_path / "elsewhere") == {}


def test_a_disk_that_is_full_leaves_no_half_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ConfigError, match="No space left"):
        mapped(fabrication.document())
    assert list(Path("out").iterdir()) == []


# ---- names ----


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("../../etc/passwd", "01-wet_clean-etc-passwd.archive.json"),
        ("a\x00\x1b[31mb\n", "01-wet_clean-a-31mb.archive.json"),
        ("CON", "01-wet_clean-CON.archive.json"),
        ("Größe \u00b5m/\u6e05", "01-wet_clean-Grosse-um.archive.json"),
        ("x" * 500, f"01-wet_clean-{'x' * 60}.archive.json"),
        ("...", "01-wet_clean.archive.json"),
    ],
)
def test_what_a_lab_calls_a_step_becomes_a_name_that_every_system_takes(
    label: str, name: str
) -> None:
    mapped(spoilt(lambda steps: steps[0].update(label=label)))
    assert name in {path.name for path in Path("out", RUN, "steps").iterdir()}


@pytest.mark.parametrize(
    ("run", "folder"),
    [("../../x", "x"), ("con", "record-con"), (".hidden", "hidden"), ("a/b", "a-b"), (17, "17")],
)
def test_the_folder_stays_where_it_should(run: Given, folder: str) -> None:
    document = fabrication.document()
    document["process"]["run"] = run
    (made,) = mapped(document, mapping=fabrication.OWN)
    assert made.folder == Path("out", folder)
    assert [one.name for one in Path("out").iterdir()] == [folder]


@pytest.mark.parametrize(
    ("one", "other"),
    [("A+", "A-"), ("Проба 7", "Прогон 7"), ("x" * 60 + "1", "x" * 60 + "2"), ("-5", "5")],
)
def test_names_that_differ_in_what_is_left_out_are_folders_of_their_own(
    one: str, other: str
) -> None:
    document = fabrication.document()
    for run in (one, other):
        document["process"]["run"] = run
        mapped(document, mapping=fabrication.OWN)
    assert len(list(Path("out").iterdir())) == 2


def test_several_processes_become_a_record_each() -> None:
    rows = [{**row, "run": f"R{number % 2}"} for number, row in enumerate(fabrication.rows())]
    assert [one.folder.name for one in mapped(rows)] == ["R0", "R1"]


def test_processes_of_one_name_are_refused_both() -> None:
    one = fabrication.document()["process"]
    with pytest.raises(RecordError) as caught:
        mapped({"process": [one, one]})
    assert sum("has the folder RUN-0042 too" in str(p) for p in caught.value.problems) == 2


def test_the_folder_of_steps_is_no_other_processs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publishkit.verbs.mapping.asking_for", lambda _to: (None, []))
    one = fabrication.document()["process"]
    with pytest.raises(RecordError, match="nothing was written") as caught:
        mapped({"process": [one, {**one, "run": f"{RUN}-steps"}]}, to="nomad-test", separate=True)
    assert any("has the folder" in str(p) for p in caught.value.problems)


def test_an_item_without_the_field_is_named_and_does_not_become_null(tmp_path: Path) -> None:
    document = {"process": {"title": "Title", "layers": [{"n": "a"}, {}], "steps": []}}
    ruled = "{mapping: {'metadata.creators[*].person_or_org.name': 'layers[*].n'}}"
    (tmp_path / "own.yaml").write_text(
        "source: {process: process}\n"
        "process: {m_def: nomad.A, steps: {field: steps}, mapping: {names: 'layers[*].n'}}\n"
        f"record: {ruled}\nsteps: {{a: {{m_def: nomad.B}}}}\n"
    )
    with pytest.raises(RecordError) as caught:
        mapped(document, mapping=tmp_path / "own.yaml")
    assert sum("item 1 is missing" in str(p) for p in caught.value.problems) == 2


def test_without_a_name_there_is_the_exports(tmp_path: Path) -> None:
    text = fabrication.OWN.read_text().replace("  folder: run\n", "").replace(", group: run", "")
    (tmp_path / "own.yaml").write_text(text)
    path = fabrication.write_json(tmp_path / "my export.json")
    (made,) = mapped(path, mapping=tmp_path / "own.yaml")
    assert made.folder.name == "my-export"
    one = fabrication.document()["process"]
    with pytest.raises(RecordError) as caught:
        mapped({"process": [one, one]}, mapping=tmp_path / "own.yaml")
    assert "say in record.folder" in str(caught.value.problems[0])


# ---- what cannot be mapped ----

WRONG: list[tuple[Callable[[list[dict[str, Any]]], object], dict[str, Any], str]] = [
    (
        lambda steps: steps[0].update(type="sputter"),
        {"step": 1, "type": "sputter", "field": ""},
        "no such type of step",
    ),
    (
        lambda steps: steps[1]["parameters"].pop("solvent"),
        {
            "step": 2,
            "field": "solvent",
            "source": "solvent",
            "rule": "choices (ACE acetone, IPA isopropanol)",
        },
        "the source field solvent is missing",
    ),
    (
        lambda steps: steps[2]["parameters"].update(speed=" "),
        {"step": 3, "field": "speed", "source": "speed"},
        "missing",
    ),
    (
        lambda steps: steps[2]["parameters"].update(speed="fast"),
        {"step": 3, "field": "speed", "source": "speed", "value": "fast", "rule": "number"},
        'speed is "fast": no number',
    ),
    (
        lambda steps: steps[3]["parameters"].update(temperature="95 kg"),
        {"step": 4, "field": "temperature", "value": "95 kg", "rule": "unit (from degC, to K)"},
        "in kg it cannot be had in K",
    ),
    (
        lambda steps: steps[7]["parameters"].pop("minutes"),
        {"step": 8, "field": "film_thickness", "rule": "expression (value * minutes * 60)"},
        "minutes is missing",
    ),
    (
        lambda steps: steps[8].update(started="yesterday"),
        {"step": 9, "field": "datetime", "value": "yesterday"},
        "no date with a time",
    ),
    (
        lambda steps: steps[2]["parameters"].update(resist={"a": 1}),
        {"step": 3, "field": "resist", "source": "resist"},
        "an object is not text",
    ),
]


@pytest.mark.parametrize(("change", "named", "said"), WRONG)
def test_a_step_that_cannot_be_mapped_is_left_out_and_named(
    change: Callable[[list[dict[str, Any]]], object], named: dict[str, Any], said: str
) -> None:
    with pytest.raises(PartialError, match="1 step left out") as caught:
        mapped(spoilt(change))
    (made,) = caught.value.done
    assert isinstance(made, Mapped)
    (left,) = made.left_out
    assert left.startswith(f"step {named['step']} ")
    assert len(made.steps) == fabrication.STEPS - 1
    wrong = [p for p in made.problems if isinstance(p, Misfit) and p.field == named["field"]]
    assert {key: getattr(wrong[0], key) for key in named} == named
    assert said in wrong[0].message
    referred = data(Path("out", RUN, "process.archive.json"))["steps"]
    assert len(referred) == fabrication.STEPS - 1
    assert "-1" not in {str(value) for value in made.steps}


def test_strictly_nothing_is_written() -> None:
    with pytest.raises(RecordError, match="2 errors, nothing was written") as caught:
        mapped(spoilt(lambda s: (s[0].update(type="x"), s[1].update(type="y"))), strict=True)
    assert len(caught.value.problems) == 2
    assert not Path("out").exists()


def test_a_row_without_a_type_is_a_step_that_is_left_out() -> None:
    with pytest.raises(PartialError, match="1 step left out") as caught:
        mapped(spoilt(lambda steps: steps[4].pop("type")))
    (made,) = caught.value.done
    assert isinstance(made, Mapped)
    assert made.left_out == ("step 5",)


def test_a_process_whose_own_fields_fail_is_not_written() -> None:
    document = fabrication.document()
    document["process"]["operator"] = "?"
    del document["process"]["title"]
    with pytest.raises(RecordError) as caught:
        mapped(document)
    said = "\n".join(map(str, caught.value.problems))
    assert "the source field title is missing" in said
    assert "metadata.creators[0]" in said
    assert not Path("out").exists()


def test_of_several_processes_the_good_ones_are_written() -> None:
    rows = [{**row, "run": f"R{number % 2}"} for number, row in enumerate(fabrication.rows())]
    bad = [{**row, "process.day": "never"} if row["run"] == "R1" else row for row in rows]
    with pytest.raises(PartialError, match="1 process left out") as caught:
        mapped(bad)
    outcomes = [one.outcome for one in caught.value.done if isinstance(one, Mapped)]
    assert outcomes == [MapOutcome.WRITTEN, MapOutcome.REFUSED]
    assert [one.name for one in Path("out").iterdir()] == ["R0"]


# ---- what definitions say ----


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("yaml#Bake", "yaml#Bakee", "did you mean fab.schema.archive.yaml#Bake?"),
        ("yaml#Bake", "yaml#/definitions/section_definitions/Nope", "there is no definition"),
        ("fab.schema.archive.yaml#Bake", "other.archive.yaml#Bake", "does not go along"),
        (
            "{unit: {from: degC, to: K}}",
            "{unit: {from: degC, to: degC}}",
            "it gives degC, the field",
        ),
        ("{unit: {from: min, to: s}}", "{unit: {from: min, to: min}}", "the field is in s"),
    ],
)
def test_a_mapping_that_does_not_fit_the_definitions_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    (tmp_path / "fab.schema.archive.yaml").write_bytes(
        (fabrication.DATA / "fab.schema.archive.yaml").read_bytes()
    )
    text = fabrication.MAPPING.read_text()
    assert old in text
    (tmp_path / "mapping.yaml").write_text(text.replace(old, new))
    with pytest.raises(RecordError, match="does not fit") as caught:
        mapped(fabrication.document(), mapping=tmp_path / "mapping.yaml")
    assert any(said in str(one) for one in caught.value.problems), caught.value.problems


def test_a_file_that_goes_along_need_not_be_one_of_definitions(tmp_path: Path) -> None:
    (tmp_path / "protocol.json").write_text("[1]")
    (tmp_path / "own.yaml").write_text(fabrication.OWN.read_text() + "files: [protocol.json]\n")
    mapped(fabrication.document(), mapping=tmp_path / "own.yaml")
    assert Path("out", RUN, "protocol.json").read_text() == "[1]"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("definitions:", "definition:", "it has no definitions"),
        ("base_section: CleanroomStep", "base_section: Nope", "that it names does not exist"),
        ("sections:", "sections: [", "not valid YAML"),
    ],
)
def test_definitions_with_a_mistake_in_them_are_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = (fabrication.DATA / "fab.schema.archive.yaml").read_text()
    (tmp_path / "fab.schema.archive.yaml").write_text(text.replace(old, new, 1))
    (tmp_path / "mapping.yaml").write_text(fabrication.MAPPING.read_text())
    with pytest.raises(RecordError) as caught:
        mapped(fabrication.document(), mapping=tmp_path / "mapping.yaml")
    assert any(said in str(one) for one in caught.value.problems), caught.value.problems


def test_a_value_of_another_kind_than_the_field_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "fab.schema.archive.yaml").write_bytes(
        (fabrication.DATA / "fab.schema.archive.yaml").read_bytes()
    )
    text = fabrication.MAPPING.read_text().replace("      ultrasonic: yes_no\n", "")
    (tmp_path / "mapping.yaml").write_text(text)
    with pytest.raises(PartialError) as caught:
        mapped(fabrication.document(), mapping=tmp_path / "mapping.yaml")
    (made,) = caught.value.done
    assert isinstance(made, Mapped)
    assert '"Y" is not true or false' in made.problems[0].message
    assert "yes_no makes it" in made.problems[0].message


def test_that_nobody_was_asked_is_told() -> None:
    (made,) = mapped(fabrication.document())
    assert [one.severity for one in made.problems] == [Severity.NOTICE]
    assert "name the target by --to" in str(made.problems[0])


def test_an_archive_that_makes_no_entries_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="local makes no entries"):
        mapped(fabrication.document(), to="local")
    with pytest.raises(ConfigError, match="Name the target"):
        mapped(fabrication.document(), separate=True)


def test_a_file_that_goes_along_cannot_take_a_name_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "process.archive.json").write_text("{}")
    text = fabrication.OWN.read_text() + "files: [process.archive.json]\n"
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(RecordError) as caught:
        mapped(fabrication.document(), mapping=tmp_path / "own.yaml")
    assert "made by the mapping itself" in str(caught.value.problems[0])


# ---- what is not used ----


def test_what_is_never_used_and_what_no_rule_takes_is_listed(tmp_path: Path) -> None:
    text = fabrication.OWN.read_text().replace("bake: *process", "bakke: *process")
    text = text.replace("name: title, lab_id", "name: title, description: nosuch, lab_id").replace(
        "  steps: {field", "  transformations: {description: optional}\n  steps: {field"
    )
    (tmp_path / "own.yaml").write_text(text)
    found = [
        str(p) for p in publishkit.check_mapping(fabrication.document(), tmp_path / "own.yaml")
    ]
    assert "warning: steps.bakke: the export has no such step; take it out, or leave it" in found
    assert (
        "warning: process.mapping.description: the export never has nosuch; check its name" in found
    )
    assert "notice: process: no rule takes purpose, day, wafer_area" in found
    assert "notice: steps.etching: no rule takes number, time, gases, power, bias" in found
    assert any("step 4 (bake): the mapping has no such type" in one for one in found)
    assert not Path("out").exists()


@pytest.mark.parametrize("export", [fabrication.document(), fabrication.rows()])
def test_what_rules_take_is_not_listed(export: Given) -> None:
    found = publishkit.check_mapping(export, fabrication.MAPPING)
    untaken = {one.message for one in found if one.path and one.severity is Severity.NOTICE}
    assert untaken == {"no rule takes number"}
