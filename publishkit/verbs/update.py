"""Change the metadata of deposits, published ones included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit import folder as folders
from publishkit import plan as planning
from publishkit.abilities import Editing, Grouping, Member
from publishkit.errors import RecordError, RejectedError, Severity
from publishkit.finding import Found, able, find, keeping
from publishkit.foreign import foreign_of
from publishkit.job import Choices
from publishkit.ledger import Ledger
from publishkit.metadata_file import edit, making
from publishkit.plan import Part
from publishkit.receipts import Outcome, Receipt
from publishkit.refusals import edited_elsewhere
from publishkit.repository import Deposit, State
from publishkit.setting import Options, blocks
from publishkit.showing.choosing import watching
from publishkit.tables import tabled
from publishkit.verbs.publish import standing_record
from publishkit.verbs.push import carry_out
from publishkit.verbs.working import (
    as_path,
    attempt,
    collected,
    deposit_of,
    distinct,
    one_by_one,
    plans,
    receipt,
    sign_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.keeping import Keeper
    from publishkit.model import Record
    from publishkit.plan import Plan
    from publishkit.progress import Watcher
    from publishkit.repository import Digests, Repository

__all__ = ["Updating", "prepare", "update"]


@tabled
def update(
    what: str | Path,
    to: str | None = None,
    *,
    changes: Mapping[str, JsonValue] | None = None,
    force: bool = False,
    recursive: bool = False,
    links: str | Path | None = None,
    wait_timeout: float | None = None,
    allow_secrets: bool = False,
    watcher: Watcher | None = None,
    progress: bool | None = None,
) -> list[Receipt]:
    """Bring the metadata of deposits up to date; of published ones too, whose files stay.

    Args:
        what: A record folder or a folder of them, an id, a DOI or the URL of a page.
        to: The name of the target; for a folder that is on several, all of them by default.
        changes: A JSON Merge Patch (RFC 7396): written into the folder's `record_metadata.json`
            first, or, for a deposit that is no folder's, applied to what it says of itself.
        force: Overwrite metadata that was edited on the archive's pages.
        recursive: Whether to look for records in deeper folders too.
        links: The links file, instead of the one that knows the folder.
        wait_timeout: How many seconds to wait for processing; None waits as long as it takes.
        allow_secrets: Send files too that look like credentials.
        watcher: Is told how the push of a draft goes on.
        progress: Whether to show how it goes on, on standard error; by default in notebooks only.

    Raises:
        RecordError: A record is not valid, or would not be then; nothing was changed.
        RejectedError: The files of a published deposit are not the folder's.
        ConflictError: The metadata was edited on the web since.
        UnsupportedError: The target cannot change what is published.
        ConfigError: A folder has no deposit yet, or the target is not known.
    """
    options = Options(
        links=as_path(links),
        wait_timeout=wait_timeout,
        allow_secrets=allow_secrets,
        choices=Choices(force=force),
    )
    updating = prepare(what, to, options, changes=changes or {}, recursive=recursive)
    with watching(watcher, progress) as told:
        pushes = [partial(carry_out, plan, told) for plan in updating.plans]
        others = [partial(attempt, one.found, one.carry_out) for one in updating.others]
        return collected(one_by_one([*pushes, *others]))


@dataclass(frozen=True, slots=True)
class Updating:
    """What will be brought up to date; nothing was sent yet."""

    plans: tuple[Plan, ...]
    """Of the folders whose deposits are drafts."""
    others: tuple[_Published | _Standing, ...]
    """Published deposits of folders, and those that were not named by a folder."""
    changed: tuple[Path, ...]
    """The metadata files that were changed."""


def prepare(
    what: str | Path,
    to: str | None,
    options: Options,
    *,
    changes: Mapping[str, JsonValue],
    recursive: bool = False,
) -> Updating:
    """Write the changes into the folders, then find out what must be sent; sends nothing."""
    found = find(what, to, links=options.links, recursive=recursive)
    sign_in(found)
    if not Path(what).is_dir():
        standing = tuple(_Standing.of(one, changes) for one in distinct(found))
        return Updating((), standing, ())
    public = {
        (one.target.database, one.id): deposit
        for one in distinct(found)
        if (deposit := deposit_of(one)) and deposit.state is State.PUBLISHED
    }
    editable = [one for one in found if (one.target.database, one.id) in public]
    for one in editable:
        able(one.repository, Editing, one.target, "change what is published")
    paths = dict.fromkeys(one.folder for one in found if one.folder)
    if changes:
        _refuse_foreign(one.folder for one in editable if one.folder)
    edits = [made for path in paths if changes and (made := edit(path, changes, blocks()))]
    with making(edits):
        published = tuple(
            _Published.of(members, public[key], force=options.choices.force)
            for key, members in _by_deposit(editable).items()
        )
        drafts = tuple(plans([one for one in found if one not in editable], options))
    return Updating(drafts, published, tuple(made.path for made in edits))


def _refuse_foreign(folders: Iterable[Path]) -> None:
    """Another tool's file has no date of publishing, and a new file of ours would say today."""
    for folder in folders:
        if other := foreign_of(folder):
            raise RejectedError(
                f"{folder} is published, and {other.path.name} of {other.kind.tool} stands for its "
                "metadata",
                advice="Edit that file and run publishkit update without --set, or take over what "
                f"the archive has: publishkit pull {folder}",
            )


