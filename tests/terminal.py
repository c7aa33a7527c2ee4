"""A terminal with a command in it, and somebody who looks at it and types."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

import pyte
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["COMMAND", "CTRL_C", "CTRL_D", "Terminal"]

COMMAND = Path(sys.executable).with_name("publishkit")
CTRL_C = b"\x03"
CTRL_D = b"\x04"

_PATIENCE = 120.0
"""Seconds until a test gives up on what it waits for; nothing that works takes as long."""
_OFTEN = 0.005
"""Seconds between two looks at a program."""
_STAT = "/proc/{}/stat"
"""Where Linux says what a process does."""
_OWN = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
"""Makes the terminal that of the process, so that Ctrl-C reaches it and questions find it.

Not by `preexec_fn`, since tests have threads.
"""
_UNSEEN = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""Colours, moves of the cursor, and what makes a link of a text."""
_BEGUN = re.compile(r"(?:\r|\x1b(?:\[[0-9;?]*|\][^\x07\x1b]*\x1b?)?)\Z")
"""The beginning of what may become a line's end or one of those."""


class Terminal:
    """A command in a terminal of its own, which is its controlling one.

    Nothing here waits without a limit: what does not come in time fails the test, with what the
    terminal shows, and ends the command.

    Args:
        arguments: Of the command.
        program: What to run instead of the installed command.
        folder: Where; the current one unless given.
        size: Columns and rows.
        stdout: Where output goes instead of the terminal.
        environment: Variables beside those of this process.
    """

    def __init__(
        self,
        *arguments: object,
        program: Sequence[object] = (COMMAND,),
        folder: Path | None = None,
        size: tuple[int, int] = (100, 24),
        stdout: int | None = None,
        **environment: str,
    ) -> None:
        self.screen = pyte.Screen(*size)
        self.raw = b""
        """All that was written."""
        self._stream = pyte.ByteStream(self.screen)
        self._told = 0
        self._ours, theirs = pty.openpty()
        self._tell_size(size)
        said = {**os.environ, "TERM": "xterm-256color", **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-IS", "-c", _OWN, *map(str, [*program, *arguments])],
            cwd=folder,
            env={name: value for name, value in said.items() if name not in {"COLUMNS", "LINES"}},
            stdin=theirs,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()
        os.close(self._ours)

    # ---- what is seen ----

    @property
    def seen(self) -> str:
        """All that was written so far as text, without colours; lines end in LF."""
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(self.raw)
        return _UNSEEN.sub("", _BEGUN.sub("", text)).replace("\r\n", "\n")

    @property
    def lines(self) -> list[str]:
        """The screen's lines now, without the empty ones at its end."""
        return self.text.split("\n") if self.text else []

    @property
    def text(self) -> str:
        """The screen now."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip("\n")

    def until(self, what: str | Callable[[], object]) -> str:
        """Look on until something shows.

        Args:
            what: A text behind what was waited for before; or what says whether it shows.

        Returns:
            What was shown since the last time, the text included.
        """
        end = time.monotonic() + _PATIENCE
        while not (length := self._found(what)):
            if not self._look(end):
                self._fail(f"it ended, or went on for too long, without {what!r}")
        shown = self.seen[self._told :][:length]
        self._told += len(shown)
        return shown

    def end(self) -> int:
        """Look on until the command ends, and give its exit code."""
        end = time.monotonic() + _PATIENCE
        while self._look(end):
            pass
        try:
            return self.process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._fail("it does not end")

    def _found(self, what: str | Callable[[], object]) -> int:
        """How much of what was not yet told ends in it; 0 if it does not show."""
        new = self.seen[self._told :]
        if isinstance(what, str):
            before, found, _ = new.partition(what)
            return len(before + found) if found else 0
        return max(1, len(new)) if what() else 0

    def _look(self, end: float) -> bool:
        """Take what is written next; false once nothing more will come, or not in time."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))
        try:
            data = os.read(self._ours, 65536) if ready else b""
        except OSError:  # as Linux says that nobody has the other end open
            data = b""
        self.raw += data
        self._stream.feed(data)
        return bool(data)

    # ---- what is done ----

    def type(self, line: str, *, hidden: bool = False) -> Self:
        """Type a line and Enter; see `press`."""
        return self.press(f"{line}\r".encode(), hidden=hidden)

    def press(self, keys: bytes, *, hidden: bool = False) -> Self:
        """Press keys, once the program waits for something.

        Before that Python may miss them: a signal that comes between the last look at the signals
        and read(2) interrupts nothing, and a terminal that is set up for a question forgets what
        it was given before.

        Args:
            keys: Their bytes.
            hidden: Not before the terminal has stopped to show what is typed, as it does for
                passwords, and for lines that the program shows itself (readline).
        """
        end = time.monotonic() + _PATIENCE
        while not self._waits(hidden=hidden):
            if self.process.poll() is not None or time.monotonic() > end:
                self._fail(f"it ended, or was busy for too long, before {keys!r} was typed")
        os.write(self._ours, keys)
        return self

    def resize(self, columns: int, rows: int) -> None:
        """Make the window wider or narrower."""
        self.screen.resize(rows, columns)
        self._tell_size((columns, rows))
        self.process.send_signal(signal.SIGWINCH)

    def _tell_size(self, size: tuple[int, int]) -> None:
        columns, rows = size
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _waits(self, *, hidden: bool) -> bool:
        """Whether all is read that was written, and the program waits."""
        if self._look(time.monotonic() + _OFTEN):
            return False
        shows = termios.tcgetattr(self._ours)[3] & termios.ECHO
        return not (hidden and shows) and _sleeps(self.process.pid)

    # ---- what ends it ----

    def _kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(60)

    def _fail(self, why: str) -> NoReturn:
        self._kill()
        pytest.fail(f"{why}:\n{self.text}\n---- all of it:\n{self.seen}")


def _sleeps(process: int) -> bool:
    """Whether the main thread of a process does nothing but wait."""
    try:
        state = Path(_STAT.format(process)).read_text().rpartition(") ")[2]
    except OSError:  # not Linux
        command = ["ps", "-o", "state=", "-p", str(process)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        state = done.stdout.strip()
    return state[:1] in {"S", "I"}  # I: for long, as macOS says
