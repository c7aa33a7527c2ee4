"""The archive's own page, `index.html`: every record, published or not.

Several threads and processes write it: one at a time, each time as a whole. Those that wait
while it is written share the next writing, and where an archive is so large that writing takes
long, it is put off, so that pushing many records stays quick.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from filelock import FileLock, Timeout

from publishkit.errors import TemporaryError
from publishkit.repository import State
from publishkit_local import bag as bags
from publishkit_local.info import COLLECTION, PREVIOUS, info, values
from publishkit_local.labels import resource_type
from publishkit_local.markup import Html, join, tag
from publishkit_local.storage import PART, write
from publishkit_local.style import badge, page
from publishkit_local.text import count, human_size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from publishkit.model import Record
    from publishkit_local.layout import Layout

__all__ = ["Index"]

_PATIENCE: Final = 120.0
"""Seconds to wait for another process that writes the page."""
_MANY: Final = 500
"""Records. A page of no more is written at once, in some milliseconds."""
_SHARE: Final = 0.1
"""The part of the time that goes into writing a page of more."""
_NAMED: Final = 5
"""Creators that are named for each record."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the page shows of one record."""

    version: int
    """Changes whenever the bag does."""
    state: State
    order: tuple[str, str]
    size: int
    name: str
    """Of the bag's folder."""
    previous: str
    """Of the folder of the published bag that it follows; may be empty."""
    link: Html
    """To its page, as an older version."""
    html: Html


class Index:
    """Keeps the page up to date; threads share it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._path = layout.root / "index.html"
        self._lock = FileLock(layout.root / ".lock", timeout=_PATIENCE)
        self._turn = Lock()  # of this process's threads: the other one makes them poll
        self._counting = Lock()
        self._wanted = 0
        self._done = 0
        self._looked = False
        self._due = 0.0  # on the monotonic clock: when it may be written again
        self._entries: dict[str, _Entry] = {}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Change what threads and processes share; `refresh` must not be called meanwhile.

        Raises:
            TemporaryError: Another process keeps the archive locked.
        """
        try:
            with self._turn, self._lock:
                yield
        except Timeout as error:
            raise self._busy() from error

    def refresh(self) -> None:
        """Write the page, with all that was done before this call; at once, or by `finish`.

        Raises:
            TemporaryError: Another process keeps it locked.
            OSError: It cannot be written.
        """
        with self._counting:
            self._wanted += 1
            mine = self._wanted
        with self._turn:
            if self._done >= mine:
                return
            if time.monotonic() >= self._due:
                self._write_alone()
            elif self._path_age() > 0:
                self.outdate()  # for whoever comes after a kill

    def finish(self) -> None:
        """Write the page if that was put off. Never fails, as `repair`."""
        try:
            with self._turn:
                if self._done < self._wanted:
                    self._write_alone()
        except (OSError, TemporaryError) as error:
            self._stale(error)

    def _write_alone(self) -> None:
        try:
            with self._lock:
                covered, begun = self._wanted, time.monotonic()
                self._write()
        except Timeout as error:
            raise self._busy() from error
        self._done, ended = covered, time.monotonic()
        self._due = ended + (ended - begun) / _SHARE if len(self._entries) > _MANY else 0.0

    def _busy(self) -> TemporaryError:
        return TemporaryError(
            f"another process keeps {self._lock.lock_file} locked",
            advice="Wait until it ends, then run the same command again.",
        )

    def outdate(self) -> None:
        """Note that the page will not be true any more: the next `repair` writes it."""
        if self._path.exists():
            os.utime(self._path, (0, 0))

    def repair(self) -> None:
        """Write the page if a process ended between moving a bag and writing it, or meanwhile.

        Never fails: to look at an archive one need not be able to write to it.
        """
        try:
            if self._path_age() < self._changed() or self._left_half():
                self.refresh()
        except (OSError, TemporaryError) as error:
            self._stale(error)

    def _stale(self, error: Exception) -> None:
        _log.info("%s could not be brought up to date: %s", self._path, error)

    def _left_half(self) -> bool:
        """Whether there is a half-written page; asked once, since later it may be our own."""
        looked, self._looked = self._looked, True
        return not looked and self._path.with_name(f".{self._path.name}{PART}").exists()

    def _path_age(self) -> int:
        return self._path.stat().st_mtime_ns if self._path.exists() else -1

    def _changed(self) -> int:
        """When a bag last came to or left a folder, in nanoseconds; -1 for an empty archive."""
        folders = (self._layout.drafts, self._layout.published)
        return max((f.stat().st_mtime_ns for f in folders if f.is_dir()), default=-1)

    def _write(self) -> None:
        # The page gets the folders' time, read before the folders: it is stale when they move on
        as_of = self._changed()
        known, self._entries = self._entries, {}
        for state, found in self._layout.bags():
            entry = _entry(found.path, state, known.get(found.path))
            if entry:
                self._entries[found.path] = entry
        html = _render(self._entries.values(), self._layout.root)
        write(self._path, html.encode(), modified=as_of if as_of > 0 else None)


