"""Small files of a record's folder, written whole or not at all."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_new", "write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file; whatever happens, the old content or the new one is there.

    A symbolic link stays one, and the new file has the rights of the old.

    Raises:
        OSError: It cannot be written.
    """
    real = path.resolve()
    fresh = real.with_name(f".{real.name}.new")  # hidden, so that it is never sent
    try:
        with fresh.open("wb") as file:
            _write(file.fileno(), content)
        if real.exists():
            shutil.copymode(real, fresh)
        fresh.replace(real)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Make a file that is not there yet.

    Args:
        path: Where.
        content: What it holds.
        mode: Its rights, of which the user's umask takes some away.

    Raises:
        FileExistsError: Something is there, and stays as it is.
        OSError: It cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, mode)
    try:
        _write(handle, content)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    finally:
        os.close(handle)


def _write(handle: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]
    os.fsync(handle)
