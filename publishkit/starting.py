"""The metadata of a new record, put together from answers and a template."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from publishkit import answers
from publishkit.errors import ConfigError, Problem, RecordError, Severity
from publishkit.model import Record
from publishkit.schema_file import SCHEMA_FILE
from publishkit.smallfiles import read_small
from publishkit.validation import MAX_BYTES, parse
from publishkit.validation.reading import read_json
from publishkit.validation.served import added_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pydantic import BaseModel, JsonValue

__all__ = ["FIELDS", "Field", "Template", "compose"]

Json = dict[str, "JsonValue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something that is asked of a new record."""

    key: str
    """In the metadata."""
    convert: Callable[[str], JsonValue]
    """Makes JSON of an answer. Raises ValueError with the reason why it does not."""
    many: bool = False
    """Whether there may be several, which are a list."""
    needed: bool = False
    """Whether somebody must say it."""
    default: str = ""
    """The answer where nobody says it."""


FIELDS: Final[Mapping[str, Field]] = {
    "title": Field(key="title", convert=answers.title, needed=True),
    "creators": Field(key="creators", convert=answers.creator, many=True, needed=True),
    "description": Field(key="description", convert=answers.description),
    "license": Field(key="rights", convert=answers.licence, many=True),
    "keywords": Field(key="subjects", convert=answers.keyword, many=True),
    "date": Field(key="publication_date", convert=answers.day, default="today"),
    "resource_type": Field(key="resource_type", convert=answers.resource_type, default="dataset"),
}
"""What is asked, by the names of the arguments of `publishkit.init`."""
_STAND_IN: Final[Mapping[str, JsonValue]] = {
    "title": "A title",
    "publication_date": "2000",
    "resource_type": {"id": "dataset"},
}
_PERSON: Final[Json] = {"type": "personal", "family_name": "Somebody"}


@dataclass(frozen=True, slots=True)
class Template:
    """What the records of a group have in common: a metadata file, in which much may be missing."""

    value: Mapping[str, JsonValue]

    @classmethod
    def read(cls, path: Path, blocks: Mapping[str, type[BaseModel]]) -> Template:
        """A template that is right as far as it goes.

        Args:
            path: A file that is written like `record_metadata.json`.
            blocks: The models of the backends' blocks by name.

        Raises:
            ConfigError: It cannot be read.
            RecordError: Names everything that is wrong with it.
        """
        try:
            data = read_small(path, MAX_BYTES)
        except OSError as error:
            raise ConfigError(
                f"the template {path} cannot be read: {error.strerror}",
                advice="Give a file that is written like record_metadata.json.",
            ) from error
        value, problems = read_json(data)
        if isinstance(value, dict):
            found = parse(json.dumps(_filled(value)).encode(), blocks=blocks).problems
            problems += [*found, *_of_one_record(value)]
        elif not problems:
            problems = [Problem("", "no JSON object", "write it like record_metadata.json")]
        wrong = [one for one in problems if one.severity is Severity.ERROR]
        if wrong or not isinstance(value, dict):
            named = [replace(one, record=str(path)) for one in wrong]
            raise RecordError(named, "the template is not valid", advice="Correct it there.")
        return cls(value)

    @property
    def metadata(self) -> Mapping[str, JsonValue]:
        """Its metadata."""
        found = self.value.get("metadata")
        return found if isinstance(found, dict) else {}

    def has(self, name: str) -> bool:
        """Whether nobody need say what `FIELDS` has under a name."""
        value = self.metadata.get(FIELDS[name].key)
        if name == "creators" and isinstance(value, list):
            return any(map(_is_whole, value))
        return bool(value)

    @property
    def affiliations(self) -> list[JsonValue]:
        """Where creators work who do not say it: those of a creator without a name."""
        creators = self.metadata.get("creators")
        listed = creators if isinstance(creators, list) else []
        nameless = [one for one in listed if not _is_whole(one)]
        found = [one.get("affiliations") for one in nameless if isinstance(one, dict)]
        return [each for one in found if isinstance(one, list) for each in one]


def _is_whole(creator: JsonValue) -> bool:
    return isinstance(creator, dict) and "person_or_org" in creator


def _filled(value: Json) -> Json:
    """A template with something in the place of all that it may lack."""
    metadata = value.get("metadata", {})
    if not isinstance(metadata, dict):
        return value
    creators = metadata.get("creators", [])
    creators = [{}] if creators in (None, []) else creators
    if isinstance(creators, list):
        creators = [
            {"person_or_org": _PERSON, **one} if isinstance(one, dict) else one for one in creators
        ]
    given = {key: item for key, item in metadata.items() if item is not None}
    return {**value, "metadata": {**_STAND_IN, **given, "creators": creators}}


def _of_one_record(value: Json) -> list[Problem]:
    if not value.get("pids"):
        return []
    return [Problem("pids", "a DOI belongs to one record", "leave it out of a template")]


def compose(given: Mapping[str, Sequence[str]], template: Template) -> tuple[Json, list[Problem]]:
    """The metadata file of a new record, and what is wrong with the answers.

    Args:
        given: Answers by the names of `FIELDS`; they go before what the template says.
        template: What else it says.
    """
    said: Json = {}
    problems: list[Problem] = []
    for name, field in FIELDS.items():
        texts = list(given.get(name, ()))
        if not texts and not template.has(name):
            texts = [field.default] if field.default else []
            if field.needed:
                problems.append(Problem(name, "missing"))
        values: list[JsonValue] = []
        for text in texts:
            try:
                values.append(field.convert(text))
            except ValueError as error:
                problems.append(Problem(name, str(error)))
        if values:
            said[field.key] = values if field.many else values[-1]
    return _whole(said, template), problems


def _whole(said: Json, template: Template) -> Json:
    """The metadata file: what was said, then what else the template has."""
    metadata = {**template.metadata, **said}
    metadata["creators"] = _creators(metadata.get("creators"), template.affiliations)
    keys = [*(field.key for field in FIELDS.values()), *metadata]
    ordered = {key: metadata[key] for key in dict.fromkeys(keys) if key in metadata}
    others = {key: one for key, one in template.value.items() if key not in _MADE_ANEW}
    files = template.value.get("files")
    if isinstance(files, dict) and (kept := {k: v for k, v in files.items() if k != "enabled"}):
        others["files"] = kept  # whether there are files, the folder says
    return {"$schema": SCHEMA_FILE, "metadata": ordered, **others}


_MADE_ANEW: Final = added_keys(Record) | {"$schema", "metadata", "files"}


def _creators(found: JsonValue, affiliations: list[JsonValue]) -> list[JsonValue]:
    """Those with a name; a person who says no affiliation has that of the template."""
    creators = found if isinstance(found, list) else []
    whole = [one for one in creators if isinstance(one, dict) and _is_whole(one)]
    return [
        {**one, "affiliations": affiliations}
        if affiliations and "affiliations" not in one and _is_person(one)
        else one
        for one in whole
    ]


def _is_person(creator: Json) -> bool:
    who = creator["person_or_org"]
    return isinstance(who, dict) and who.get("type") == "personal"
