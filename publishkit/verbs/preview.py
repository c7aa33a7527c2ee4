"""What a push would do, found out without doing it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from publishkit import described
from publishkit import folder as folders
from publishkit.abilities import Download, Grouping, Member
from publishkit.comparing import is_equal
from publishkit.errors import NotFoundError, RepositoryError
from publishkit.job import DONE, Choices
from publishkit.ledger import Ledger
from publishkit.plan import Action, keyed
from publishkit.refusals import edited_elsewhere, gone, unchangeable
from publishkit.repository import State
from publishkit.setting import Options, blocks
from publishkit.tables import Tabular, tabled
from publishkit.text import plural, size
from publishkit.validation import parse
from publishkit.verbs.push import Paths, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.model import Record
    from publishkit.plan import Part, Plan, Step
    from publishkit.repository import DataFile, Deposit, RemoteFile, Repository, Terms
    from publishkit.row import Row
    from publishkit.tables import Cells

__all__ = ["FileChange", "MetadataChange", "Preview", "preview", "previews"]

_NEW: Final = "new"
_CHANGED: Final = "changed"
_REMOVED: Final = "removed"


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that would be sent or removed."""

    key: str
    size: int
    """In bytes."""
    change: str
    """`new`, `changed` or `removed`."""


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """A part of the metadata that would be another than the deposit has."""

    path: str
    """Such as `metadata.creators[0].person_or_org.name`."""
    before: JsonValue
    """None where the deposit says nothing."""
    after: JsonValue
    """None where the folder says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(Tabular):
    """What would happen to one deposit."""

    records: tuple[str, ...]
    """The folders in it as they were given: one, or those of a group."""
    target: str
    action: Action
    id: str = ""
    """The deposit's; '' where there is none yet."""
    state: State | None = None
    """The deposit's, as the target says now; None where it was not asked, or there is none."""
    files: tuple[FileChange, ...] = ()
    metadata: tuple[MetadataChange, ...] = ()
    publishes: bool = False
    """Whether it would be published, or submitted for review."""
    terms: Terms | None = None
    """None where nothing would happen."""
    refusal: RepositoryError | None = None
    """Why it would be left as it is, and what to do then."""

    def cells(self) -> Cells:
        """What a table says of it."""
        sent = [one for one in self.files if one.change != _REMOVED]
        return {
            "records": ", ".join(self.records),
            "target": self.target,
            "action": self.action.value,
            "state": self.state.value if self.state else "",
            "files to send": f"{plural(len(sent), 'file')}, {size(self.bytes)}" if sent else "",
            "metadata": ", ".join(one.path for one in self.metadata),
            "publishes": "yes" if self.publishes else "",
            "why not": str(self.refusal or ""),
        }

    @property
    def bytes(self) -> int:
        """How many bytes of data would be sent."""
        sent = () if self.refusal else self.files
        return sum(one.size for one in sent if one.change != _REMOVED)


@tabled
def preview(
    records: Paths,
    to: str | Sequence[str] = "local",
    *,
    publish: bool = False,
    recursive: bool = False,
    links: str | Path | None = None,
    skip_invalid: bool = False,
    group: str = "",
    force: bool = False,
    recreate: bool = False,
    resubmit: bool = False,
    new_version: bool = False,
    allow_secrets: bool = False,
) -> list[Preview]:
    """Find out what a push would do; nothing is sent or written.

    Args:
        records: As for `push`, as all that follow.
        to: The name of a target, or several.
        publish: Whether it would publish.
        recursive: Whether to look for records in deeper folders too.
        links: The links file to use.
        skip_invalid: Whether records that are not valid would be left out.
        group: The name of the one deposit for all records.
        force: Whether metadata that was edited on the archive's pages would be overwritten.
        recreate: Whether deposits that are gone would be made anew.
        resubmit: Whether what a review declined would be submitted again.
        new_version: Whether what is published would be followed by a new version.
        allow_secrets: Whether files that look like credentials would be sent.

    Raises:
        PublishkitError: As `push` does before it sends anything.
    """
    options = Options(
        publish=publish,
        recursive=recursive,
        links=Path(links) if links else None,
        skip_invalid=skip_invalid,
        group=group,
        allow_secrets=allow_secrets,
        choices=Choices(force=force, recreate=recreate, resubmit=resubmit, new_version=new_version),
    )
    return list(previews(plan(records, to, options)))


def previews(made: Plan) -> Iterator[Preview]:
    """What a plan would do, one deposit after the other, as the targets are asked for each."""
    ledgers: dict[Path, Ledger] = {}
    for step in made.steps:
        path = step.parts[0].ledger
        if path not in ledgers:
            ledgers[path] = Ledger.read(path)
        yield _Looking(made, step, ledgers[path]).preview()


