"""Build a workflow: the file from which an archive makes its entry, in a record of its own."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit import starting
from publishkit.config import load as load_config
from publishkit.datafiles import METADATA_FILE
from publishkit.downloading import on_disk
from publishkit.entryfiles import SectionLink, TaskLink
from publishkit.errors import ConfigError, Problem, RecordError, Severity
from publishkit.folder import load
from publishkit.metadata_file import Edit, making, merged
from publishkit.setting import blocks
from publishkit.smallfiles import read_small
from publishkit.starting import Template
from publishkit.verbs.entered import Entered, Registry
from publishkit.verbs.init import begin, template_of
from publishkit.verbs.working import as_path
from publishkit.whole_files import write_whole
from publishkit.workflows.model import Task, Workflow
from publishkit.workflows.reading import read
from publishkit.workflows.wiring import Source, wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.entryfiles import EntryFiles
    from publishkit.workflows.model import Place
    from publishkit.workflows.wiring import Wiring

__all__ = ["Built", "build_workflow"]

_MOST = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A workflow that is ready to be pushed."""

    workflow: Workflow
    folder: Path
    """The record that it is in."""
    file: Path
    """The file of which its entry will be made."""
    target: str
    """Where its tasks are; '' where all are in the same record."""
    changed: bool
    """Whether the file is new or other than before."""
    begun: Path | None = None
    """The record's metadata file, if it was written now."""
    drawing: Path | None = None
    problems: tuple[Problem, ...] = ()
    """What is worth knowing; no errors."""

    def _repr_svg_(self) -> str:
        return self.workflow.svg()


def build_workflow(
    workflow: Workflow | str | Path,
    to: str | None = None,
    *,
    into: str | Path | None = None,
    title: str = "",
    creators: str | Sequence[str] = (),
    template: str | Path | None = None,
    plot: str | Path | None = None,
    links: str | Path | None = None,
) -> Built:
    """Write the file of a workflow into a record, from which `push` sends it.

    The target is asked whether the entries are there and what they hold; nothing is changed there.
    The same workflow gives the same file, and a record that is there keeps its metadata.

    Args:
        workflow: A workflow, or the YAML file of one, from which its records are seen; else they
            are seen from the current folder.
        to: The name of the target; needed where the records are on several, or none is.
        into: The record that it goes into, there or not yet; one of its own, called like the
            workflow and beside the first record, unless given.
        title: Of a new record; the workflow's name unless given.
        creators: Of a new record, as for `init`; those of the tasks' records unless given.
        template: What a new record begins with, as for `init`.
        plot: Draw the workflow into this file too.
        links: The links file that knows the records.

    Raises:
        RecordError: Carries everything that is wrong with the workflow; nothing was written.
        ConfigError: It is not known which target is meant, or a folder cannot be used.
        UnsupportedError: The target makes no entries.
        TemporaryError: The target cannot be reached.
    """
    drawing = _drawable(Path(plot)) if plot else None
    base = Path() if isinstance(workflow, Workflow) else Path(workflow).parent
    name = workflow.name if isinstance(workflow, Workflow) else str(workflow)
    flow = workflow if isinstance(workflow, Workflow) else read(workflow)
    records = _records(flow, base)
    home = Path(into) if into else _home(flow, base, records)
    registry = Registry(records, home, to, as_path(links))
    content, problems = _written(flow, registry)
    problems = [one if one.record else replace(one, record=name) for one in problems]
    if any(one.severity is Severity.ERROR for one in problems):
        raise RecordError(problems, "the workflow cannot be built, and nothing was written")
    file = home / registry.files.workflow_file(_slug(flow.name))
    _refuse_record(home, file, chosen=bool(into))
    _refuse_file(home, file, content)
    metadata = None
    if not (home / METADATA_FILE).exists():
        metadata = _metadata(flow, records.values(), title, creators, template, registry.files)
    changed = _write(home, file, content, metadata)
    return Built(
        workflow=flow,
        folder=home,
        file=file,
        target=registry.opened[1].name if registry.opened else "",
        changed=changed,
        begun=home / METADATA_FILE if metadata else None,
        drawing=_draw(flow, drawing) if drawing else None,
        problems=tuple(problems),
    )


