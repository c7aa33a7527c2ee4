"""Make records of what a lab's database exports, by a mapping."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from publishkit.datafiles import METADATA_FILE
from publishkit.errors import (
    ConfigError,
    PartialError,
    Problem,
    RecordError,
    Severity,
)
from publishkit.finding import NotPushedError, find
from publishkit.mapping.applying import of_process
from publishkit.mapping.composing import Composer
from publishkit.mapping.defined import check_plan, known_definitions
from publishkit.mapping.exports import read_export
from publishkit.mapping.names import folder_name
from publishkit.mapping.reading import read_mapping
from publishkit.mapping.records import Folder, metadata_of
from publishkit.mapping.usage import usage
from publishkit.setting import blocks
from publishkit.tables import Tabular, tabled
from publishkit.text import near, plural
from publishkit.verbs.defining import asking_for, entry_files_for
from publishkit.verbs.init import template_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel, JsonValue

    from publishkit.entryfiles import EntryFiles
    from publishkit.mapping.composing import Composed, MadeStep
    from publishkit.mapping.export import Export
    from publishkit.mapping.exports import Given
    from publishkit.mapping.reading import Plan
    from publishkit.tables import Cells

__all__ = ["MapOutcome", "Mapped", "check_mapping", "map_export"]

_STEPS_END: Final = "-steps"


class MapOutcome(StrEnum):
    """What became of a process."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    """Its steps are records of their own, and must be pushed before it can refer to them."""
    REFUSED = "refused"
    """It cannot be mapped, and nothing of it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped(Tabular):
    """A process of an export, and the record that it became."""

    name: str
    folder: Path
    """The record of the process."""
    outcome: MapOutcome
    file: str
    """The file of the process's entry, by its place in the record."""
    steps: tuple[str, ...] = ()
    """The files of its steps by their place in the record; of records of their own, the folders."""
    left_out: tuple[str, ...] = ()
    """The steps that could not be mapped."""
    step_folder: Path | None = None
    """The folder with the records of the steps, where they are apart."""
    step_file: str = ""
    """What the file of a step is called in a record of its own."""
    problems: tuple[Problem, ...] = ()
    """What is wrong, and what there is to say."""

    @property
    def ok(self) -> bool:
        """Whether all of it was mapped."""
        return not self.left_out and self.outcome is not MapOutcome.REFUSED

    def cells(self) -> Cells:
        """What a table says of it."""
        return {
            "record": near(self.folder),
            "outcome": self.outcome.value,
            "steps": str(len(self.steps)),
            "left out": ", ".join(self.left_out),
        }


@tabled
def map_export(
    export: Given,
    mapping: str | Path,
    out: str | Path = "records",
    to: str | None = None,
    *,
    strict: bool = False,
    separate: bool = False,
    params: Mapping[str, str] | None = None,
) -> list[Mapped]:
    """Make a record of each process in an export.

    The same export gives the same bytes; what else lies in the folders stays.

    Args:
        export: A .json, .csv, .tsv or .xlsx file, the URL of a database, a document as JSON has
            it, or the rows of a table.
        mapping: The mapping file.
        out: The folder for the records.
        to: The target that they are for; the definitions that the mapping names are looked up
            there. Without it nobody is asked.
        strict: Whether to write nothing where something cannot be mapped, instead of leaving the
            step out.
        separate: Whether each step is a record of its own, in a folder beside that of the process.
            The process refers to their deposits, so that they are pushed first; then this is
            called again. Needs `to`.
        params: What stands for `:name` in the queries of a database.

    Returns:
        What became of each process.

    Raises:
        ConfigError: The export, the mapping or the target will not do.
        RecordError: The mapping is wrong, or nothing can be mapped, or not all and `strict` was
            asked for; nothing was written.
        PartialError: Steps or processes were left out; `done` has what became of each.
        TemporaryError: The database does not answer.
    """
    work = _Work.of(export, mapping, Path(out), to, params or {}, separate=separate)
    composed = [_Made(work, one) for one in work.composed()]
    _refuse_same_names(composed)
    found = [*work.export.problems, *(p for one in composed for p in one.problems)]
    wrong = [one for one in found if one.severity is Severity.ERROR]
    if wrong and (strict or all(one.refused for one in composed)):
        raise RecordError(wrong, f"{plural(len(wrong), 'error')}, nothing was written")
    mapped = [one.write() for one in composed]
    if wrong:
        raise _partial(mapped, wrong)
    return mapped


