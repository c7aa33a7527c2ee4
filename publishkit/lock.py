"""One run at a time for the links files of a folder."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from filelock import FileLock, SoftFileLock, Timeout

from publishkit.errors import ConfigError, TemporaryError
from publishkit.journal import STATE_FOLDER, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["locked"]

_WRITABLE: Final = os.name != "nt"
"""Whether a locked file can be written by another handle, such as ours: on Windows it cannot be."""


@contextmanager
def locked(links: Path) -> Iterator[None]:
    """Hold the lock of a links file's folder.

    Args:
        links: The links file.

    Raises:
        TemporaryError: Another run holds it.
        ConfigError: It cannot be made.
    """
    mark = links.parent / STATE_FOLDER / "lock"
    if mark.is_symlink():
        raise ConfigError(f"{mark} is a symbolic link", advice="Move it away.")
    lock = FileLock(mark)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise TemporaryError(
            f"{_holder(mark)} is pushing with {links}",
            advice="Wait until it has ended and run the command again.",
        ) from None
    except NotImplementedError as error:  # filelock before 3.20 on a disk without locks
        raise _no_locks(links) from error
    except OSError as error:
        raise unwritable(links, error) from error
    try:
        _sign(lock, mark, links)
        yield
    finally:
        lock.release()


def _sign(lock: FileLock, mark: Path, links: Path) -> None:
    if isinstance(lock, SoftFileLock) or not _WRITABLE:  # the former's own text is the lock
        return
    try:
        mark.write_text(f"{socket.gethostname()} {os.getpid()}\n", encoding="utf-8")
    except OSError as error:
        raise unwritable(links, error) from error


def _holder(mark: Path) -> str:
    """Who holds the lock, as far as is known."""
    try:
        words = mark.read_text(encoding="utf-8", errors="replace").split()[:2]
    except OSError:
        words = []
    match words:
        case [pid, host] if pid.isdecimal():
            return f"process {pid} on {host}"
        case [host, pid]:
            return f"process {pid} on {host}"
    return "another process"


def _no_locks(links: Path) -> ConfigError:
    return ConfigError(
        f"the disk of {links} keeps no locks, so that two runs could not be told apart",
        advice="Name a links file on another disk by --links.",
    )
