"""Deposits name other works, and each other; what was added stands in the links file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishkit.abilities import Addresses, Link, Relations
from publishkit.errors import UnsupportedError
from publishkit.repository import Deposit, Repository, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from publishkit.job import Rows

__all__ = ["Linked", "cross", "relate"]


@dataclass(frozen=True, slots=True)
class Linked:
    """A deposit that is to name others."""

    repository: Repository
    deposit: Deposit
    rows: Rows


def cross(deposits: Mapping[str, Linked]) -> dict[str, Deposit]:
    """Make each deposit of one record name the others; again, this adds nothing.

    What is in review is left as it is, and named all the same.

    Args:
        deposits: By target.

    Returns:
        The deposits as they are then.

    Raises:
        UnsupportedError: None of them has an address, or none can name another.
    """
    addresses = {
        target: one.repository.address(one.deposit.id)
        for target, one in deposits.items()
        if isinstance(one.repository, Addresses)
    }
    named = {
        target: [Link(address) for other, address in addresses.items() if other != target]
        for target, one in deposits.items()
        if isinstance(one.repository, Relations)
    }
    if not any(named.values()):
        raise UnsupportedError(
            f"there is nothing to link across {', '.join(deposits)}",
            advice="Give a target beside them whose deposits have addresses: publishkit targets",
        )
    return {
        target: relate(one, named[target]) if named.get(target) else one.deposit
        for target, one in deposits.items()
    }


def relate(one: Linked, links: Sequence[Link]) -> Deposit:
    """Make a deposit name works, as far as it is not known that it does.

    While a draft is being changed its row's `sent` and `revision` are empty: after a kill the next
    push sends the metadata, with these links, once more.
    """
    row, deposit, rows = one.rows.row, one.deposit, one.rows
    new = [link for link in links if row.linked.get(link.identifier) != link.relation]
    if not new or deposit.state is State.IN_REVIEW:
        return deposit
    if not isinstance(one.repository, Relations):
        raise UnsupportedError(f"deposits on {row.target} cannot name other works")
    linked = {**row.linked, **{link.identifier: link.relation for link in new}}
    sent = row.sent
    if deposit.state is not State.PUBLISHED:
        rows.note(linked=linked, sent="", revision="")
    after = one.repository.relate(deposit.id, new)
    rows.keep(after)
    rows.note(linked=linked, sent=sent)
    return after