@tabled
def check_mapping(
    export: Given,
    mapping: str | Path,
    to: str | None = None,
    *,
    params: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Find what cannot be mapped, what a mapping never uses, and what no rule takes.

    Writes nothing.

    Args:
        export: As for `map_export`.
        mapping: As for `map_export`.
        to: As for `map_export`.
        params: As for `map_export`.

    Returns:
        Errors; a warning for each rule that is never used; a notice for each field of the export
        that no rule takes.

    Raises:
        ConfigError: The export, the mapping or the target will not do.
        RecordError: The mapping is wrong.
        TemporaryError: The database does not answer.
    """
    work = _Work.of(export, mapping, Path(), to, params or {}, separate=False)
    made = [_Made(work, one) for one in work.composed()]
    wrong = [*work.export.problems, *(p for one in made for p in one.problems)]
    return [*dict.fromkeys([*wrong, *work.notices]), *usage(work.plan, work.export)]


def _partial(found: list[Mapped], wrong: list[Problem]) -> PartialError:
    steps = sum(len(one.left_out) for one in found)
    refused = sum(one.outcome is MapOutcome.REFUSED for one in found)
    parts = [plural(steps, "step")] * bool(steps) + [plural(refused, "process")] * bool(refused)
    said = " and ".join(parts).replace("processs", "processes") or plural(len(wrong), "row")
    error = PartialError(
        (),
        f"{said} left out, since they cannot be mapped",
        advice="Correct what is named above and run the same command again.",
    )
    error.done = tuple(found)
    return error


# ---- what there is to do ----


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A mapping, an export, and all that is known beside."""

    plan: Plan
    export: Export
    composer: Composer
    out: Path
    to: str | None
    separate: bool
    notices: tuple[Problem, ...]
    blocks: Mapping[str, type[BaseModel]]

    @classmethod
    def of(
        cls,
        export: Given,
        mapping: str | Path,
        out: Path,
        to: str | None,
        params: Mapping[str, str],
        *,
        separate: bool,
    ) -> _Work:
        if separate and not to:
            raise ConfigError(
                "records of steps are referred to by their ids on a target",
                advice="Name the target by --to.",
            )
        plan = read_mapping(Path(mapping))
        entry_files = entry_files_for(to)
        _refuse_taken(plan, entry_files)
        asking, notices = asking_for(to)
        definitions = known_definitions(plan, entry_files, asking)
        if asking:
            definitions.near = asking.near(n for n, one in definitions.found.items() if one is None)
            notices = [*notices, *asking.notices()]
        wrong = check_plan(plan, entry_files, definitions)
        if wrong:
            named = [replace(one, record=str(plan.path)) for one in wrong]
            raise RecordError(
                named, "the mapping does not fit the definitions", advice="Correct it there."
            )
        return cls(
            plan=plan,
            export=read_export(export, plan.source, params),
            composer=Composer(plan, entry_files, definitions),
            out=out,
            to=to,
            separate=separate,
            notices=tuple(notices),
            blocks=blocks(),
        )

    def composed(self) -> list[Composed]:
        return [self.composer.compose(process) for process in self.export.processes]


def _refuse_taken(plan: Plan, entry_files: EntryFiles) -> None:
    own = {METADATA_FILE, entry_files.data_file("process"), entry_files.data_file("step")}
    wrong = [
        Problem("files", f"a file called {name} is made by the mapping itself", "rename it")
        for name in plan.files
        if name in own
    ]
    if wrong:
        named = [replace(one, record=str(plan.path)) for one in wrong]
        raise RecordError(named, "the mapping is not valid", advice="Correct it there.")


# ---- one process ----


class _Made:
    """What became of a process, and where it is to be."""

    def __init__(self, work: _Work, composed: Composed) -> None:
        self.work = work
        self.composed = composed
        self.name, wrong = self._named()
        self.folder = work.out / self.name
        self.metadata, more = self._metadata(self.folder, composed.record)
        own = (*composed.problems, *wrong, *more)
        self.refused = any(one.severity is Severity.ERROR for one in own)
        found = [*composed.step_problems, *own]
        self.problems = tuple(replace(one, record=self.name) for one in found)

    def refuse(self, problem: Problem) -> None:
        self.refused = True
        self.problems = (*self.problems, replace(problem, record=self.name))

    def _named(self) -> tuple[str, list[Problem]]:
        """What the folder is called."""
        plan, process = self.work.plan, self.composed.process
        if plan.folder is not None:
            sources = (plan.folder,) if isinstance(plan.folder, str) else plan.folder
            found = {one: of_process(process).look(one) for one in sources}
            texts = [str(one) for one in found.values() if isinstance(one, str | int | float)]
            name = folder_name("-".join(texts)) if len(texts) == len(sources) else ""
            lacking = ", ".join(one for one, value in found.items() if value is None)
            why = f"{lacking} is missing" if lacking else "nothing in it can be a name"
            asked = f"record.folder wants {' and '.join(sources)}, but {why}"
            wrong = Problem("", asked, "add it to the export")
            return name or "process", [] if name else [wrong]
        if not process.key and len(self.work.export.processes) > 1:
            wrong = Problem(
                "",
                "there are several processes, and nothing says what their folders are called",
                "say in record.folder, or in source.group, which of their fields does",
            )
            return "process", [wrong]
        return folder_name(process.key or self.work.export.name) or "process", []

    def _metadata(self, folder: Path, said: Mapping[str, JsonValue]) -> tuple[bytes, list[Problem]]:
        template = template_of(self.work.plan.template)
        block = self.work.composer.entry_files.block()
        return metadata_of(folder, said, block, template, self.work.blocks)

    @property
    def _end(self) -> str:
        return self.work.composer.entry_files.data_file("")

    def write(self) -> Mapped:
        """Write what can be written."""
        if self.refused:
            return self._mapped(MapOutcome.REFUSED)
        if self.work.separate:
            return self._write_apart()
        composer = self.work.composer
        files = {**composer.together(self.composed), METADATA_FILE: self.metadata}
        changed = Folder(self.folder, files, composer.process_file(), self._end).write(
            self.work.blocks
        )
        steps = tuple(composer.step_file(step) for step in self.composed.steps)
        return self._mapped(_outcome(changed=changed), steps)

    def _write_apart(self) -> Mapped:
        """A record for each step, and that of the process once they have deposits."""
        composer, composed = self.work.composer, self.composed
        home = self.folder.with_name(f"{self.name}{_STEPS_END}")
        changed = [self._write_step(home / step.name, step) for step in composed.steps]
        names = tuple(step.name for step in composed.steps)
        old = self._old(home, names)
        ids = _deposits(home, self.work.to)
        if any(home / name not in ids for name in names):
            return self._mapped(MapOutcome.WAITING, names, home, old)

        def refer(step: MadeStep) -> str:
            deposit = ids[home / step.name]
            entry = composer.entry_files.entry_id(deposit, composer.own_file())
            return composer.entry_files.elsewhere(deposit, entry)

        made = composer.process(composed, refer)
        files = {**self.work.plan.files, **made, METADATA_FILE: self.metadata}
        changed.append(
            Folder(self.folder, files, composer.process_file(), self._end).write(self.work.blocks)
        )
        return self._mapped(_outcome(changed=any(changed)), names, home, old)

    def _write_step(self, folder: Path, step: MadeStep) -> bool:
        said = dict(self.composed.record)
        metadata = said.get("metadata")
        inner = metadata if isinstance(metadata, dict) else {}
        title = f"{inner.get('title', self.name)}: {step.number} {step.title}"
        said["metadata"] = {**inner, "title": title}
        content, problems = self._metadata(folder, said)
        if problems:
            named = [replace(one, record=str(folder)) for one in problems]
            raise RecordError(named, "the record of a step cannot be written")
        files = {**self.work.composer.step_alone(step), METADATA_FILE: content}
        return Folder(folder, files, self.work.composer.own_file(), self._end).write(
            self.work.blocks
        )

    def _old(self, home: Path, names: Iterable[str]) -> list[Problem]:
        """Records of steps that the export has no more: they may have deposits, so they stay."""
        kept = set(names)
        found = sorted(p.name for p in home.iterdir() if p.is_dir() and p.name not in kept)
        return [
            Problem(
                name,
                "the export has no such step any more",
                "delete its deposit and its folder if it is to go",
                Severity.WARNING,
                str(home),
            )
            for name in found
            if not name.startswith(".")
        ]

    def _mapped(
        self,
        outcome: MapOutcome,
        steps: tuple[str, ...] = (),
        home: Path | None = None,
        more: Iterable[Problem] = (),
    ) -> Mapped:
        return Mapped(
            name=self.name,
            folder=self.folder,
            outcome=outcome,
            file=self.work.composer.process_file(),
            steps=steps,
            left_out=self.composed.left_out,
            step_folder=home,
            step_file=self.work.composer.own_file() if home else "",
            problems=(*self.work.export.problems, *self.problems, *more, *self.work.notices),
        )


def _outcome(*, changed: bool) -> MapOutcome:
    return MapOutcome.WRITTEN if changed else MapOutcome.UNCHANGED


def _deposits(home: Path, to: str | None) -> dict[Path, str]:
    """The ids of the deposits of records by their folders."""
    try:
        return {one.folder: one.id for one in find(home, to) if one.folder}
    except NotPushedError:
        return {}


def _refuse_same_names(made: list[_Made]) -> None:
    counts = Counter(name.casefold() for one in made for name in _folders(one))
    for one in made:
        if any(counts[name.casefold()] > 1 for name in _folders(one)):
            wrong = f"another process has the folder {one.name} too"
            one.refuse(Problem("", wrong, "let record.folder tell them apart"))


def _folders(made: _Made) -> tuple[str, ...]:
    steps = f"{made.name}{_STEPS_END}"
    return (made.name, steps) if made.work.separate else (made.name,)
