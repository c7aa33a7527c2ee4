"""Delete drafts, and throw away what was not published."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit.abilities import Editing, Trash, Versions
from publishkit.errors import NotFoundError, RejectedError
from publishkit.finding import Found, Keeper, NotPushedError, able, find, keeping
from publishkit.folder import find_records
from publishkit.journal import journal_of
from publishkit.ledger import Ledger, ledger_path
from publishkit.receipts import Outcome, Receipt
from publishkit.repository import Deposit, State
from publishkit.tables import Tabular, tabled
from publishkit.verbs.working import (
    as_path,
    attempt,
    collected,
    each,
    meter,
    one_by_one,
    receipt,
    sign_in,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from publishkit.tables import Cells

__all__ = ["Deleted", "delete", "delete_each", "discard", "discard_each"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted(Tabular):
    """A draft that is gone."""

    name: str
    """The folder as it was given, else the id."""
    target: str
    id: str
    kept_at: str = ""
    """Where it was moved to instead of being destroyed; '' where it was."""
    already: bool = False
    """Whether it was gone before."""

    def cells(self) -> Cells:
        """What a table says of it."""
        return {
            "record": self.name,
            "target": self.target,
            "id": self.id,
            "outcome": "deleted before" if self.already else "deleted",
            "kept at": self.kept_at,
        }


@tabled
def delete(
    what: str | Path,
    to: str | None = None,
    *,
    destroy: bool = False,
    recursive: bool = False,
    links: str | Path | None = None,
) -> list[Deleted]:
    """Delete drafts, and take them out of the links file; nothing is asked.

    A target with a trash moves them aside unless they are to be destroyed. What is gone already
    counts as deleted. The folder stays, and a later push makes a new deposit.

    Args:
        what: A record folder or a folder of them, an id, a DOI or the URL of a page.
        to: The name of the target; for a folder that is on several, all of them by default.
        destroy: Whether to destroy what could be moved aside.
        recursive: Whether to look for records in deeper folders too.
        links: The links file, instead of the one that knows the folder.

    Raises:
        RejectedError: One is published or in review; says why, and nothing was deleted.
        ConfigError: The deposit also holds other records, or the target is not known.
        PartialError: Some of several were not deleted; `done` has the others.
    """
    gone = delete_each(what, to, destroy=destroy, recursive=recursive, links=links)
    return collected(gone)


def delete_each(
    what: str | Path,
    to: str | None = None,
    *,
    destroy: bool = False,
    recursive: bool = False,
    links: str | Path | None = None,
    confirm: Callable[[Sequence[Found]], None] = lambda _: None,
) -> Iterator[Deleted]:
    """Delete as `delete` does, one by one.

    Args:
        what: As for `delete`.
        to: As for `delete`.
        destroy: As for `delete`.
        recursive: As for `delete`.
        links: As for `delete`.
        confirm: Is told of the deposits that will be destroyed; what it raises ends all.
    """
    try:
        found = find(what, to, links=as_path(links), recursive=recursive)
    except NotPushedError:  # deleted before
        _finish(Path(what), as_path(links), recursive=recursive)
        return
    sign_in(found)
    states = [(one, _state(one)) for one in whole(found, "delete")]
    for one, state in states:
        if state in {State.PUBLISHED, State.IN_REVIEW}:
            one.repository.delete(one.id)  # says why it cannot be
    there = [one for one, state in states if state is not State.GONE]
    confirm([one for one in there if destroy or not isinstance(one.repository, Trash)])
    yield from one_by_one(
        partial(attempt, one, partial(_deleted, one, state, destroy=destroy))
        for one, state in states
    )


def _finish(what: Path, links: Path | None, *, recursive: bool) -> None:
    """Write what a killed deletion left in the journals into their links files."""
    records = find_records(what, recursive=recursive)
    for path in {ledger_path(record, links) for record in records}:
        if journal_of(path).exists():
            with Ledger.open(path):
                pass


def _state(found: Found) -> State:
    try:
        return found.repository.get(found.id).state
    except NotFoundError:
        return State.GONE


def _deleted(found: Found, state: State, *, destroy: bool) -> Iterator[Deleted]:
    repository, kept_at, already = found.repository, "", state is State.GONE
    with keeping(found) as keeper:
        if not already and isinstance(repository, Trash) and not destroy:
            kept_at = repository.set_aside(found.id)
        elif not already:
            repository.delete(found.id)
        _forget(found, keeper)
    yield Deleted(
        name=found.name,
        target=found.target.name,
        id=found.id,
        kept_at=kept_at,
        already=already,
    )


def _forget(found: Found, keeper: Keeper) -> Deposit | None:
    """Take the row out; that of a new version's draft goes back to the version before."""
    row = keeper.row
    if not (row and row.previous):
        keeper.forget()
        return None
    before = found.repository.get(row.previous)
    keeper.go_back(before)
    return before


@tabled
def discard(
    what: str | Path,
    to: str | None = None,
    *,
    recursive: bool = False,
    links: str | Path | None = None,
) -> list[Receipt]:
    """Throw away what is not published of a published record: a new version's draft, or an edit.

    What is published stays as it is; that nothing is open is success.

    Args:
        what: As for `delete`.
        to: As for `delete`.
        recursive: As for `delete`.
        links: As for `delete`.

    Raises:
        RejectedError: It is a draft that was never published.
        UnsupportedError: The target has no edits of published deposits.
        ConfigError: The folder has no deposit yet, or the target is not known.
    """
    return collected(discard_each(what, to, recursive=recursive, links=links))


def discard_each(
    what: str | Path,
    to: str | None = None,
    *,
    recursive: bool = False,
    links: str | Path | None = None,
) -> Iterator[Receipt]:
    """Discard as `discard` does, one by one."""
    found = find(what, to, links=as_path(links), recursive=recursive)
    sign_in(found)
    yield from each(whole(found, "delete"), lambda one: [_discarded(one)])


def _never_published(found: Found, deposit: Deposit) -> RejectedError:
    advice = f"Delete it: publishkit delete {found.name} --to {found.target.name}"
    if deposit.state is State.IN_REVIEW:  # it is not deleted either
        advice = "It is in review: wait for that, or cancel the request on the archive's page."
    return RejectedError(
        f"{found.id} was never published, so there is no edit of it to discard",
        target=found.target.name,
        advice=advice,
    )


def _discarded(found: Found) -> Receipt:
    with keeping(found) as keeper:
        row = keeper.row
        if row and row.previous:
            found.repository.delete(found.id)
            before = _forget(found, keeper)
            return receipt(
                found, before or Deposit(found.id, State.GONE, "", "", {}), Outcome.UPDATED
            )
        if row and row.next and isinstance(found.repository, Versions):
            # it may have been made, its answer lost: asked for again it is the same one
            draft = found.repository.new_version(found.id, row.next, meter(found))
            found.repository.delete(draft.id)
            keeper.note(next="")
        before = found.repository.get(found.id)
        if before.state is not State.PUBLISHED:
            raise _never_published(found, before)
        editing = able(found.repository, Editing, found.target, "edit what is published")
        after = editing.discard(found.id)
        keeper.keep(after, before=before)
    return receipt(found, after, Outcome.UPDATED)
