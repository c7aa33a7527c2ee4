"""Somebody at a terminal: a command that believes to have one, what it shows and what is typed."""

from __future__ import annotations

import codecs
import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = Path(sys.executable).with_name("publishkit")
_PATIENCE = 120
"""Seconds without output after which nothing more will come."""
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass
class Terminal:
    """A running command and its terminal."""

    process: subprocess.Popen[bytes]
    handle: int
    seen: str = ""
    """All that it has shown, without colours and as lines that end in LF."""
    raw: str = ""
    """The same as it came."""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )
    _read: int = 0

    def until(self, words: str) -> str:
        """Wait until these words are shown; what was shown since the last time, with them."""
        while words not in self.seen[self._read :]:
            assert self._more(), f"ended without {words!r}: {self.seen}"
        end = self.seen.index(words, self._read) + len(words)
        shown, self._read = self.seen[self._read : end], end
        return shown

    def type(self, text: str) -> Self:
        """Type a line."""
        os.write(self.handle, f"{text}\n".encode())
        return self

    def press(self, key: bytes) -> Self:
        """Press a key, such as Ctrl-C."""
        os.write(self.handle, key)
        return self

    def end(self) -> tuple[int, str]:
        """Wait until the command ends: its exit code, and all that was shown since `until`."""
        while self._more():
            pass
        return self.process.wait(_PATIENCE), self.seen[self._read :]

    def _more(self) -> bool:
        ready, _, _ = select([self.handle], [], [], _PATIENCE)
        assert ready, f"nothing more came: {self.seen}"
        try:
            data = os.read(self.handle, 4096)
        except OSError:  # Linux says so when the other side is closed
            return False
        self.raw += self._decoder.decode(data)
        self.seen = _COLOURS.sub("", self.raw).replace("\r\n", "\n")
        return bool(data)


@contextmanager
def at_terminal(folder: Path, *arguments: object, **environment: str) -> Iterator[Terminal]:
    """Run the installed command at a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _BECOME, str(COMMAND), *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "TERM": "xterm", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.close(ours)


_BECOME = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches it
os.execv(sys.argv[1], sys.argv[1:])
"""
