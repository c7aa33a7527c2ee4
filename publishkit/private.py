"""Files that hold secrets, and are their owner's alone."""

from __future__ import annotations

import os
import shlex
import tempfile
from contextlib import suppress
from pathlib import Path

from publishkit.errors import ConfigError

__all__ = ["refuse_lax", "write_private"]


def refuse_lax(path: Path, *, otherwise: str) -> None:
    """Refuse a file with credentials that others than its owner may use.

    Args:
        path: The file.
        otherwise: What to do where the file system knows no such rights.

    Raises:
        ConfigError: Others may; says which command mends it.
    """
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise ConfigError(
            f"{path} holds credentials, and others than you may read or change it",
            advice=f"Run chmod 600 {shlex.quote(str(path))} (where the file system knows no such "
            f"rights, {otherwise}).",
        )


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all.

    A folder that is missing is made, and is its owner's alone too. A symbolic link stays one.

    Raises:
        OSError: It cannot be written; what stood there before stands there still.
    """
    real = Path(os.path.realpath(path))
    real.parent.parent.mkdir(parents=True, exist_ok=True)
    real.parent.mkdir(mode=0o700, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)  # 0600 from the start
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(real)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
