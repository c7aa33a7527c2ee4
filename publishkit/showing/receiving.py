"""How a pull goes on."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from threading import Lock
from typing import TYPE_CHECKING, Self

from publishkit.showing.display import Display
from publishkit.showing.notebook import NotebookDisplay, in_notebook
from publishkit.showing.tally import Snapshot, Speed

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Receiving"]


class Receiving:
    """Shows how a pull goes on, in a terminal or a notebook.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._stack = ExitStack()
        self._lock = Lock()
        self._speed = Speed()
        self._files = self._bytes = self._files_received = self._received = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def expected(self, files: int, nbytes: int) -> None:
        """Begin to show it, if anything is to come."""
        self._files, self._bytes = files, nbytes
        if self._quiet or not files:
            return
        if in_notebook():
            self._stack.enter_context(NotebookDisplay(self.snapshot))
        else:
            self._stack.enter_context(Display(self.snapshot, sys.stdout, sys.stderr))

    def received(self, nbytes: int) -> None:
        """Count bytes."""
        with self._lock:
            self._received += nbytes

    def arrived(self, files: int) -> None:
        """Count files."""
        with self._lock:
            self._files_received += files

    def snapshot(self) -> Snapshot:
        """How it stands now."""
        speed = self._speed.at(time.monotonic(), self._received)
        left = (self._bytes - self._received) / speed if speed and self._bytes else None
        return Snapshot(
            lines=(),
            done=self._files_received,
            failed=0,
            total=self._files,
            unit="files",
            waiting=0,
            bytes=self._bytes,
            bytes_sent=self._received,
            speed=speed,
            left=left,
        )
