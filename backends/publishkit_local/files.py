"""Copies data files into a bag: under another name, compared, then renamed."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from publishkit.bodies import BLOCK, FileBody
from publishkit.errors import IntegrityError
from publishkit_local.manifest import PARTIAL, Manifests, inside
from publishkit_local.storage import source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from publishkit.repository import DataFile, Digests, Meter

__all__ = ["copy", "receive", "remove"]


def receive(bag: Path, file: DataFile, manifests: Manifests, meter: Meter) -> Mapping[str, Digests]:
    """Copy a file into a bag's payload; when it returns, the file is there and in the manifest.

    Raises:
        IntegrityError: The file changed, or cannot be read.
        OSError: The archive cannot be written.
    """
    part = _part(bag, file.key)
    try:
        digests = _copy(file, part, meter)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _keep(part, bag, file.key, digests.sha256, manifests)
    return {file.key: digests}


def copy(old: Path, new: Path, key: str, sha256: str, manifests: Manifests) -> None:
    """Copy a file from one bag's payload to another's.

    Raises:
        IntegrityError: It is no longer what it was when it arrived.
        OSError: The archive cannot be written.
    """
    source_path, part = inside(old, key), _part(new, key)
    shutil.copy2(source_path, part, follow_symlinks=False)
    with part.open("rb+") as copied:
        same = hashlib.file_digest(copied, "sha256").hexdigest() == sha256
        os.fsync(copied.fileno())
    if not same:
        part.unlink()
        raise IntegrityError(
            f"{source_path} was changed in the archive",
            advice="Put the file back from a backup; publishkit status names all that differ.",
        )
    _keep(part, new, key, sha256, manifests)


def remove(bag: Path, keys: list[str], manifests: Manifests) -> None:
    """Take files out of a bag, and folders that this leaves empty; missing ones are no error."""
    payload, paths = inside(bag), [inside(bag, key) for key in keys]
    manifests.drop(bag, set(keys))
    for path in paths:
        if path.is_file():
            path.unlink()
        for folder in path.parents:
            if folder == payload or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()


def _part(bag: Path, key: str) -> Path:
    """Where a file lies until it is whole."""
    part = bag / PARTIAL / hashlib.sha256(key.encode()).hexdigest()
    part.parent.mkdir(exist_ok=True)
    return part


def _keep(part: Path, bag: Path, key: str, sha256: str, manifests: Manifests) -> None:
    target = inside(bag, key)
    target.parent.mkdir(parents=True, exist_ok=True)
    part.replace(target)
    manifests.append(bag, key, sha256)


def _copy(file: DataFile, part: Path, meter: Meter) -> Digests:
    with source(file.path):
        body = FileBody(file, meter)
    try:
        with part.open("wb") as out:
            while block := _read(body, file):
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        _finish(file, part)
    except BaseException:
        body.rewind()
        raise
    finally:
        body.close()
    return body.digests


def _finish(file: DataFile, part: Path) -> None:
    """Compare sizes, and keep the time at which the file was last modified."""
    with source(file.path):
        found = file.path.stat()
    if part.stat().st_size != file.size:
        raise IntegrityError(f"{file.path} did not arrive whole")
    os.utime(part, ns=(found.st_atime_ns, found.st_mtime_ns))


def _read(body: FileBody, file: DataFile) -> bytes:
    with source(file.path):
        return body.read(BLOCK)
