"""A user in front of a terminal: what a command shows there, after every thing it writes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING, Self

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PATIENCE = 300.0
"""Seconds until a test gives up; nothing that works takes as long."""


class Terminal:
    """A command in a terminal of its own, which is its controlling one.

    Args:
        command: What to run.
        folder: Where.
        size: Columns and rows.
        environment: Variables; TERM is set unless they say otherwise.
    """

    def __init__(
        self,
        command: Sequence[object],
        folder: Path,
        size: tuple[int, int] = (100, 24),
        environment: Mapping[str, str] | None = None,
        stdout: int | None = None,
    ) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.bytes = b""
        """All that was written."""
        self._master, ours = pty.openpty()
        self._resize(size)
        said = {**os.environ, "TERM": "xterm-256color", **(environment or {})}
        self.process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={name: value for name, value in said.items() if name not in {"COLUMNS", "LINES"}},
            stdin=ours,
            stdout=ours if stdout is None else stdout,
            stderr=ours,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - no other thread of ours is running
        )
        os.close(ours)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    # ---- what is seen ----

    @property
    def lines(self) -> list[str]:
        """The screen's lines, without the empty ones at its end."""
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self.lines)

    def until(self, seen: Callable[[], object]) -> None:
        """Look on until something is seen; fails when the command ends before."""
        end = time.monotonic() + PATIENCE
        while not seen():
            assert self._read(end), f"it ended, or nothing came, before that:\n{self.text}"

    def end(self) -> int:
        """Look on until the command ends; its exit code."""
        end = time.monotonic() + PATIENCE
        while self._read(end):
            pass
        return self.process.wait(PATIENCE)

    def _read(self, end: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # as Linux says that nobody has the other end open
            return False
        self.bytes += data
        self._stream.feed(data)
        return bool(data)

    # ---- what is done ----

    def press_ctrl_c(self) -> None:
        """As at the keyboard."""
        os.write(self._master, b"\x03")

    def resize(self, columns: int, rows: int) -> None:
        """Make the window wider or narrower."""
        self.screen.resize(rows, columns)
        self._resize((columns, rows))
        self.process.send_signal(signal.SIGWINCH)

    def _resize(self, size: tuple[int, int]) -> None:
        columns, rows = size
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _take_terminal() -> None:
    fcntl.ioctl(2, termios.TIOCSCTTY, 0)
