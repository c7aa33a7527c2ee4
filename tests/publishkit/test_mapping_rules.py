"""Mapping files: everything that is wrong with one is told at once, where it is."""

from __future__ import annotations

import json
import sys
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import TYPE_CHECKING, Any

import fabrication
import jsonschema
import pytest
import yaml

import publishkit
from publishkit import plugins
from publishkit.errors import ConfigError, PluginError, RecordError
from publishkit.hooks import Conversion, Transformation, hookimpl
from publishkit.mapping import transformations as own
from publishkit.mapping.reading import read_mapping
from publishkit.yamlfile import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

Given = Any
"""Whatever a test gives."""
BASE: dict[str, Any] = {
    "process": {"m_def": "a.B", "steps": {"field": "steps", "reference": "activity"}},
    "steps": {"bake": {"m_def": "a.C", "mapping": {"t": "temperature"}}},
}


def bake(**more: Given) -> dict[str, Any]:
    """A mapping with one step."""
    return {**BASE, "steps": {"bake": {"m_def": "a.C", **more}}}


def problems(folder: Path, mapping: Given) -> list[str]:
    """What is said of a mapping."""
    path = folder / "mapping.json"
    path.write_text(json.dumps(mapping))
    with pytest.raises(RecordError, match="not valid") as caught:
        read_mapping(path)
    return [str(one).partition("mapping.json: ")[2] for one in caught.value.problems]


@pytest.mark.parametrize("path", [fabrication.MAPPING, fabrication.OWN])
def test_the_mappings_of_the_tests_are_valid_and_fit_the_schema(path: Path) -> None:
    assert read_mapping(path).steps.keys() >= {"bake", "etching"}
    value, _ = read_yaml(path.read_bytes(), typed=True)
    jsonschema.validate(value, publishkit.schema("mapping"))


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ([], "a list"),
        ({}, "process: missing"),
        ({**BASE, "steps": {}}, "steps: missing"),
        ({**BASE, "sources": {}}, "sources: unknown key; did you mean source?"),
        ({**BASE, "source": {"parameter": "x"}}, "source.parameter: unknown key; did you mean par"),
        (bake(maping={}), "steps.bake.maping: unknown key; did you mean mapping?"),
        (bake(mapping={"a": 5}), "steps.bake.mapping.a"),
        (bake(mapping={"a": []}), "steps.bake.mapping.a"),
        (bake(mapping={"a b[": "x"}), "steps.bake.mapping.a b[: "),
        (bake(mapping={"a[*].b[*]": "x"}), "more than one [*]"),
        (bake(mapping={"a": "x", "a.b": "y"}), "is a value already"),
        (bake(mapping={"a": "x"}, constants={"a": 1}), "a has a value already"),
        (bake(mapping={"a[1]": "x"}), "there is no item 0 before item 1"),
        (bake(mapping={"a": "x"}, transformations={"b": "text"}), "there is no such field"),
        (bake(mapping={"a": "x"}, transformations={"a": "nummber"}), "did you mean number?"),
        (bake(mapping={"a": "x"}, transformations={"a": 5}), "5 is no transformation"),
        (bake(mapping={"a": "x"}, transformations={"a": {"text": 1}}), "takes no arguments"),
        (bake(mapping={"a": "x"}, transformations={"a": "unit"}), "unit needs arguments"),
        (bake(mapping={"a": "x"}, transformations={"a": [{"unit": {"form": "s"}}]}), "mean from?"),
        (
            bake(mapping={"a": "x"}, transformations={"a": {"unit": {"from": "s", "to": "kg"}}}),
            "steps.bake.transformations.a: s cannot be had in kg",
        ),
        (
            bake(mapping={"a": "x"}, transformations={"a": ["optional", {"default": 1}]}),
            "both optional and default",
        ),
        (
            bake(mapping={"a": "x"}, transformations={"a": {"replace": "lambda v: v * 60"}}),
            '"lambda v: v * 60" was code, which is never run',
        ),
        (
            bake(mapping={"a": "x"}, transformations={"a": {"expression": "exec('x')"}}),
            "and nothing else",
        ),
        ({**BASE, "files": ["nosuch.yaml"]}, "files[0]: "),
        (
            {**BASE, "process": {**BASE["process"], "mapping": {"steps[0].name": "x"}}},
            "process.steps.field: steps is made by a rule",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_path(tmp_path: Path, mapping: Given, said: str) -> None:
    assert any(said in one for one in problems(tmp_path, mapping)), problems(tmp_path, mapping)


def test_all_of_it_is_told_at_once(tmp_path: Path) -> None:
    rules = {"a": "nummber", "b": "unit", "c": {"replace": "x"}}
    wrong = bake(mapping={"a": "x", "b": "y", "c": "z"}, transformations=rules)
    assert len(problems(tmp_path, {**wrong, "files": ["nosuch"]})) == 4


def test_a_mapping_that_is_not_there_or_no_yaml_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_mapping(tmp_path / "nosuch.yaml")
    (tmp_path / "x.yaml").write_text("a: [")
    with pytest.raises(RecordError, match="not valid"):
        read_mapping(tmp_path / "x.yaml")


def test_constants_keep_their_types() -> None:
    text = (
        b"a: 5\nb: '5'\nc: no\nd: true\ne: 1.50\nf: 012\ng: 1e3\nh: null\ni: ~\nj: 2024-03-12\n"
        b"k: 1_000\nl: 12:30\nm: |\n  5\nn:\no: -0.5\np: .5\nq: yes\n"
    )
    value, wrong = read_yaml(text, typed=True)
    assert wrong == []
    assert value == {
        "a": 5, "b": "5", "c": "no", "d": True, "e": 1.5, "f": "012", "g": 1000.0, "h": None,
        "i": "~", "j": "2024-03-12", "k": "1_000", "l": "12:30", "m": "5\n", "n": None, "o": -0.5,
        "p": ".5", "q": "yes",
    }  # fmt: skip


def test_a_number_that_is_too_large_is_told() -> None:
    _, wrong = read_yaml(b"a: 1e999", typed=True)
    assert "too large" in wrong[0].message


@pytest.mark.parametrize(
    "slip",
    [
        {"stepps": {}},
        {"source": {"process": 5}},
        {"steps": {"bake": {"m_def": "a.C", "transformations": {"a": "nummber"}}}},
        {"steps": {"bake": {"m_def": "a.C", "transformations": {"a": {"unit": {"from": "s"}}}}}},
    ],
)
def test_the_schema_finds_slips(slip: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**BASE, **slip}, publishkit.schema("mapping"))


