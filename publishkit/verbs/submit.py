"""The button: a process goes from a lab's database into an archive, in one call."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit import config as configuration
from publishkit.downloading import on_disk
from publishkit.errors import ConfigError, PartialError, Problem, RejectedError, Severity
from publishkit.ledger import LINKS_FILE
from publishkit.mapping.databases import without_password
from publishkit.mapping.exports import is_database
from publishkit.repository import State
from publishkit.setting import Options
from publishkit.showing.choosing import watching
from publishkit.tables import Anchor, Tabular
from publishkit.verbs.entries import entries
from publishkit.verbs.links import pids
from publishkit.verbs.mapping import MapOutcome, Mapped, map_export
from publishkit.verbs.push import carry_out, plan
from publishkit.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.mapping.exports import Given
    from publishkit.plan import Plan
    from publishkit.progress import Watcher
    from publishkit.receipts import Receipt
    from publishkit.tables import Cells

    Carry = Callable[[Plan], Sequence[Receipt]]

__all__ = ["Submission", "Submitted", "SubmittedEntry", "SubmittedProcess", "submit_process"]

_RECORDS = "records"
_IDS = "ids.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedEntry:
    """An entry that the archive made."""

    deposit: str
    """The id of the deposit that it is in."""
    id: str
    file: str
    """The file that it was made of."""
    page: str = ""
    errors: tuple[str, ...] = ()
    """What went wrong while it was processed, in the archive's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedProcess:
    """A process in the archive."""

    name: str
    receipt: Receipt
    """What became of its record."""
    entry: SubmittedEntry
    steps: Mapping[str, SubmittedEntry]
    """By their places in the record; of records of their own, by the folders' names."""
    left_out: tuple[str, ...] = ()
    """The steps that could not be mapped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted(Tabular):
    """What became of an export."""

    processes: tuple[SubmittedProcess, ...]
    receipts: tuple[Receipt, ...]
    """Of all records, those of steps among them."""
    problems: tuple[Problem, ...]
    """What could not be mapped, and what else there is to say."""
    links: Path
    """The links file."""
    ids: Path
    """The file with all ids."""
    kept: str = ""
    """Why the records are still there although they were to be cleaned up; else ''."""

    @property
    def ok(self) -> bool:
        """Whether all of the export is in the archive."""
        wrong = any(one.severity is Severity.ERROR for one in self.problems)
        return not wrong and all(one.ok for one in self.receipts)

    def cells(self) -> Cells:
        """What a table says of it."""
        first = self.processes[0]
        page = first.receipt.page
        return {
            "process": ", ".join(one.name for one in self.processes),
            "steps": str(sum(len(one.steps) for one in self.processes)),
            "outcome": first.receipt.verb,
            "page": Anchor(first.receipt.id, page) if page else first.receipt.id,
        }


def submit_process(
    export: Given,
    mapping: str | Path,
    to: str,
    *,
    publish: bool = False,
    folder: str | Path | None = None,
    ids: str | Path | None = None,
    separate: bool = False,
    strict: bool = True,
    cleanup: bool = False,
    params: Mapping[str, str] | None = None,
    wait_timeout: float | None = None,
    watcher: Watcher | None = None,
    progress: bool | None = None,
) -> Submitted:
    """Map an export, push it, wait for the archive's entries, collect their ids, and publish.

    Prints nothing. Called again with the same arguments, as after a crash, it goes on where it
    stopped: what is sent is not sent twice, and what is published is not published again.

    Args:
        export: As for `map_export`.
        mapping: As for `map_export`.
        to: The name of the target.
        publish: Whether to publish, which cannot be undone; this is consent, nothing is asked.
        folder: Where the records and their links are kept; by default a folder of this machine that
            belongs to this export, mapping and target. Needed for data that are in no file.
        ids: The file that all ids are written to; by default `ids.json` in the folder.
        separate: As for `map_export`.
        strict: Whether to send nothing where something cannot be mapped, instead of leaving the
            step out.
        cleanup: Whether to remove the records from the folder once everything is published. The
            links file and the ids stay there, so that a later call publishes nothing twice.
        params: As for `map_export`.
        wait_timeout: How many seconds to wait for processing; None waits as long as it takes.
        watcher: Is told how the push goes on.
        progress: Whether to show how it goes on, on standard error; by default in notebooks only.

    Returns:
        The deposits and entries, by process and step.

    Raises:
        ConfigError: The export, the mapping, the target or the folder will not do.
        RecordError: Something cannot be mapped, or the archive would refuse it; nothing was sent.
        RepositoryError: The archive did not do what was asked.
        PartialError: Some records went through and some did not.
        Cancelled: The run was interrupted.
    """
    submission = Submission(
        export=export,
        mapping=Path(mapping),
        to=to,
        folder=Path(folder) if folder else None,
        ids=Path(ids) if ids else None,
        separate=separate,
        strict=strict,
        cleanup=cleanup,
        params=params or {},
        options=Options(publish=publish, wait_timeout=wait_timeout),
    )
    with watching(watcher, progress) as told:
        return submission.carry_out(lambda made: carry_out(made, told))


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What is to be submitted, and how; see `submit_process`."""

    export: Given = field(repr=False)  # the URL of a database may have a password in it
    mapping: Path
    to: str
    folder: Path | None
    ids: Path | None
    separate: bool
    strict: bool
    cleanup: bool
    params: Mapping[str, str] = field(repr=False)
    options: Options

    def carry_out(self, carry: Carry) -> Submitted:
        """Do it.

        Args:
            carry: Carries out the plan of a push.
        """
        home = self.folder or self._default_folder()
        records = home / _RECORDS
        mapped, problems = self._mapped(records)
        receipts: list[Receipt] = []
        if self.separate:
            receipts += self._push(_step_records(mapped), carry)
            mapped, problems = self._mapped(records)
        receipts += self._push([one.folder for one in mapped], carry)
        made = tuple(self._collected(one, receipts) for one in mapped)
        submitted = Submitted(
            processes=made,
            receipts=tuple(receipts),
            problems=(*problems, *_complaints(made, self.to)),
            links=records / LINKS_FILE,
            ids=self._write_ids(home, made, mapped),
        )
        return self._cleaned(mapped, submitted) if self.cleanup else submitted

    def _mapped(self, records: Path) -> tuple[list[Mapped], tuple[Problem, ...]]:
        mapping = partial(map_export, self.export, self.mapping, records, self.to)
        try:
            found: Sequence[object] = mapping(
                strict=self.strict, separate=self.separate, params=self.params
            )
        except PartialError as error:
            found = error.done
        each = [one for one in found if isinstance(one, Mapped)]
        said = [problem for one in each for problem in one.problems]
        usable = [one for one in each if one.outcome is not MapOutcome.REFUSED]
        return usable, tuple(dict.fromkeys(said))

    def _push(self, folders: Iterable[Path], carry: Carry) -> Sequence[Receipt]:
        return carry(plan(list(folders), self.to, self.options))

    def _default_folder(self) -> Path:
        """One for this export, mapping, target and values of a query."""
        import platformdirs

        if not isinstance(self.export, str | Path):
            raise ConfigError(
                "data that are in no file have no folder of their own",
                advice="Say where their record is to be kept: folder.",
            )
        export = str(self.export)
        what = without_password(export) if is_database(export) else str(Path(export).absolute())
        target = configuration.load().target(self.to)
        identity = [what, str(self.mapping.absolute()), target.url, sorted(self.params.items())]
        name = hashlib.sha256(json.dumps([*identity, self.separate]).encode()).hexdigest()[:16]
        stem = self.mapping.stem.partition(".")[0]
        return platformdirs.user_data_path("publishkit") / "lims" / f"{stem}-{name}"

    # ---- what the archive made of it ----

    def _collected(self, mapped: Mapped, receipts: Sequence[Receipt]) -> SubmittedProcess:
        by_folder = {one.folder.absolute(): one for one in receipts}
        receipt = by_folder[mapped.folder.absolute()]
        found = _entries_of(receipt.id, self.to)
        process = _of_file(found, mapped.file, receipt)
        steps: dict[str, SubmittedEntry] = {}
        for name in mapped.steps:
            if mapped.step_folder is None:
                steps[name] = _of_file(found, name, receipt)
            else:
                one = by_folder[(mapped.step_folder / name).absolute()]
                steps[name] = _of_file(_entries_of(one.id, self.to), mapped.step_file, one)
        return SubmittedProcess(
            name=mapped.name,
            receipt=receipt,
            entry=process,
            steps=steps,
            left_out=mapped.left_out,
        )

    def _write_ids(
        self, home: Path, made: Sequence[SubmittedProcess], mapped: Sequence[Mapped]
    ) -> Path:
        path = self.ids or home / _IDS
        folders = [one.folder for one in mapped]
        folders += [one.step_folder for one in mapped if one.step_folder]
        known: dict[str, JsonValue] = pids(folders, self.to)
        known["processes"] = {one.name: _ids(one) for one in made}
        with on_disk():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, (json.dumps(known, indent=2, ensure_ascii=False) + "\n").encode())
        return path

    # ---- the end ----

    def _cleaned(self, mapped: Sequence[Mapped], submitted: Submitted) -> Submitted:
        """Remove the records, if the archive has all of them for good.

        The links files stay: by them the next call knows that they are published.
        """
        if why := _needed(submitted):
            return replace(submitted, kept=why)
        with on_disk():
            for one in [*(one.folder for one in mapped), *_step_records(mapped)]:
                shutil.rmtree(one, ignore_errors=True)
        return submitted


