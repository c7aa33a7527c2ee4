"""A terminal with the installed command in it, and somebody who types."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["Terminal"]

COMMAND = Path(sys.executable).with_name("publishkit")
_OWN = (
    "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR));"
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Makes the terminal that of the process, so that questions that are put to it find it."""
_PATIENCE = 120.0
"""Seconds until a test gives up on what it waits for."""


class Terminal:
    """The command with a pseudo-terminal for all three streams.

    Args:
        arguments: Of the command.
        environment: Beside that of this process.
    """

    def __init__(self, *arguments: object, **environment: str) -> None:
        self._terminal, other = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _OWN, str(COMMAND), *map(str, arguments)],
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            env={**os.environ, **environment, "TERM": "dumb", "COLUMNS": "200"},
        )
        os.close(other)
        self.screen = ""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def until(self, text: str) -> None:
        """Wait until this shows, behind what was waited for before."""
        while text not in self.screen[self._seen :]:
            assert self._read(), f"it ended without {text!r}: {self.screen}"
        self._seen = self.screen.index(text, self._seen) + len(text)

    def type(self, text: str, *, hidden: bool = False) -> None:
        """Type a line, or a control character; a hidden one once nothing shows any more."""
        end = time.monotonic() + _PATIENCE
        while hidden and termios.tcgetattr(self._terminal)[3] & termios.ECHO:
            assert time.monotonic() < end, f"what is typed still shows: {self.screen}"
            self._read(wait=0.01)
        os.write(self._terminal, text.encode())

    def ended(self) -> int:
        """Wait until the command ends, and give its exit code."""
        while self._read():
            pass
        return self._process.wait()

    def _read(self, wait: float = _PATIENCE) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], wait)
        try:
            data = os.read(self._terminal, 65536) if ready else b""
        except OSError:  # as Linux says that the other end is closed
            data = b""
        self.screen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)
