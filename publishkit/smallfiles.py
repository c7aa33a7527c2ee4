"""Small files that people or servers put somewhere: read without waiting and not without end.

A named pipe in the place of a file would be waited for, a device may never end, and a symbolic
link can be put there between looking and reading.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["read_small"]


def read_small(path: Path, most: int, *, within: Path | None = None) -> bytes:
    """The content of a file.

    Args:
        path: The file.
        most: How many bytes it may have.
        within: The folder that no symbolic link may lead out of.

    Raises:
        OSError: It is missing, unreadable, no file, too large, or outside; `strerror` says which.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb", buffering=0) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is not a file", str(path))
        if within is not None and not _is_within(path, within, found):
            raise OSError(errno.EPERM, "a symbolic link leads out of the folder", str(path))
        data = file.read() if found.st_size <= most else b""
    if max(len(data), found.st_size) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
    return data


def _is_within(path: Path, folder: Path, opened: os.stat_result) -> bool:
    """Whether what was opened is the file that the path leads to, and lies in a folder."""
    if path.parent == folder and os.path.samestat(os.lstat(path), opened):
        return True  # no link
    real = Path(os.path.realpath(path))
    return real.is_relative_to(os.path.realpath(folder)) and os.path.samestat(real.lstat(), opened)
