"""Rules are applied to what an export has, and all that does not go through is named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from publishkit.errors import Problem
from publishkit.mapping.export import is_missing
from publishkit.mapping.paths import ClashError, find, put
from publishkit.mapping.rules import NOTHING, Nothing, Rule
from publishkit.validation.node import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.mapping.export import Process, Step
    from publishkit.mapping.paths import Place
    from publishkit.mapping.rules import Ruleset, Stage

__all__ = ["Misfit", "Scope", "apply", "of_process", "of_step"]

_PROCESS: Final = "process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit(Problem):
    """A value of an export that does not become what the mapping says."""

    path: str = ""
    message: str = ""
    step: int = 0
    """The step's number from 1; 0 for the process itself."""
    type: str = ""
    """The step's type."""
    field: str = ""
    """The field that was to be made."""
    source: str = ""
    """The field of the export that it was to be made of."""
    value: JsonValue = None
    """What stands there."""
    rule: str = ""
    """What was to be done to it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The fields that rules can look at."""

    said: str
    """What messages call it."""
    fields: Mapping[str, JsonValue]
    process: Mapping[str, JsonValue]
    step: int = 0
    type: str = ""

    def look(self, path: str) -> JsonValue:
        """What stands at a path; None where it is missing. `process.x` is the process's."""
        found = find(dict(self.fields), path)
        first, _, rest = path.partition(".")
        if found is None and first == _PROCESS and rest:
            found = find(dict(self.process), rest)
        return None if is_missing(found) else found


def of_process(process: Process) -> Scope:
    """The fields of a process."""
    said = f"process {process.key}".strip()
    return Scope(said, process.fields, process.fields)


def of_step(step: Step, process: Process) -> Scope:
    """The fields of a step, and those of its process."""
    return Scope(step.said, step.fields, process.fields, step.number, step.type)


def apply(ruleset: Ruleset, scope: Scope) -> tuple[dict[str, JsonValue], list[Misfit]]:
    """What the rules make, and everything that they cannot make something of."""
    made: dict[str, JsonValue] = {}
    problems: list[Misfit] = []
    said: list[tuple[Place, Rule | JsonValue]] = [*ruleset.constants]
    said += [(rule.place, rule) for rule in ruleset.rules]
    for place, one in sorted(said, key=lambda each: each[0].order):
        try:
            value = _made(one, scope) if isinstance(one, Rule) else _copy(one)
            if not isinstance(value, Nothing):
                put(made, place, value)
        except _NoValue as error:
            problems.append(error.misfit)
        except ClashError as error:
            problems.append(_clash(place, one, scope, str(error)))
    return made, problems


def _copy(value: JsonValue) -> JsonValue:
    """The same value; another rule may put something into it."""
    copied: JsonValue = json.loads(json.dumps(value))
    return copied


def _clash(place: Place, one: Rule | JsonValue, scope: Scope, why: str) -> Misfit:
    if isinstance(one, Rule):
        return _misfit(one, scope, one.sources[0], scope.look(one.sources[0]), why)
    return Misfit(
        path=f"{scope.said}: {place.path}",
        message=why,
        advice="it is a constant",
        step=scope.step,
        type=scope.type,
        field=place.path,
        value=one,
    )


class _NoValue(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, misfit: Misfit) -> None:
        super().__init__(misfit.message)
        self.misfit = misfit


def _made(rule: Rule, scope: Scope) -> JsonValue | Nothing:
    """The value of a field, or NOTHING where it is left out."""
    apart = rule.stages[: _first_whole(rule.stages)] if rule.many else rule.stages
    values: list[JsonValue] = []
    for source in rule.sources:
        value = scope.look(source)
        if value is not None:
            _refuse_gaps(rule, scope, source, value)
            values.append(_staged(rule, source, value, scope, apart))
        elif not isinstance(rule.default, Nothing):
            values.append(rule.default)
        elif not rule.optional:
            raise _NoValue(_missing(rule, scope, source))
    if not values:
        return NOTHING
    if not rule.many:
        return values[0]
    return _staged(rule, ", ".join(rule.sources), values, scope, rule.stages[len(apart) :])


def _refuse_gaps(rule: Rule, scope: Scope, source: str, value: JsonValue) -> None:
    """An item of `layers[*].name` without a name would be null, or move the others up."""
    if "[*]" in source and isinstance(value, list):
        gaps = [number for number, one in enumerate(value) if is_missing(one)]
        if gaps:
            raise _NoValue(_misfit(rule, scope, source, value, f"item {gaps[0]} is missing"))


def _first_whole(stages: Sequence[Stage]) -> int:
    """Of several sources, the values go together from the first that takes a list as a whole on."""
    return next((n for n, one in enumerate(stages) if one.conversion.whole), len(stages))


def _staged(
    rule: Rule, source: str, value: JsonValue, scope: Scope, stages: Iterable[Stage]
) -> JsonValue:
    for stage in stages:
        value = _converted(rule, source, value, scope, stage)
    return value


def _converted(rule: Rule, source: str, value: JsonValue, scope: Scope, stage: Stage) -> JsonValue:
    if isinstance(value, list) and not stage.conversion.whole:
        return [_converted(rule, source, one, scope, stage) for one in value]
    if value is None:
        raise _NoValue(_misfit(rule, scope, source, value, "an item is missing", stage))
    try:
        return stage.conversion.apply(value, scope.look)
    except ValueError as error:
        raise _NoValue(_misfit(rule, scope, source, value, str(error), stage)) from error
    except Exception as error:  # of a plugin
        why = f"the transformation failed ({type(error).__name__})"
        raise _NoValue(_misfit(rule, scope, source, value, why, stage)) from error


def _misfit(
    rule: Rule,
    scope: Scope,
    source: str,
    value: JsonValue,
    why: str,
    stage: Stage | None = None,
) -> Misfit:
    words = stage.words if stage else ""
    return Misfit(
        path=f"{scope.said}: {rule.place.path}",
        message=f"{source} is {shown(value)}: {why}",
        advice=f"the rule is {words}" if words else "",
        step=scope.step,
        type=scope.type,
        field=rule.place.path,
        source=source,
        value=value,
        rule=words,
    )


def _missing(rule: Rule, scope: Scope, source: str) -> Misfit:
    return Misfit(
        path=f"{scope.said}: {rule.place.path}",
        message=f"the source field {source} is missing",
        advice="add it to the export, or let its transformations have optional or default",
        step=scope.step,
        type=scope.type,
        field=rule.place.path,
        source=source,
        rule=", ".join(stage.words for stage in rule.stages),
    )