class _Looking:
    """Looks at one deposit, and at the folders that belong to it."""

    def __init__(self, made: Plan, step: Step, ledger: Ledger) -> None:
        self.made = made
        self.step = step
        self.choices = made.options.choices
        self.whole = made.setting.repositories[step.target.name]
        urls = made.setting.config.urls_of(step.target)
        old = {renaming.new: renaming.old for renaming in made.renamings}
        rows = {p.key: ledger.find(old.get(p.key, p.key), step.target, urls) for p in step.parts}
        self.rows: Mapping[str, Row] = {key: row for key, row in rows.items() if row}

    def preview(self) -> Preview:
        """All that is to say of it."""
        step = self.step
        found = Preview(
            records=tuple(part.name for part in step.parts),
            target=step.target.name,
            action=step.action,
            id=self._id(),
            publishes=self.made.options.publish and not step.done,
        )
        if self.made.rests(step):
            return found
        loaded = [(part, folders.load(part.folder, part.name, blocks())) for part in step.parts]
        repository, record = self._repository(loaded)
        files = _files(loaded, group=bool(step.group))
        found = replace(found, terms=repository.terms(record))
        if step.action is Action.NOTHING:
            return found
        if step.action is Action.CREATE or not step.id:
            return replace(found, files=tuple(FileChange(f.key, f.size, _NEW) for f in files))
        try:
            deposit = repository.get(found.id)
        except NotFoundError as error:
            return replace(found, refusal=gone(found.id, error), publishes=False, terms=None)
        return self._compared(found, repository, deposit, record, files)

    def _repository(
        self, loaded: Sequence[tuple[Part, folders.Loaded]]
    ) -> tuple[Repository, Record]:
        """The repository and the record that stand for all that is in the deposit."""
        records = {part.key: self._resolved(part, one.record) for part, one in loaded if one.record}
        first = next(iter(records.values()))
        if self.step.group and isinstance(self.whole, Grouping):
            members = [Member(key, record) for key, record in records.items()]
            return self.whole.group(self.step.group, members), first
        return self.whole, first

    def _resolved(self, part: Part, record: Record) -> Record:
        row = self.rows.get(part.key)
        linked = record.with_links(row.linked, row.collections) if row else record
        return self.whole.resolve(linked).record

    def _id(self) -> str:
        if self.step.group and isinstance(self.whole, Grouping):
            return self.whole.group_id(self.step.id)
        return self.step.id

    def _compared(
        self,
        found: Preview,
        repository: Repository,
        deposit: Deposit,
        record: Record,
        files: Sequence[DataFile],
    ) -> Preview:
        held = repository.files(deposit.id) if deposit.files is None else deposit.files
        refusal = self._refusal(deposit)
        return replace(
            found,
            state=deposit.state,
            files=tuple(self._file_changes(files, held)),
            metadata=tuple(self._metadata_changes(repository, deposit.id, record)),
            refusal=refusal,
            publishes=found.publishes and refusal is None,
            terms=None if refusal else found.terms,
        )

    def _refusal(self, deposit: Deposit) -> RepositoryError | None:
        row = next(iter(self.rows.values()), None)
        folder = self.step.parts[0].name
        closed = deposit.state in DONE
        closed = closed or (deposit.state is State.DECLINED and not self.choices.resubmit)
        follows = self.step.action is Action.NEW_VERSION and deposit.state is State.PUBLISHED
        if closed and not follows:
            return unchangeable(folder, self.step.target.name, deposit)
        edited = row and row.revision not in {"", deposit.revision} and not self.choices.force
        return edited_elsewhere(deposit.id, folder) if edited and not closed else None

    def _file_changes(
        self, files: Sequence[DataFile], held: Mapping[str, RemoteFile]
    ) -> Iterator[FileChange]:
        for file in files:
            there = held.get(file.key)
            if there is None:
                yield FileChange(file.key, file.size, _NEW)
            elif not is_equal(file, there, self.made.setting.digests):
                yield FileChange(file.key, file.size, _CHANGED)
        mine = {file.key for file in files}
        for key, there in held.items():
            if key not in mine:
                yield FileChange(key, there.size, _REMOVED)

    def _metadata_changes(
        self, repository: Repository, id_: str, record: Record
    ) -> Iterator[MetadataChange]:
        """Where the deposit can tell what it says; of a group's only the folders can."""
        if self.step.group or not isinstance(repository, Download):
            return
        backend = self.step.target.backend
        text = described.as_text(repository.describe(id_))
        there = parse(text.encode(), blocks=blocks()).record
        if there:
            there = repository.resolve(there).record
            yield from _differences("", _said(there, backend), _said(record, backend))


def _files(loaded: Sequence[tuple[Part, folders.Loaded]], *, group: bool) -> list[DataFile]:
    return [
        replace(file, key=keyed(part, file.key, group=group))
        for part, one in loaded
        for file in one.files
    ]


def _said(record: Record, backend: str) -> JsonValue:
    """All that a record says to one backend, without what follows from its folder."""
    body = record.model_dump(mode="json", exclude_defaults=True)
    body.pop("files", None)
    block = record.blocks.get(backend)
    own = block.model_dump(mode="json", exclude_defaults=True) if block else {}
    return {**body, backend: own}


def _differences(path: str, before: JsonValue, after: JsonValue) -> Iterator[MetadataChange]:
    """The smallest parts in which two JSON values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(key for key in after if key not in before)):
            inner = f"{path}.{key}" if path else key
            yield from _differences(inner, before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        for number in range(max(len(before), len(after))):
            old = before[number] if number < len(before) else None
            new = after[number] if number < len(after) else None
            yield from _differences(f"{path}[{number}]", old, new)
    elif before != after:
        yield MetadataChange(path, before, after)
