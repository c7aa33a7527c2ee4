"""The page about labs' databases: its example is run, its tables are those of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner, Result

import publishkit
from publishkit.cli import cli
from publishkit.errors import PublishkitError, Severity
from publishkit.mapping.reading import read_mapping
from publishkit.mapping.transformations import transformations
from publishkit.yamlfile import read_yaml

PAGE = (Path(__file__).parents[1] / "docs" / "lims.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def run(*arguments: str) -> tuple[int, str]:
    """What a command prints, errors included, and its exit code."""
    found: Result = CliRunner().invoke(cli, arguments, prog_name="publishkit")
    code = found.exit_code
    if isinstance(found.exception, PublishkitError):
        code = found.exception.exit_code
        return code, f"{found.output}{found.exception}"
    return code, found.output


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the page's example, in the current folder."""
    monkeypatch.chdir(tmp_path)
    schema, mapping, _ = blocks("yaml")
    Path("export.json").write_text(blocks("json")[0])
    Path("fab.schema.archive.yaml").write_text(schema)
    Path("mapping.yaml").write_text(mapping)
    return tmp_path


def test_the_example_becomes_the_record_that_the_page_names(example: Path) -> None:
    code, said = run("map", "export.json", "--mapping", "mapping.yaml")
    assert code == 0, said
    assert "Next: publishkit push records/RUN-7 --to TARGET" in said
    names = {p.name for p in (example / "records" / "RUN-7").rglob("*.*") if p.is_file()}
    for name in ("process.archive.json", "01-spin-Resist.archive.json", "record_metadata.json"):
        assert name in names
        assert name in PAGE
    problems = publishkit.validate("records", to="nomad-test")
    assert [one for one in problems if one.severity is Severity.ERROR] == []
    text = (example / "records/RUN-7/steps/02-bake-Soft-bake.archive.json").read_text()
    found = json.loads(text)["data"]
    assert (found["duration"], found["covered"]) == (90.0, False)


def test_the_errors_are_those_of_the_page(example: Path) -> None:
    document = json.loads((example / "export.json").read_text())
    document["process"]["steps"][0]["parameters"]["speed"] = "fast"
    document["process"]["steps"][1]["type"] = "sputter"
    (example / "export.json").write_text(json.dumps(document))
    with pytest.raises(publishkit.RecordError) as caught:
        publishkit.map_export("export.json", "mapping.yaml", strict=True)
    shown = re.findall(r"^error: .*$", PAGE, re.MULTILINE)
    assert [str(one) for one in caught.value.problems[:2]] == shown


