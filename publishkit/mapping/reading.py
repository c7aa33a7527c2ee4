"""A mapping file becomes rules, and everything that is wrong with it is named at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from publishkit.errors import ConfigError, Problem, RecordError
from publishkit.mapping.model import MappingFile
from publishkit.mapping.rules import ruleset
from publishkit.smallfiles import read_small
from publishkit.validation.reading import read_json
from publishkit.validation.shape import fit
from publishkit.yamlfile import MAX_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from publishkit.mapping.model import From, Links, Source
    from publishkit.mapping.rules import Ruleset

__all__ = ["Entry", "Plan", "read_mapping"]

_LARGEST: Final = 20_000_000
"""Bytes of a file that goes along with every record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How an entry is made."""

    definition: str
    """As it was written."""
    rules: Ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A mapping that can be applied."""

    path: Path
    """Where it was read."""
    source: Source
    files: Mapping[str, bytes]
    """What goes along, by the name that it has in the record."""
    folder: From | None
    template: Path | None
    record: Ruleset
    process: Entry
    links: Links
    steps: Mapping[str, Entry]


def read_mapping(path: Path) -> Plan:
    """Read a mapping file.

    Args:
        path: YAML, or JSON where its name ends so.

    Raises:
        ConfigError: It cannot be read.
        RecordError: Names everything that is wrong with it.
    """
    try:
        data = read_small(path, MAX_BYTES)
    except OSError as error:
        raise ConfigError(
            f"the mapping {path} cannot be read: {error.strerror}",
            advice="Give a mapping file, YAML or JSON.",
        ) from error
    as_json = path.suffix.lower() == ".json"
    value, problems = read_json(data) if as_json else read_yaml(data, typed=True)
    found: MappingFile | None = None
    if not problems:
        found, problems = fit(MappingFile, value)
    plan, wrong = _planned(found, path) if found else (None, [])
    problems = [*problems, *wrong]
    if plan is None or problems:
        named = [replace(one, record=str(path)) for one in problems]
        raise RecordError(named, "the mapping is not valid", advice="Correct it there.")
    return plan


def _planned(found: MappingFile, path: Path) -> tuple[Plan, list[Problem]]:
    record, problems = ruleset(found.record, "record")
    process, wrong = ruleset(found.process, "process")
    problems += wrong
    steps: dict[str, Entry] = {}
    for type_, rules in found.steps.items():
        made, wrong = ruleset(rules, f"steps.{type_}")
        problems += wrong
        steps[type_] = Entry(definition=rules.m_def, rules=made)
    files, wrong = _files(found, path.parent)
    named = found.record.template
    plan = Plan(
        path=path,
        source=found.source,
        files=files,
        folder=found.record.folder,
        template=path.parent / named if named else None,
        record=record,
        process=Entry(definition=found.process.m_def, rules=process),
        links=found.process.steps,
        steps=steps,
    )
    return plan, [*problems, *wrong, *_linked(found)]


def _linked(found: MappingFile) -> list[Problem]:
    """The field that refers to the steps must be free, and plain."""
    name = found.process.steps.field
    taken = [*found.process.mapping, *found.process.constants]
    if any(one.partition(".")[0].partition("[")[0] == name for one in taken):
        wrong = f"{name} is made by a rule of the process already"
        return [Problem("process.steps.field", wrong, "name another field")]
    return []


def _files(found: MappingFile, folder: Path) -> tuple[dict[str, bytes], list[Problem]]:
    read: dict[str, bytes] = {}
    problems: list[Problem] = []
    for number, name in enumerate(found.files):
        where, path = f"files[{number}]", folder / name
        if path.name in read:
            problems.append(Problem(where, f"{path.name} is named twice", "keep one of them"))
            continue
        try:
            read[path.name] = read_small(path, _LARGEST)
        except OSError as error:
            wrong = f"{path} cannot be read: {error.strerror}"
            problems.append(Problem(where, wrong, "name a file as seen from the mapping file"))
    return read, problems
