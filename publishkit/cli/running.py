"""What commands have in common that push folders and work on deposits beside."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from publishkit.cli import confirming, report, shown
from publishkit.cli.output import print_json
from publishkit.errors import PublishkitError
from publishkit.text import near

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from publishkit.plan import Plan
    from publishkit.receipts import Receipt
    from publishkit.verbs.working import Work

__all__ = ["carry_out", "naming_failures", "push", "say_changed", "show_each", "wait_timeout"]

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


def push(
    making: Callable[[], Plan], *, dry_run: bool, yes: bool, as_json: bool, quiet: bool
) -> None:
    """Plan a push, show the plan or carry it out, and say how it goes on.

    Args:
        making: Gives the plan.
        dry_run: Only show it.
        yes: Do not ask before publishing.
        as_json: Print events for machines.
        quiet: Say nothing but errors.
    """
    if as_json:
        _tell(making, dry_run=dry_run, yes=yes)
        return
    from publishkit.showing.reporting import Reporter, checking
    from publishkit.verbs.push import carry_out as carry

    with checking(quiet=quiet):
        plan = making()
    report.show_problems(plan.problems, quiet=quiet)
    if dry_run:
        report.show_plan(plan)
        return
    confirming.publishing([step.target for step in plan.irreversible], yes=yes)
    with Reporter(quiet=quiet) as watcher:
        carry(plan, watcher)


def _tell(making: Callable[[], Plan], *, dry_run: bool, yes: bool) -> None:
    from publishkit.cli.machine import telling
    from publishkit.verbs.push import carry_out as carry

    with telling() as machine:
        plan = making()
        machine.found(plan.problems)
        machine.plan(plan, dry_run=dry_run)
        if not dry_run:
            confirming.publishing([step.target for step in plan.irreversible], yes=yes)
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