def _entry(path: str, state: State, known: _Entry | None) -> _Entry | None:
    """What is shown of a bag; None when it has no metadata, or was moved meanwhile."""
    try:
        version = _version(path)
    except FileNotFoundError:
        return None
    if known and known.version == version:
        return known
    bag = Path(path)
    record = bags.record_of(bag)
    if record is None:
        return None
    oxum = info(bag).get("Payload-Oxum", "").partition(".")
    size, number = (int(part) if part.isdigit() else 0 for part in (oxum[0], oxum[2]))
    files = f"{count(number, 'file')}, {human_size(size)}" if number else "No files"
    href = quote(f"{bag.parent.name}/{bag.name}/{bags.PAGE}")
    order = record.metadata.publication_date, record.metadata.title
    return _Entry(
        version,
        state,
        order,
        size,
        name=bag.name,
        previous=next(iter(values(bag, PREVIOUS)), ""),
        link=_older(record, href),
        html=_item(record, state, href, [files, *_groups(bag)]),
    )


def _version(path: str) -> int:
    """Of a bag; a kill can have left it without a manifest of its tag files."""
    try:
        # os.stat, since this is done for every bag each time
        return os.stat(f"{path}/{bags.TAG_MANIFEST}").st_mtime_ns  # noqa: PTH116
    except FileNotFoundError:
        return -os.stat(f"{path}/{bags.METADATA}").st_mtime_ns  # noqa: PTH116


def _groups(bag: Path) -> list[str]:
    return [f"In {name}" for name in values(bag, COLLECTION)]


def _older(record: Record, href: str) -> Html:
    metadata = record.metadata
    version = f"version {metadata.version}" if metadata.version else metadata.publication_date
    return join([tag("a", metadata.title, href=href), f" ({version})"])


def _item(record: Record, state: State, href: str, more: Sequence[str]) -> Html:
    metadata = record.metadata
    people = [creator.person_or_org.display_name for creator in metadata.creators]
    if len(people) > _NAMED:
        people[_NAMED - 1 :] = [f"and {len(people) - _NAMED + 1} more"]
    facts = [resource_type(metadata.resource_type.id), metadata.publication_date, *more]
    title = tag("a", metadata.title, href=href)
    return join(
        [
            tag("h3", title, Html(" "), badge(state.value)),
            tag("p", "; ".join(people)),
            tag("p", join(tag("span", fact) for fact in facts), class_="facts"),
        ]
    )


def _render(found: Collection[_Entry], root: Path) -> str:
    published = {entry.name: entry for entry in found if entry.state is State.PUBLISHED}
    followed = {entry.previous for entry in published.values()}
    newest = (entry for entry in found if entry.name not in followed)
    ordered = sorted(newest, key=lambda entry: entry.order, reverse=True)
    sections = [
        _section(title, [entry for entry in ordered if entry.state is state], published)
        for title, state in (("Published", State.PUBLISHED), ("Drafts", State.DRAFT))
    ]
    size = human_size(sum(entry.size for entry in found))
    says = f"{count(len(ordered), 'record')}, {size}" if ordered else "No records yet"
    main = join([tag("h1", "Local archive"), tag("p", says, class_="facts"), *sections])
    footer = tag("p", f"The folder {root}, kept by publishkit. Each record is a BagIt bag.")
    return page("Local archive", nav=Html(""), main=main, footer=footer)


def _section(title: str, entries: list[_Entry], published: Mapping[str, _Entry]) -> Html:
    if not entries:
        return Html("")
    items = (tag("li", entry.html, _versions(entry, published)) for entry in entries)
    records = tag("ul", *items, class_="plain records")
    return tag("section", tag("h2", title), records)


def _versions(entry: _Entry, published: Mapping[str, _Entry]) -> Html:
    """The published bags that one follows, the newest first; a draft names its page only."""
    links, before = [], published.get(entry.previous)
    while entry.state is State.PUBLISHED and before and before.link not in links:
        links.append(before.link)
        before = published.get(before.previous)
    if not links:
        return Html("")
    shown = tag("ul", *(tag("li", link) for link in links), class_="plain")
    return tag("details", tag("summary", count(len(links), "older version")), shown)
