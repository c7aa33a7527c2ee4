"""Follow published deposits by a new version of what their folders hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from publishkit import folder as folders
from publishkit.errors import ConfigError
from publishkit.finding import find_one
from publishkit.hooks import WORKERS
from publishkit.job import Choices
from publishkit.ledger import Ledger, ledger_path
from publishkit.setting import Options
from publishkit.showing.choosing import watching
from publishkit.tables import tabled
from publishkit.verbs.push import carry_out, plan

if TYPE_CHECKING:
    from publishkit.plan import Plan
    from publishkit.progress import Watcher
    from publishkit.receipts import Receipt

__all__ = ["new_version", "plan_new_version"]


@tabled
def new_version(
    what: str | Path,
    to: str | None = None,
    *,
    publish: bool = False,
    links: str | Path | None = None,
    allow_failed_entries: bool = False,
    wait_timeout: float | None = None,
    workers: int = WORKERS,
    allow_secrets: bool = False,
    watcher: Watcher | None = None,
    progress: bool | None = None,
) -> list[Receipt]:
    """Send what changed since a record was published as a new version of its deposit.

    Run again it goes on where it stopped; a folder that is as it was published is left alone.

    Args:
        what: A record folder or a folder of them; or a deposit whose folder the links file knows.
        to: The name of the target; not needed where there is but one.
        publish: Whether to publish the new version, which cannot be undone.
        links: The links file to use; by default the one that knows the folder.
        allow_failed_entries: Publish although not everything could be processed.
        wait_timeout: How many seconds to wait for processing; None waits as long as it takes.
        workers: How many records, and how many files, are sent at once.
        allow_secrets: Send files too that look like credentials.
        watcher: Is told how the run goes on.
        progress: Whether to show how it goes on, on standard error; by default in notebooks only.

    Raises:
        ConfigError: A record has no deposit there, or it is not known which target is meant.
        UnsupportedError: The target has no new versions.
        PublishkitError: As `push` does.
    """
    options = Options(
        publish=publish,
        links=Path(links) if links else None,
        wait_timeout=wait_timeout,
        workers=workers,
        allow_secrets=allow_secrets,
        choices=Choices(new_version=True, allow_failed_entries=allow_failed_entries),
    )
    with watching(watcher, progress) as told:
        return carry_out(plan_new_version(what, to, options), told)


def plan_new_version(what: str | Path, to: str | None, options: Options) -> Plan:
    """Decide what happens to each record; sends nothing. See `new_version`."""
    folder = Path(what) if Path(what).is_dir() else _folder_of(str(what), to, options.links)
    return plan(folder, to or _target_of(folder, options), options)


def _folder_of(what: str, to: str | None, links: Path | None) -> Path:
    found = find_one(what, to, links=links)
    if found.ledger and found.row:
        return found.ledger.parent / found.row.folder
    raise ConfigError(
        f"no folder is known whose deposit is {what}",
        advice=f"Get one: publishkit pull {found.id} FOLDER --to {found.target.name}, then "
        f"publishkit adopt {found.id} FOLDER --to {found.target.name}, and give that folder.",
    )


def _target_of(folder: Path, options: Options) -> str:
    names: dict[str, None] = {}
    for record in folders.find_records(folder, recursive=options.recursive):
        ledger = Ledger.read(ledger_path(record, options.links))
        key = ledger.name_of(record)
        names.update((row.target, None) for row in ledger.rows() if row.folder == key)
    if len(names) == 1:
        return next(iter(names))
    where = f"on several targets: {', '.join(names)}" if names else "on no target yet"
    raise ConfigError(
        f"{folder} is {where}",
        advice="Name one of them by --to." if names else f"Push it: publishkit push {folder}",
    )
