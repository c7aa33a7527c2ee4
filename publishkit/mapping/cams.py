"""The structure of a `cams2nomad` mapping, made into a mapping of ours."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from publishkit.errors import Problem
from publishkit.validation.node import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

__all__ = ["convert", "to_yaml"]

_KEYS: Final = frozenset({"m_def", "mapping", "transformations"})
_CASTS: Final = {
    "float": "number",
    "int": "integer",
    "str": "text",
    "bool": "yes_no",
}
"""What Python's own casts are here; all else is code, and must be replaced by somebody."""
_CAST: Final = re.compile(r"(?:lambda (\w+) ?: ?)?(float|int|str|bool)(?:\(\1\))?")
_LOOKS_TYPED: Final = re.compile(r"-?[\d.]+([eE][+-]?\d+)?|null|true|false")
_PROCESS: Final[dict[str, JsonValue]] = {
    "m_def": "nomad.datamodel.metainfo.eln.ELNExperiment",
    "mapping": {"name": "name"},
    "steps": {"field": "steps", "reference": "activity", "name": "name"},
}
"""Of which `cams2nomad` says nothing: it is in the code around it."""


def convert(document: JsonValue) -> tuple[dict[str, JsonValue], list[Problem], list[Problem]]:
    """A mapping of ours.

    Args:
        document: By step type: `m_def`, `mapping` and `transformations`.

    Returns:
        The mapping, what is wrong with the document, and what must be replaced in the mapping.
    """
    if not isinstance(document, dict):
        wrong = Problem("", f"{shown(document)} instead of an object", "give one with step types")
        return {}, [wrong], []
    steps: dict[str, JsonValue] = {}
    problems: list[Problem] = []
    left: list[Problem] = []
    for type_, given in document.items():
        wrong_here = list(_wrong(type_, given))
        problems += wrong_here
        if not wrong_here and isinstance(given, dict):
            steps[type_] = _step(type_, given, left)
    if not document:
        problems.append(Problem("", "there are no step types in it"))
    record: JsonValue = {"mapping": {"metadata.title": "name"}, "constants": _CREATORS}
    return {"record": record, "process": dict(_PROCESS), "steps": steps}, problems, left


_CREATORS: Final[dict[str, JsonValue]] = {
    "metadata.creators": [
        {"person_or_org": {"type": "organizational", "name": "The facility"}},
    ]
}


def _wrong(type_: str, given: JsonValue) -> Iterator[Problem]:
    if not isinstance(given, dict):
        yield Problem(type_, f"{shown(given)} instead of an object", "write m_def and mapping")
        return
    for key in sorted(given.keys() - _KEYS):
        yield Problem(f"{type_}.{key}", "unknown key", f"known here: {', '.join(sorted(_KEYS))}")
    if not isinstance(given.get("m_def"), str):
        yield Problem(f"{type_}.m_def", "missing, or no text", "name the definition")
    for key in ("mapping", "transformations"):
        if not isinstance(given.get(key, {}), dict):
            yield Problem(f"{type_}.{key}", "no object", "write the fields by name")
    mapping = given.get("mapping")
    for name, source in (mapping if isinstance(mapping, dict) else {}).items():
        listed = source if isinstance(source, list) else [source]
        if not listed or not all(isinstance(one, str) and one for one in listed):
            yield Problem(f"{type_}.mapping.{name}", f"{shown(source)} is no name of a field")


def _step(type_: str, given: dict[str, JsonValue], left: list[Problem]) -> JsonValue:
    named = given.get("transformations")
    made: dict[str, JsonValue] = {}
    for name, function in (named if isinstance(named, dict) else {}).items():
        said = function.strip() if isinstance(function, str) else function
        cast = _CAST.fullmatch(said) if isinstance(said, str) else None
        if cast:
            made[name] = _CASTS[cast[2]]
        elif said is not None:
            made[name] = {"replace": said}
            where = f"steps.{type_}.transformations.{name}"
            left.append(Problem(where, f"{shown(said)} is code", "say it by transformations"))
    mapping = given.get("mapping")
    step: dict[str, JsonValue] = {"m_def": given["m_def"], "mapping": mapping or {}}
    return {**step, "transformations": made} if made else step


def to_yaml(mapping: dict[str, JsonValue]) -> str:
    """A mapping as YAML that reads as it was meant."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Puts text into quotes that would be a number or a word of JSON."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = '"' if _LOOKS_TYPED.fullmatch(value) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    plain = json.loads(json.dumps(mapping))
    return yaml.dump(plain, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
