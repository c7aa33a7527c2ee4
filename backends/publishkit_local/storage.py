"""Writing to the file system so that a kill or a power failure leaves no half-written file."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from publishkit.errors import (
    IntegrityError,
    LimitError,
    RejectedError,
    RepositoryError,
    TemporaryError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PART", "failures", "source", "sync", "write", "write_if_new"]

PART: Final = ".part"
"""How the names of files end that a kill left half-written."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_BAD_NAME: Final = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})


@contextmanager
def failures(target: str, step: str, folder: Path) -> Iterator[None]:
    """Turn what the system says of the archive's folder into a RepositoryError.

    Args:
        target: The target's name.
        step: What is being done, as the error names it.
        folder: The archive.
    """
    try:
        yield
    except OSError as error:
        raise _meaning(error, target, step, folder) from error


@contextmanager
def source(path: Path) -> Iterator[None]:
    """Turn what the system says of a file of the user's into an IntegrityError."""
    try:
        yield
    except FileNotFoundError as error:
        raise IntegrityError(
            f"{path} is no longer there", advice="Run the same command again."
        ) from error
    except OSError as error:
        raise IntegrityError(
            f"{path} cannot be read: {error.strerror or error}",
            advice="Make it readable and run the same command again.",
        ) from error


def write(path: Path, content: bytes, *, sync: bool = False, modified: int | None = None) -> None:
    """Replace a file as a whole; its folder must exist.

    Args:
        path: The file.
        content: What it shall hold.
        sync: Whether the content must survive a power failure. Any file survives a kill.
        modified: The time of modification that it shall have, in nanoseconds.
    """
    part = path.with_name(f".{path.name}{PART}")
    try:
        with part.open("wb") as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        if modified is not None:
            os.utime(part, ns=(modified, modified))
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def write_if_new(path: Path, content: bytes, *, sync: bool = False) -> None:
    """Replace a file unless it holds this already; see `write`."""
    try:
        if path.read_bytes() == content:
            return
    except FileNotFoundError:
        pass
    write(path, content, sync=sync)


def sync(path: Path) -> None:
    """Make a file's content, or the names in a folder, survive a power failure."""
    if os.name == "nt" and path.is_dir():  # folders cannot be opened there
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _meaning(error: OSError, target: str, step: str, folder: Path) -> RepositoryError:
    words = error.strerror or str(error)
    where = f"{words}: {error.filename}" if error.filename else words
    if error.errno in _FULL:
        return TemporaryError(
            f"the disk that holds {folder} is full",
            advice="Free space there and run the same command again; it goes on where it stopped.",
            target=target,
            method=step,
        )
    if error.errno in _FORBIDDEN:
        return RejectedError(
            f"the archive does not let you {step}",
            answer=where,
            advice=f"Give yourself the right to write to {folder}, or choose another folder.",
            target=target,
        )
    if error.errno in _BAD_NAME:
        return LimitError(
            f"the archive's file system cannot hold a name, so it could not {step}",
            answer=where,
            advice="Shorten or change the file's name and run the same command again.",
            target=target,
        )
    if error.errno in {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY}:
        return RejectedError(
            f"something in {folder} is in the way, so it could not {step}",
            answer=where,
            advice="Move it out of the archive and run the same command again.",
            target=target,
        )
    return TemporaryError(f"could not {step}", answer=where, target=target)
