"""A bag's payload and its manifest, `manifest-sha256.txt`: one line a file that arrived whole.

While files arrive, lines are appended in the order of arrival. A last line that a kill cut off
counts as not written; of two lines for one file the later one counts; a file without a line has
not arrived. `publishkit_local.bag` puts the lines in order.

The format is that of BagIt 0.97, as the bagit library writes it: 1.0 differs in that it writes
`%` as `%25`, which bagit 1.9 does not understand.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Final

from publishkit.errors import RejectedError
from publishkit_local.storage import write

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = [
    "MANIFEST",
    "PARTIAL",
    "PAYLOAD",
    "Arrived",
    "Manifests",
    "arrived",
    "digests",
    "inside",
    "render",
]

MANIFEST: Final = "manifest-sha256.txt"
PAYLOAD: Final = "data"
PARTIAL: Final = ".partial"
"""The folder in a bag where files lie until they are whole."""
_LINE: Final = re.compile(rf"([0-9a-f]{{64}})  {PAYLOAD}/(.+)")


def inside(bag: Path, key: str = "") -> Path:
    """Where a file of a bag's payload lies, or the payload itself.

    Raises:
        RejectedError: A symbolic link on the way would lead out of the archive.
    """
    path = bag / PAYLOAD
    for step in (path, *(path / folder for folder in list(PurePosixPath(key).parents)[:-1])):
        if step.is_symlink():
            raise RejectedError(
                f"{step} is a symbolic link, and may lead out of the archive",
                advice="Put the folder itself in its place; nothing was changed.",
            )
    return path / key


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file in a bag's payload."""

    size: int
    """In bytes."""
    sha256: str
    """Hexadecimal; empty when the file did not arrive whole."""


def arrived(bag: Path) -> dict[str, Arrived]:
    """The files in a bag's payload by key, in order; reads no file's content."""
    known, sizes = digests(bag), _sizes(inside(bag))
    return {key: Arrived(sizes[key], known.get(key, "")) for key in sorted(sizes)}


def digests(bag: Path) -> dict[str, str]:
    """The SHA-256 by key of every file that arrived whole, whether or not it is still there."""
    return _read(bag / MANIFEST)


def render(files: Mapping[str, Arrived]) -> bytes:
    """The manifest's content for files that all arrived."""
    return _render((file.sha256, key) for key, file in files.items())


class Manifests:
    """Changes manifests; several threads may do so at once."""

    def __init__(self) -> None:
        self._lock = Lock()

    def append(self, bag: Path, key: str, sha256: str) -> None:
        """Note that a file arrived."""
        line = _render([(sha256, key)])
        with self._lock, (bag / MANIFEST).open("a+b") as file:
            _cut_torn_line(file.fileno())
            file.write(line)

    def drop(self, bag: Path, keys: Collection[str]) -> None:
        """Note that files are not, or no longer, whole."""
        with self._lock:
            known = digests(bag)
            kept = {key: value for key, value in known.items() if key not in keys}
            if len(kept) < len(known):
                write(bag / MANIFEST, _render((value, key) for key, value in kept.items()))


def _render(lines: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{sha256}  {PAYLOAD}/{key}\n" for sha256, key in lines).encode()


def _read(manifest: Path) -> dict[str, str]:
    try:
        content = manifest.read_bytes()
    except FileNotFoundError:
        return {}
    whole = content[: content.rfind(b"\n") + 1].decode("utf-8", "replace")
    found = (_LINE.fullmatch(line) for line in whole.split("\n"))
    return {match[2]: match[1] for match in found if match}


def _cut_torn_line(handle: int) -> None:
    size = os.lseek(handle, 0, os.SEEK_END)
    end = size
    while end and b"\n" not in (block := _block(handle, end)):
        end -= len(block)
    if end:
        block = _block(handle, end)
        end -= len(block) - block.rfind(b"\n") - 1
    if end < size:
        os.ftruncate(handle, end)


def _block(handle: int, end: int) -> bytes:
    """Up to 4 KiB before a position."""
    start = max(0, end - 4096)
    os.lseek(handle, start, os.SEEK_SET)
    return os.read(handle, end - start)


def _sizes(payload: Path) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for folder, _, names in os.walk(payload):
        for name in names:
            path = Path(folder, name)
            key = path.relative_to(payload).as_posix()
            sizes[unicodedata.normalize("NFC", key)] = path.lstat().st_size
    return sizes
