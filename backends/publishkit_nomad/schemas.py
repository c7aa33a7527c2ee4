"""What NOMAD's schema files define: the YAML or JSON of sections that lies in an upload itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from publishkit.entryfiles import Definition, Field
from publishkit.errors import Problem
from publishkit.yamlfile import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

__all__ = ["defined_in", "kind_of", "place_of", "read_schema"]

_PLACE: Final = re.compile(
    r"(?:\.\./upload/(?:raw|archive/mainfile)/)?(?P<file>[^#]+\.(?:json|yaml|yml))"
    r"#(?:/definitions/(?:section_definitions|sections)/)?(?P<name>\w+(?:\.\w+)*)"
)
"""How people name a section of a file; only the first form with `section_definitions`, and the last
behind a whole path, are understood by NOMAD itself (seen on 1.3.17 and 2.0.0)."""
_KINDS: Final = (
    ("float", "number"),
    ("int", "integer"),
    ("bool", "yes/no"),
    ("str", "text"),
    ("datetime", "time"),
)


def place_of(definition: str) -> tuple[str, str] | None:
    """The file of the upload and the section in it that are named, or None."""
    found = _PLACE.fullmatch(definition)
    return (found["file"], found["name"]) if found else None


def defined_in(file: str, name: str) -> str:
    """What NOMAD understands for a section of a file in the same upload (1.3.17 and 2.0.0)."""
    return f"../upload/raw/{file}#/definitions/section_definitions/{name}"


def kind_of(type_: str) -> str:
    """What values of one of NOMAD's types are: `np.float64` is a `number`."""
    plain = type_.rpartition(".")[2].lower()
    return next((kind for begin, kind in _KINDS if plain.startswith(begin)), "")


def read_schema(file: str, content: bytes) -> tuple[dict[str, Definition], list[Problem]]:
    """The sections that a schema file defines, by name; those within others as `Outer.inner`."""
    value, problems = read_yaml(content)  # every JSON file is one of YAML
    if problems:
        return {}, problems
    package = value.get("definitions") if isinstance(value, dict) else None
    if not isinstance(package, dict):
        return {}, [Problem("", "it has no definitions", "write sections below definitions:")]
    reader = _Reader(file)
    for name, section in _named(package.get("sections", package.get("section_definitions"))):
        reader.take(name, section)
    return reader.found, []


@dataclass(slots=True)
class _Reader:
    file: str
    found: dict[str, Definition] = field(default_factory=dict)

    def take(self, name: str, section: Mapping[str, JsonValue]) -> None:
        """Note a section, and those that it holds itself."""
        fields = dict(self._quantities(section))
        for key, one in _named(section.get("sub_sections")):
            inner = one.get("section", one.get("sub_section"))
            if isinstance(inner, dict):
                self.take(f"{name}.{key}", inner)
            named = self._name(inner) if isinstance(inner, str) else f"{name}.{key}"
            fields[key] = Field(section=named if isinstance(inner, str) else self._here(named))
        bases = section.get("base_sections", section.get("base_section")) or []
        listed = bases if isinstance(bases, list) else [bases]
        named_bases = tuple(self._name(one) for one in listed if isinstance(one, str))
        self.found[name] = Definition(fields=fields, bases=named_bases)

    def _quantities(self, section: Mapping[str, JsonValue]) -> Iterator[tuple[str, Field]]:
        for name, one in _named(section.get("quantities")):
            type_, unit = one.get("type"), one.get("unit")
            kind = kind_of(type_) if isinstance(type_, str) else ""
            yield name, Field(kind=kind, unit=unit if isinstance(unit, str) else "")

    def _name(self, written: str) -> str:
        """What a section is called elsewhere that is called so within the file."""
        if written.startswith("#"):
            return self._here(written.rpartition("/")[2].lstrip("#"))
        return written if "." in written else self._here(written)

    def _here(self, name: str) -> str:
        return defined_in(self.file, name)


def _named(value: JsonValue) -> Iterator[tuple[str, Mapping[str, JsonValue]]]:
    """Sections and quantities stand by name in an object, or with it in a list."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield name, one if isinstance(one, dict) else {}
    elif isinstance(value, list):
        for one in value:
            named = one.get("name") if isinstance(one, dict) else None
            if isinstance(one, dict) and isinstance(named, str):
                yield named, one
