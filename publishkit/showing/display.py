"""Lines that last and, where somebody looks at a terminal, a live table below them."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Lock
from typing import IO, TYPE_CHECKING, Final, Self

from publishkit.showing.ink import is_terminal
from publishkit.showing.ticking import Ticker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from publishkit.showing.live import LiveTable
    from publishkit.showing.tally import Snapshot

__all__ = ["Display", "shown_now"]

PER_SECOND: Final = 8
"""How often the table is drawn."""
_shown: list[Display] = []


def shown_now() -> Display | None:
    """The display whose table may be in the terminal now."""
    return _shown[-1] if _shown else None


class Display:
    """Where a command says how it goes on.

    Args:
        look: Gives how it stands.
        out: Where the lines go that last.
        err: The terminal of the live table, if it is one.
    """

    def __init__(
        self, look: Callable[[], Snapshot], out: IO[str] | None, err: IO[str] | None
    ) -> None:
        self._look = look
        self._out, self._err = out, err
        self._is_live = is_terminal(err)
        self._above_it = self._is_live and is_terminal(out)
        self._lock = Lock()
        self._lines: list[str] = []
        self._notes: dict[str, float] = {}
        self._stopping = False
        self._table: LiveTable | None = None
        self._ticker = Ticker(self._tick, 1 / PER_SECOND)

    def __enter__(self) -> Self:
        if self._is_live:
            _shown.append(self)
            self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._is_live:
            return
        try:
            self._ticker.stop()
        finally:
            with suppress(OSError):
                self._take_down()
            _shown.remove(self)
            _write(self._out if self._above_it else self._err, self._taken())
            self._is_live = self._above_it = False

    # ---- what is said ----

    def lines(self, lines: Iterable[str]) -> None:
        """Print lines that last: at once, or above the table when it is drawn next."""
        if not self._above_it:
            _write(self._out, lines)
            return
        with self._lock:
            self._lines += lines

    def logged(self, line: str) -> None:
        """Print a line to standard error."""
        if not self._is_live:
            _write(self._err, [line])
            return
        with self._lock:
            self._lines.append(line)

    def note(self, text: str, seconds: float) -> None:
        """Say something below the table for a while."""
        with self._lock:
            self._notes[text] = time.monotonic() + seconds

    def stopping(self) -> None:
        """Say below the table that the run is being stopped.

        Takes no lock, since the signal that brings this may have come to who holds it.
        """
        self._stopping = True

    # ---- drawing ----

    def _tick(self) -> None:
        if self._table is None and self._err:
            # here, since what ends at once needs neither table nor rich
            from publishkit.showing.live import LiveTable

            self._table = LiveTable(self._look, self._said, self._err)
        if self._table:
            self._table.draw(self._taken())

    def _take_down(self) -> None:
        if self._table:
            try:
                self._table.draw(self._taken())
            finally:
                self._table.close()

    def _taken(self) -> list[str]:
        with self._lock:
            lines, self._lines = self._lines, []
            return lines

    def _said(self) -> list[str]:
        now = time.monotonic()
        with self._lock:
            self._notes = {text: end for text, end in self._notes.items() if end > now}
            notes = list(self._notes)[-1:]
        return [*notes, *["Stopping; press Ctrl-C again to leave at once."] * self._stopping]


def _write(stream: IO[str] | None, lines: Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    if stream and text:
        with suppress(OSError, ValueError):  # nobody reads it: the work goes on
            stream.write(text)
            stream.flush()
