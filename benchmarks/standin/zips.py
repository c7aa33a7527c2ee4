"""The files of an upload, as the zips that came hold them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Files", "Spool"]

_BLOCK: Final = 1 << 20


class Spool:
    """A body on its way to disk, as NOMAD keeps it until it is unpacked.

    Args:
        folder: Where; the file has no name and goes with the process.
    """

    def __init__(self, folder: Path) -> None:
        self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - read later

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._file.write(data)

    def opened(self) -> ZipFile | None:
        """The zip that came, None if it is none."""
        try:
            return ZipFile(self._file)
        except BadZipFile:
            return None


@dataclass(frozen=True, slots=True)
class _Stored:
    zip: ZipFile
    info: ZipInfo


class Files:
    """The files of one upload: the newest of each path counts."""

    def __init__(self) -> None:
        self._stored: dict[str, _Stored] = {}

    def unpack(self, zipped: ZipFile, folder: str) -> None:
        """Put the files of a zip below a folder."""
        above = f"{folder.strip('/')}/" if folder.strip("/") else ""
        self._stored |= {
            above + info.filename: _Stored(zipped, info)
            for info in zipped.infolist()
            if not info.is_dir()
        }

    def remove(self, path: str) -> bool:
        """Remove a file, or all that is in a folder: whether there was any."""
        gone = [key for key in self._stored if key == path or key.startswith(f"{path}/")]
        for key in gone:
            del self._stored[key]
        return bool(gone)

    def sizes(self) -> Mapping[str, int]:
        """In bytes, by path."""
        return {path: stored.info.file_size for path, stored in self._stored.items()}

    def read(self, path: str) -> bytes | None:
        """The content of a file, None if there is none."""
        stored = self._stored.get(path)
        return stored.zip.read(stored.info) if stored else None

    def checked(self) -> dict[str, tuple[int, str]]:
        """Size and CRC-32 of every file, counted from what came; takes its time."""
        return {path: _counted(stored) for path, stored in self._stored.items()}


def _counted(stored: _Stored) -> tuple[int, str]:
    size, crc = 0, 0
    with stored.zip.open(stored.info) as file:
        while block := file.read(_BLOCK):
            size, crc = size + len(block), zlib.crc32(block, crc)
    return size, f"{crc:08x}"
