"""The command line, killed before its n-th change of the file system.

Counted is every opening of a file for writing, renaming, removal, folder, link, truncation and
change of times below a folder; before the n-th the process gets SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .forked import execute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["execute_until"]

_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ARGUMENT: Final = {
    "os.link": (1, 3),
    "os.mkdir": (0, 2),
    "os.remove": (0, 1),
    "os.rename": (1, 3),
    "os.rmdir": (0, 1),
    "os.symlink": (1, 2),
    "os.truncate": (0, None),
    "os.utime": (0, 3),
}
"""Of each audit event: where its arguments have the path that changes, and its folder's handle."""


class Killer:
    """An audit hook. It counts changes below a folder, and kills at one of them.

    Args:
        folder: Changes elsewhere do not count.
        at: The change before which the process ends; 0 for none.
    """

    def __init__(self, folder: Path, at: int) -> None:
        self._folder = folder
        self._at = at
        self._seen = 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Look at an audit event."""
        path = _changed(event, arguments)
        if path is None or not path.is_relative_to(self._folder):
            return
        self._seen += 1
        if self._seen == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def _changed(event: str, arguments: tuple[object, ...]) -> Path | None:
    """The path that an audit event is about to change, or None."""
    if event == "open":
        path, _, flags = arguments
        # what has a handle already was counted when that was opened
        writes = isinstance(flags, int) and flags & _WRITES and not isinstance(path, int)
        return _absolute(path, None) if writes else None
    if event not in _ARGUMENT:
        return None
    path_at, folder_at = _ARGUMENT[event]
    return _absolute(arguments[path_at], arguments[folder_at] if folder_at else None)


def _absolute(path: object, folder: object) -> Path | None:
    if isinstance(path, int):
        return _of_handle(path)
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    base = _of_handle(folder) if isinstance(folder, int) and folder >= 0 else Path.cwd()
    return base / os.fsdecode(path)


def _of_handle(handle: int) -> Path:
    return Path(f"/proc/self/fd/{handle}").readlink()


def execute_until(
    at: int, folder: Path, arguments: Sequence[str], variables: Mapping[str, str], log: Path
) -> None:
    """Run the command line in a folder as `execute` does, with a killer.

    Args:
        at: The change of the folder before which the process ends; 0 for none.
        folder: Where.
        arguments: Of the command.
        variables: All of its environment.
        log: Where output and errors go.
    """
    sys.addaudithook(Killer(folder, at))
    execute(arguments, folder, variables, log)
