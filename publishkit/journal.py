"""The tail of a links file: a line for each change, until the lines are folded into the file.

Whatever moment a run ends at, the file and its journal together say all that was kept: the file
is replaced as a whole, and before that the journal notes which content is to take its place, so
that the lines are not applied a second time to a file that has them already.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from publishkit.errors import ConfigError
from publishkit.smallfiles import read_small

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

__all__ = ["LINKS_FILE", "STATE_FOLDER", "Journal", "both", "journal_of", "line_of", "unwritable"]

LINKS_FILE: Final = "records_links.json"
STATE_FOLDER: Final = ".publishkit"
MAX_BYTES: Final = 256 << 20
"""Of a links file or a journal: a hundred thousand rows."""

_OBJECT: Final = TypeAdapter(dict[str, JsonValue])
_FOLDED: Final = "folded"
_LOOKS: Final = 5
"""How often a file is read that another run replaces meanwhile."""
_NO_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM})
"""Where folders cannot be synced, nothing more can be done."""


def journal_of(links: Path) -> Path:
    """The journal of a links file."""
    name = "journal.jsonl" if links.name == LINKS_FILE else f"{links.name}.journal.jsonl"
    return links.parent / STATE_FOLDER / name


def both(links: Path) -> tuple[bytes | None, list[dict[str, JsonValue]], bool]:
    """A links file and what its journal adds to it, as of one moment.

    Returns:
        The file's content, None if there is none; the changes that it lacks; and whether there
        is a journal that is not empty.

    Raises:
        ConfigError: One of them cannot be read.
    """
    left = _LOOKS
    while True:
        before, left = _stamp(links), left - 1
        content, lines = _read(links), _read(journal_of(links), follow=False) or b""
        if not left or _stamp(links) == before:
            return content, _lacking(content, lines), bool(lines)


def line_of(change: Mapping[str, object]) -> bytes:
    """A line of a journal.

    Raises:
        ConfigError: No file can hold it.
    """
    try:
        return (json.dumps(change, default=dict, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError as error:
        raise ConfigError(
            "a links file cannot hold what is not Unicode",
            advice="Give files and folders names in UTF-8.",
        ) from error


class Journal:
    """The journal of a links file, open for writing; the caller holds the lock.

    Not thread-safe.

    Raises:
        ConfigError: It cannot be written.
    """

    def __init__(self, links: Path) -> None:
        self._links = links
        self._path = journal_of(links)
        self._torn_at: int | None = None
        self._named = False  # whether a power failure would leave the file in its folder
        try:
            if not os.access(_place(links).parent, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            _refuse_link(self._path)
            lines = _read(self._path, follow=False) or b""
            lines = lines[: _whole_lines(_read(links), lines)]
            self._file = self._path.open("ab", buffering=0)
        except OSError as error:
            raise unwritable(links, error) from error
        self._take_up(lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, line: bytes, *, sync: bool = False) -> None:
        """Keep a line, of which a failure leaves all or nothing.

        Args:
            line: As `line_of` gives it.
            sync: Whether it must outlive a power failure before this returns.

        Raises:
            ConfigError: It cannot be written, or not be synced.
        """
        try:
            self._write(line)
            if sync:
                self._sync()
        except OSError as error:
            raise unwritable(self._links, error) from error

    def fold(self, content: bytes) -> None:
        """Put a content that has all lines into the links file's place; ends the journal.

        Raises:
            ConfigError: It cannot be written; the old file and the journal are left as they are.
        """
        place = _place(self._links)  # a symbolic link stays one
        fresh = self._path.with_name(f"{self._links.name}.new")
        if place.parent != self._links.parent.resolve():
            fresh = place.with_name(f".{place.name}.new")
        try:
            _write_anew(fresh, content, place)
            self.append(line_of({_FOLDED: _digest(content)}), sync=True)
            fresh.replace(place)
            _sync_folder(place.parent)
        except OSError as error:
            with suppress(OSError):  # on a full disk every byte counts
                fresh.unlink(missing_ok=True)
            raise unwritable(self._links, error) from error
        self.discard()

    def discard(self) -> None:
        """End a journal that is empty, or whose lines the links file has."""
        self._file.close()
        with suppress(OSError):  # it says itself that its lines count no longer
            self._path.unlink(missing_ok=True)

    def _take_up(self, lines: bytes) -> None:
        """Cut off what does not count, so that the next line stands by itself."""
        try:
            os.ftruncate(self._file.fileno(), len(lines))
            if lines and not lines.endswith(b"\n"):
                self._write(b"\n")
        except OSError as error:
            self._file.close()
            raise unwritable(self._links, error) from error

    def _write(self, data: bytes) -> None:
        number = self._file.fileno()
        if self._torn_at is not None:
            os.ftruncate(number, self._torn_at)
            self._torn_at = None
        start = os.fstat(number).st_size
        try:
            while data:  # a disk that is filling up takes a part
                data = data[self._file.write(data) :]
        except BaseException:
            self._torn_at = start
            with suppress(OSError):
                os.ftruncate(number, start)
                self._torn_at = None
            raise

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        if not self._named:
            _sync_folder(self._path.parent)
            _sync_folder(self._links.parent)
            self._named = True


# ---- reading ----


def _read(path: Path, *, follow: bool = True) -> bytes | None:
    """A file's content, None if there is none."""
    try:
        if not follow:
            _refuse_link(path)
        return read_small(path, MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from error


def _lacking(content: bytes | None, lines: bytes) -> list[dict[str, JsonValue]]:
    """The changes in a journal that a links file does not have yet."""
    changes = [change for change, _ in _changes(lines)]
    if changes and changes[-1].get(_FOLDED) == _digest(content or b""):
        return []
    return [change for change in changes if _FOLDED not in change]


def _whole_lines(content: bytes | None, lines: bytes) -> int:
    """How many bytes of a journal count.

    Its torn end does not, nor what was folded in, nor a note of what was to be folded in.
    """
    changes = list(_changes(lines))
    if changes and changes[-1][0].get(_FOLDED) == _digest(content or b""):
        return 0
    return next((end for change, end in reversed(changes) if _FOLDED not in change), 0)


def _changes(lines: bytes) -> Iterable[tuple[dict[str, JsonValue], int]]:
    """The changes and where each ends; none from a line on that a killed run left torn."""
    end = 0
    for line in lines.splitlines(keepends=True):
        try:
            change = _OBJECT.validate_json(line)
        except ValidationError:
            return
        end += len(line)
        yield change, end


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


# ---- writing ----


def _place(links: Path) -> Path:
    return links.resolve()


def _write_anew(fresh: Path, content: bytes, like: Path) -> None:
    """Write a file beside the one that it is to replace, and with that one's rights."""
    fresh.unlink(missing_ok=True)  # left by a killed run, or a link that somebody put there
    with fresh.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if like.exists():
        shutil.copymode(like, fresh)


def _sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder outlive a power failure, where systems can do that."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _refuse_link(path: Path) -> None:
    """Else what came with somebody's folder could make publishkit write anywhere."""
    for one in (path, path.parent):
        if one.is_symlink():
            raise ConfigError(f"{one} is a symbolic link", advice="Move it away.")


def _unreadable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path} cannot be read: {why}",
        advice="Restore it from a backup, or move it away if no deposit in it matters.",
    )


def unwritable(links: Path, error: OSError) -> ConfigError:
    """The error of a links file, or of what lies beside it, that cannot be written."""
    if error.errno in {errno.EMFILE, errno.ENFILE}:  # each keeps two files open
        return ConfigError(
            f"{links} is one links file too many for the system: {error.strerror}",
            advice="Name one for all records by --links, or push fewer folders at once; "
            "what was sent is not lost.",
        )
    return ConfigError(
        f"{links} cannot be written: {error.strerror or error}",
        advice="Make room or give write access to its folder, or name another file by --links; "
        "what was sent is not lost, the same command goes on.",
    )
