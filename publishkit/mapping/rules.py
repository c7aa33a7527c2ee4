"""The rules of a mapping, ready to be applied: checked, and every name in them looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from publishkit.errors import Problem
from publishkit.mapping.paths import EACH, ClashError, Place, put
from publishkit.mapping.transformations import DEFAULT, OPTIONAL, Default, transformations
from publishkit.validation.nearest import nearest
from publishkit.validation.node import shown
from publishkit.validation.shape import fit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel, JsonValue

    from publishkit.hooks import Conversion, Transformation
    from publishkit.mapping.model import From, Rules

__all__ = ["NOTHING", "Nothing", "Rule", "Ruleset", "Stage", "ruleset"]


class Nothing:
    """Where a rule has no default: null may be one."""


NOTHING: Final = Nothing()


@dataclass(frozen=True, slots=True)
class Stage:
    """One transformation of a rule."""

    words: str
    """How messages name it, such as `unit (from min to s)`."""
    conversion: Conversion


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one field is made."""

    place: Place
    sources: tuple[str, ...]
    many: bool
    """Whether the value is the list of what the sources have."""
    stages: tuple[Stage, ...] = ()
    optional: bool = False
    default: JsonValue | Nothing = NOTHING

    @property
    def uses(self) -> frozenset[str]:
        """The fields of the export that it looks at."""
        used = (stage.conversion.uses for stage in self.stages)
        return frozenset(self.sources).union(*used)

    @property
    def unit(self) -> str:
        """The unit in which numbers are that come out, or ''."""
        found = [stage.conversion.unit for stage in self.stages]
        return found[-1] if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """How the fields of something are made."""

    where: str
    """Its path in the mapping."""
    rules: tuple[Rule, ...]
    constants: tuple[tuple[Place, JsonValue], ...]

    @property
    def uses(self) -> frozenset[str]:
        """The fields of the export that its rules look at."""
        return frozenset[str]().union(*(rule.uses for rule in self.rules))

    def places(self) -> Iterator[tuple[str, Place]]:
        """The fields that it makes, with their paths in the mapping."""
        for rule in self.rules:
            yield f"{self.where}.mapping.{rule.place.path}", rule.place
        for place, _ in self.constants:
            yield f"{self.where}.constants.{place.path}", place


def ruleset(rules: Rules, where: str) -> tuple[Ruleset, list[Problem]]:
    """Rules, checked.

    Args:
        rules: As the mapping file has them.
        where: Their path there.

    Returns:
        What can be applied, as far as it is right, and everything that is wrong.
    """
    reader = _Reader(where)
    made = [
        rule for name, given in rules.mapping.items() if (rule := reader.rule(name, given, rules))
    ]
    constants = [
        (place, value)
        for name, value in rules.constants.items()
        if (place := reader.place(f"{where}.constants.{name}", name))
    ]
    for name in rules.transformations.keys() - rules.mapping.keys():
        meant = nearest(name, rules.mapping)
        reader.wrong(
            f"{where}.transformations.{name}",
            "there is no such field in mapping",
            f"did you mean {meant}?" if meant else "map it, or take this out",
        )
    _clashes(reader, made, constants)
    found = Ruleset(where=where, rules=tuple(made), constants=tuple(constants))
    return found, reader.problems


