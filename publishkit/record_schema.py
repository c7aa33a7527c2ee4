"""The JSON Schema of `record_metadata.json`, made of the models that read it.

What the models take is valid here too, nulls and the keys that an archive adds included; what
only rules across several fields refuse may be valid here and is found by validation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from publishkit import model, vocabularies
from publishkit.docstrings import field_docs
from publishkit.fields import Model
from publishkit.identifiers import AWARD_SCHEMES, PERSON_SCHEMES, WORK_SCHEMES
from publishkit.validation.served import added_beside_id, added_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic import BaseModel
    from pydantic_core import core_schema

__all__ = ["DIALECT", "Generator", "model_schema", "record_schema"]

Schema = dict[str, Any]
"""JSON; pydantic's own type for it."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DAY: Final = r"^\s*\d{4}-\d\d-\d\d\s*$"
_EDTF: Final = r"^[\s/~%?]*\d{4}(?!\d)"
_DATES: Final = frozenset({(model.Metadata, "publication_date"), (model.Date, "date")})
_WORDS: Final[Mapping[str, Collection[str]]] = {
    "ResourceTypes": vocabularies.RESOURCE_TYPES,
    "Roles": vocabularies.ROLES,
    "Relations": vocabularies.RELATION_TYPES,
    "DateTypes": vocabularies.DATE_TYPES,
    "TitleTypes": vocabularies.TITLE_TYPES,
    "DescriptionTypes": vocabularies.DESCRIPTION_TYPES,
    "Licences": vocabularies.LICENCES,
    "Languages": vocabularies.LANGUAGES.values(),
    "PersonSchemes": PERSON_SCHEMES,
    "WorkSchemes": WORK_SCHEMES,
    "AwardSchemes": AWARD_SCHEMES,
}
"""What an editor proposes; an archive may know other words, so that these are no limit."""
_PROPOSED: Final[Mapping[tuple[type[Model], str], tuple[str, str]]] = {
    (model.Metadata, "resource_type"): ("id", "ResourceTypes"),
    (model.Metadata, "languages"): ("id", "Languages"),
    (model.Metadata, "identifiers"): ("scheme", "WorkSchemes"),
    (model.Creator, "role"): ("id", "Roles"),
    (model.Contributor, "role"): ("id", "Roles"),
    (model.Title, "type"): ("id", "TitleTypes"),
    (model.Title, "lang"): ("id", "Languages"),
    (model.Description, "type"): ("id", "DescriptionTypes"),
    (model.Description, "lang"): ("id", "Languages"),
    (model.Date, "type"): ("id", "DateTypes"),
    (model.RelatedIdentifier, "relation_type"): ("id", "Relations"),
    (model.RelatedIdentifier, "resource_type"): ("id", "ResourceTypes"),
    (model.RelatedIdentifier, "scheme"): ("", "WorkSchemes"),
    (model.Reference, "scheme"): ("", "WorkSchemes"),
    (model.PersonOrOrg, "identifiers"): ("scheme", "PersonSchemes"),
    (model.Award, "identifiers"): ("scheme", "AwardSchemes"),
    (model.Right, "id"): ("", "Licences"),
}
"""The field, the key of the objects in it ('' for the field itself), and the words."""
_PATTERNS: Final[Mapping[str, str]] = {
    "orcid": r"(\d[- ]*){15}[\dXx][- ]*\s*$",
    "ror": r"0\w{6}\d{2}\s*$",
    "doi": r"10\.\d+.*/\S",
}
_ONE_OF: Final[Mapping[type[Model], tuple[str, ...]]] = {
    model.Affiliation: ("name", "id"),
    model.Funder: ("name", "id"),
    model.Subject: ("subject", "id"),
    model.Right: ("id", "title"),
    model.Award: ("number", "title", "id"),
}
"""Which fields must not all be missing."""


def record_schema(blocks: Mapping[str, type[BaseModel]]) -> Schema:
    """The schema of a metadata file.

    Args:
        blocks: The models of the backends' blocks by name.

    Returns:
        JSON Schema, draft 2020-12, that refers to nothing outside of it.
    """
    kinds: list[type[BaseModel]] = [model.Record, *blocks.values()]
    named, made = models_json_schema(
        [(kind, "validation") for kind in kinds], schema_generator=Generator
    )
    made["$defs"].pop("BaseModel", None)  # what stands for blocks in the model of a record
    record = made["$defs"].pop(named[model.Record, "validation"]["$ref"].rpartition("/")[2])
    pid = record["properties"]["pids"]["additionalProperties"]
    record["properties"]["pids"]["properties"] = {"doi": pid, "oai": True}  # the latter is left out
    properties = {
        "$schema": {"description": "The file that holds this schema; for editors, never sent."},
        **record["properties"],
        **{name: named[kind, "validation"] for name, kind in blocks.items()},
    }
    words = {name: {"enum": sorted(set(known))} for name, known in _WORDS.items()}
    return {
        "$schema": DIALECT,
        **record,
        "title": "record_metadata.json",
        "description": "What a record says of itself; the other files of its folder are its data.",
        "properties": properties,
        "$defs": {**made["$defs"], **words},
    }


def model_schema(kind: type[BaseModel], description: str) -> Schema:
    """The schema of a file that a model reads, as `record_schema` gives that of a record."""
    named, made = models_json_schema([(kind, "validation")], schema_generator=Generator)
    whole = made["$defs"].pop(named[kind, "validation"]["$ref"].rpartition("/")[2])
    return {"$schema": DIALECT, **whole, "description": description, "$defs": made["$defs"]}