def _records(flow: Workflow, base: Path) -> dict[str, Path]:
    """The folders that the workflow names."""
    places = (*flow.tasks.values(), *flow.inputs.values())
    return {one.record: base / one.record for one in places if one.record}


def _home(flow: Workflow, base: Path, records: Mapping[str, Path]) -> Path:
    return next((folder.parent for folder in records.values()), base) / _slug(flow.name)


def _slug(name: str) -> str:
    """A name that every system can give a file or folder."""
    plain = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", name))
    return plain.strip("-.")[:80] or "workflow"


def _refuse_record(home: Path, file: Path, *, chosen: bool) -> None:
    """Do not put a workflow into a record that only happens to be called like it."""
    if home.exists() and not home.is_dir():
        raise ConfigError(f"{home} is not a folder", advice="Give another by --into.")
    if (home / METADATA_FILE).exists() and not file.exists() and not chosen:
        raise ConfigError(
            f"{home} is a record already, and this workflow is not in it",
            advice=f"Say --into {home} if it should go there, else give the workflow another name.",
        )


def _refuse_file(home: Path, file: Path, content: bytes) -> None:
    """Do not replace what somebody wrote: what was built is known by its first line."""
    with on_disk():
        old = read_small(file, _MOST, within=home) if file.exists() else content
    if old.partition(b"\n")[0].strip() != content.partition(b"\n")[0].strip():
        raise ConfigError(
            f"{file} is there already, and was not built by this command",
            advice="Move it away, or give the workflow another name.",
        )


def _drawable(plot: Path) -> Path:
    if plot.suffix.lower() != ".svg":
        raise ConfigError(f"{plot} is no name of a drawing", advice="Let it end in .svg.")
    return plot


# ---- the file ----


def _written(flow: Workflow, registry: Registry) -> tuple[bytes, list[Problem]]:
    """The content of the workflow's file, and everything that is wrong."""
    files = registry.files  # a target that cannot do it is refused before all else
    wiring = wire(flow)
    linker = _Linker(flow, wiring, registry)
    linked = linker.linked()
    problems = [*wiring.problems, *registry.problems, *linker.problems]
    if linked is None or any(one.severity is Severity.ERROR for one in problems):
        return b"", problems
    tasks, inputs, outputs = linked
    content = files.workflow(flow.name, inputs=inputs, outputs=outputs, tasks=tasks)
    return content, [*problems, *registry.drafts(linker.entered.values())]


Links = list[SectionLink]


