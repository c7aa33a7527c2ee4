"""Give deposits and collections DOIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.abilities import (
    Collection,
    CollectionDois,
    Collections,
    DoiAssignment,
    DoiReservation,
)
from publishkit.finding import able, find, keeping, open_target
from publishkit.receipts import Outcome, Receipt
from publishkit.tables import tabled
from publishkit.verbs.working import as_path, collected, each, receipt, sign_in, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from publishkit.finding import Found
    from publishkit.hooks import Target

__all__ = ["assign_collection_doi", "assign_doi", "assign_each", "reserve_doi", "reserve_each"]


@tabled
def reserve_doi(
    what: str | Path, to: str | None = None, *, links: str | Path | None = None
) -> list[Receipt]:
    """Reserve the DOI that is registered when a draft is published; again gives the same one.

    Args:
        what: A record folder or a folder of them, an id, a DOI or the URL of a page.
        to: The name of the target; for a folder that is on several, all of them by default.
        links: The links file, instead of the one that knows the folder.

    Raises:
        UnsupportedError: The target reserves none.
        RejectedError: The archive has no DOIs.
        ConfigError: The folder has no deposit yet, or the target is not known.
    """
    return collected(reserve_each(what, to, links=links))


def reserve_each(
    what: str | Path, to: str | None = None, *, links: str | Path | None = None
) -> Iterator[Receipt]:
    """Reserve DOIs as `reserve_doi` does, one by one."""
    found = whole(find(what, to, links=as_path(links)), "doi reserve")
    for one in found:
        _reserving(one)
    sign_in(found)
    yield from each(found, lambda one: [_given(one, _reserving(one).reserve_doi)])


@tabled
def assign_doi(
    what: str | Path, to: str | None = None, *, links: str | Path | None = None
) -> list[Receipt]:
    """Register a DOI for a published deposit; again gives the same one.

    Args:
        what: As for `reserve_doi`.
        to: As for `reserve_doi`.
        links: As for `reserve_doi`.

    Raises:
        UnsupportedError: The target assigns none.
        RejectedError: It refuses, as for a draft.
        ConfigError: The folder has no deposit yet, or the target is not known.
    """
    return collected(assign_each(what, to, links=links))


def assign_each(
    what: str | Path,
    to: str | None = None,
    *,
    links: str | Path | None = None,
    confirm: Callable[[Sequence[Target]], None] = lambda _: None,
) -> Iterator[Receipt]:
    """Assign DOIs as `assign_doi` does, one by one.

    Args:
        what: As for `assign_doi`.
        to: As for `assign_doi`.
        links: As for `assign_doi`.
        confirm: Is told the target of every deposit that is on no sandbox; what it raises ends all.
    """
    found = whole(find(what, to, links=as_path(links)), "doi assign")
    for one in found:
        _assigning(one)
    sign_in(found)
    confirm([one.target for one in found if not one.target.sandbox])
    yield from each(found, lambda one: [_given(one, _assigning(one).assign_doi)])


def assign_collection_doi(
    name: str, to: str, *, confirm: Callable[[Sequence[Target]], None] = lambda _: None
) -> Collection:
    """Register a DOI for a collection; again gives the same one.

    Args:
        name: Its id, slug or name.
        to: The name of the target.
        confirm: Is told the target unless it is a sandbox; what it raises ends all.

    Raises:
        UnsupportedError: The target assigns none.
        NotFoundError: There is no such collection; names those that come near.
    """
    setting, target, repository = open_target(to)
    collections = able(repository, Collections, target, "keep collections")
    dois = able(repository, CollectionDois, target, "assign DOIs to collections")
    setting.sign_in()
    collection = collections.collection(name)
    confirm([] if target.sandbox else [target])
    dois.assign_collection_doi(collection.id)
    return collections.collection(collection.id)


def _reserving(found: Found) -> DoiReservation:
    return able(found.repository, DoiReservation, found.target, "reserve DOIs")


def _assigning(found: Found) -> DoiAssignment:
    return able(found.repository, DoiAssignment, found.target, "assign DOIs")


def _given(found: Found, give: Callable[[str], str]) -> Receipt:
    with keeping(found) as keeper:
        before = found.repository.get(found.id)
        with keeper.changing(before):
            doi = give(found.id)
        after = found.repository.get(found.id)
        keeper.keep(after, before=before, doi=after.doi or doi)
    outcome = Outcome.UNCHANGED if before.doi else Outcome.UPDATED
    return receipt(found, after, outcome, doi=doi)
