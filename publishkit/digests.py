"""The digests of local files, remembered between runs so that nothing is read twice.

Only a cache: without it, or when it is broken, files are read again and nothing else changes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import platformdirs

from publishkit.errors import IntegrityError
from publishkit.hashing import Hashing
from publishkit.repository import DataFile, Digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from publishkit.repository import Meter

__all__ = ["CACHE_DIR_VARIABLE", "DigestCache", "cache_folder"]

CACHE_DIR_VARIABLE = "PUBLISHKIT_CACHE_DIR"
"""The environment variable that names another folder for the cache."""
_CHUNK = 1 << 20
_FRESH = 2_000_000_000
"""Nanoseconds. A file changed so lately could change again within its file system's resolution."""
_KEPT = 180 * 86_400
"""Seconds after which an entry is dropped, so that the cache does not grow for ever."""
_PATIENCE = 5.0
"""Seconds to wait while another process writes."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS digests_1 (
    device TEXT NOT NULL, inode TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
    changed INTEGER NOT NULL, md5 TEXT NOT NULL, sha256 TEXT NOT NULL, kept INTEGER NOT NULL,
    PRIMARY KEY (device, inode)
) WITHOUT ROWID
"""
_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where publishkit keeps what can be made again."""
    chosen = os.environ.get(CACHE_DIR_VARIABLE)
    return Path(chosen) if chosen else platformdirs.user_cache_path("publishkit", appauthor=False)


class _Identity(NamedTuple):
    """What tells that a file is the one it was, unread."""

    device: str
    inode: str
    size: int
    modified: int
    changed: int


class DigestCache:
    """MD5 and SHA-256 of local files.

    Threads may share one; processes share what is on disk. It never fails because of the cache.

    Args:
        path: The SQLite file; by default in the user's cache folder.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or cache_folder() / "digests.sqlite3"
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._broken = False
        self._fresh: dict[_Identity, Digests] = {}
        """Of files changed so lately that only this run, which read them, may trust them."""

    def digests(self, file: DataFile, meter: Meter | None = None) -> Digests:
        """The digests of a file, read only if they are not known.

        Args:
            file: A file as its folder was read.
            meter: Asked at each megabyte whether to stop.

        Raises:
            IntegrityError: The file is not the one that was found in the folder, or changes.
            Cancelled: By the meter.
        """
        try:
            before = _identity(file.path)
            _refuse_changed(file, before)
            known = self._find(before)
            if known:
                return known
            made = _read(file.path, meter)
            after = _identity(file.path)
        except OSError as error:
            raise _unreadable(file, error) from error
        if before != after:
            raise _changed(file)
        self._keep(after, made)
        return made

    def known(self, files: Iterable[DataFile]) -> dict[str, Digests] | None:
        """The digests of files by key, if those of all are known; reads none.

        Args:
            files: Files as their folder was read.
        """
        found: dict[str, Digests] = {}
        for file in files:
            try:
                now = _identity(file.path)
            except OSError:
                return None
            known = None if _is_changed(file, now) else self._find(now)
            if known is None:
                return None
            found[file.key] = known
        return found

    def remember(self, file: DataFile, digests: Digests) -> None:
        """Keep digests that were computed while a file was sent.

        Kept only if the file is still as it was when its folder was read, which was before.

        Args:
            file: A file as its folder was read.
            digests: Of all that was read of it.
        """
        try:
            now = _identity(file.path)
        except OSError:
            return
        if file.modified and (now.size, now.modified) == (file.size, file.modified):
            self._keep(now, digests)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    def _find(self, one: _Identity) -> Digests | None:
        if fresh := self._fresh.get(one):
            return fresh
        rows = self._run(
            "SELECT md5, sha256 FROM digests_1 WHERE device = ? AND inode = ? AND size = ? "
            "AND modified = ? AND changed = ?",
            one,
        )
        return Digests(*rows[0]) if rows and _is_whole(rows[0]) else None

    def _keep(self, one: _Identity, digests: Digests) -> None:
        if time.time_ns() - max(one.modified, one.changed) < _FRESH:
            self._fresh[one] = digests
            return
        self._run(
            "INSERT OR REPLACE INTO digests_1 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*one, digests.md5, digests.sha256, int(time.time())),
        )

    def _run(self, statement: str, values: Sequence[str | int]) -> list[tuple[str, str]]:
        with self._lock:
            if self._broken:
                return []
            try:
                if self._connection is None:
                    self._connection = _open(self.path)
                    weakref.finalize(self, self._connection.close)
                rows: list[tuple[str, str]] = self._connection.execute(statement, values).fetchall()
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)
                return []
            return rows

    def _give_up(self, error: Exception) -> None:
        self._broken = True
        if self._connection:
            self._connection.close()
            self._connection = None
        if _is_damage(error):
            with contextlib.suppress(OSError):
                self.path.unlink()
        _log.warning(
            "the cache of digests %s cannot be used (%s): files are read again", self.path, error
        )


def _open(path: Path) -> sqlite3.Connection:
    """Open the cache; a damaged one is made anew, since it holds nothing that cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        _log.warning("the cache of digests %s was damaged (%s) and is made anew", path, error)
        path.unlink()
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        # No waiting for the disk: what a power failure damages is made anew.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_SCHEMA)
        connection.execute("DELETE FROM digests_1 WHERE kept < ?", (int(time.time()) - _KEPT,))
    except BaseException:
        connection.close()
        raise
    return connection


def _is_damage(error: Exception) -> bool:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _is_whole(row: tuple[str, str]) -> bool:
    return [len(value) for value in row] == [32, 64]


def _identity(path: Path) -> _Identity:
    found = path.stat()
    return _Identity(
        str(found.st_dev), str(found.st_ino), found.st_size, found.st_mtime_ns, found.st_ctime_ns
    )


def _read(path: Path, meter: Meter | None) -> Digests:
    with (
        path.open("rb", buffering=0) as stream,
        contextlib.closing(Hashing(os.fstat(stream.fileno()).st_size)) as hashing,
    ):
        while chunk := stream.read(_CHUNK):
            hashing.update(chunk)
            if meter:
                meter.advance(0)
        return hashing.digests()


def _refuse_changed(file: DataFile, now: _Identity) -> None:
    if _is_changed(file, now):
        raise _changed(file)


def _is_changed(file: DataFile, now: _Identity) -> bool:
    return now.size != file.size or bool(file.modified and now.modified != file.modified)


def _changed(file: DataFile) -> IntegrityError:
    return IntegrityError(f"{file.key} changed while publishkit was at work")


def _unreadable(file: DataFile, error: OSError) -> IntegrityError:
    return IntegrityError(
        f"{file.key} can no longer be read: {error.strerror}",
        advice="Put it back or make it readable, and run the same command again.",
    )
