"""The JSON Schema of a mapping file, with every transformation that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from publishkit.mapping.model import MappingFile
from publishkit.mapping.transformations import transformations
from publishkit.record_schema import DIALECT, Generator

if TYPE_CHECKING:
    from publishkit.hooks import Transformation

__all__ = ["mapping_schema"]

Schema = dict[str, Any]


_ONE: Final = {"$ref": "#/$defs/Transformation"}


def mapping_schema() -> Schema:
    """The schema of a mapping file.

    Returns:
        JSON Schema, draft 2020-12, that refers to nothing outside of it.
    """
    made: Schema = MappingFile.model_json_schema(schema_generator=Generator)
    named: Schema = made["$defs"]
    for rules in ("RecordRules", "ProcessRules", "StepRules"):
        inner = named[rules]["properties"]["transformations"]
        inner["additionalProperties"] = {"anyOf": [_ONE, {"type": "array", "items": _ONE}]}
    known = transformations().values()
    for one in known:
        named |= _arguments(one)
    named["Transformation"] = {"anyOf": [way for one in known for way in _ways(one)]}
    return {
        "$schema": DIALECT,
        **made,
        "title": "A mapping",
        "description": "How what a lab's database exports becomes records.",
    }


def _arguments(one: Transformation) -> Schema:
    """The schemas that the arguments of a transformation are made of."""
    if one.arguments is None:
        return {}
    made: Schema = one.arguments().model_json_schema(schema_generator=Generator)
    inner: Schema = made.pop("$defs", {})
    return {**inner, f"{one.name}-arguments": made}


def _ways(one: Transformation) -> list[Schema]:
    """How it can be written: by its name, or by its name with arguments."""
    ways: list[Schema] = []
    if one.bare:
        ways.append({"const": one.name, "description": one.title})
    if one.arguments:
        given: Schema = {"$ref": f"#/$defs/{one.name}-arguments"}
        if one.shorthand:
            alone = {"type": ["string", "number", "boolean"], "description": one.shorthand}
            given = {"anyOf": [given, alone]}
        ways.append(
            {
                "type": "object",
                "description": one.title,
                "properties": {one.name: given},
                "required": [one.name],
                "additionalProperties": False,
            }
        )
    return ways
