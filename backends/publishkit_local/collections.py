"""Collections: names that bags say they belong to, and names that no bag says yet."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from publishkit.abilities import Collection, CollectionKeeping, Collections
from publishkit.errors import NotFoundError, RejectedError
from publishkit.repository import State
from publishkit_local import bag as bags
from publishkit_local.archive import Archive
from publishkit_local.info import COLLECTION, one_line, values
from publishkit_local.storage import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit_local.layout import Place

__all__ = ["Grouped"]

FILE: Final = "collections.txt"
"""The names of collections that were made, in the archive's folder, one a line."""


class Grouped(Archive, Collections, CollectionKeeping):
    """A collection is a name; a bag's `bag-info.txt` says which ones it is in.

    This is all that changes in a published bag, beside its page and its manifest of tag files.
    """

    def collections(self, query: str = "") -> Iterator[Collection]:
        """Those that were made or that a bag is in, by name."""
        with self._failures("read the archive"):
            names = sorted(self._names(), key=str.casefold)
        for name in names:
            if query.casefold() in name.casefold():
                yield Collection(id=name, name=name)

    def collection(self, name: str) -> Collection:
        """The one of this name."""
        with self._failures("read the archive"):
            names = self._names()
        if name not in names:
            near = ", ".join(get_close_matches(name, names))
            raise NotFoundError(
                f"there is no collection {name}",
                advice=f"Did you mean {near}?"
                if near
                else "Make it: publishkit collections create",
                target=self._target,
            )
        return Collection(id=name, name=name)

    def collect(self, id: str, collection: str) -> bool:
        """Note in the bag that it belongs to a collection."""
        name = self.collection(collection).name
        with self._failures("put a bag into a collection"):
            with self._index.alone():
                place = self._place(id)
                known = values(place.bag, COLLECTION)
                whole = (place.bag / bags.TAG_MANIFEST).exists()  # a kill can have left it out
                if name not in known or not whole:
                    self._regroup(place, [*(one for one in known if one != name), name])
            self._index.repair()
        return True

    def create_collection(self, name: str) -> Collection:
        """Note its name in the archive."""
        name = one_line(name)
        if not name:
            raise RejectedError("a collection needs a name", target=self._target)
        with self._failures("make a collection"), self._index.alone():
            made = self._made()
            if name not in made:
                self._make([*made, name])
        return Collection(id=name, name=name)

    def delete_collection(self, id: str) -> None:
        """Take its name out of every bag, and out of the archive."""
        with self._failures("delete a collection"):
            with self._index.alone():
                for place in list(self._layout.deposits()):
                    known = values(place.bag, COLLECTION)
                    if id in known:
                        self._regroup(place, [one for one in known if one != id])
                made = self._made()
                if id in made:
                    self._make([one for one in made if one != id])
            self._index.repair()

    def _regroup(self, place: Place, names: list[str]) -> None:
        self._index.outdate()
        if place.state is State.PUBLISHED:
            bags.regroup(place.bag, place.id, names)
        else:
            bags.seal(place.bag, place.id, State.DRAFT, collections=names)

    def _names(self) -> set[str]:
        found = (values(place.bag, COLLECTION) for place in self._layout.deposits())
        return {*self._made(), *(name for names in found for name in names)}

    def _made(self) -> list[str]:
        try:
            return (self._layout.root / FILE).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _make(self, names: list[str]) -> None:
        self._layout.root.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{name}\n" for name in names)
        write(self._layout.root / FILE, text.encode(), sync=True)
