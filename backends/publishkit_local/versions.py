"""Bags that follow published ones, and drafts that are put aside."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from publishkit.abilities import Editing, Link, Relations, Trash, Versions
from publishkit.repository import Deposit, Meter, State
from publishkit_local import bag as bags
from publishkit_local import files
from publishkit_local.archive import Archive
from publishkit_local.deposits import deposit_of
from publishkit_local.info import COLLECTION, PREVIOUS, values
from publishkit_local.layout import Place, id_of
from publishkit_local.manifest import arrived

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from publishkit.model import Record

__all__ = ["Followed"]


class Followed(Archive, Editing, Versions, Relations, Trash):
    """What is published stays: whatever changes it makes a bag that follows it."""

    def edit(self, id: str, record: Record) -> Deposit:
        """Publish a bag with the same payload, the new metadata and an id of its own.

        The id follows from the old one and the metadata, so that the same edit is made once.

        Raises:
            IntegrityError: The published bag was changed by hand.
        """
        with self._failures("edit a bag"):
            old = self._finished(id)
            known = bags.record_of(old.bag)
            if known and known.body() == record.body():
                return deposit_of(old)
            made = _id_of_edit(id, record)
            if self._layout.find(made) is None:
                new = self._layout.begin_edit(old, made)
                self._copy(old, new, _go_on)
                bags.store_record(new.bag, record)
                self._finish(new, record.metadata.title)
            self._index.repair()  # a kill can have come between publishing and the page
            return deposit_of(self._place(made))

    def discard(self, id: str) -> Deposit:
        """Delete what a kill left of an edit; else an edit is published at once."""
        with self._failures("throw an edit away"):
            old = self._finished(id)
            self._layout.end_edits(id)
            return deposit_of(old)

    def new_version(self, id: str, marker: str, meter: Meter) -> Deposit:
        """A draft with a copy of the payload; copied, since what one changes the other keeps."""
        with self._failures("copy a bag"):
            return deposit_of(
                self._follow(self._finished(id), id_of(marker), lambda: meter.advance(0))
            )

    def follows(self, id: str) -> tuple[Link, ...]:
        """The DOI of what it follows, if it has one: a folder's address is known here only."""
        with self._failures("read a deposit"):
            record = bags.record_of(self._place(id).bag)
        return (Link(record.doi, "isnewversionof"),) if record and record.doi else ()

    def relate(self, id: str, links: Sequence[Link]) -> Deposit:
        """Add the works to the metadata: of a draft, or of a new bag as `edit` makes it."""
        with self._failures("write metadata"):
            place = self._place(id)
            record = bags.record_of(place.bag)
            if record is None:
                raise self._no_metadata(place)
            more = record.with_links({link.identifier: link.relation for link in links})
            if place.state is State.PUBLISHED:
                return self.edit(id, more)
            if more.body() != record.body():
                self.update(id, more)
            return deposit_of(self._place(id))

    def set_aside(self, id: str) -> str:
        """Move a draft to the folder `.trash` of the archive, and give its path there."""
        place = self._draft(id)
        with self._failures("put a draft aside"):
            path = self._layout.set_aside(place)
            self._index.repair()
            return str(path)

    def _follow(self, old: Place, id_: str, go_on: Callable[[], object]) -> Place:
        """The draft with an id that follows a published bag, made or finished; whole."""
        new = self._layout.find(id_)
        if new is None:
            new = self._layout.add(id_)
            bags.declare(new.bag)
        if not values(new.bag, PREVIOUS):  # written last: without it the copy may not be whole
            self._copy(old, new, go_on)
        return new

    def _copy(self, old: Place, new: Place, go_on: Callable[[], object]) -> None:
        """Make a bag one that follows another: its payload, its collections, and its name."""
        there = arrived(new.bag)
        for key, file in arrived(old.bag).items():
            go_on()
            if file.sha256 and there.get(key) != file:
                files.copy(old.bag, new.bag, key, file.sha256, self._manifests)
        groups = values(old.bag, COLLECTION)
        bags.seal(new.bag, new.id, State.DRAFT, collections=groups, previous=old.bag.name)


def _go_on() -> None:
    """An edit is not stopped on its way; repeated, it goes on where it was killed."""


def _id_of_edit(id_: str, record: Record) -> str:
    text = json.dumps(record.body(), ensure_ascii=False, sort_keys=True)
    return id_of(f"edit {id_} {hashlib.sha256(text.encode()).hexdigest()}")
