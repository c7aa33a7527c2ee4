"""Where in the archive's folder a deposit lies.

    index.html               every record with a page
    drafts/<title>-<id>/     bags that are not published
    published/<title>-<id>/  bags whose payload and metadata are never changed again
    .incoming/<id>/          deposits that have no metadata yet
    .editing/<id>-<id>/      bags that will follow published ones, by the ids of both
    .trash/<title>-<id>/     drafts that were put aside

Each step from one folder to the next is one rename, so that a bag is in exactly one of them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import unicodedata
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from publishkit.repository import State
from publishkit_local.storage import sync

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Layout", "Place", "id_in", "id_of", "is_id", "slug"]

_DIGITS: Final = 12
"""Of an id."""
_ID: Final = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")
_BAG: Final = re.compile(rf".+-[0-9a-f]{{{_DIGITS}}}")
_LONGEST_SLUG: Final = 60
"""Characters; leaves room on systems that bound a whole path to 260."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deposit lies, and what that says of its state."""

    id: str
    bag: Path
    state: State
    """Draft or published."""


def id_of(marker: str) -> str:
    """The id of the deposit with a marker: 12 hexadecimal digits, ever the same."""
    return hashlib.sha256(marker.encode()).hexdigest()[:_DIGITS]


def is_id(text: str) -> bool:
    """Whether a text can be the id of a deposit, and so a part of a path."""
    return _ID.fullmatch(text) is not None


def id_in(path: Path, root: Path) -> str | None:
    """The id of the deposit in an archive that a path lies in, from the path alone."""
    parts = path.relative_to(root).parts if path.is_relative_to(root) else ()
    match parts[:2]:
        case "drafts" | "published", name if _BAG.fullmatch(name):
            return name[-_DIGITS:]
        case ".incoming", name if _ID.fullmatch(name):
            return name
    return None


def slug(title: str) -> str:
    """A title as a part of a file name that every system can hold."""
    ascii_ = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_.lower())
    text = "-".join(words)
    if len(text) > _LONGEST_SLUG:
        whole, _, cut = text[: _LONGEST_SLUG + 1].rpartition("-")
        text = whole or cut[:_LONGEST_SLUG]
    return text or "record"


class Layout:
    """The archive's folder; threads share it.

    Remembers where a deposit was seen, and looks again when it is no longer there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / ".incoming"
        self.drafts = root / "drafts"
        self.published = root / "published"
        self.editing = root / ".editing"
        self.trash = root / ".trash"
        self._seen: dict[str, str] = {}
        self._lock = Lock()

    def find(self, id_: str) -> Place | None:
        """Where a deposit lies, or None."""
        if not is_id(id_):
            return None
        if (bag := self.incoming / id_).is_dir():
            return Place(id_, bag, State.DRAFT)
        seen = self._seen.get(id_)
        if seen is None or not Path(seen).is_dir():
            seen = self._look(id_)
        return self._place(id_, Path(seen)) if seen else None

    def bags(self, end: str = "") -> Iterator[tuple[State, os.DirEntry[str]]]:
        """Every deposit that has metadata, in no order; one may be moved meanwhile.

        Args:
            end: How the names of their folders end, to leave all others out.
        """
        # Drafts first: one that is published meanwhile is seen where it ends up
        for state, folder in ((State.DRAFT, self.drafts), (State.PUBLISHED, self.published)):
            if folder.is_dir():
                with os.scandir(folder) as found:
                    ours = (entry for entry in found if entry.name.endswith(end))
                    bags = (entry for entry in ours if _BAG.fullmatch(entry.name))
                    # a link may lead out of the archive
                    yield from ((state, bag) for bag in bags if not bag.is_symlink())

    def deposits(self) -> Iterator[Place]:
        """Every deposit, in no order, also those without metadata."""
        if self.incoming.is_dir():
            for path in list(self.incoming.iterdir()):
                if _ID.fullmatch(path.name):
                    yield Place(path.name, path, State.DRAFT)
        for state, entry in self.bags():
            yield Place(entry.name[-_DIGITS:], Path(entry.path), state)

    def add(self, id_: str) -> Place:
        """Make the folder of a new deposit. Raises FileExistsError when there is one."""
        bag = self.incoming / id_
        if self.find(id_):
            raise FileExistsError(errno.EEXIST, "there already", str(bag))
        self.incoming.mkdir(parents=True, exist_ok=True)
        bag.mkdir()
        return Place(id_, bag, State.DRAFT)

    def begin_edit(self, old: Place, id_: str) -> Place:
        """The folder, made unless a kill left it, of the bag that will follow a published one."""
        bag = self.editing / f"{old.id}-{id_}"
        bag.mkdir(parents=True, exist_ok=True)
        return Place(id_, bag, State.DRAFT)

    def end_edits(self, id_: str) -> None:
        """Delete what kills left of edits of a published bag."""
        for bag in self.editing.glob(f"{id_}-*"):
            shutil.rmtree(bag)

    def show(self, place: Place, title: str) -> Place:
        """Move a deposit that has metadata now to the drafts; one that is there stays."""
        if place.bag.parent != self.incoming:
            return place
        return self._move(place, self.drafts / f"{slug(title)}-{place.id}", State.DRAFT)

    def publish(self, place: Place, title: str) -> Place:
        """Move a draft to what is published: the moment at which it is."""
        return self._move(place, self.published / f"{slug(title)}-{place.id}", State.PUBLISHED)

    def set_aside(self, place: Place) -> Path:
        """Move a draft to the trash, and give the folder that it is then."""
        name = place.bag.name  # a deposit of one marker can be put aside, and made, many times
        names = chain([name], (f"{name}.{number}" for number in count(2)))
        to = next(path for one in names if not (path := self.trash / one).exists())
        self.trash.mkdir(parents=True, exist_ok=True)
        place.bag.rename(to)
        return to

    def discard(self, id_: str) -> None:
        """Delete a deposit, also one whose deletion was broken off."""
        rest = self._rest(id_)
        place = self.find(id_)
        if place:
            shutil.rmtree(rest, ignore_errors=True)
            self.incoming.mkdir(parents=True, exist_ok=True)
            place.bag.rename(rest)
        if rest.exists():
            shutil.rmtree(rest)

    def sweep(self, id_: str) -> None:
        """Delete what is left of a deposit whose deletion was broken off, as far as one may."""
        shutil.rmtree(self._rest(id_), ignore_errors=True)

    def _rest(self, id_: str) -> Path:
        return self.incoming / f".deleted-{id_}"

    def _move(self, place: Place, to: Path, state: State) -> Place:
        to.parent.mkdir(parents=True, exist_ok=True)
        place.bag.rename(to)
        if state is State.PUBLISHED:
            sync(to.parent)
            sync(place.bag.parent)
        with self._lock:
            self._seen[place.id] = str(to)
        return Place(place.id, to, state)

    def _look(self, id_: str) -> str | None:
        """Look for a bag: all are noted the first time, later only names are compared."""
        if self._seen:
            return next((bag.path for _, bag in self.bags(f"-{id_}")), None)
        found = {entry.name[-_DIGITS:]: entry.path for _, entry in self.bags()}
        with self._lock:
            self._seen = found
        return found.get(id_)

    def _place(self, id_: str, bag: Path) -> Place:
        state = State.PUBLISHED if bag.parent == self.published else State.DRAFT
        return Place(id_, bag, state)
