"""What the command line prints: results to standard output, all else to standard error."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Self

import click

from publishkit.cli.text import clean, near, plural, size
from publishkit.errors import Problem, PublishkitError, RecordError, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.progress import Progress, TaskID

    from publishkit.config import Config
    from publishkit.hooks import Target
    from publishkit.plan import Plan
    from publishkit.receipts import Receipt
    from publishkit.repository import User

__all__ = [
    "Reporter",
    "show_account",
    "show_error",
    "show_problems",
    "show_receipt",
    "show_targets",
]

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}


def show_error(error: PublishkitError) -> None:
    """Print an error and what to do next."""
    if isinstance(error, RecordError):
        show_problems(error.problems, quiet=False)
    click.secho("Error: ", fg="red", nl=False, err=True)
    click.echo(clean(str(error)), err=True)


def show_problems(problems: Sequence[Problem], *, quiet: bool) -> None:
    """Print what was found in records; errors even when quiet."""
    for problem in problems:
        if problem.severity is Severity.ERROR or not quiet:
            severity, _, rest = str(problem).partition(": ")
            click.secho(f"{severity}: ", fg=_COLOURS[problem.severity], nl=False, err=True)
            click.echo(clean(rest), err=True)


def show_receipt(receipt: Receipt, verb: str = "") -> None:
    """Print what became of one record on one target."""
    from publishkit.receipts import Outcome

    verb = verb or _verb(receipt)
    colour = "red" if receipt.outcome is Outcome.FAILED else None if receipt.ok else "yellow"
    click.secho(f"{verb:<10}", fg=colour, nl=False)
    click.echo(clean(f" {receipt.name} on {receipt.target}{_details(receipt)}"))
    for failure in receipt.failures:
        click.echo(f"           not processed: {clean(failure)}")


def _verb(receipt: Receipt) -> str:
    from publishkit.repository import State

    if receipt.published_now and not receipt.error:
        return "published" if receipt.state is State.PUBLISHED else "submitted"
    return receipt.outcome.value


def _details(receipt: Receipt) -> str:
    if receipt.error:
        return f": {str(receipt.error).removeprefix(f'{receipt.target}: ')}"
    parts = [receipt.state.value] if receipt.state and not receipt.published_now else []
    if receipt.files_sent:
        parts.append(f"{plural(receipt.files_sent, 'file')} sent, {size(receipt.bytes_sent)}")
    if receipt.held:
        parts.append("not published, since another target failed")
    if receipt.waiting:
        parts.append(f"not published until {receipt.waiting} has: push again then")
    said = f": {', '.join(parts)}" if parts else ""
    return said + "".join(f"  {one}" for one in (receipt.doi, receipt.page) if one)


class Reporter:
    """Prints how a run goes on: a progress bar where there is a terminal, a line a record."""

    def __init__(self, plan: Plan, *, quiet: bool) -> None:
        self._quiet = quiet
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._links = sorted({near(part.ledger) for step in plan.steps for part in step.parts})
        self._total = sum(step.bytes for step in plan.steps if step.action != "nothing")
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr and sys.stderr.isatty() and self._total:
            from rich import progress
            from rich.console import Console

            self._bar = progress.Progress(
                progress.TextColumn("sending"),
                progress.BarColumn(),
                progress.DownloadColumn(),
                progress.TransferSpeedColumn(),
                progress.TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
                redirect_stdout=True,
            )
            self._task = self._bar.add_task("", total=self._total)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()
        if self._quiet or not self._counts:
            return
        counts = ", ".join(f"{number} {verb}" for verb, number in self._counts.items())
        links = f" Links: {', '.join(self._links)}" if self._links else ""
        with suppress(OSError):
            click.echo(clean(f"{counts}.{links}"))

    def planned(self, plan: Plan) -> None:
        """Say nothing; the problems were shown with the plan."""

    def sent(self, nbytes: int) -> None:
        """Move the bar."""
        if self._bar and self._task is not None:
            self._bar.advance(self._task, nbytes)

    def finished(self, receipt: Receipt) -> None:
        """Print a line, errors even when quiet."""
        with self._lock:
            self._counts[_verb(receipt)] += 1
            if not self._quiet or not receipt.ok:
                with suppress(OSError):  # nobody reads it: the push goes on
                    show_receipt(receipt)


def show_targets() -> None:
    """Print every target, what it can do, and whether there are credentials for it."""
    from publishkit import config as configuration
    from publishkit.verbs.targets import abilities, targets

    config = configuration.load()
    for target in targets():
        able = abilities(target)
        signed = _signed(config, target)
        marks = (
            ["sandbox"] * target.sandbox + able + [signed] * (not target.url.startswith("file:"))
        )
        click.echo(f"{target.name:<16} {target.backend:<8} {target.url}  ({', '.join(marks)})")


def _signed(config: Config, target: Target) -> str:
    """Whether there are credentials; looks into no keyring, which might ask for its password."""
    kept = config.sources.kept_for(target)
    if kept and kept.expired and not config.sources.given(target):
        return "sign-in expired"
    return "signed in" if config.has_credentials(target) else "no credentials"


def show_account(target: str, account: User, *, verb: str = "") -> None:
    """Print who is signed in."""
    who = " ".join(filter(None, [account.name, f"<{account.email}>" if account.email else ""]))
    said = f"{verb} as " if verb else ""
    click.echo(f"{target}: {said}{clean(who)} (id {clean(account.id)})")
