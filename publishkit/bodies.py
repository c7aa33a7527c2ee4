"""What a request sends: files, read once and in blocks."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, TypeAlias

from publishkit.errors import IntegrityError
from publishkit.hashing import Hashing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

    from publishkit.repository import DataFile, Digests, Meter

__all__ = ["BLOCK", "Body", "FileBody"]

Body: TypeAlias = "bytes | FileBody | Iterator[bytes]"

BLOCK: Final = 1 << 18
"""Bytes read and sent at a time. A block must leave within the target's `timeout`."""


class FileBody:
    """A file as a request's body: reports progress and computes the digests on the way.

    Raises IntegrityError when the file is not, from its first byte to its last, the one that
    was found when its folder was read.

    Args:
        file: The file.
        meter: Told of the bytes that were read.
    """

    def __init__(self, file: DataFile, meter: Meter) -> None:
        self._of = file
        self._meter = meter
        self._sent = 0
        self._hashing = Hashing(file.size)
        self._file = self._opened()
        self._first = self._stat()

    def __len__(self) -> int:
        return self._of.size

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(BLOCK):
            yield block

    def read(self, size: int = -1) -> bytes:
        """The next bytes, never more than the size that was announced."""
        left = len(self) - self._sent
        block = self._file.read(left if size < 0 else min(size, left)) if left else b""
        if left and not block:
            raise self._changed()
        self._sent += len(block)
        self._hashing.update(block)
        if self._sent == len(self) and self._stat() != self._first:
            raise self._changed()
        self._meter.advance(len(block))
        return block

    def close(self) -> None:
        """Close the file; its digests can still be asked for."""
        self._file.close()
        self._hashing.close()

    def rewind(self) -> None:
        """Take back the progress that was reported, since the body must be sent again."""
        self._meter.advance(-self._sent)
        self._sent = 0

    @property
    def digests(self) -> Digests:
        """The digests of the whole file. Raises IntegrityError when it was not read whole."""
        if self._sent != len(self):
            raise self._changed()
        return self._hashing.digests()

    def _opened(self) -> FileIO:
        def quickly(path: str, flags: int) -> int:  # a pipe put in its place would wait for ever
            return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))

        return open(self._of.path, "rb", buffering=0, opener=quickly)

    def _stat(self) -> tuple[int, int]:
        """Of what the path leads to now, which must be what was opened."""
        found, opened = self._of.path.stat(), os.fstat(self._file.fileno())
        told = self._of.modified or found.st_mtime_ns
        if (
            not stat.S_ISREG(opened.st_mode)
            or (found.st_dev, found.st_ino) != (opened.st_dev, opened.st_ino)
            or (found.st_size, found.st_mtime_ns) != (len(self), told)
        ):
            self.close()
            raise self._changed()
        return found.st_size, found.st_mtime_ns

    def _changed(self) -> IntegrityError:
        return IntegrityError(f"{self._of.path} changed while it was read")