@dataclass(slots=True)
class _Reader:
    where: str
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, path: str, message: str, advice: str = "") -> None:
        self.problems.append(Problem(path, message, advice))

    def place(self, path: str, name: str) -> Place | None:
        try:
            return Place.of(name)
        except ValueError as error:
            self.wrong(path, str(error), "write such as solution.name or layers[0].name")
            return None

    def rule(self, name: str, given: From, rules: Rules) -> Rule | None:
        path = f"{self.where}.mapping.{name}"
        sources = (given,) if isinstance(given, str) else given
        stages, optional, default = self._stages(name, rules.transformations.get(name))
        place = self.place(path, name)
        if place is None:
            return None
        return Rule(
            place=place,
            sources=sources,
            many=not isinstance(given, str),
            stages=tuple(stages),
            optional=optional,
            default=default,
        )

    def _stages(self, name: str, given: JsonValue) -> tuple[list[Stage], bool, JsonValue | Nothing]:
        path = f"{self.where}.transformations.{name}"
        listed = given if isinstance(given, list) else [] if given is None else [given]
        stages: list[Stage] = []
        optional = False
        default: JsonValue | Nothing = NOTHING
        for number, one in enumerate(listed):
            here = f"{path}[{number}]" if isinstance(given, list) else path
            chosen = self._chosen(here, one)
            if chosen is None:
                continue
            transformation, argument = chosen
            if transformation.name == OPTIONAL:
                optional = True
            elif transformation.name == DEFAULT and isinstance(argument, Default):
                default = argument.root
            elif stage := self._prepared(here, transformation, argument, one):
                stages.append(stage)
        if optional and not isinstance(default, Nothing):
            self.wrong(path, "both optional and default", "keep one of them")
        return stages, optional, default

    def _chosen(self, path: str, one: JsonValue) -> tuple[Transformation, BaseModel | None] | None:
        """The transformation that is meant, with its arguments."""
        known = transformations()
        if isinstance(one, dict) and len(one) == 1:
            (name,) = one
            given: JsonValue | Nothing = one[name]
        elif isinstance(one, str):
            name, given = one, NOTHING
        else:
            how = "a name, or one name with its arguments: {unit: {from: min, to: s}}"
            self.wrong(path, f"{shown(one)} is no transformation", f"write {how}")
            return None
        found = known.get(name)
        if found is None:
            meant = nearest(name, known)
            some = f"did you mean {meant}?" if meant else f"known here: {', '.join(known)}"
            self.wrong(path, f'there is no transformation "{name}"', some)
            return None
        if isinstance(given, Nothing):
            if found.bare:
                return found, None
            self.wrong(path, f"{name} needs arguments", f"write them: {{{name}: ...}}")
            return None
        return self._with_arguments(f"{path}.{name}", found, given)

    def _with_arguments(
        self, path: str, found: Transformation, given: JsonValue
    ) -> tuple[Transformation, BaseModel | None] | None:
        if found.arguments is None:
            self.wrong(path, f"{found.name} takes no arguments", f"write {found.name} alone")
            return None
        if found.shorthand and not isinstance(given, dict):
            given = {found.shorthand: given}
        model = found.arguments()
        made, problems = fit(model, given, path)
        self.problems += problems
        return None if made is None else (found, made)

    def _prepared(
        self, path: str, found: Transformation, argument: BaseModel | None, one: JsonValue
    ) -> Stage | None:
        try:
            return Stage(_words(one), found.prepare(argument))
        except ValueError as error:
            self.wrong(path, str(error), "correct the rule")
            return None


def _words(one: JsonValue) -> str:
    if not isinstance(one, dict):
        return str(one)
    ((name, given),) = one.items()
    if isinstance(given, dict):
        inner = ", ".join(f"{key} {_word(value)}" for key, value in list(given.items())[:4])
    else:
        inner = _word(given)
    return f"{name} ({inner})"


def _word(value: JsonValue) -> str:
    if isinstance(value, list):
        return "/".join(map(_word, value[:4]))
    return value if isinstance(value, str) else shown(value)


def _clashes(reader: _Reader, rules: list[Rule], constants: list[tuple[Place, JsonValue]]) -> None:
    """Fields that would go where another one is: found by putting all of them somewhere."""
    trial: dict[str, JsonValue] = {}
    places = [
        *((f"{reader.where}.mapping.{rule.place.path}", rule.place) for rule in rules),
        *((f"{reader.where}.constants.{place.path}", place) for place, _ in constants),
    ]
    for path, place in sorted(places, key=lambda one: one[1].order):
        try:
            put(trial, place, [None] if EACH in place.parts else None)
        except ClashError as error:
            reader.wrong(path, str(error), "name each field once, and number items from 0")