def test_the_schema_is_one_and_says_what_everything_is() -> None:
    found = publishkit.schema("mapping")
    jsonschema.Draft202012Validator.check_schema(found)
    for model in ("Source", "StepRules", "ProcessRules", "RecordRules", "Links"):
        for name, one in found["$defs"][model]["properties"].items():  # type: ignore[index, call-overload, union-attr]
            assert "description" in one, name  # type: ignore[operator]


def test_there_is_no_schema_of_anything_else() -> None:
    with pytest.raises(ConfigError, match="record, mapping"):
        publishkit.schema("nosuch")


# ---- what plugins add ----


def plugin(
    monkeypatch: pytest.MonkeyPatch, name: str, title: str = "Twice the text."
) -> EntryPoint:
    """A plugin with one transformation."""
    module = ModuleType("plug_twice")

    @hookimpl
    def publishkit_transformations() -> list[Transformation]:
        def prepare(_: object) -> Conversion:
            return Conversion(apply=lambda value, _look: f"{value}{value}")

        return [Transformation(name=name, title=title, prepare=prepare, bare=True)]

    monkeypatch.setattr(
        module, "publishkit_transformations", publishkit_transformations, raising=False
    )
    monkeypatch.setitem(sys.modules, "plug_twice", module)
    return EntryPoint("twice", "plug_twice", "publishkit")


def test_a_plugin_adds_a_transformation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = plugins.load_transformations([plugin(monkeypatch, "twice")])
    monkeypatch.setattr(plugins, "transformations", lambda: found)
    own.transformations.cache_clear()
    try:
        mapping = bake(mapping={"a": "x"}, transformations={"a": "twice"})
        (tmp_path / "m.yaml").write_text(yaml.safe_dump(mapping))
        (stage,) = read_mapping(tmp_path / "m.yaml").steps["bake"].rules.rules[0].stages
        assert stage.conversion.apply("ab", lambda _: None) == "abab"
        jsonschema.validate(mapping, publishkit.schema("mapping"))
    finally:
        own.transformations.cache_clear()


def test_a_plugin_cannot_take_a_name_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = plugins.load_transformations([plugin(monkeypatch, "number")])
    monkeypatch.setattr(plugins, "transformations", lambda: found)
    own.transformations.cache_clear()
    try:
        with pytest.raises(PluginError, match="number"):
            own.transformations()
    finally:
        own.transformations.cache_clear()
