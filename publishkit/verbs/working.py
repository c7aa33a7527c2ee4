"""What verbs that work on deposits have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from publishkit.abilities import Grouping
from publishkit.progress import RunMeter
from publishkit.receipts import Receipt
from publishkit.verbs.push import plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from publishkit.finding import Found
    from publishkit.plan import Plan
    from publishkit.receipts import Outcome
    from publishkit.repository import Deposit
    from publishkit.setting import Options

__all__ = ["as_path", "distinct", "meter", "plans", "receipt", "sign_in"]


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