class _Linker:
    """Gives what goes to and fro the references of sections."""

    def __init__(self, flow: Workflow, wiring: Wiring, registry: Registry) -> None:
        self.flow = flow
        self.wiring = wiring
        self.problems: list[Problem] = []
        placed = {one.path for one in wiring.problems if one.severity is Severity.ERROR}
        places: dict[str, Place] = {f"inputs.{name}": one for name, one in flow.inputs.items()}
        places |= {f"tasks.{name}": task for name, task in flow.tasks.items()}
        self.entered: dict[str, Entered] = {}
        for path, place in places.items():
            wanted = _sections(place)
            if path in placed:  # it is not said which entry it is
                continue
            entered = registry.look_up(place, path, list(dict.fromkeys(wanted.values())))
            if entered:
                self.entered[path] = entered
                self._check(path, wanted, entered)
        self.whole = len(self.entered) == len(places)

    def _check(self, path: str, wanted: Mapping[str, str], entered: Entered) -> None:
        where = entered.file or f"the entry {entered.id}"
        self.problems += [
            Problem(f"{path}.{key}", f"{where} has no section {section}", "name another")
            for key, section in wanted.items()
            if section in entered.offer.missing
        ]

    def linked(self) -> tuple[list[TaskLink], Links, Links] | None:
        """The tasks, inputs and outputs; None where an entry is lacking."""
        if not self.whole:
            return None
        tasks = [self._task(name) for name in self.flow.tasks]
        inputs = [self._link(Source("", name), name) for name in self.flow.inputs]
        outputs = [self._link(source, name) for name, source in self.wiring.outputs.items()]
        return tasks, inputs, outputs

    def _task(self, name: str) -> TaskLink:
        """A task with all that goes in and comes out, so that nothing is left to be guessed."""
        entered = self.entered[f"tasks.{name}"]
        used = [Source(name, output) for output in self.flow.tasks[name].outputs]
        used += [one for one in self.wiring.used(name) if one not in used]
        inputs = [self._link(one, one.label) for one in self.wiring.inputs[name]]
        outputs = [self._link(one, one.label) for one in used] or [*entered.offer.outputs]
        task = entered.offer.task
        if not outputs and not task:
            outputs = [self._link(Source(name, ""), name)]
        return TaskLink(
            name=name,
            reference=entered.refer(task) if task else "",
            inputs=inputs or entered.offer.inputs,
            outputs=outputs,
        )

    def _link(self, source: Source, name: str) -> SectionLink:
        return SectionLink(name, self._reference(source))

    def _reference(self, source: Source) -> str:
        """Of the section that is said, else that the entry calls so, else where results stand."""
        path = f"tasks.{source.task}" if source.task else f"inputs.{source.name}"
        entered = self.entered[path]
        if not source.task:
            return entered.refer(self.flow.inputs[source.name].section or entered.offer.section)
        task = self.flow.tasks[source.task]
        said = task.outputs.get(source.name) or ""
        own = {one.name: one.reference for one in entered.offer.outputs}
        if not said and source.name in own:
            return own[source.name]
        return entered.refer(said or task.section or entered.offer.section)


def _sections(place: Place) -> dict[str, str]:
    """The sections that a place names, by where it does."""
    said = {"section": place.section} if place.section else {}
    if isinstance(place, Task):
        said |= {f"outputs.{name}": one for name, one in place.outputs.items() if one}
    return said


# ---- the record ----


def _metadata(
    flow: Workflow,
    records: Iterable[Path],
    title: str,
    creators: str | Sequence[str],
    template: str | Path | None,
    files: EntryFiles,
) -> dict[str, JsonValue]:
    known = template_of(template or load_config().template)
    given = [creators] if isinstance(creators, str) else list(creators)
    said = {"title": [title or flow.name], "creators": [one for one in given if one]}
    if not said["creators"] and not known.has("creators"):
        theirs = {**known.metadata, "creators": _creators(records)}
        known = Template({**known.value, "metadata": theirs})
    metadata, problems = starting.compose(said, known)
    if problems:
        raise RecordError(
            [replace(one, record=flow.name) for one in problems],
            "the workflow's record cannot be begun, and nothing was written",
            advice='Give --title, --creator "Doe, Jane", or a --template that has them.',
        )
    return merged(metadata, files.block())


def _creators(records: Iterable[Path]) -> list[JsonValue]:
    """Everybody who made one of the records, once."""
    found: list[JsonValue] = []
    for folder in records:
        record = load(folder, str(folder), blocks()).record
        body = record.body()["metadata"] if record else {}
        each = body.get("creators") if isinstance(body, dict) else None
        found += [one for one in each if one not in found] if isinstance(each, list) else []
    return found


def _write(
    home: Path, file: Path, content: bytes, metadata: Mapping[str, JsonValue] | None
) -> bool:
    """Write both files or neither, and only what is other than before."""
    with on_disk():
        made = not home.exists()
        home.mkdir(parents=True, exist_ok=True)
        old = read_small(file, _MOST, within=home) if file.exists() else None
        edits = [Edit(file, old, content)] if old != content else []
        try:
            with making(edits):
                if metadata:
                    begin(home, metadata)
        except BaseException:
            if made:
                with suppress(OSError):
                    home.rmdir()
            raise
    return bool(edits)


def _draw(flow: Workflow, path: Path) -> Path:
    with on_disk():
        write_whole(path, flow.svg().encode())
    return path
