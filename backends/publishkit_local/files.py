"""Copies data files into a bag: under another name, compared, then renamed."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from publishkit.errors import IntegrityError
from publishkit.http import BLOCK, FileBody
from publishkit_local.manifest import PARTIAL, PAYLOAD, Manifests
from publishkit_local.storage import source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from publishkit.repository import DataFile, Digests, Meter

__all__ = ["receive", "remove"]


def receive(bag: Path, file: DataFile, manifests: Manifests, meter: Meter) -> Mapping[str, Digests]:
    """Copy a file into a bag's payload; when it returns, the file is there and in the manifest.

    Raises:
        IntegrityError: The file changed, or cannot be read.
        OSError: The archive cannot be written.
    """
    part = bag / PARTIAL / hashlib.sha256(file.key.encode()).hexdigest()
    part.parent.mkdir(exist_ok=True)
    try:
        digests = _copy(file, part, meter)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    target = bag / PAYLOAD / file.key
    target.parent.mkdir(parents=True, exist_ok=True)
    part.replace(target)
    manifests.append(bag, file.key, digests.sha256)
    return {file.key: digests}


def remove(bag: Path, keys: list[str], manifests: Manifests) -> None:
    """Take files out of a bag, and folders that this leaves empty; missing ones are no error."""
    manifests.drop(bag, set(keys))
    payload = bag / PAYLOAD
    for key in keys:
        path = payload / key
        if path.is_file():
            path.unlink()
        for folder in path.parents:
            if folder == payload or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()


def _copy(file: DataFile, part: Path, meter: Meter) -> Digests:
    with source(file.path):
        body = FileBody(file.path, file.size, meter)
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