class Generator(GenerateJsonSchema):
    """Adds to what pydantic knows of a model what its docstrings and the validation know."""

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        """A model."""
        kind: type[BaseModel] = schema["cls"]
        made: Schema = super().model_schema(schema)
        made.pop("title", None)
        if schema.get("root_model"):
            return made
        properties: dict[str, Schema] = made.get("properties", {})
        docs = field_docs(kind)
        for name, field in kind.model_fields.items():
            key = field.alias or name
            if field.exclude:
                properties.pop(key, None)
                continue
            plain = _plain(properties[key])
            if issubclass(kind, Model) and not field.is_required():
                plain = _or_null(plain)
            properties[key] = plain | ({"description": docs[name]} if name in docs else {})
        return _with_rules(kind, made) if issubclass(kind, Model) else made

    def str_schema(self, schema: core_schema.StringSchema) -> Schema:
        """Text, around which blanks do not count."""
        made: Schema = super().str_schema(schema)
        if pattern := made.get("pattern"):
            made["pattern"] = rf"^\s*{pattern.removeprefix('^').removesuffix('$')}\s*$"
        return made

    def date_schema(self, schema: core_schema.DateSchema) -> Schema:
        """A day."""
        return {**super().date_schema(schema), "pattern": _DAY}

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> Schema:
        """A union, without the keyword that only OpenAPI knows."""
        made: Schema = super().tagged_union_schema(schema)
        made.pop("discriminator", None)
        return made


def _plain(schema: Schema) -> Schema:
    """A field's schema without a default that says nothing, and `X or null` in fewer words."""
    schema = {key: value for key, value in schema.items() if key != "default" or _tells(value)}
    match schema.get("anyOf"):
        case [first, {"type": "null"}]:
            del schema["anyOf"]
            return {**schema, **_or_null(first)}
    return schema


def _tells(default: object) -> bool:
    return isinstance(default, bool | str | int)


def _or_null(schema: Schema) -> Schema:
    """Keys whose value is null count as left out."""
    kind = schema.get("type")
    if kind is None or isinstance(kind, list):
        refers = "$ref" in schema or "oneOf" in schema
        return {"anyOf": [schema, {"type": "null"}]} if refers else schema
    if "enum" in schema:
        schema = {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [kind, "null"]}


# ---- what the validation knows beyond the models ----


def _with_rules(kind: type[Model], made: Schema) -> Schema:
    properties = made["properties"]
    for name in properties:
        key, words = _PROPOSED.get((kind, name), ("", ""))
        if words:
            properties[name] = _proposing(properties[name], key, words)
        if (kind, name) in _DATES:
            properties[name]["pattern"] = _EDTF
    if kind in {model.RelatedIdentifier, model.Reference}:
        made["allOf"] = [_of_scheme("doi")]
    if fields := _ONE_OF.get(kind):
        made["anyOf"] = [{"required": [field]} for field in fields]
    if kind is model.PersonOrOrg:
        return _person(made)
    if kind is model.Pid:
        return _pid(made)
    if beside := added_beside_id(kind):
        made = _loosened(made, beside, {"required": ["id"], "properties": {"id": _TEXT}})
    if added := added_keys(kind):
        pattern = "|".join(map(re.escape, sorted(added)))
        made["patternProperties"] = {f"^({pattern})$": True}  # known, and never proposed
    return made


_TEXT: Final[Schema] = {"type": "string"}


def _proposing(schema: Schema, key: str, words: str) -> Schema:
    """A field for which an editor proposes words, or for a key of the objects in it."""
    free = {"anyOf": [{"$ref": f"#/$defs/{words}"}, {"type": ["string", "null"]}]}
    if not key:
        return {**schema, **free}
    if "items" in schema:
        return {**schema, "items": _proposing(schema["items"], key, words)}
    if "anyOf" in schema:
        first, *rest = schema["anyOf"]
        return {**schema, "anyOf": [_proposing(first, key, words), *rest]}
    checked = [_of_scheme(scheme) for scheme in _PATTERNS if scheme in _WORDS[words]]
    return {**schema, "properties": {key: free}, **({"allOf": checked} if checked else {})}


def _of_scheme(scheme: str) -> Schema:
    """What an identifier of a scheme looks like."""
    return {
        "if": {"required": ["scheme"], "properties": {"scheme": {"const": scheme}}},
        "then": {"properties": {"identifier": {"pattern": _PATTERNS[scheme]}}},
    }


def _loosened(made: Schema, names: Collection[str], when: Schema) -> Schema:
    """Let fields have any value when an archive has filled them in, since they are not read."""
    properties = made["properties"]
    strict = {name: properties[name] for name in sorted(names)}
    told = {n: {k: v for k, v in s.items() if k == "description"} for n, s in strict.items()}
    made["properties"] = {**properties, **told}
    return {**made, "if": when, "else": {"properties": strict}}


def _person(made: Schema) -> Schema:
    """A person needs a family name, of which an archive makes the whole; an organisation a name."""
    personal = {"required": ["type"], "properties": {"type": {"const": "personal"}}}
    made = _loosened(made, {"name"}, personal)
    made["then"] = {"required": ["family_name"]}
    made["else"]["required"] = ["name"]
    return made


def _pid(made: Schema) -> Schema:
    """Only of an external one more is read than who provides it."""
    external = {"properties": {"provider": {"pattern": r"^\s*external\s*$"}}}
    made["required"] = ["provider"]
    strict = {n: made["properties"][n] for n in ("identifier", "client")}
    strict["identifier"] = {"type": ["string", "null"]}  # an empty one is left out
    for name, kept in strict.items():
        made["properties"][name] = {"description": kept.get("description", "")}
    return {**made, "if": external, "then": {"properties": strict}}
