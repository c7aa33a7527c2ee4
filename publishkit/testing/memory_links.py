"""What a deposit in memory belongs to, and the DOIs that it is given."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from publishkit.abilities import (
    Addresses,
    Collection,
    CollectionDois,
    CollectionKeeping,
    Collections,
    DoiAssignment,
    DoiLookup,
    DoiReservation,
    Link,
    Relations,
)
from publishkit.errors import NotFoundError, RejectedError
from publishkit.identifiers import as_doi
from publishkit.repository import Deposit, State
from publishkit.testing.plain import PlainRepository, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["MemoryCollections", "MemoryDois", "MemoryRelations"]


class MemoryRelations(PlainRepository, Relations):
    """Works that a deposit names."""

    def relate(self, id: str, links: Sequence[Link]) -> Deposit:
        with self._lock:
            shelf = self._shelf(id)
            if shelf.state is State.IN_REVIEW:
                raise RejectedError(f"{id} is in review and cannot be changed")
            wanted = {(as_doi(link.identifier) or link.identifier): link.relation for link in links}
            new = {name: wanted[name] for name in wanted if name not in _names(shelf)}
            if new:
                shelf.named |= new
                shelf.change()
            return self.get(id)


class MemoryDois(PlainRepository, DoiReservation, DoiAssignment, DoiLookup, Addresses):
    """DOIs of deposits; `dois` says whether the repository registers any."""

    registers: ClassVar[bool] = True

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.dois = False
        """Whether DOIs are registered."""

    def reserve_doi(self, id: str) -> str:
        with self._lock:
            self._draft(id)
            return self._doi(id)

    def assign_doi(self, id: str) -> str:
        with self._lock:
            self._published(id)
            return self._doi(id)

    def _doi(self, id_: str) -> str:
        doi = self.get(id_).doi or self._new_doi(id_)
        self._shelf(id_).doi = doi
        return doi

    def _new_doi(self, id_: str) -> str:
        if not self.dois:
            raise RejectedError(f"{self.url} registers no DOIs")
        return f"10.5072/{urlsplit(self.url).netloc}.{id_}"

    def find_doi(self, doi: str) -> str | None:
        with self._lock:
            return next((id_ for id_ in self.shelves if self.get(id_).doi == doi), None)

    def address(self, id: str) -> str:
        with self._lock:
            deposit = self.get(id)
            if deposit.state is State.DRAFT and self.dois:
                return f"https://doi.org/{self.reserve_doi(id)}"
            return f"https://doi.org/{deposit.doi}" if deposit.doi else f"{self.url}/{id}"


class MemoryCollections(MemoryDois, Collections, CollectionKeeping, CollectionDois):
    """Collections; the curators of those in `curated` decide what comes in."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.known_collections: dict[str, Collection] = {}
        """By id."""
        self.curated: set[str] = set()
        """The ids of those that published deposits are in only after `accept`."""
        self._collection_numbers = itertools.count(1)

    def collections(self, query: str = "") -> Iterator[Collection]:
        for collection in list(self.known_collections.values()):
            if query.lower() in collection.name.lower():
                yield collection

    def collection(self, name: str) -> Collection:
        with self._lock:
            for one in self.known_collections.values():
                if name in {one.id, one.slug, one.name}:
                    return one
            names = [one.name for one in self.known_collections.values()]
        near = ", ".join(get_close_matches(name, names)) or "none that comes near"
        raise NotFoundError(f"there is no collection {name}", advice=f"There is: {near}.")

    def collect(self, id: str, collection: str) -> bool:
        with self._lock:
            shelf, group = self._shelf(id), self.collection(collection).id
            if group in self.curated and group not in shelf.collections:
                shelf.requests.add(group)
                return False
            shelf.collections.add(group)
            return True

    def create_collection(self, name: str) -> Collection:
        with self._lock:
            for one in self.known_collections.values():
                if one.name == name:
                    return one
            new = f"c{next(self._collection_numbers)}"
            page, now = f"{self.url}/collections/{new}", datetime.now(UTC)
            made = Collection(new, name, f"{new}-slug", page, created=now)
            self.known_collections[new] = made
            return made

    def delete_collection(self, id: str) -> None:
        with self._lock:
            known = self.known_collections.get(id)
            if known and known.doi:
                raise RejectedError(f"{known.name} has a DOI and stays")
            self.known_collections.pop(id, None)
            for shelf in self.shelves.values():
                shelf.collections.discard(id)
                shelf.requests.discard(id)

    def assign_collection_doi(self, id: str) -> str:
        with self._lock:
            known = self.collection(id)
            doi = known.doi or self._new_doi(known.id)
            self.known_collections[known.id] = replace(known, doi=doi)
            return doi


def _names(shelf: Shelf) -> set[str]:
    related = shelf.record.metadata.related_identifiers if shelf.record else ()
    names = (one.identifier for one in related)
    return {*shelf.named, *(as_doi(name) or name for name in names)}
