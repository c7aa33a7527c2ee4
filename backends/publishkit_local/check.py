"""What about a record a folder of bags cannot keep, or keeps otherwise than meant."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from publishkit.errors import Problem, Severity
from publishkit_local.text import human_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publishkit.model import Access, Record
    from publishkit.repository import DataFile

__all__ = ["check"]

_LONGEST_NAME: Final = 255
"""Bytes in a file's name, on every common file system."""
_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ENCODED: Final = re.compile(r"%(?:0a|0d|25)", re.IGNORECASE)
_WINDOWS_CHARS: Final = re.compile(r'[<>:"|?*\\]')
_WINDOWS_NAMES: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
_RENAME: Final = "rename the file"


def check(record: Record, files: Sequence[DataFile], root: Path) -> list[Problem]:
    """Every problem that a record has with the archive in the folder `root`."""
    found = [problem for file in files for problem in _key(file.key)]
    return [*found, *_access(record.access), *_space(files, root)]


def _key(key: str) -> Iterator[Problem]:
    parts = key.split("/")
    if (
        not key
        or any(part in {"", ".", ".."} for part in parts)
        or PurePosixPath(key).is_absolute()
    ):
        yield Problem(key, "leads out of the bag, or nowhere", "give a path inside the record")
        return
    if _BREAKS.search(key):
        # The bagit library ends a manifest's line at each of these
        yield Problem(key, "a line break or control character in the name", _RENAME)
    if key != key.rstrip():
        # ... and strips the end of each line
        yield Problem(key, "the name ends in a blank", _RENAME)
    if encoded := _ENCODED.search(key):
        # Readers of manifests disagree on whether to decode these
        yield Problem(key, f"{encoded[0]} in the name, which a bag's manifest cannot hold", _RENAME)
    if any(len(part.encode("utf-8", "surrogatepass")) > _LONGEST_NAME for part in parts):
        yield Problem(key, f"a name of more than {_LONGEST_NAME} bytes", "shorten it")
    if any(_not_for_windows(part) for part in parts):
        severity = Severity.ERROR if os.name == "nt" else Severity.WARNING
        yield Problem(key, "Windows cannot hold a file of this name", _RENAME, severity)


def _not_for_windows(part: str) -> bool:
    return bool(
        _WINDOWS_CHARS.search(part) or _WINDOWS_NAMES.fullmatch(part) or part.endswith((" ", "."))
    )


def _access(access: Access) -> Iterator[Problem]:
    advice = "choose a folder that only those may read who may see the record"
    closed = "restricted" in {access.record, access.files}
    if closed or access.embargo.active:
        path = "access.embargo" if access.embargo.active else "access"
        message = "a folder enforces no restriction: its page only asks to respect it"
        yield Problem(path, message, advice, Severity.WARNING)


def _space(files: Sequence[DataFile], root: Path) -> Iterator[Problem]:
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    needed = sum(file.size for file in files)
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        return
    if needed > free:
        # No error: what the archive holds already needs no room
        message = f"{human_size(needed)} of files, and {human_size(free)} are free in {root}"
        yield Problem("files", message, "free space there", Severity.WARNING)