def test_every_transformation_is_in_the_table_and_its_example_is_right(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \| .+ \| `(.+)` \|$", PAGE, re.MULTILINE)
    assert [name for name, _ in rows] == list(transformations())
    for name, written in rows:
        rule, problems = read_yaml(written.encode(), typed=True)
        assert problems == []
        assert name in (rule if isinstance(rule, dict) else [rule])
        mapping = {
            "process": {"m_def": "a.B", "steps": {"field": "steps"}},
            "steps": {"x": {"m_def": "a.C", "mapping": {"a": "a"}, "transformations": {"a": rule}}},
        }
        (tmp_path / "m.json").write_text(json.dumps(mapping))
        if name == "replace":
            with pytest.raises(publishkit.RecordError):
                read_mapping(tmp_path / "m.json")
        else:
            read_mapping(tmp_path / "m.json")


def test_the_queries_of_the_page_are_valid() -> None:
    source = yaml.safe_load(blocks("yaml")[2])["source"]
    assert {"group", "query", "process_query"} == source.keys()


def test_the_example_of_a_plugin_is_one() -> None:
    page = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")
    text = page.partition("## Add a transformation")[2]
    example = re.search(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert example
    names: dict[str, Any] = {}
    exec(example[1], names)  # noqa: S102 - our own
    (made,) = names["publishkit_transformations"]()
    assert made.prepare(None).apply("x", {"lot": "7"}.get) == "7-x"


# ---- the commands ----


def test_a_call_without_what_it_needs_is_told_as_it_was_typed() -> None:
    code, said = run("map", "export.json")
    assert (code, said.splitlines()[0]) == (2, "Usage: publishkit map [OPTIONS] EXPORT")
    assert "Try 'publishkit map --help' for help." in said


def test_help_says_both_ways_to_call_it() -> None:
    code, said = run("map", "--help")
    assert code == 0
    assert "map EXPORT --mapping MAPPING" in said
    assert "import-cams FILE" in said
    assert "--strict" in said


def test_what_is_left_out_is_named_and_the_rest_is_written(example: Path) -> None:
    text = (example / "export.json").read_text().replace("3000 rpm", "fast")
    (example / "export.json").write_text(text)
    code, said = run("map", "export.json", "--mapping", "mapping.yaml")
    assert code == 8
    assert "written    records/RUN-7: 1 step" in said
    assert "left out: step 1 (spin)" in said
    code, said = run("map", "export.json", "--mapping", "mapping.yaml", "--strict")
    assert code == 4


def test_check_writes_nothing(example: Path) -> None:
    code, said = run("map", "export.json", "--mapping", "mapping.yaml", "--check")
    assert code == 0
    assert "All of it can be mapped. 0 rules never used" in said
    assert not (example / "records").exists()
    text = (example / "export.json").read_text().replace("3000 rpm", "fast")
    (example / "export.json").write_text(text)
    code, said = run("map", "export.json", "--mapping", "mapping.yaml", "--check")
    assert code == 4


def test_quiet_says_nothing(example: Path) -> None:
    assert run("map", "export.json", "--mapping", "mapping.yaml", "-q") == (0, "")
    assert (example / "records").exists()


@pytest.mark.parametrize("given", ["run", "=x", ""])
def test_a_parameter_is_a_name_and_a_value(example: Path, given: str) -> None:
    code, said = run("map", "export.json", "--mapping", "mapping.yaml", "--param", given)
    assert code == 2
    assert "run=17" in said
    assert example.exists()


def test_the_schema_of_mappings_is_printed_but_not_put_into_a_record(example: Path) -> None:
    code, said = run("schema", "--of", "mapping")
    assert code == 0
    assert json.loads(said)["title"] == "A mapping"
    code, said = run("schema", "--of", "mapping", "--write", str(example))
    assert code == 2


# ---- cams2nomad ----

CAMS = {
    "Spin coating": {
        "m_def": "fab.Spin",
        "mapping": {"name": "Step name", "speed": "Spin speed", "n": "5"},
        "transformations": {"speed": "float", "name": "lambda x: str(x)", "n": "lambda v: v*60"},
    },
    "bake": {"m_def": "fab.Bake", "mapping": {"t": ["T.max", "T.min"]}},
}


def test_a_mapping_of_cams_is_taken_over_and_says_what_to_replace(tmp_path: Path) -> None:
    (tmp_path / "cams.json").write_text(json.dumps(CAMS))
    made = publishkit.import_cams(tmp_path / "cams.json")
    value, problems = read_yaml(made.text.encode(), typed=True)
    assert problems == []
    assert isinstance(value, dict)
    steps = value["steps"]
    assert isinstance(steps, dict)
    assert steps["Spin coating"] == {
        "m_def": "fab.Spin",
        "mapping": {"name": "Step name", "speed": "Spin speed", "n": "5"},
        "transformations": {
            "speed": "number",
            "name": "text",
            "n": {"replace": "lambda v: v*60"},
        },
    }
    assert [one.path for one in made.left] == ["steps.Spin coating.transformations.n"]
    (tmp_path / "mapping.yaml").write_text(made.text)
    with pytest.raises(publishkit.RecordError) as caught:
        read_mapping(tmp_path / "mapping.yaml")
    assert ["never run" in str(one) for one in caught.value.problems] == [True]
    replaced = made.text.replace("replace: 'lambda v: v*60'", "expression: value * 60")
    (tmp_path / "mapping.yaml").write_text(replaced)
    assert list(read_mapping(tmp_path / "mapping.yaml").steps) == ["Spin coating", "bake"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "a list instead of an object"),
        ({}, "no step types"),
        ({"a": 5}, "a: 5 instead of an object"),
        ({"a": {"mapping": {}}}, "a.m_def: missing"),
        ({"a": {"m_def": "x", "mapping": []}}, "a.mapping: no object"),
        ({"a": {"m_def": "x", "mapping": {"b": 5}}}, "a.mapping.b: 5 is no name"),
        ({"a": {"m_def": "x", "mappings": {}}}, "a.mappings: unknown key"),
    ],
)
def test_what_is_no_mapping_of_cams_is_told(tmp_path: Path, document: object, said: str) -> None:
    (tmp_path / "cams.json").write_text(json.dumps(document))
    with pytest.raises(publishkit.RecordError) as caught:
        publishkit.import_cams(tmp_path / "cams.json")
    assert any(said in str(one) for one in caught.value.problems)
    with pytest.raises(publishkit.ConfigError, match="cannot be read"):
        publishkit.import_cams(tmp_path / "nosuch.json")


def test_the_command_writes_the_mapping_and_says_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cams.json").write_text(json.dumps(CAMS))
    code, said = run("map", "import-cams", "cams.json", "--output", "mapping.yaml")
    assert code == 0
    assert "replace: steps.Spin coating.transformations.n" in said
    assert "Fill in record and process" in said
    assert Path("mapping.yaml").read_text().startswith("record:")


# ---- the button ----


def test_data_in_no_file_need_a_folder(example: Path) -> None:
    document = json.loads((example / "export.json").read_text())
    with pytest.raises(publishkit.ConfigError, match="no folder of their own"):
        publishkit.submit_process(document, "mapping.yaml", to="nomad-test")


def test_nothing_is_sent_of_what_cannot_be_mapped(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publishkit.verbs.mapping.asking_for", lambda _: (None, []))
    text = (example / "export.json").read_text().replace("3000 rpm", "fast")
    (example / "export.json").write_text(text)
    with pytest.raises(publishkit.RecordError, match="nothing was written"):
        publishkit.submit_process("export.json", "mapping.yaml", to="nomad-test", folder="f")
    assert not Path("f").exists()


def test_both_commands_are_there() -> None:
    assert isinstance(cli, click.Group)
    assert {"map", "run-lims"} <= cli.commands.keys()
