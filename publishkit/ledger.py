"""`records_links.json` and its journal: which deposit belongs to which folder on which target.

The file holds what is known; `.publishkit/journal.jsonl` beside it is its tail. Every change is
one line of the journal, and the lines are folded into the file, atomically, when a run ends.
A run that was killed leaves the journal, and the next one replays it.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue, ValidationError
from pydantic_core import from_json

from publishkit.errors import ConfigError, PublishkitError
from publishkit.journal import (
    LINKS_FILE,
    STATE_FOLDER,
    Journal,
    both,
    journal_of,
    line_of,
    unwritable,
)
from publishkit.lock import locked
from publishkit.row import FIELDS, Row
from publishkit.text import natural

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from publishkit.hooks import Target

__all__ = ["LINKS_FILE", "STATE_FOLDER", "Ledger", "Row", "ledger_path"]

_IN_GROUP: Final = "*"
"""Stands for the ids of all records that share a deposit; no id."""


def ledger_path(
    folder: Path, links: Path | None = None, *, read: Callable[[Path], Ledger] | None = None
) -> Path:
    """The links file of a record's folder.

    The one that was asked for, else the nearest upwards that knows the folder, else the one in
    the folder's parent.

    Args:
        folder: The record's folder.
        links: The links file that was asked for.
        read: Gives the ledger of a path; for many folders, the same one each time.
    """
    read = read or Ledger.read
    if links:
        return links.absolute()
    place = folder.absolute()  # beside a symbolic link, not beside what it leads to
    for parent in place.parents:
        path = parent / LINKS_FILE
        known = path.exists() or journal_of(path).exists()
        if known and read(path).knows(folder):
            return path
    return place.parent / LINKS_FILE


class Ledger:
    """The rows of one links file, in memory; with a journal once it is opened for writing.

    Thread-safe. `read` gives one that only looks; `open` holds the lock and keeps changes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._items: dict[tuple[str, str], Row] = {}
        self._targets: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._ids: defaultdict[str, dict[tuple[str, str], None]] = defaultdict(dict)
        self._foreign: list[tuple[int, JsonValue]] = []
        self._settled: set[tuple[str, str]] = set()  # the rows whose place in the file is fixed
        self._journal: Journal | None = None
        self._changed = False
        self._guard = Lock()

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """The links file and the lines that a killed run left, without changing either.

        Raises:
            ConfigError: The file is not a links file that this version understands.
        """
        ledger = cls(path)
        content, changes, ledger._changed = both(path)
        if content is not None:
            ledger._load(content)
        for change in changes:
            ledger._apply(change)
        return ledger

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Ledger]:
        """The links file, locked, with every change kept.

        Raises:
            ConfigError: It cannot be written or understood.
            TemporaryError: Another run holds it.
        """
        try:
            (path.parent / STATE_FOLDER).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error
        with locked(path):
            ledger = cls.read(path)
            with ledger._writing():  # noqa: SLF001 - its own
                yield ledger

    def rows(self) -> list[Row]:
        """Every row, in the file's order."""
        with self._guard:
            return list(self._items.values())

    def rows_of(self, folder: str) -> list[Row]:
        """The rows of a folder, as `name_of` gives it."""
        with self._guard:
            return [self._items[folder, name] for name in self._targets.get(folder, ())]

    def rows_about(self, id_: str) -> list[Row]:
        """The rows that may be about a deposit: those of its id, and all of groups."""
        with self._guard:
            keys = {**self._ids.get(id_, {}), **self._ids.get(_IN_GROUP, {})}
            return [row for key in keys if (row := self._items.get(key))]

    @property
    def bare(self) -> list[tuple[int, dict[str, str]]]:
        """The objects that are nothing but links, each with its index in the file."""
        with self._guard:
            return [
                (index, {k: v for k, v in item.items() if isinstance(v, str)})
                for index, item in self._foreign
                if isinstance(item, dict) and isinstance(item.get("self"), str)
            ]

    def claim(self, index: int, row: Row) -> None:
        """Put a row in the place of an object of bare links."""
        with self._guard:
            fields = {name: getattr(row, name) for name in FIELDS}
            line = line_of({**fields, "claimed": index})
            self._unclaimed(index)
            self._put(row)
            self._append(line, sync=True)

    def _unclaimed(self, index: int) -> None:
        self._foreign = [(at, item) for at, item in self._foreign if at != index]

    def name_of(self, folder: Path) -> str:
        """How this file names a folder."""
        return Path(os.path.relpath(folder, self.path.parent)).as_posix()

    def knows(self, folder: Path) -> bool:
        """Whether any row is about this folder."""
        return self.name_of(folder) in self._targets

    def find(self, folder: str, target: Target, urls: Collection[str]) -> Row | None:
        """The row of a folder on a target, or on another target with the same database.

        Args:
            folder: As `name_of` gives it.
            target: The target.
            urls: The URLs under which the same database is reached.

        Raises:
            ConfigError: The row was written for a target of this name at another URL.
        """
        with self._guard:
            own = self._items.get((folder, target.name))
            rows = (self._items[folder, name] for name in self._targets.get(folder, ()))
            shared = [row for row in rows if row.url in urls]
        if own and own.url and own.url not in urls:
            raise ConfigError(
                f"{self.path} says that {folder} is on {target.name} at {own.url}, "
                f"but {target.name} is now {target.url}",
                advice="Give the other server a target name of its own, or use another --links.",
            )
        return own or (shared[0] if shared else None)

    def note(self, row: Row, *, sync: bool = False, renew: bool = False, **changes: object) -> Row:
        """Keep a change of a row, and give the row as it is now.

        Args:
            row: The row to change, or a new one.
            sync: Whether the change must outlive a power failure before this returns.
            renew: Whether the row counts as updated even if nothing changes.
            changes: The fields that change.
        """
        key = (row.folder, row.target)
        with self._guard:
            known = self._items.get(key)
            base = known or row
            changes = {k: v for k, v in changes.items() if known is None or getattr(base, k) != v}
            if known and not changes and not renew:
                return known
            now = datetime.now(UTC).isoformat(timespec="seconds")
            new = replace(base, updated=now, **changes)  # type: ignore[arg-type]
            told = changes if known else {f: getattr(new, f) for f in FIELDS}
            line = line_of({"folder": key[0], "target": key[1], "updated": now, **told})
            self._put(new)
            self._append(line, sync=sync)
            return new

    def rename(self, old: str, new: str) -> None:
        """Give all rows of a folder its new name, at once; one that has a row already keeps it."""
        with self._guard:
            line = line_of({"folder": old, "renamed": new})
            self._move(old, new)
            self._append(line)

    def forget(self, row: Row) -> None:
        """Take a row out: its deposit was deleted."""
        with self._guard:
            line = line_of({"folder": row.folder, "target": row.target, "removed": True})
            self._drop(row.folder, row.target)
            self._append(line, sync=True)

    def _move(self, old: str, new: str) -> None:
        moving = [t for t in self._targets.get(old, ()) if t not in self._targets.get(new, ())]
        moved = {(old, t): replace(self._items[old, t], folder=new) for t in moving}
        self._items = {  # in the places that they had
            (new, key[1]) if key in moved else key: moved.get(key, row)
            for key, row in self._items.items()
        }
        for target in moving:
            self._forget_target(old, target)
            self._index(self._items[new, target])
            self._settled.add((new, target))

    def _drop(self, folder: str, target: str) -> None:
        if self._items.pop((folder, target), None):
            self._forget_target(folder, target)

    def _forget_target(self, folder: str, target: str) -> None:
        del self._targets[folder][target]
        if not self._targets[folder]:
            del self._targets[folder]

    def _put(self, row: Row) -> None:
        self._items[row.folder, row.target] = row
        self._index(row)

    def _index(self, row: Row) -> None:
        self._targets[row.folder][row.target] = None
        self._ids[_IN_GROUP if row.group else row.id][row.folder, row.target] = None

    # ---- the files ----

    def _load(self, content: bytes) -> None:
        try:
            for index, item in enumerate(_items(content)):
                row = Row.from_json(item) if isinstance(item, dict) else None
                if row and (row.folder, row.target) in self._items:
                    raise ConfigError(f"it has two objects for {row.folder} on {row.target}")
                if row:
                    self._put(row)
                    self._settled.add((row.folder, row.target))
                else:
                    self._foreign.append((index, item))
        except PublishkitError as error:
            raise ConfigError(
                f"{self.path} cannot be read: {error.message}",
                advice=error.advice
                or "Restore it from a backup, or move it away if no deposit in it matters.",
            ) from error

    def _apply(self, change: Mapping[str, JsonValue]) -> None:
        """Make a change that a line of the journal tells of."""
        folder, target = str(change.get("folder", "")), str(change.get("target", ""))
        if "renamed" in change:
            self._move(folder, str(change["renamed"]))
            return
        if change.get("removed"):
            self._drop(folder, target)
            return
        claimed = change.get("claimed")
        if isinstance(claimed, int):
            self._unclaimed(claimed)
        row = self._items.get((folder, target)) or Row(folder=folder, target=target)
        try:
            self._put(row.changed(change))
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            raise ConfigError(
                f"{journal_of(self.path)} cannot be read: {where} is wrong",
                advice="Restore it from a backup, or correct the line.",
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with Journal(self.path) as journal:
            self._journal = journal
            try:
                yield
            finally:
                self._journal = None
                if self._changed:
                    journal.fold(self._content())
                else:
                    journal.discard()

    def _append(self, line: bytes, *, sync: bool = False) -> None:
        """Keep a change that was made in memory: what cannot be kept now may be at the end."""
        if self._journal is None:
            raise AssertionError(f"{self.path} is open for reading only")
        self._changed = True
        self._journal.append(line, sync=sync)

    def _content(self) -> bytes:
        """The file as it is to be."""
        old = [row for key, row in self._items.items() if key in self._settled]
        new = [row for key, row in self._items.items() if key not in self._settled]
        new.sort(key=lambda row: (natural(row.folder.split("/")), row.target))
        items: list[JsonValue] = [row.to_json() for row in [*old, *new]]
        for index, item in self._foreign:
            items.insert(index, item)
        return (json.dumps(items, indent=2, ensure_ascii=False) + "\n").encode()


def _items(content: bytes) -> list[JsonValue]:
    """What stands in a links file."""
    try:
        found: JsonValue = from_json(content)  # half the memory of a TypeAdapter
    except ValueError as error:
        raise ConfigError(f"it is not valid JSON, {error}") from error
    if not isinstance(found, list):
        raise ConfigError("it is not a JSON array")
    return found
