"""What verbs that work on deposits have in common."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from publishkit.abilities import Grouping
from publishkit.errors import Cancelled, PartialError, PublishkitError
from publishkit.progress import RunMeter
from publishkit.receipts import Outcome, Receipt
from publishkit.repository import Deposit, State
from publishkit.verbs.push import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from publishkit.finding import Found
    from publishkit.plan import Plan
    from publishkit.setting import Options

__all__ = [
    "Work",
    "as_path",
    "attempt",
    "distinct",
    "meter",
    "one_by_one",
    "plans",
    "receipt",
    "sign_in",
]


def as_path(links: str | Path | None) -> Path | None:
    """A links file as a path."""
    return Path(links) if links else None


def distinct(found: Iterable[Found]) -> list[Found]:
    """Each deposit once, though several records may share it."""
    each: dict[tuple[str, str], Found] = {}
    for one in found:
        each.setdefault((one.target.database, one.id), one)
    return list(each.values())


def sign_in(found: Iterable[Found]) -> None:
    """Make sure that every target accepts the credentials.

    Raises:
        AuthenticationError: One does not; says which credentials it takes.
        TemporaryError: One cannot be reached.
    """
    for setting in {id(one.setting): one.setting for one in found}.values():
        setting.sign_in()


def meter(found: Found, patience: float | None = None) -> RunMeter:
    """For waits; seconds of patience, None waits as long as it takes."""
    return RunMeter(found.setting.stop, lambda _: None, patience)


def plans(found: Sequence[Found], options: Options) -> list[Plan]:
    """The push of these folders to where each of them is already; sends nothing.

    Raises:
        PublishkitError: As `push` does, before anything is sent.
    """
    targets: dict[Path, list[str]] = {}
    for one in found:
        if one.folder:
            targets.setdefault(one.folder, []).append(one.target.name)
    alike: dict[tuple[str, ...], list[Path]] = {}
    for folder, names in targets.items():
        alike.setdefault(tuple(names), []).append(folder)
    return [plan(folders, names, options) for names, folders in alike.items()]


class Work(Protocol):
    """What is done to one deposit beside the push of folders."""

    @property
    def found(self) -> Found:
        """The deposit."""

    def carry_out(self) -> list[Receipt]:
        """Do it."""


def attempt(work: Work) -> list[Receipt]:
    """Do it; an error carries a receipt that tells of it."""
    try:
        return work.carry_out()
    except Cancelled:
        raise
    except PublishkitError as error:
        unknown = Deposit(work.found.id, State.GONE, "", "", {})
        failed = receipt(work.found, unknown, Outcome.FAILED)
        error.receipts = (replace(failed, state=None, error=error),)
        raise


def one_by_one(runs: Sequence[Callable[[], list[Receipt]]]) -> list[Receipt]:
    """Run one after the other; one that fails does not stop the others.

    Raises:
        PartialError: One of several failed; it carries all receipts.
        PublishkitError: The only one failed.
    """
    if len(runs) == 1:
        return runs[0]()
    receipts: list[Receipt] = []
    failed = False
    for run in runs:
        try:
            receipts += run()
        except Cancelled:
            raise
        except PublishkitError as error:
            failed = True
            receipts += error.receipts
    if failed:
        bad = sum(not one.ok for one in receipts)
        raise PartialError(receipts, f"{bad} of {len(receipts)} did not go through as asked")
    return receipts


def receipt(
    found: Found,
    deposit: Deposit,
    outcome: Outcome,
    *,
    published_now: bool = False,
    doi: str | None = None,
) -> Receipt:
    """What became of a deposit."""
    if found.member and found.row and isinstance(found.repository, Grouping):
        deposit = found.repository.member(deposit, found.row.folder)
    known = found.ledger.parent / found.row.folder if found.ledger and found.row else Path()
    return Receipt(
        folder=found.folder or known,
        name=found.name,
        target=found.target.name,
        outcome=outcome,
        id=deposit.id,
        state=deposit.state,
        published_now=published_now,
        doi=deposit.doi or doi,
        links=deposit.links,
        failures=deposit.failures,
    )
