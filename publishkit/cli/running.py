"""What commands have in common that push folders and work on deposits beside."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from publishkit.cli import confirming, planned, report, shown
from publishkit.cli.output import print_json
from publishkit.errors import PublishkitError
from publishkit.text import near

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from publishkit.plan import Plan
    from publishkit.receipts import Receipt
    from publishkit.verbs.working import Work

__all__ = [
    "How",
    "carry_out",
    "naming_failures",
    "push",
    "say_changed",
    "show_each",
    "wait_timeout",
]

wait_timeout = click.option(
    "--wait-timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for processing; without it, as long as it takes.",
)


def say_changed(paths: Iterable[Path], *, quiet: bool) -> None:
    """Say which metadata files were changed before anything was sent."""
    for path in paths:
        if not quiet:
            shown.show_line("changed", near(path))


def carry_out(plans: Iterable[Plan], others: Iterable[Work], *, as_json: bool, quiet: bool) -> None:
    """Push, and do what else there is to do, with a line for each record as it is done."""
    from publishkit.verbs.working import one_by_one

    runs: list[Callable[[], Iterable[Receipt]]] = [
        *(partial(_push, plan, as_json=as_json, quiet=quiet) for plan in plans),
        *(partial(_attempt, one, as_json=as_json, quiet=quiet) for one in others),
    ]
    for _ in one_by_one(runs):
        pass  # it was printed


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a push is carried out, and what is said of it."""

    dry_run: bool = False
    """Only show what would be done."""
    yes: bool = False
    """Do not ask before publishing."""
    as_json: bool = False
    """Print events for machines."""
    quiet: bool = False
    """Say nothing but errors."""
    every: bool = False
    """Of a dry run, say all there is to say."""


def push(making: Callable[[], Plan], how: How) -> None:
    """Plan a push, show the plan or carry it out, and say how it goes on.

    Args:
        making: Gives the plan.
        how: What is wished.
    """
    if how.as_json:
        _tell(making, how)
        return
    from publishkit.showing.reporting import Reporter, checking
    from publishkit.verbs.push import carry_out as carry

    with checking(quiet=how.quiet):
        plan = making()
    report.show_problems(plan.problems, quiet=how.quiet)
    if how.dry_run:
        planned.show_plan(plan, every=how.every)
        return
    confirming.publishing([step.target for step in plan.irreversible], yes=how.yes)
    with Reporter(quiet=how.quiet) as watcher:
        carry(plan, watcher)


def _tell(making: Callable[[], Plan], how: How) -> None:
    from publishkit.cli.machine import telling
    from publishkit.verbs.preview import previews
    from publishkit.verbs.push import carry_out as carry

    with telling() as machine:
        plan = making()
        machine.found(plan.problems)
        machine.plan(plan, dry_run=how.dry_run)
        if how.dry_run:
            for one in previews(plan):
                machine.preview(one)
        else:
            confirming.publishing([step.target for step in plan.irreversible], yes=how.yes)
            carry(plan, machine)


def _push(plan: Plan, *, as_json: bool, quiet: bool) -> list[Receipt]:
    from publishkit.showing.reporting import Reporter
    from publishkit.verbs.push import carry_out as push

    report.show_problems(plan.problems, quiet=quiet)
    with Reporter(quiet=quiet or as_json) as watcher:
        receipts = push(plan, watcher)
    if as_json:
        for receipt in receipts:
            print_json(receipt)
    return receipts


def _attempt(work: Work, *, as_json: bool, quiet: bool) -> Iterator[Receipt]:
    from publishkit.verbs.working import attempt

    try:
        for receipt in attempt(work.found, work.carry_out):
            _show(receipt, as_json=as_json, quiet=quiet)
            yield receipt
    except PublishkitError as error:
        for receipt in error.receipts:
            _show(receipt, as_json=as_json, quiet=False)
        raise


def show_each(receipts: Iterable[Receipt], *, as_json: bool, quiet: bool, verb: str) -> None:
    """Print what became of each deposit, and which failed."""
    with naming_failures():
        for receipt in receipts:
            _show(receipt, as_json=as_json, quiet=quiet, verb=verb)


@contextmanager
def naming_failures() -> Iterator[None]:
    """Name each of several deposits that failed, and say why."""
    try:
        yield
    except PublishkitError as error:
        failed = [(one, one.error) for one in error.receipts if one.error]
        for receipt, why in failed:
            if why is error and len(failed) == 1:
                report.show_error(error)
                continue
            said = str(why).removeprefix(f"{receipt.target}: ")
            where = f"{receipt.name} on {receipt.target}"
            shown.show_line("failed", f"{where}: {said}", colour="red", err=True)
        raise


def _show(receipt: Receipt, *, as_json: bool, quiet: bool, verb: str = "") -> None:
    if as_json:
        print_json(receipt)
    elif not quiet:
        report.show_receipt(receipt, verb)
