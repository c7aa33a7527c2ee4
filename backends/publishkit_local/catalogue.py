"""What is in the archive: lists, searching, and getting it back."""

from __future__ import annotations

import stat
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from publishkit.abilities import Catalogue, DoiLookup, Download, Query, Search, Source
from publishkit.bodies import BLOCK
from publishkit.errors import IntegrityError
from publishkit.markup import plain
from publishkit.repository import Deposit, State
from publishkit_local import bag as bags
from publishkit_local.archive import Archive
from publishkit_local.deposits import listed
from publishkit_local.info import COLLECTION, values
from publishkit_local.manifest import PAYLOAD, arrived

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from pydantic import JsonValue

    from publishkit.model import Record
    from publishkit_local.layout import Place

__all__ = ["Listed"]


class Listed(Archive, Catalogue, Search, Download, DoiLookup):
    """What there is, read from the bags each time."""

    owners: ClassVar[tuple[str, ...]] = ("public", "mine")
    """What is published, or drafts too."""

    def deposits(self) -> Iterator[Deposit]:
        """All of them, also those that have no metadata yet."""
        yield from (deposit for _, _, deposit in self._newest_first())

    def search(self, query: Query) -> Iterator[Deposit]:
        """Those with all the words in title, description, names of creators or subjects."""
        words = query.text.casefold().split()
        for place, record, deposit in self._newest_first():
            seen = query.owner == "mine" or place.state is State.PUBLISHED
            there = not query.collection or query.collection in values(place.bag, COLLECTION)
            text = _text(record) if record else ""
            if seen and there and all(word in text for word in words):
                yield deposit

    def find_doi(self, doi: str) -> str | None:
        """Of several bags with one DOI the newest published one, else the newest draft."""
        found = [one for *_, one in self._newest_first() if (one.doi or "").lower() == doi.lower()]
        found.sort(key=lambda one: one.state is not State.PUBLISHED)
        return found[0].id if found else None

    def describe(self, id: str) -> Mapping[str, JsonValue]:
        """The metadata as it was pushed."""
        with self._failures("read a bag"):
            place = self._place(id)
            record = bags.record_of(place.bag)
        if record is None:
            raise self._no_metadata(place)
        return record.body()

    def sources(self, id: str) -> Iterator[Source]:
        """Every file that arrived whole."""
        with self._failures("read a bag"):
            bag = self._place(id).bag
            found = arrived(bag)
        for key, file in found.items():
            if file.sha256:
                opened = partial(self._open, bag / PAYLOAD / key)
                yield Source(key, file.size, f"sha256:{file.sha256}", opened, resumes=True)

    @contextmanager
    def _open(self, path: Path, offset: int) -> Iterator[Iterator[bytes]]:
        with self._failures("read a file"):
            if not stat.S_ISREG(path.lstat().st_mode):
                raise IntegrityError(
                    f"{path} was changed in the archive",
                    advice="Put the file back from a backup.",
                    target=self._target,
                )
            file = path.open("rb")
        with file:
            file.seek(offset)
            yield self._blocks(file)

    def _blocks(self, file: BinaryIO) -> Iterator[bytes]:
        """What is in a file; what fails where it is written is not the archive's failure."""
        while True:
            with self._failures("read a file"):
                block = file.read(BLOCK)
            if not block:
                return
            yield block

    def _newest_first(self) -> list[tuple[Place, Record | None, Deposit]]:
        with self._failures("read the archive"):
            places = ((place, bags.record_of(place.bag)) for place in self._layout.deposits())
            found = [(place, record, listed(place, record)) for place, record in places]
        dated = ((d.created.timestamp() if d.created else 0.0, p, r, d) for p, r, d in found)
        ordered = sorted(dated, key=lambda one: (-one[0], one[1].id))
        return [(place, record, deposit) for _, place, record, deposit in ordered]


def _text(record: Record) -> str:
    metadata = record.metadata
    people = (creator.person_or_org.display_name for creator in metadata.creators)
    subjects = (subject.subject or subject.id or "" for subject in metadata.subjects)
    about = plain(metadata.description or "")
    return " ".join([metadata.title, about, *people, *subjects]).casefold()