def _step_records(mapped: Sequence[Mapped]) -> list[Path]:
    """Those that the export has: others in the folder must not be published any more."""
    return [one.step_folder / name for one in mapped if one.step_folder for name in one.steps]


def _needed(submitted: Submitted) -> str:
    if not submitted.ok:
        return "not everything is in the archive"
    drafts = [one.name for one in submitted.receipts if one.state is not State.PUBLISHED]
    return f"{', '.join(drafts[:5])} not published yet" if drafts else ""


def _entries_of(deposit: str, to: str) -> dict[str, SubmittedEntry]:
    """The entries of a deposit by the files that they were made of."""
    return {
        one.mainfile: SubmittedEntry(
            deposit=one.deposit,
            id=one.id,
            file=one.mainfile,
            page=one.page,
            errors=one.errors,
        )
        for one in entries(deposit, to)
    }


def _complaints(made: Iterable[SubmittedProcess], to: str) -> Iterator[Problem]:
    """What the archive says of entries that it made and logged errors of."""
    for process in made:
        for name, entry in {process.entry.file: process.entry, **process.steps}.items():
            if entry.errors:
                advice = f"see all of it: publishkit entries show {entry.id} --to {to}"
                said = "; ".join(dict.fromkeys(entry.errors))
                yield Problem(name, said, advice, Severity.WARNING, record=process.name)


def _of_file(found: Mapping[str, SubmittedEntry], file: str, receipt: Receipt) -> SubmittedEntry:
    if file in found:
        return found[file]
    raise RejectedError(
        f"no entry was made of {file} in {receipt.id}",
        target=receipt.target,
        advice=f"See what there is: publishkit entries list {receipt.id} --to {receipt.target}",
    )


def _ids(one: SubmittedProcess) -> dict[str, JsonValue]:
    steps: dict[str, JsonValue] = {
        name: {"deposit": step.deposit, "entry": step.id} for name, step in one.steps.items()
    }
    return {"deposit": one.entry.deposit, "entry": one.entry.id, "steps": steps}