def _by_deposit(found: Sequence[Found]) -> dict[tuple[str, str], tuple[Found, ...]]:
    """The records in each deposit."""
    each: dict[tuple[str, str], tuple[Found, ...]] = {}
    for one in found:
        key = (one.target.database, one.id)
        each[key] = (*each.get(key, ()), one)
    return each


# ---- published deposits of folders ----


@dataclass(frozen=True, slots=True)
class _Published:
    """A published deposit whose metadata will be its folder's."""

    asked: tuple[Found, ...]
    """The records in it that were named; a group's others are brought up to date too."""
    before: Deposit
    parts: tuple[tuple[Part, folders.Loaded], ...]
    """The records in it: one, or those of a group."""
    fingerprint: str
    force: bool

    @classmethod
    def of(cls, asked: tuple[Found, ...], before: Deposit, *, force: bool) -> _Published:
        """Load the folder, and make sure that the target takes it and its files are the same.

        Raises:
            RecordError: The record is not valid for this target.
            RejectedError: Its files are not those of the deposit.
        """
        found = asked[0]
        parts = tuple((part, _load(found, part)) for part in _parts(found))
        group = bool(found.member)
        digests = {
            planning.keyed(part, file.key, group=group): found.setting.digests.digests(file)
            for part, one in parts
            for file in one.files
        }
        _refuse_other_files(found, digests)
        fingerprint = planning.fingerprint(parts, digests, group=group)
        return cls(asked, before, parts, fingerprint, force)

    @property
    def found(self) -> Found:
        """The first of the records that were named."""
        return self.asked[0]

    @property
    def behind(self) -> None:
        """No folder: this one says what the deposit will."""

    def carry_out(self) -> list[Receipt]:
        """Send the metadata, unless the deposit has them.

        Raises:
            ConflictError: The metadata was edited on the web since.
        """
        found, before = self.found, self.before
        with keeping(found) as keeper:
            row = keeper.row
            if row and row.sent == self.fingerprint and row.revision == before.revision:
                keeper.keep(before)
                return [receipt(one, before, Outcome.UNCHANGED) for one in self.asked]
            if row and row.revision not in {"", before.revision} and not self.force:
                raise edited_elsewhere(found.id, found.name, found.target.name)
            repository, record = self._whole(keeper)
            editing = able(repository, Editing, found.target, "change what is published")
            with keeper.changing(before):
                after = editing.edit(found.id, record)
            keeper.keep(
                after,
                before=before,
                sent=self.fingerprint,
                title=record.metadata.title,
                revision=after.revision,
                contents=after.contents,
            )
        return [receipt(one, after, Outcome.UPDATED) for one in self.asked]

    def _whole(self, keeper: Keeper) -> tuple[Repository, Record]:
        """The repository and the record that stand for all that is in the deposit."""
        repository = self.found.repository
        added = {row.folder: (row.linked, row.collections) for row in keeper.rows}
        records = {
            part.key: repository.resolve(
                one.record.with_links(*added.get(part.key, ({}, ())))
            ).record
            for part, one in self.parts
            if one.record
        }
        first = next(iter(records.values()))
        row = self.found.row
        if self.found.member and row and isinstance(repository, Grouping):
            members = [Member(key, record) for key, record in records.items()]
            return repository.group(row.group, members), first
        return repository, first


