"""What verbs that work on deposits have in common."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from publishkit.abilities import Grouping
from publishkit.errors import (
    AuthenticationError,
    Cancelled,
    ConfigError,
    NotFoundError,
    PartialError,
    PublishkitError,
)
from publishkit.keeping import keeping, keeping_open
from publishkit.progress import RunMeter
from publishkit.receipts import Outcome, Receipt
from publishkit.repository import Deposit, State
from publishkit.verbs.push import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from publishkit.finding import Found
    from publishkit.plan import Plan
    from publishkit.setting import Options

__all__ = [
    "Work",
    "as_path",
    "attempt",
    "collected",
    "deposit_of",
    "distinct",
    "each",
    "meter",
    "one_by_one",
    "plans",
    "receipt",
    "sign_in",
    "whole",
]

T = TypeVar("T")
_MOST_NAMED: Final = 5


def as_path(links: str | Path | None) -> Path | None:
    """A links file as a path."""
    return Path(links) if links else None


def distinct(found: Iterable[Found]) -> list[Found]:
    """Each deposit once, though several records may share it."""
    each: dict[tuple[str, str], Found] = {}
    for one in found:
        each.setdefault((one.target.database, one.id), one)
    return list(each.values())


def whole(found: Iterable[Found], verb: str) -> list[Found]:
    """Each deposit once.

    Args:
        found: What was named.
        verb: What is to be done to it, for the message.

    Raises:
        ConfigError: A deposit also holds records that were not named.
    """
    deposits: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        deposits.setdefault((one.target.database, one.id), []).append(one)
    for members in deposits.values():
        _refuse_others(members, verb)
    return [members[0] for members in deposits.values()]


def _refuse_others(members: Sequence[Found], verb: str) -> None:
    first = members[0]
    if not first.member:
        return
    with keeping(first) as keeper:
        named = {one.row.folder for one in members if one.row}
        others = [row.folder for row in keeper.rows if row.folder not in named]
    if others:
        raise ConfigError(
            f"the deposit {first.id} also holds {', '.join(others[:5])}",
            advice=f"Name all of it by its id: publishkit {verb} {first.id} "
            f"--to {first.target.name}",
        )


def sign_in(found: Iterable[Found]) -> None:
    """Make sure that every target accepts the credentials.

    Raises:
        AuthenticationError: One does not; says which credentials it takes.
        TemporaryError: One cannot be reached.
    """
    for setting in {id(one.setting): one.setting for one in found}.values():
        setting.sign_in()


def deposit_of(found: Found) -> Deposit | None:
    """The deposit; None where it is gone or closed, which the folder's push says."""
    try:
        return found.repository.get(found.id)
    except (AuthenticationError, NotFoundError):
        return None


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


def attempt(found: Found, do: Callable[[], Iterable[T]]) -> Iterator[T]:
    """Do something to a deposit; an error carries a receipt that tells of it."""
    try:
        yield from do()
    except Cancelled:
        raise
    except PublishkitError as error:
        unknown = Deposit(found.id, State.GONE, "", "", {})
        failed = receipt(found, unknown, Outcome.FAILED)
        error.receipts = (replace(failed, state=None, error=error),)
        raise


def each(found: Iterable[Found], do: Callable[[Found], Iterable[T]]) -> Iterator[T]:
    """Do something to one deposit after the other; see `one_by_one`."""
    return one_by_one(partial(attempt, one, partial(do, one)) for one in found)


def one_by_one(runs: Iterable[Callable[[], Iterable[T]]]) -> Iterator[T]:
    """Run one after the other; one that fails does not stop the others.

    Raises:
        PartialError: Some of several failed; it carries their receipts.
        PublishkitError: The only one failed, or all failed alike.
    """
    receipts: list[Receipt] = []
    errors: list[PublishkitError] = []
    count = total = 0
    with keeping_open():
        for run in runs:
            before = len(receipts)
            try:
                for one in run():
                    receipts += [one] if isinstance(one, Receipt) else []
                    yield one
            except Cancelled:
                raise
            except PublishkitError as error:
                errors.append(error)
                receipts += error.receipts
            count += 1
            total += max(1, len(receipts) - before)
    if errors:
        raise _together(errors, receipts, count, total)


def _together(
    errors: Sequence[PublishkitError], receipts: Sequence[Receipt], count: int, total: int
) -> PublishkitError:
    """The error that stands for those of several runs."""
    first, alike = errors[0], len({type(error) for error in errors}) == 1
    if count == 1 or (len(errors) == count and alike and not isinstance(first, PartialError)):
        first.receipts = tuple(receipts)
        return first
    bad = [f"{one.name} on {one.target}" for one in receipts if not one.ok]
    named = ", ".join(bad[:_MOST_NAMED]) + (", ..." if len(bad) > _MOST_NAMED else "")
    return PartialError(receipts, f"{len(bad)} of {total} did not go through as asked: {named}")


def collected(found: Iterable[T]) -> list[T]:
    """All of them; an error carries those that were there before it."""
    done: list[T] = []
    try:
        for one in found:
            done.append(one)  # noqa: PERF402 - kept when an error ends it
    except PublishkitError as error:
        error.done = tuple(done)
        raise
    return done


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
