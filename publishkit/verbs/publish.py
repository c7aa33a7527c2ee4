"""Publish what was pushed: folders as they are now, deposits as they stand."""

from __future__ import annotations

import json
import shlex
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit.abilities import Download
from publishkit.engine import publish as publish_one
from publishkit.errors import RecordError, RejectedError, Severity
from publishkit.expiry import as_time, in_months
from publishkit.finding import Found, able, find, keeping
from publishkit.job import DONE, Choices, Job
from publishkit.keeping import KeptRows
from publishkit.metadata_file import edit, making, merged, parsed
from publishkit.receipts import Outcome, Receipt
from publishkit.repository import DataFile, Deposit, State
from publishkit.setting import Options, blocks
from publishkit.showing.choosing import watching
from publishkit.tables import tabled
from publishkit.verbs.push import carry_out
from publishkit.verbs.working import (
    as_path,
    attempt,
    collected,
    deposit_of,
    distinct,
    meter,
    one_by_one,
    plans,
    receipt,
    sign_in,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.hooks import Target
    from publishkit.model import Record
    from publishkit.plan import Plan
    from publishkit.progress import Watcher

__all__ = ["Publication", "access_of", "prepare", "publish", "standing_record"]


@tabled
def publish(
    what: str | Path,
    to: str | None = None,
    *,
    embargo: dt.date | str | int | None = None,
    restricted: bool = False,
    resubmit: bool = False,
    allow_failed_entries: bool = False,
    recursive: bool = False,
    links: str | Path | None = None,
    wait_timeout: float | None = None,
    allow_secrets: bool = False,
    watcher: Watcher | None = None,
    progress: bool | None = None,
) -> list[Receipt]:
    """Publish deposits, or submit them for review; that cannot be undone, and nothing is asked.

    A folder is pushed as it is now, then published. A deposit that is named by its id, DOI or page
    is published as it stands there.

    Args:
        what: A record folder or a folder of them, an id, a DOI or the URL of a page.
        to: The name of the target; for a folder that is on several, all of them by default.
        embargo: Until when the files stay closed: a day, or a number of months from today. It is
            written into the folder's `record_metadata.json` first.
        restricted: Whether the record stays closed, its metadata included; written likewise.
        resubmit: Submit again what a review declined.
        allow_failed_entries: Publish although not everything could be processed.
        recursive: Whether to look for records in deeper folders too.
        links: The links file, instead of the one that knows the folder.
        wait_timeout: How many seconds to wait for processing; None waits as long as it takes.
        allow_secrets: Send files too that look like credentials.
        watcher: Is told how a folder's push goes on.
        progress: Whether to show how it goes on, on standard error; by default in notebooks only.

    Raises:
        ConfigError: A folder has no deposit yet, or the target is not known.
        RecordError: A record is not valid, or not with that embargo; nothing was changed.
        RejectedError: One is published or in review already, without that access; nothing was done.
        RepositoryError: The target refuses, or it is not known to be published.
        PartialError: Some were published and some were not.
    """
    options = Options(
        publish=True,
        links=as_path(links),
        wait_timeout=wait_timeout,
        allow_secrets=allow_secrets,
        choices=Choices(resubmit=resubmit, allow_failed_entries=allow_failed_entries),
    )
    access = access_of(embargo, restricted=restricted)
    publication = prepare(what, to, options, access=access, recursive=recursive)
    with watching(watcher, progress) as told:
        pushes = [partial(carry_out, plan, told) for plan in publication.plans]
        standing = [partial(attempt, one.found, one.carry_out) for one in publication.standing]
        return collected(one_by_one([*pushes, *standing]))


def access_of(
    embargo: dt.date | str | int | None = None, *, restricted: bool = False
) -> dict[str, JsonValue]:
    """What a record's `access` must say, as a merge patch; {} if nothing was asked for.

    Args:
        embargo: A day, or a number of months from today.
        restricted: Whether the metadata stay closed too.

    Raises:
        ConfigError: The embargo is over already, or no day.
    """
    access: dict[str, JsonValue] = {}
    if restricted:
        access = {"record": "restricted", "files": "restricted"}
    if embargo is not None:
        until = _until(embargo).isoformat()
        access |= {"files": "restricted", "embargo": {"active": True, "until": until}}
    return {"access": access} if access else {}


def _until(embargo: dt.date | str | int) -> dt.date:
    if isinstance(embargo, int) or (isinstance(embargo, str) and embargo.strip().isdigit()):
        return in_months(int(embargo))
    return as_time(embargo).date()


@dataclass(frozen=True, slots=True)
class Publication:
    """What will be published; nothing was sent yet."""

    plans: tuple[Plan, ...]
    """Of folders."""
    standing: tuple[_Standing, ...]
    """Deposits that are published as they stand."""
    changed: tuple[Path, ...]
    """The metadata files into which the access was written."""


def prepare(
    what: str | Path,
    to: str | None,
    options: Options,
    *,
    access: Mapping[str, JsonValue],
    recursive: bool = False,
    confirm: Callable[[Sequence[Target]], None] = lambda _: None,
) -> Publication:
    """Write the access into the folders, then find out what will be published; sends nothing.

    Args:
        what: As for `publish`.
        to: As for `publish`.
        options: How to push.
        access: As `access_of` gives it.
        recursive: As for `publish`.
        confirm: Is told the target of every deposit that will be published and is on no sandbox;
            what it raises ends all, and leaves the folders as they were.

    Raises:
        PublishkitError: As `publish` does, before anything is sent; the folders are as they were.
    """
    found = find(what, to, links=options.links, recursive=recursive)
    sign_in(found)
    if not Path(what).is_dir():
        standing = tuple(_standing(one, options, access) for one in distinct(found))
        confirm([s.found.target for s in standing if s.irreversible])
        return Publication((), standing, ())
    folders = dict.fromkeys(one.folder for one in found if one.folder)
    edits = [one for folder in folders if access and (one := edit(folder, access, blocks()))]
    changed = {one.path.parent for one in edits}
    _refuse_done([one for one in found if one.folder in changed], access)
    with making(edits):
        planned = tuple(plans(found, options))
        confirm([step.target for plan in planned for step in plan.irreversible])
    return Publication(planned, (), tuple(one.path for one in edits))


def _refuse_done(found: Sequence[Found], access: Mapping[str, JsonValue]) -> None:
    """Make sure that none of these, which do not say this, is published or in review already."""
    for one in distinct(found):
        deposit = deposit_of(one)
        if deposit and deposit.state in DONE:
            raise _done(one, deposit, access)


def _done(found: Found, deposit: Deposit, access: Mapping[str, JsonValue]) -> RejectedError:
    how, what = "published", found.name
    if deposit.state is State.IN_REVIEW:  # a folder's update is a push, which leaves those alone
        how, what = "in review", found.id
    said = json.dumps(access["access"])
    return RejectedError(
        f"{found.name} is {how} already, so publishing it does not change who can see it",
        target=found.target.name,
        advice=f"Change that: publishkit update {shlex.quote(what)} "
        f"--to {found.target.name} --set {shlex.quote(f'access={said}')}",
    )


# ---- deposits as they stand ----


@dataclass(frozen=True, slots=True)
class _Standing:
    """A deposit that is published as it stands, but for its access."""

    found: Found
    deposit: Deposit
    record: Record
    changed: bool
    options: Options

    @property
    def irreversible(self) -> bool:
        return not self.found.target.sandbox and self.deposit.state not in DONE

    def carry_out(self) -> list[Receipt]:
        """Publish it, unless it is."""
        found, before = self.found, self.deposit
        if before.state in DONE:
            with keeping(found) as keeper:
                keeper.keep(before)
            return [receipt(found, before, Outcome.UNCHANGED)]
        with keeping(found) as keeper, ThreadPoolExecutor(1) as unused:
            deposit: Deposit | None = None
            if self.changed:
                with keeper.changing(before):
                    deposit = found.repository.update(
                        found.id, self.record, revision=before.revision
                    )
            blank = {"sent": ""} if self.changed else {}  # not what the folder says
            settling = meter(found, self.options.wait_timeout)
            deposit = deposit or found.repository.settle(found.id, settling)
            job = Job(
                folder=found.name,
                repository=found.repository,
                record=lambda: self.record,
                read=tuple,
                fingerprint=lambda _: "",
                rows=KeptRows(found, keeper, before, **blank),
                choices=self.options.choices,
                digests=found.setting.digests,
                transfers=unused,
                meter=meter(found),
                began=time.monotonic(),
                settling=settling,
            )
            after = publish_one(job, deposit)
        return [receipt(found, after, Outcome.UPDATED, published_now=after is not deposit)]


def _standing(found: Found, options: Options, access: Mapping[str, JsonValue]) -> _Standing:
    deposit = found.repository.get(found.id)
    record, changed = standing_record(found, access)
    if changed and deposit.state in DONE:
        raise _done(found, deposit, access)
    return _Standing(found, deposit, record, changed, options)


def standing_record(found: Found, patch: Mapping[str, JsonValue]) -> tuple[Record, bool]:
    """What a deposit says of itself, after a merge patch; and whether that changed it.

    Raises:
        RecordError: The target would not take it.
        UnsupportedError: The target does not tell.
    """
    pulled = able(found.repository, Download, found.target, "tell a deposit's metadata")
    said = dict(pulled.describe(found.id))
    wanted = merged(said, patch)
    record = parsed(wanted, found.name, blocks())
    files = [
        DataFile(key, Path(key), remote.size)
        for key, remote in found.repository.files(found.id).items()
    ]
    record = record.model_copy(
        update={"files": record.files.model_copy(update={"enabled": bool(files)})}
    )
    resolved = found.repository.resolve(record)
    problems = [*found.repository.check(record, files), *resolved.problems]
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise RecordError([replace(problem, record=found.name) for problem in problems])
    return resolved.record, wanted != said