def _parts(found: Found) -> list[Part]:
    if found.ledger is None or found.row is None or found.folder is None:
        raise AssertionError(f"{found.name} is no folder")
    if not found.member:
        return [Part(found.folder, found.name, found.ledger, found.row.folder)]
    group, target = found.row.group, found.row.target
    rows = [r for r in Ledger.read(found.ledger).rows() if (r.group, r.target) == (group, target)]
    places = [(row, found.ledger.parent / row.folder) for row in rows]
    return [Part(place, row.folder, found.ledger, row.folder) for row, place in places]


def _load(found: Found, part: Part) -> folders.Loaded:
    loaded = folders.load(part.folder, part.name, blocks())
    problems = list(loaded.problems)
    if loaded.record:
        asked = found.repository.resolve(loaded.record).problems
        own = [*found.repository.check(loaded.record, loaded.files), *asked]
        problems += [replace(problem, record=part.name) for problem in own]
    if loaded.record is None or any(p.severity is Severity.ERROR for p in problems):
        raise RecordError(problems)
    return loaded


def _refuse_other_files(found: Found, digests: Mapping[str, Digests]) -> None:
    remote = found.repository.files(found.id)
    other = sorted(remote.keys() ^ digests.keys()) + [
        key
        for key, mine in digests.items()
        if key in remote and (sum_ := remote[key].checksum) and not mine.match(sum_)
    ]
    if other:
        named = ", ".join(other[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")  # noqa: PLR2004 - as messages do
        raise RejectedError(
            f"the files of {found.name} are not those of {found.id}, which is published: {named}",
            target=found.target.name,
            advice="Send what changed as a new version by publishkit new-version.",
        )


# ---- deposits that were not named by a folder ----


@dataclass(frozen=True, slots=True)
class _Standing:
    """A deposit that gets what it says of itself, changed."""

    found: Found
    before: Deposit
    record: Record
    changed: bool

    @classmethod
    def of(cls, found: Found, changes: Mapping[str, JsonValue]) -> _Standing:
        """Make sure that the target takes what the deposit is to say.

        Raises:
            RecordError: It does not.
        """
        before = found.repository.get(found.id)
        if before.state is State.PUBLISHED:
            able(found.repository, Editing, found.target, "change what is published")
        return cls(found, before, *standing_record(found, changes))

    def carry_out(self) -> list[Receipt]:
        """Send the metadata, unless nothing changes them."""
        found, before = self.found, self.before
        if not self.changed:
            with keeping(found) as keeper:
                keeper.keep(before)
            return [receipt(found, before, Outcome.UNCHANGED)]
        with keeping(found) as keeper:
            after = self._sent(keeper)
            keeper.keep(after, before=before, sent="")  # not what the folder says
        return [receipt(found, after, Outcome.UPDATED)]

    @property
    def behind(self) -> Path | None:
        """The folder that does not say what the deposit will, and overwrites it some day."""
        found = self.found
        if not (self.changed and found.ledger and found.row):
            return None
        folder = found.ledger.parent / found.row.folder
        return folder if folder.is_dir() else None

    def _sent(self, keeper: Keeper) -> Deposit:
        found, before, repository = self.found, self.before, self.found.repository
        with keeper.changing(before):
            if before.state is State.PUBLISHED:
                editing = able(repository, Editing, found.target, "change what is published")
                return editing.edit(found.id, self.record)
            after = repository.update(found.id, self.record, revision=before.revision)
            return after or repository.get(found.id)
