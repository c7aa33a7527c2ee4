"""`records_links.json` and its journal: which deposit belongs to which folder on which target.

The file holds what is known; `.publishkit/journal.jsonl` beside it is its tail. Every change is
one line of the journal, and the lines are folded into the file, atomically, when a run ends.
A run that was killed leaves the journal, and the next one replays it.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, TextIO

from filelock import FileLock, Timeout
from pydantic import JsonValue, TypeAdapter, ValidationError

from publishkit.errors import ConfigError, PublishkitError, TemporaryError
from publishkit.folder import natural
from publishkit.row import FIELDS, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from publishkit.hooks import Target

__all__ = ["LINKS_FILE", "STATE_FOLDER", "Ledger", "Row", "ledger_path"]

LINKS_FILE: Final = "records_links.json"
STATE_FOLDER: Final = ".publishkit"

_OBJECT: Final = TypeAdapter(dict[str, JsonValue])
_ARRAY: Final = TypeAdapter(list[JsonValue])


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
        known = path.exists() or _journal(path).exists()
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
        self._foreign: list[tuple[int, JsonValue]] = []
        self._settled: set[tuple[str, str]] = set()  # the rows whose place in the file is fixed
        self._journal: TextIO | None = None
        self._changed = False
        self._guard = Lock()

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """The links file and the lines that a killed run left, without changing either.

        Raises:
            ConfigError: The file is not a links file that this version understands.
        """
        ledger = cls(path)
        ledger._load()
        ledger._replay()
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
            raise _unwritable(path, error) from error
        with _locked(path):
            ledger = cls.read(path)
            with ledger._writing():  # noqa: SLF001 - its own
                yield ledger

    def rows(self) -> list[Row]:
        """Every row, in the file's order."""
        with self._guard:
            return list(self._items.values())

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
            line = {name: getattr(row, name) for name in FIELDS}
            self._append({**line, "claimed": index}, sync=True)
            self._unclaimed(index)
            self._put(row)

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

    def note(self, row: Row, *, sync: bool = False, **changes: object) -> Row:
        """Keep a change of a row, and give the row as it is now.

        Args:
            row: The row to change, or a new one.
            sync: Whether the change must outlive a power failure before this returns.
            changes: The fields that change.
        """
        key = (row.folder, row.target)
        with self._guard:
            known = self._items.get(key)
            base = known or row
            changes = {k: v for k, v in changes.items() if known is None or getattr(base, k) != v}
            if known and not changes:
                return known
            now = datetime.now(UTC).isoformat(timespec="seconds")
            new = replace(base, updated=now, **changes)  # type: ignore[arg-type]
            line = changes if known else {f: getattr(new, f) for f in FIELDS}
            self._append({"folder": key[0], "target": key[1], "updated": now, **line}, sync=sync)
            self._put(new)
            return new

    def rename(self, row: Row, folder: str) -> Row:
        """Move a row to another folder: the folder was renamed."""
        with self._guard:
            self._append({"folder": row.folder, "target": row.target, "renamed": folder})
            return self._move(row, folder)

    def forget(self, row: Row) -> None:
        """Take a row out: its deposit was deleted."""
        with self._guard:
            self._append({"folder": row.folder, "target": row.target, "removed": True}, sync=True)
            self._drop(row)

    def _move(self, row: Row, folder: str) -> Row:
        new = replace(row, folder=folder)
        self._settled.add((folder, row.target))
        self._reset([new if known is row else known for known in self._items.values()])
        return new

    def _drop(self, row: Row) -> None:
        self._reset([known for known in self._items.values() if known is not row])

    def _reset(self, rows: Sequence[Row]) -> None:
        self._items.clear()
        self._targets.clear()
        for known in rows:
            self._put(known)

    def _put(self, row: Row) -> None:
        self._items[row.folder, row.target] = row
        self._targets[row.folder][row.target] = None

    # ---- the files ----

    def _load(self) -> None:
        try:
            found = _ARRAY.validate_json(self.path.read_bytes())
            for index, item in enumerate(found):
                row = Row.from_json(item) if isinstance(item, dict) else None
                if row and (row.folder, row.target) in self._items:
                    raise ConfigError(f"it has two objects for {row.folder} on {row.target}")
                if row:
                    self._put(row)
                    self._settled.add((row.folder, row.target))
                else:
                    self._foreign.append((index, item))
        except FileNotFoundError:
            return
        except (OSError, ValidationError, PublishkitError) as error:
            why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise ConfigError(
                f"{self.path} cannot be read: {getattr(error, 'message', why)}",
                advice=getattr(error, "advice", "")
                or "Restore it from a backup, or move it away if no deposit in it matters.",
            ) from error

    def _replay(self) -> None:
        try:
            data = _journal(self.path).read_bytes()
        except OSError:  # there is none; that one cannot be made is noticed when it is opened
            return
        self._changed = bool(data)  # a torn end, too, must go before the next line comes
        for line in data.splitlines():
            try:
                change = _OBJECT.validate_json(line)
            except ValidationError:
                break  # the torn end of a run that was killed
            self._apply(change)

    def _apply(self, change: Mapping[str, JsonValue]) -> None:
        folder, target = str(change.get("folder", "")), str(change.get("target", ""))
        row = self._items.get((folder, target))
        renamed = change.get("renamed")
        if renamed or change.get("removed"):
            if row and renamed:
                self._move(row, str(renamed))
            elif row:
                self._drop(row)
            return
        claimed = change.get("claimed")
        if isinstance(claimed, int):
            self._unclaimed(claimed)
        try:
            self._put((row or Row(folder=folder, target=target)).changed(change))
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            raise ConfigError(
                f"{_journal(self.path)} cannot be read: {where} is wrong",
                advice="Restore it from a backup, or correct the line.",
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._start()
        try:
            yield
        finally:
            self._fold()

    def _start(self) -> None:
        path = _journal(self.path)
        try:
            if self._changed:  # also cuts off a torn last line
                self._write()
                path.unlink(missing_ok=True)
            self._journal = path.open("a", encoding="utf-8")
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _append(self, line: Mapping[str, object], *, sync: bool = False) -> None:
        if self._journal is None:
            raise AssertionError(f"{self.path} is open for reading only")
        self._changed = True  # even a line that cannot be synced may have been written
        try:
            self._journal.write(json.dumps(line, default=dict, ensure_ascii=False) + "\n")
            self._journal.flush()
            if sync:
                os.fsync(self._journal.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _fold(self) -> None:
        try:
            if self._journal:
                self._journal.close()
            if self._changed:
                self._write()
            _journal(self.path).unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _write(self) -> None:
        old = [row for key, row in self._items.items() if key in self._settled]
        new = [row for key, row in self._items.items() if key not in self._settled]
        new.sort(key=lambda row: (natural(row.folder.split("/")), row.target))
        items: list[JsonValue] = [row.to_json() for row in [*old, *new]]
        for index, item in self._foreign:
            items.insert(index, item)
        place = self.path.resolve()  # a symbolic link stays one
        fresh = self.path.parent / STATE_FOLDER / f"{self.path.name}.new"
        if place.parent != self.path.parent.resolve():
            fresh = place.with_name(f".{place.name}.new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(items, file, indent=2, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            shutil.copymode(place, fresh)
        fresh.replace(place)
        self._changed = False


def _journal(path: Path) -> Path:
    name = "journal.jsonl" if path.name == LINKS_FILE else f"{path.name}.journal.jsonl"
    return path.parent / STATE_FOLDER / name


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    mark = path.parent / STATE_FOLDER / "lock"
    lock = FileLock(mark)
    try:
        lock.acquire(timeout=0)
        mark.write_text(f"{socket.gethostname()} {os.getpid()}\n", encoding="utf-8")
    except Timeout:
        host, _, pid = _holder(mark).partition(" ")
        who = f"process {pid} on {host}" if pid else "another process"
        raise TemporaryError(
            f"{who} is pushing with {path}",
            advice="Wait until it has ended and run the command again.",
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield
    finally:
        lock.release()


def _holder(lock: Path) -> str:
    try:
        return lock.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{path} cannot be written: {error.strerror or error}",
        advice="Make room or give write access to its folder, or name another file by --links; "
        "what was sent is not lost, the same command goes on.",
    )
