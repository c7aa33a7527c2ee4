"""What definitions say of fields: is there such a field, in which unit, of which kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from publishkit.errors import Problem
from publishkit.mapping.paths import EACH
from publishkit.mapping.units import factor_differs
from publishkit.validation.nearest import nearest
from publishkit.validation.node import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.entryfiles import Definition, EntryFiles, Field
    from publishkit.mapping.reading import Entry, Plan
    from publishkit.mapping.rules import Ruleset

__all__ = [
    "Definitions",
    "check_plan",
    "data_name",
    "entries",
    "known_definitions",
    "misfits",
]

_ROUNDS: Final = 12
"""Definitions that take fields from others that take fields from others."""
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Known:
    """All fields of a definition, those of its bases among them."""

    fields: Mapping[str, Field]
    whole: bool
    """Whether there are no others."""


@dataclass(slots=True)
class Definitions:
    """What is known of definitions by name; None for those that do not exist."""

    found: dict[str, Definition | None] = field(default_factory=dict)
    unasked: set[str] = field(default_factory=set)
    """Those of which nobody can tell."""
    near: dict[str, Sequence[str]] = field(default_factory=dict)
    """What may have been meant by a name that does not exist."""
    problems: list[Problem] = field(default_factory=list)
    """What is wrong with the files that go along."""

    def known(self, name: str, depth: int = 0) -> Known | None:
        """All that is known of one, or None."""
        definition = self.found.get(name)
        if definition is None or depth > _ROUNDS:
            return None
        fields: dict[str, Field] = {}
        whole = True
        for base in definition.bases:
            inherited = self.known(base, depth + 1)
            fields |= inherited.fields if inherited else {}
            whole = whole and bool(inherited and inherited.whole)
        return Known({**fields, **definition.fields}, whole)

    def field(self, name: str, path: Iterable[str]) -> tuple[Field | None, str]:
        """The field at a path of a definition, or None and why there is none."""
        here: Field | None = None
        for part in path:
            if here is not None and not here.section:
                return None, "what it is in holds a value, and no fields"
            known = self.known(here.section if here else name)
            if known is None:
                return None, ""
            here = known.fields.get(part)
            if here is None:
                return None, _unknown(part, known) if known.whole else ""
        return here, ""


def _unknown(part: str, known: Known) -> str:
    meant = nearest(part, known.fields)
    hint = f"did you mean {meant}?" if meant else f"it has {', '.join(sorted(known.fields)[:20])}"
    return f"the definition has no field {part}; {hint}"


def known_definitions(
    plan: Plan,
    entry_files: EntryFiles,
    ask: Callable[[Iterable[str]], Mapping[str, Definition | None]] | None,
) -> Definitions:
    """All that can be known of the definitions that a mapping names.

    Args:
        plan: The mapping.
        entry_files: Reads those in the files that go along.
        ask: Gives those that the repository has, or None where nobody is asked.
    """
    made = Definitions()
    read: set[str] = set()
    left = {data_name(entry.definition, entry_files) for _, entry in entries(plan)}
    for _ in range(_ROUNDS):
        places = {name: place for name in left if (place := entry_files.place_of(name))}
        for file in {file for file, _ in places.values()} & plan.files.keys() - read:
            read.add(file)
            _read(made, file, plan.files[file], entry_files)
        made.found |= dict.fromkeys(places.keys() - made.found.keys())
        others = left - places.keys()
        if others:
            answers = ask(sorted(others)) if ask else {}
            made.found |= answers
            made.unasked |= others - answers.keys()
        left = {name for one in made.found.values() if one for name in _referred(one)}
        left -= made.found.keys() | made.unasked
        if not left:
            break
    return made


def _read(made: Definitions, file: str, content: bytes, entry_files: EntryFiles) -> None:
    defined, problems = entry_files.definitions(file, content)
    made.problems += [
        Problem(f"{file}: {one.path}" if one.path else file, one.message, one.advice)
        for one in problems
    ]
    made.found |= {entry_files.defined_in(file, name): one for name, one in defined.items()}


def _referred(definition: Definition) -> Iterator[str]:
    yield from definition.bases
    for one in definition.fields.values():
        if one.section:
            yield one.section


def data_name(definition: str, entry_files: EntryFiles) -> str:
    """What data call a definition, of how a mapping names it."""
    place = entry_files.place_of(definition)
    return entry_files.defined_in(*place) if place else definition


def entries(plan: Plan) -> Iterator[tuple[str, Entry]]:
    """The entries that a mapping makes, with their paths in it."""
    yield "process", plan.process
    for type_, entry in plan.steps.items():
        yield f"steps.{type_}", entry


# ---- what a mapping asks for ----


def check_plan(plan: Plan, entry_files: EntryFiles, definitions: Definitions) -> list[Problem]:
    """Everything in a mapping that does not fit the definitions."""
    problems = list(definitions.problems)
    for where, entry in entries(plan):
        name = data_name(entry.definition, entry_files)
        if name in definitions.found and definitions.found[name] is None:
            problems.append(_no_definition(where, entry, plan, entry_files, definitions))
        else:
            problems += _of_rules(entry.rules, name, definitions)
    problems += _of_links(plan, data_name(plan.process.definition, entry_files), definitions)
    return problems + _of_bases(definitions)


def _no_definition(
    where: str, entry: Entry, plan: Plan, entry_files: EntryFiles, definitions: Definitions
) -> Problem:
    place = entry_files.place_of(entry.definition)
    if place and place[0] not in plan.files:
        wrong = f"{entry.definition} lies in a file that does not go along"
        return Problem(f"{where}.m_def", wrong, f"name {place[0]} in files")
    meant = nearest(entry.definition, definitions.near.get(entry.definition, ()))
    if place:
        named = (entry_files.place_of(n) for n, one in definitions.found.items() if one)
        inner = [found[1] for found in named if found and found[0] == place[0]]
        near = nearest(place[1], inner)
        meant = f"{place[0]}#{near}" if near else None
    advice = f"did you mean {meant}?" if meant else "name it as the one who defined it does"
    return Problem(f"{where}.m_def", f"there is no definition {entry.definition}", advice)


def _of_bases(definitions: Definitions) -> list[Problem]:
    return [
        Problem(name, f"the definition {other} that it names does not exist", "correct the file")
        for name, one in definitions.found.items()
        if one
        for other in dict.fromkeys(_referred(one))
        if other in definitions.found and definitions.found[other] is None
    ]


def _of_rules(rules: Ruleset, name: str, definitions: Definitions) -> list[Problem]:
    problems: list[Problem] = []
    for path, place in rules.places():
        found, why = definitions.field(name, place.plain.split("."))
        if why:
            advice = "what is sent under another name would be lost without a word"
            problems.append(Problem(path, why, advice))
        unit = next((rule.unit for rule in rules.rules if rule.place is place), "")
        if found and unit and (wrong := _of_unit(unit, found)):
            problems.append(Problem(path.replace(".mapping.", ".transformations."), *wrong))
    return problems


def _of_unit(unit: str, found: Field) -> tuple[str, str] | None:
    if not found.unit:
        return None
    try:
        differs = factor_differs(unit, found.unit)
    except ValueError:  # a unit that only the repository knows
        return None
    if not differs:
        return None
    return f"it gives {unit}, the field is in {found.unit}", f"let it give {found.unit}"


def _of_links(plan: Plan, name: str, definitions: Definitions) -> list[Problem]:
    links, where = plan.links, "process.steps"
    found, why = definitions.field(name, [links.field])
    if why:
        return [Problem(f"{where}.field", why)]
    if found is None:
        return []
    if not links.reference:
        wrong = f"{links.field} holds sections, and no references"
        advice = "name the field in them that refers to a step: reference"
        return [Problem(f"{where}.field", wrong, advice)] if found.section else []
    problems: list[Problem] = []
    for key in ("reference", "name"):
        if one := getattr(links, key):
            _, why = definitions.field(name, [links.field, one])
            problems += [Problem(f"{where}.{key}", why)] if why else []
    return problems


# ---- what became of values ----


def misfits(
    data: Mapping[str, JsonValue], rules: Ruleset, name: str, definitions: Definitions
) -> list[tuple[str, JsonValue, str]]:
    """Values that the repository would refuse or misread: the field, the value, and why."""
    wrong: list[tuple[str, JsonValue, str]] = []
    for _, place in rules.places():
        found, _why = definitions.field(name, place.plain.split("."))
        each = _values(dict(data), place.parts) if found else ()
        wrong += [(place.path, v, why) for v in each if found and (why := _misfit(v, found))]
    return wrong


def _values(data: JsonValue, parts: tuple[str | int, ...]) -> Iterator[JsonValue]:
    """What stands at a place, item by item where it is a list."""
    first, rest = (parts[0], parts[1:]) if parts else (EACH, ())
    if isinstance(data, list) and isinstance(first, int):
        for one in data if first == EACH else data[first : first + 1]:
            yield from _values(one, rest)
    elif isinstance(data, dict) and isinstance(first, str) and first in data:
        yield from _values(data[first], rest)
    elif not parts:
        yield data


def _misfit(value: JsonValue, found: Field) -> str:
    if found.section:
        return "" if isinstance(value, dict) else "the field holds fields, and no value"
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    is_number = number is not None
    whole = number is not None and float(number).is_integer()
    right = {
        "number": is_number,
        "integer": whole,
        "yes/no": isinstance(value, bool),
        "text": is_number or isinstance(value, str),
        "time": isinstance(value, str) and bool(_TIME.fullmatch(value)),
    }
    if right.get(found.kind, True):
        return ""
    said, name = _WANTED[found.kind]
    return (
        f"{shown(value)} is not {said}, which the field wants; the transformation {name} makes it"
    )


_WANTED: Final = {
    "number": ("a number", "number"),
    "integer": ("a whole number", "integer"),
    "yes/no": ("true or false", "yes_no"),
    "text": ("text", "text"),
    "time": ("a date or a time as ISO 8601 has it", "datetime"),
}
