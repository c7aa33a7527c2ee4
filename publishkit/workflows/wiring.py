"""Who gives what to whom in a workflow, and all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from publishkit.errors import Problem, Severity
from publishkit.validation.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publishkit.workflows.model import Place, Task, Workflow

__all__ = ["Source", "Wiring", "wire"]


@dataclass(frozen=True, slots=True)
class Source:
    """What goes into a task, or comes out of the workflow."""

    task: str
    """The task that gives it; '' for an input of the workflow."""
    name: str
    """Of the input or output; '' for what a task gives that names no outputs."""

    @property
    def label(self) -> str:
        """What it is called where it is used."""
        return self.name or self.task


@dataclass(frozen=True, slots=True)
class Wiring:
    """A workflow with its names looked up."""

    inputs: Mapping[str, tuple[Source, ...]]
    """What goes into each task."""
    outputs: Mapping[str, Source]
    """What comes out of the workflow."""
    problems: tuple[Problem, ...] = ()

    def used(self, task: str) -> list[Source]:
        """What of a task is used anywhere, each once."""
        everything = [*(one for each in self.inputs.values() for one in each)]
        everything += self.outputs.values()
        return list(dict.fromkeys(one for one in everything if one.task == task))


def wire(workflow: Workflow) -> Wiring:
    """Look all names up, and find everything that is wrong with a workflow by itself."""
    book = _Book.of(workflow)
    inputs = {
        name: tuple(book.found(task.inputs, f"tasks.{name}.inputs"))
        for name, task in workflow.tasks.items()
    }
    outputs = {
        name: source
        for name, said in workflow.outputs.items()
        for source in book.looked_up(said, f"outputs.{name}")
        if book.is_output(source, f"outputs.{name}")
    }
    problems = [*_placed(workflow), *book.problems, *_circular(inputs)]
    used = {one for each in inputs.values() for one in each}
    problems += [
        Problem(f"inputs.{name}", "no task uses it", "name it in `inputs` of one", Severity.WARNING)
        for name in workflow.inputs
        if Source("", name) not in used
    ]
    return Wiring(inputs, outputs, tuple(problems))


@dataclass(slots=True)
class _Book:
    """Every name that can be used, and what it stands for."""

    workflow: Workflow
    known: dict[str, Source] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, workflow: Workflow) -> _Book:
        book = cls(workflow)
        for name in workflow.inputs:
            book.add(name, Source("", name), f"inputs.{name}")
        for name, task in workflow.tasks.items():
            book.add(name, Source(name, next(iter(task.outputs), "")), f"tasks.{name}")
            for output in task.outputs:
                where = f"tasks.{name}.outputs.{output}"
                book.add(f"{name}.{output}", Source(name, output), where)
        return book

    def add(self, name: str, source: Source, path: str) -> None:
        if name in self.known:
            advice = "give one of them another name"
            self.problems.append(Problem(path, f"{name} stands for something else too", advice))
        self.known.setdefault(name, source)

    def found(self, names: Iterable[str], path: str) -> Iterable[Source]:
        seen: set[Source] = set()
        for number, name in enumerate(names):
            where = f"{path}[{number}]"
            for source in self.looked_up(name, where):
                if source in seen:
                    self.problems.append(Problem(where, f"{name} is there twice", "take one out"))
                    continue
                seen.add(source)
                yield source

    def looked_up(self, name: str, path: str) -> list[Source]:
        """What a name stands for; nothing, and a problem, if that is not clear."""
        source = self.known.get(name)
        if source is None:
            self.problems.append(Problem(path, f"nothing here is called {name}", self._meant(name)))
            return []
        several = list(self.workflow.tasks[name].outputs) if name in self.workflow.tasks else []
        if len(several) > 1:
            each = " or ".join(f"{name}.{output}" for output in several)
            self.problems.append(Problem(path, f"{name} has several outputs", f"write {each}"))
            return []
        return [source]

    def is_output(self, source: Source, path: str) -> bool:
        if not source.task:
            said = f"{source.name} goes into the workflow and does not come out of it"
            self.problems.append(Problem(path, said, "name a task, or TASK.OUTPUT"))
        return bool(source.task)

    def _meant(self, name: str) -> str:
        meant = nearest(name, self.known)
        return f"did you mean {meant}?" if meant else f"known here: {', '.join(self.known)}"


def _placed(workflow: Workflow) -> Iterable[Problem]:
    """Each entry must be said in one way."""
    places: dict[str, Place | Task] = {
        **{f"inputs.{name}": place for name, place in workflow.inputs.items()},
        **{f"tasks.{name}": task for name, task in workflow.tasks.items()},
    }
    for path, place in places.items():
        if place.entry and (place.record or place.file):
            yield Problem(path, "an entry is said by its id or by its file", "keep one of them")
        elif not (place.entry or place.record or place.file):
            yield Problem(path, "it is not said which entry it is", "write record, file or entry")


def _circular(inputs: Mapping[str, Iterable[Source]]) -> list[Problem]:
    graph = {name: [one.task for one in each if one.task] for name, each in inputs.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        each = list(error.args[1])
        advice = "no task can need what only comes out of it later: take one of the inputs out"
        circle = Problem(f"tasks.{each[-1]}.inputs", f"a circle: {' to '.join(each)}", advice)
        return [circle]
    return []
