"""What a mapping never uses, and what an export has that no mapping takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.errors import Problem, Severity
from publishkit.mapping.applying import Scope, of_process, of_step
from publishkit.mapping.defined import entries
from publishkit.mapping.export import is_missing
from publishkit.mapping.paths import found_under

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic import JsonValue

    from publishkit.mapping.export import Export, Process
    from publishkit.mapping.reading import Entry, Plan
    from publishkit.mapping.rules import Ruleset

__all__ = ["usage"]

_PROCESS = "process."


def usage(plan: Plan, export: Export) -> list[Problem]:
    """Warnings of what is never used, and notices of what is not taken."""
    return [*_unused(plan, export), *_not_taken(plan, export)]


# ---- rules that do nothing ----


def _unused(plan: Plan, export: Export) -> Iterator[Problem]:
    scopes = {
        type_: [of_step(s, p) for p in export.processes for s in p.steps if s.type == type_]
        for type_ in plan.steps
    }
    processes = [of_process(process) for process in export.processes]
    yield from _never(plan.record, processes)
    for where, entry in entries(plan):
        found = processes if entry is plan.process else scopes[where.removeprefix("steps.")]
        if found:
            yield from _never(entry.rules, found)
        else:
            yield _warning(where, "the export has no such step", "take it out, or leave it")


def _never(ruleset: Ruleset, scopes: Iterable[Scope]) -> Iterator[Problem]:
    listed = list(scopes)
    for rule in ruleset.rules:
        if not any(scope.look(source) is not None for scope in listed for source in rule.sources):
            where = f"{ruleset.where}.mapping.{rule.place.path}"
            yield _warning(
                where, f"the export never has {', '.join(rule.sources)}", "check its name"
            )


def _warning(where: str, message: str, advice: str) -> Problem:
    return Problem(where, message, advice, Severity.WARNING)


# ---- fields that nobody asks for ----


def _not_taken(plan: Plan, export: Export) -> Iterator[Problem]:
    of_processes = _plain(plan.process.rules.uses | plan.record.uses | _folder(plan))
    by_type = {type_: entry.rules.uses for type_, entry in plan.steps.items()}
    for process in export.processes:
        of_processes |= {
            name.removeprefix(_PROCESS)
            for step in process.steps
            for name in by_type.get(step.type, ())
            if name.startswith(_PROCESS)
        }
    left = dict.fromkeys(
        name for one in export.processes for name in _left(_own(one), of_processes)
    )
    yield from _notices("process", left)
    for type_, entry in plan.steps.items():
        yield from _notices(f"steps.{type_}", _of_type(type_, entry, plan, export))


def _of_type(type_: str, entry: Entry, plan: Plan, export: Export) -> Iterable[str]:
    """What no rule takes of the steps of a type; of a table's columns the process may take some."""
    source = plan.source
    names = {name for name in (source.type, source.name, source.group) if name}
    mine = entry.rules.uses | names
    shared = _plain(plan.process.rules.uses | plan.record.uses | _folder(plan))
    left: dict[str, None] = {}
    for process in export.processes:
        taken = mine | (shared - process.own)
        for step in process.steps:
            if step.type == type_:
                left |= dict.fromkeys(_left(step.fields, taken))
    return left


def _plain(names: Iterable[str]) -> set[str]:
    """As the process itself calls its fields."""
    return {name.removeprefix(_PROCESS) for name in names}


def _folder(plan: Plan) -> frozenset[str]:
    given = plan.folder or ()
    return frozenset((given,) if isinstance(given, str) else given)


def _own(process: Process) -> Mapping[str, JsonValue]:
    return {name: one for name, one in process.fields.items() if name in process.own}


def _left(fields: Mapping[str, JsonValue], taken: Iterable[str]) -> list[str]:
    filled = {name: one for name, one in fields.items() if not is_missing(one)}
    return found_under(filled, taken)


def _notices(where: str, names: Iterable[str]) -> Iterator[Problem]:
    if listed := ", ".join(names):
        yield Problem(where, f"no rule takes {listed}", severity=Severity.NOTICE)
