"""Push record folders to repositories: plan, then carry the plan out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from publishkit import config as configuration
from publishkit import planner
from publishkit.errors import Cancelled, ConfigError, PartialError
from publishkit.hooks import WORKERS
from publishkit.job import Choices
from publishkit.ledger import Ledger
from publishkit.receipts import Outcome, Receipt
from publishkit.run import Run
from publishkit.setting import Options, Setting
from publishkit.showing.choosing import watching
from publishkit.tables import tabled

if TYPE_CHECKING:
    from publishkit.hooks import Target
    from publishkit.plan import Part, Plan
    from publishkit.progress import Watcher

__all__ = ["Paths", "carry_out", "paths_of", "plan", "push", "setting_of"]

_PROCESSING = (
    "Correct the files that could not be processed and push again, or publish what there is: "
    "--publish --allow-failed-entries"
)

Paths = str | Path | Sequence[str | Path]


@tabled
def push(
    records: Paths,
    to: str | Sequence[str] = "local",
    *,
    publish: bool = False,
    recursive: bool = False,
    links: str | Path | None = None,
    skip_invalid: bool = False,
    group: str = "",
    cross: bool = False,
    publish_now: bool = False,
    force: bool = False,
    recreate: bool = False,
    resubmit: bool = False,
    allow_failed_entries: bool = False,
    wait_timeout: float | None = None,
    workers: int = WORKERS,
    allow_secrets: bool = False,
    watcher: Watcher | None = None,
    progress: bool | None = None,
) -> list[Receipt]:
    """Push record folders to one target or several, and keep the links.

    Run again it goes on where it stopped, and sends only what changed.

    Args:
        records: A record folder, a folder of record folders, or several of either.
        to: The name of a target, or several; all drafts are complete before any is published.
        publish: Whether to publish, which cannot be undone; this is consent, nothing is asked.
        recursive: Whether to look for records in deeper folders too.
        links: The links file to use; by default `records_links.json` in the records' parent.
        skip_invalid: Whether to leave records out that are not valid, instead of sending none.
        group: Put all records into one deposit of this name, where the repository can.
        cross: Let the deposits of a record on these targets name each other.
        publish_now: With `cross`, do not wait until an archive has accepted what others name.
        force: Overwrite metadata that was edited on the archive's pages.
        recreate: Make deposits anew that are gone.
        resubmit: Submit again what a review declined.
        allow_failed_entries: Publish although not everything could be processed.
        wait_timeout: How many seconds to wait for processing; None waits as long as it takes.
        workers: How many records, and how many files, are sent at once.
        allow_secrets: Send files too that look like credentials.
        watcher: Is told how the run goes on.
        progress: Whether to show how it goes on, on standard error; by default in notebooks only.

    Returns:
        A receipt for each record and target.

    Raises:
        ConfigError: A target, folder or links file will not do.
        RecordError: Records are not valid; nothing was sent.
        RepositoryError: Nothing was done for one reason, of the kind that says what to do.
        PartialError: Some records went through and some did not; it carries the receipts.
        Cancelled: The run was interrupted.
    """
    options = Options(
        publish=publish,
        recursive=recursive,
        links=Path(links) if links else None,
        skip_invalid=skip_invalid,
        group=group,
        cross=cross,
        publish_now=publish_now,
        wait_timeout=wait_timeout,
        workers=workers,
        allow_secrets=allow_secrets,
        choices=Choices(
            force=force,
            recreate=recreate,
            resubmit=resubmit,
            allow_failed_entries=allow_failed_entries,
        ),
    )
    with watching(watcher, progress) as told:
        return carry_out(plan(records, to, options), told)


def plan(records: Paths, to: str | Sequence[str], options: Options, *, online: bool = True) -> Plan:
    """Validate the records and decide what happens to each; sends nothing.

    Args:
        records: As for `push`.
        to: As for `push`.
        options: How to push.
        online: Whether to ask the targets what only they know: vocabularies, people, room.

    Raises:
        PublishkitError: As `push` does, before anything is sent.
    """
    setting = setting_of(to, options.workers)
    return planner.make(paths_of(records), setting, options, online=online)


def setting_of(to: str | Sequence[str], workers: int = WORKERS) -> Setting:
    """The targets of these names and how to reach them.

    Raises:
        ConfigError: There is no such target, or the configuration is wrong.
    """
    if workers < 1:
        raise ConfigError(f"there must be a worker, not {workers}", advice="Give 1 or more.")
    config = configuration.load()
    names = [to] if isinstance(to, str) else list(dict.fromkeys(to))
    targets = tuple(config.target(name) for name in names)
    for one, other in combinations(targets, 2):
        if one.database == other.database:
            raise ConfigError(
                f"{one.name} and {other.name} hold the same deposits",
                advice="Name one of them.",
            )
    return Setting(config, targets, workers, Event())


def paths_of(records: Paths) -> list[Path]:
    """One path or several as a list."""
    return [Path(path) for path in ([records] if isinstance(records, str | Path) else records)]


def carry_out(plan: Plan, watcher: Watcher) -> list[Receipt]:
    """Do what a plan says; see `push`."""
    watcher.planned(plan)
    receipts = [_skipped(part, target) for part in plan.skipped for target in plan.setting.targets]
    for receipt in receipts:
        watcher.finished(receipt)
    with ExitStack() as stack:
        stack.callback(plan.setting.digests.close)
        paths = dict.fromkeys(part.ledger for step in plan.steps for part in step.parts)
        ledgers = {path: stack.enter_context(Ledger.open(path)) for path in paths}
        for adoption in plan.adoptions:
            if adoption.ledger in ledgers:
                ledgers[adoption.ledger].claim(adoption.index, adoption.row)
        _rename(plan, ledgers)
        try:
            receipts += Run(plan, ledgers, watcher).all()
        except KeyboardInterrupt:
            raise Cancelled("stopped") from None
    _raise_failures(receipts)
    return receipts


def _skipped(part: Part, target: Target) -> Receipt:
    return Receipt(folder=part.folder, name=part.name, target=target.name, outcome=Outcome.SKIPPED)


def _rename(plan: Plan, ledgers: Mapping[Path, Ledger]) -> None:
    for renaming in plan.renamings:
        ledgers[renaming.ledger].rename(renaming.old, renaming.new)


def _raise_failures(receipts: Sequence[Receipt]) -> None:
    bad = [receipt for receipt in receipts if not receipt.ok]
    if not bad:
        return
    errors = [receipt.error for receipt in bad if receipt.error]
    alike = {type(error) for error in errors}
    if len(errors) == len(receipts) and len(alike) == 1:
        errors[0].receipts = tuple(receipts)
        raise errors[0]
    message = f"{len(bad)} of {len(receipts)} did not go through as asked"
    unprocessed = all(receipt.failures for receipt in bad)
    raise PartialError(receipts, message, advice=_PROCESSING if unprocessed else "")
