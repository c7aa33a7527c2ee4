"""`records_links.json` and its journal: which deposit belongs to which folder on which target.

The file holds what is known; `.publishkit/journal.jsonl` beside it is its tail. Every change is
one line of the journal, and the lines are folded into the file, atomically, when a run ends.
A run that was killed leaves the journal, and the next one replays it.
"""

from __future__ import annotations

import json
import os
import socket
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, TextIO

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter, ValidationError

from publishkit.errors import ConfigError, PublishkitError, TemporaryError
from publishkit.folder import natural

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from publishkit.hooks import Target

__all__ = ["LINKS_FILE", "STATE_FOLDER", "Ledger", "Row", "ledger_path"]

LINKS_FILE: Final = "records_links.json"
STATE_FOLDER: Final = ".publishkit"
FORMAT: Final = 1

_OBJECT: Final = TypeAdapter(dict[str, JsonValue])
_ARRAY: Final = TypeAdapter(list[JsonValue])
_INNER: Final = (
    "url", "doi", "title", "updated", "marker", "sent", "revision", "contents", "group", "extra",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One object of the links file: a folder on a target."""

    folder: str
    """Relative to the links file, with `/` on every system."""
    target: str
    id: str = ""
    state: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    doi: str = ""
    title: str = ""
    updated: str = ""
    marker: str = ""
    """The name under which a deposit is, or was to be, created."""
    sent: str = ""
    """The fingerprint of what the deposit holds; empty while it is being changed."""
    revision: str = ""
    contents: str = ""
    group: str = ""
    """The name of the group whose deposit this record shares."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)
    others: Mapping[str, JsonValue] = field(default_factory=dict)
    """Keys at the top level that are not ours, kept as they are."""
    inner_others: Mapping[str, JsonValue] = field(default_factory=dict)
    """The same below `publishkit`."""

    def to_json(self) -> dict[str, JsonValue]:
        """The object as it stands in the file."""
        inner: dict[str, JsonValue] = {"format": FORMAT}
        for name in _INNER:
            value = getattr(self, name)
            if value:
                inner[name] = dict(value) if name == "extra" else value
        if self.links:
            inner["links"] = list(self.links)  # which of the keys above are the server's
        return {
            "folder": self.folder,
            "target": self.target,
            "id": self.id,
            "state": self.state,
            **self.others,
            **self.links,
            "publishkit": {**inner, **self.inner_others},
        }

    @classmethod
    def from_json(cls, found: Mapping[str, JsonValue]) -> Row | None:
        """Read an object of the file; None when it names no folder and target.

        Raises:
            ConfigError: It was written by a later version of publishkit.
        """
        folder, target, inner = (found.get(key) for key in ("folder", "target", "publishkit"))
        if not (isinstance(folder, str) and isinstance(target, str)):
            return None
        ours = dict(inner) if isinstance(inner, dict) else {}
        version = ours.pop("format", FORMAT)
        if not isinstance(version, int):
            raise ConfigError(f"the format of {folder} on {target} is no number")
        if version > FORMAT:
            raise ConfigError(
                f"its format {version} is newer than this publishkit understands ({FORMAT})",
                advice="Upgrade publishkit: pip install --upgrade publishkit",
            )
        rest = {k: v for k, v in found.items() if k not in _TOP}
        named = ours.pop("links", None)
        names = named if isinstance(named, list) else []
        links = {k: v for k, v in rest.items() if isinstance(v, str) and k in names}
        extra = ours.pop("extra", None)
        return cls(
            folder=folder,
            target=target,
            id=_text(found.get("id")),
            state=_text(found.get("state")),
            links=links,
            others={k: v for k, v in rest.items() if k not in links},
            extra=extra if isinstance(extra, dict) else {},
            inner_others={k: v for k, v in ours.items() if k not in _INNER},
            **{name: _text(ours.get(name)) for name in _INNER if name != "extra"},
        )


class _Change(BaseModel):
    """A line of the journal: the fields of a row that changed."""

    model_config = ConfigDict(extra="ignore", strict=True)

    folder: str
    target: str
    renamed: str = ""
    id: str = ""
    state: str = ""
    links: dict[str, str] = {}
    url: str = ""
    doi: str = ""
    title: str = ""
    updated: str = ""
    marker: str = ""
    sent: str = ""
    revision: str = ""
    contents: str = ""
    group: str = ""
    extra: dict[str, JsonValue] = {}
    others: dict[str, JsonValue] = {}
    inner_others: dict[str, JsonValue] = {}


_TOP: Final = frozenset({"folder", "target", "id", "state", "publishkit"})
_FIELDS: Final = frozenset(f.name for f in fields(Row))


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
            line = changes if known else {f: getattr(new, f) for f in _FIELDS}
            self._append({"folder": key[0], "target": key[1], "updated": now, **line}, sync=sync)
            self._put(new)
            return new

    def rename(self, row: Row, folder: str) -> Row:
        """Move a row to another folder: the folder was renamed."""
        with self._guard:
            self._append({"folder": row.folder, "target": row.target, "renamed": folder})
            return self._move(row, folder)

    def _move(self, row: Row, folder: str) -> Row:
        new = replace(row, folder=folder)
        self._settled.add((folder, row.target))
        rows = [new if known is row else known for known in self._items.values()]
        self._items.clear()
        self._targets.clear()
        for known in rows:
            self._put(known)
        return new

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
            self._apply(self._checked(change))

    def _checked(self, change: dict[str, JsonValue]) -> _Change:
        try:
            return _Change.model_validate(change)
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            raise ConfigError(
                f"{_journal(self.path)} cannot be read: {where} is wrong",
                advice="Restore it from a backup, or correct the line.",
            ) from error

    def _apply(self, change: _Change) -> None:
        row = self._items.get((change.folder, change.target))
        if change.renamed:
            if row:
                self._move(row, change.renamed)
            return
        row = row or Row(folder=change.folder, target=change.target)
        given = {name: getattr(change, name) for name in change.model_fields_set & _FIELDS}
        self._put(replace(row, **given))

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
        if self._journal:
            self._journal.close()
        try:
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
        fresh = self.path.parent / STATE_FOLDER / f"{self.path.name}.new"
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(items, file, indent=2, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
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


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
