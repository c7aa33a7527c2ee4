"""A process of an export becomes the files of a record, or of one for each step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from publishkit.errors import Problem
from publishkit.mapping.applying import Misfit, Scope, apply, of_process, of_step
from publishkit.mapping.defined import Definitions, data_name, misfits
from publishkit.mapping.names import step_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import JsonValue

    from publishkit.entryfiles import EntryFiles
    from publishkit.mapping.export import Process, Step
    from publishkit.mapping.reading import Entry, Plan

__all__ = ["PROCESS", "STEPS", "Composed", "Composer", "MadeStep"]

PROCESS: Final = "process"
"""What the file of a process's entry is called, before its end."""
STEP: Final = "step"
"""What that of a step is called in a record of its own."""
STEPS: Final = "steps"
"""The folder with the files of steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeStep:
    """A step that became an entry."""

    number: int
    type: str
    name: str
    """What its file or folder is called, without an end."""
    title: str
    """What the lab calls it, or its type."""
    content: bytes
    """Of its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What became of a process."""

    process: Process
    data: Mapping[str, JsonValue]
    """The fields of its entry, without those that refer to steps."""
    record: Mapping[str, JsonValue]
    """What the rules say of record_metadata.json."""
    steps: tuple[MadeStep, ...]
    left_out: tuple[str, ...]
    """The steps that did not become entries."""
    step_problems: tuple[Problem, ...]
    """Why they did not."""
    problems: tuple[Problem, ...]
    """Why the process itself did not become one."""


@dataclass(frozen=True, slots=True)
class Composer:
    """Applies a mapping."""

    plan: Plan
    entry_files: EntryFiles
    definitions: Definitions

    def compose(self, process: Process) -> Composed:
        """Make what can be made of a process."""
        steps: list[MadeStep] = []
        wrong: list[Problem] = []
        left_out = list(process.lost)
        for step in process.steps:
            made, problems = self._step(step, process)
            wrong += problems
            if made:
                steps.append(made)
            else:
                left_out.append(step.said)
        data, problems = self._data(self.plan.process, of_process(process))
        record, more = apply(self.plan.record, of_process(process))
        problems += [replace(one, path=f"record_metadata.json: {one.path}") for one in more]
        if not steps:
            problems.append(
                Problem("", "none of its steps can be mapped", "see what is said of them")
            )
        return Composed(
            process=process,
            data=data,
            record=record,
            steps=tuple(steps),
            left_out=tuple(left_out),
            step_problems=tuple(wrong),
            problems=tuple(problems),
        )

    def _step(self, step: Step, process: Process) -> tuple[MadeStep | None, list[Problem]]:
        entry = self.plan.steps.get(step.type)
        if entry is None:
            return None, [self._unmapped(step)]
        data, problems = self._data(entry, of_step(step, process))
        if problems:
            return None, problems
        made = MadeStep(
            number=step.number,
            type=step.type,
            name=step_name(step.number, len(process.steps), step.type, step.name),
            title=step.name or step.type,
            content=self._content(entry, data),
        )
        return made, []

    def _unmapped(self, step: Step) -> Misfit:
        known = ", ".join(self.plan.steps)
        return Misfit(
            path=step.said,
            message="the mapping has no such type of step",
            advice=f"add it to steps in the mapping, which has {known}",
            step=step.number,
            type=step.type,
        )

    def _data(self, entry: Entry, scope: Scope) -> tuple[dict[str, JsonValue], list[Problem]]:
        data, wrong = apply(entry.rules, scope)
        problems: list[Problem] = list(wrong)
        name = data_name(entry.definition, self.entry_files)
        for path, value, why in misfits(data, entry.rules, name, self.definitions):
            problems.append(self._misfit(entry, scope, path, value, why))
        return data, problems

    def _misfit(self, entry: Entry, scope: Scope, path: str, value: JsonValue, why: str) -> Misfit:
        rule = next((one for one in entry.rules.rules if one.place.path == path), None)
        return Misfit(
            path=f"{scope.said}: {path}",
            message=why,
            advice=f"its source is {', '.join(rule.sources)}" if rule else "it is a constant",
            step=scope.step,
            type=scope.type,
            field=path,
            source=", ".join(rule.sources) if rule else "",
            value=value,
        )

    def _content(self, entry: Entry, data: Mapping[str, JsonValue]) -> bytes:
        return self.entry_files.data(data_name(entry.definition, self.entry_files), data)

    # ---- the files ----

    def step_file(self, step: MadeStep) -> str:
        """The file of a step in the record of its process."""
        return f"{STEPS}/{self.entry_files.data_file(step.name)}"

    def own_file(self) -> str:
        """The file of a step in a record of its own."""
        return self.entry_files.data_file(STEP)

    def process_file(self) -> str:
        """The file of the process."""
        return self.entry_files.data_file(PROCESS)

    def together(self, composed: Composed) -> dict[str, bytes]:
        """The files of one record with everything in it."""
        files = {self.step_file(step): step.content for step in composed.steps}
        return {
            **self.plan.files,
            **files,
            **self.process(composed, lambda step: self.entry_files.beside(self.step_file(step))),
        }

    def step_alone(self, step: MadeStep) -> dict[str, bytes]:
        """The files of a record with one step in it."""
        return {**self.plan.files, self.own_file(): step.content}

    def process(self, composed: Composed, refer: Callable[[MadeStep], str]) -> dict[str, bytes]:
        """The file of a process.

        Args:
            composed: The process.
            refer: Gives what refers to a step.
        """
        links = self.plan.links
        listed = [self._link(step, refer(step)) for step in composed.steps]
        data = {**composed.data, links.field: listed}
        return {self.process_file(): self._content(self.plan.process, data)}

    def _link(self, step: MadeStep, reference: str) -> JsonValue:
        links = self.plan.links
        if not links.reference:
            return reference
        named: dict[str, JsonValue] = {links.name: step.title} if links.name else {}
        return {**named, links.reference: reference}
