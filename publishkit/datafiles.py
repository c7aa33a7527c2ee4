"""The data files of a record's folder, under the keys that they will have everywhere."""

from __future__ import annotations

import os
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from publishkit.errors import Problem, Severity
from publishkit.ignored import Ignore, is_litter
from publishkit.repository import DataFile

__all__ = ["METADATA_FILE", "data_files"]

METADATA_FILE = "record_metadata.json"
"""What makes a folder a record."""
_SPECIAL = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def data_files(folder: Path) -> tuple[list[DataFile], list[Problem]]:
    """Every file of a record but its metadata, in the order of the keys.

    Left out are hidden files, what editors and systems leave behind, and what `.publishignore`
    files name. Symbolic links that stay inside the folder are followed.

    Args:
        folder: The record's folder.

    Returns:
        The files, and everything that is wrong with them; each problem's path is a key.
    """
    scan = _Scan(folder)
    scan.walk(_Level(folder, "", (), Ignore()))
    scan.compare_keys()
    return sorted(scan.files, key=lambda file: file.key), scan.problems


@dataclass(frozen=True, slots=True)
class _Level:
    """One folder on the way down."""

    path: Path
    key: str
    above: tuple[tuple[int, int], ...]
    """Device and inode of the folders that it lies in."""
    ignore: Ignore


@dataclass(slots=True)
class _Scan:
    folder: Path
    files: list[DataFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def walk(self, level: _Level) -> None:
        """Go through a folder and all below it; without recursion, so any depth will do."""
        left = [level]
        while left:
            level = left.pop()
            try:
                with os.scandir(level.path) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
                here = level.path.stat()
            except OSError as error:
                self._error(level.key, f"the folder cannot be read: {error.strerror}")
                continue
            ignore, problems = level.ignore.within(level.path, level.key)
            self.problems += problems
            above = (*level.above, (here.st_dev, here.st_ino))
            inside = _Level(level.path, level.key, above, ignore)
            left += reversed([sub for e in entries if (sub := self._entry(e, inside))])

    def _entry(self, entry: os.DirEntry[str], level: _Level) -> _Level | None:
        """Note a file; a folder is given back."""
        if is_litter(entry.name) or (not level.key and entry.name == METADATA_FILE):
            return None
        key = self._key(entry.name, level.key)
        if key is None:
            return None
        try:
            found = entry.stat()
        except OSError as error:
            # An ignored link may lead nowhere.
            if not level.ignore.matches(key, folder=False):
                self._unreachable(entry, key, error)
            return None
        is_folder = stat.S_ISDIR(found.st_mode)
        if level.ignore.matches(key, folder=is_folder) or self._leads_out(entry, key):
            return None
        if not is_folder:
            self._file(entry, key, found)
        elif (found.st_dev, found.st_ino) in level.above and entry.is_symlink():
            self._error(key, "a symbolic link to a folder that it lies in", "remove the link")
        else:
            return _Level(Path(entry.path), key, level.above, level.ignore)
        return None

    def _key(self, name: str, folder: str) -> str | None:
        shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        where = f"{folder}/{shown}" if folder else shown
        if not _is_unicode(name):
            self._error(where, "the name is not UTF-8", "rename the file")
        elif not name.isprintable() and any(unicodedata.category(char) == "Cc" for char in name):
            plain = where.encode("unicode_escape").decode("ascii")
            self._error(plain, "the name has control characters in it", "rename the file")
        else:
            return unicodedata.normalize("NFC", where)
        return None

    def _unreachable(self, entry: os.DirEntry[str], key: str, error: OSError) -> None:
        if entry.is_symlink():
            why = "a symbolic link that leads nowhere, or in a circle"
            self._error(key, why, "remove it, or put the file itself here")
        else:
            self._error(key, f"cannot be read: {error.strerror}")

    def _leads_out(self, entry: os.DirEntry[str], key: str) -> bool:
        """Only a link can; what lies below a linked folder was looked at with that folder."""
        if not entry.is_symlink():
            return False
        target = Path(os.path.realpath(entry.path))
        if target.is_relative_to(os.path.realpath(self.folder)):
            return False
        advice = "put the file itself here, or name the link in .publishignore"
        self._error(key, "a symbolic link that leads out of the record's folder", advice)
        return True

    def _file(self, entry: os.DirEntry[str], key: str, found: os.stat_result) -> None:
        for is_special, what in _SPECIAL:
            if is_special(found.st_mode):
                self._error(key, f"{what}, not a file", "remove it, or name it in .publishignore")
                return
        if not os.access(entry.path, os.R_OK):
            self._error(key, "the file cannot be read", "give yourself the right to read it")
            return
        path = Path(entry.path)
        self.files.append(DataFile(key, path, found.st_size, found.st_mtime_ns))

    def compare_keys(self) -> None:
        """Names that become one where a system does not tell them apart."""
        exact: dict[str, Path] = {}
        folded: dict[str, str] = {}
        for file in self.files:
            if file.key in exact:
                self._error(
                    file.key,
                    "two files whose names differ only in how accents are written (Unicode NFC)",
                    "rename one of them",
                )
            elif (other := folded.setdefault(file.key.casefold(), file.key)) != file.key:
                self.problems.append(
                    Problem(
                        file.key,
                        f"differs from {other} only in upper and lower case",
                        "rename one: on Windows and macOS they cannot lie in one folder",
                        Severity.WARNING,
                    )
                )
            exact[file.key] = file.path

    def _error(self, key: str, message: str, advice: str = "") -> None:
        advice = advice or "make it readable, or name it in .publishignore"
        self.problems.append(Problem(key or ".", message, advice))


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
