"""Deposits name other works, and each other; what was added stands in the links file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from publishkit.abilities import Addresses, Link, Relations
from publishkit.errors import RejectedError, UnsupportedError
from publishkit.repository import Deposit, Repository, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from publishkit.job import Rows

__all__ = ["SAME", "Linked", "cross", "relate"]

SAME: Final = "isidenticalto"
"""How deposits of one record are related."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A deposit that is to name others."""

    repository: Repository
    deposit: Deposit
    rows: Rows
    address: str = ""
    """By which others can name it; '' where it has none, or it was not asked for."""


def cross(deposits: Mapping[str, Linked], *, anew: bool = False) -> dict[str, Deposit]:
    """Make each deposit of one record name the others; again, this adds nothing.

    What is in review is left as it is, and named all the same.

    Args:
        deposits: By target.
        anew: Whether to look there even for links that the rows say there are.

    Returns:
        The deposits as they are then.

    Raises:
        UnsupportedError: None of them has an address, or none can name another.
    """
    deposits = {target: _with_address(one) for target, one in deposits.items()}
    addresses = {target: one.address for target, one in deposits.items() if one.address}
    named = {
        target: [Link(address, SAME) for other, address in addresses.items() if other != target]
        for target, one in deposits.items()
        if isinstance(one.repository, Relations)
    }
    if not any(named.values()):
        raise UnsupportedError(
            f"there is nothing to link across {', '.join(deposits)}",
            advice="Give a target beside them whose deposits have addresses: publishkit targets",
        )
    return {
        target: relate(one, named[target], anew=anew) if named.get(target) else one.deposit
        for target, one in deposits.items()
    }


def _with_address(one: Linked) -> Linked:
    """The deposit with its address, which may be a DOI that is reserved now.

    That changes the draft, so the row forgets its revision before, lest the change count as an
    edit on the web after a kill.
    """
    if not isinstance(one.repository, Addresses):
        return one
    row, deposit = one.rows.row, one.deposit
    first = SAME not in row.linked.values() and deposit.state is State.DRAFT and not deposit.doi
    current = row.revision in {"", deposit.revision}
    if first and current:
        one.rows.note(revision="")
    address = one.repository.address(deposit.id)
    if first:
        deposit = one.repository.get(deposit.id)
        one.rows.keep(deposit)
        if not current:
            one.rows.note(revision=row.revision)
    return Linked(one.repository, deposit, one.rows, address)


def relate(one: Linked, links: Sequence[Link], *, anew: bool = False) -> Deposit:
    """Make a deposit name works.

    While a draft is being changed its row's `sent` and `revision` are empty: after a kill the next
    push sends the metadata, with these links, once more. Somebody's edit on the web that was there
    before goes on counting as one.

    Args:
        one: The deposit.
        links: The works.
        anew: Whether to look there even for links that the row says it has.
    """
    row, deposit, rows = one.rows.row, one.deposit, one.rows
    new = [link for link in links if anew or row.linked.get(link.identifier) != link.relation]
    if not new or deposit.state is State.IN_REVIEW:
        return deposit
    if not isinstance(one.repository, Relations):
        raise UnsupportedError(f"deposits on {row.target} cannot name other works")
    linked = {**row.linked, **{link.identifier: link.relation for link in new}}
    current = row.revision in {"", deposit.revision}
    if deposit.state is not State.PUBLISHED:
        rows.note(sync=True, linked=linked, sent="", revision="" if current else row.revision)
    try:
        after = one.repository.relate(deposit.id, new)
    except RejectedError:
        rows.note(linked=row.linked, sent=row.sent, revision=row.revision)
        raise
    rows.keep(after)
    rows.note(linked=linked, sent=row.sent)
    if not current:
        rows.note(revision=row.revision)
    return after
