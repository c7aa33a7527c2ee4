"""The live table as it stands in a terminal."""

from __future__ import annotations

from contextlib import suppress
from typing import IO, TYPE_CHECKING

from rich.console import Console, Group
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType, Segment

from publishkit.showing.frame import Paper, frame, rows_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import ConsoleOptions, RenderResult
    from rich.text import Text

    from publishkit.showing.tally import Snapshot

__all__ = ["LiveTable"]


class LiveTable:
    """A table at the bottom of a terminal that is drawn again and again; for one thread at a time.

    Args:
        look: Gives what to show.
        notes: Gives what to say below.
        stream: The terminal.
    """

    def __init__(
        self, look: Callable[[], Snapshot], notes: Callable[[], Sequence[str]], stream: IO[str]
    ) -> None:
        self._look, self._notes = look, notes
        self._console = Console(file=stream, force_jupyter=False, highlight=False, markup=False)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            get_renderable=self._drawn,
        )
        self._last: list[Text] = []
        self._width = self._console.width
        self._live.start()

    def draw(self, above: Sequence[str]) -> None:
        """Draw it as it is now, below lines that last."""
        self._make_up_for_wrapping()
        with self._console:  # written at once
            if above:
                lines = _Raw("".join(f"{line}\n" for line in above))
                self._console.print(lines, crop=False, end="")
            self._live.refresh()

    def close(self) -> None:
        """Take it away; the cursor is seen again, whatever happens."""
        try:
            self._live.stop()
        finally:
            with suppress(OSError):
                self._console.show_cursor(True)

    def _drawn(self) -> Group:
        size = self._console.size
        self._width = size.width
        paper = Paper(size.width, size.height, self._console.encoding)
        self._last = frame(self._look(), paper, self._notes())
        return Group(*self._last)

    def _make_up_for_wrapping(self) -> None:
        """A terminal that is made narrower wraps what stands there: go up that much more."""
        width = self._console.width
        more = rows_at(self._last, width) - len(self._last) if width < self._width else 0
        if more > 0:
            up = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1))
            self._console.control(Control(*(code for _ in range(more) for code in up)))


class _Raw:
    """Text with its own commands to the terminal."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(self._text)
