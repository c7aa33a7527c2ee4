"""Progress in a Jupyter notebook: a table that is put in the place of the one before."""

from __future__ import annotations

import html
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, Self

from publishkit.showing.tally import Snapshot, Tally
from publishkit.showing.ticking import Ticker
from publishkit.tables import html_table
from publishkit.text import amount, duration, size

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from publishkit.showing.tally import Line
    from publishkit.tables import Cells

__all__ = ["NotebookDisplay", "NotebookWatcher", "in_notebook"]

PER_SECOND: Final = 3
MOST: Final = 20
"""Rows."""


class _Handle(Protocol):
    def update(self, obj: object) -> None: ...


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel; imports nothing that is not there already."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


class _Shown:
    """What IPython displays: HTML, and text where that cannot be seen."""

    def __init__(self, markup: str, text: str) -> None:
        self._markup, self._text = markup, text

    def _repr_html_(self) -> str:
        return self._markup

    def __repr__(self) -> str:
        return self._text


class NotebookDisplay:
    """Shows how something stands below the cell that runs, a few times a second.

    Args:
        look: Gives how it stands.
    """

    def __init__(self, look: Callable[[], Snapshot]) -> None:
        self._look = look
        self._handle: _Handle | None = None
        self._ticker = Ticker(self._tick, 1 / PER_SECOND)

    def __enter__(self) -> Self:
        display: Callable[..., _Handle] = import_module("IPython.display").display
        self._handle = display(self._drawn(), display_id=True)
        self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ticker.stop()
        self._tick()

    def _tick(self) -> None:
        if self._handle:
            self._handle.update(self._drawn())

    def _drawn(self) -> _Shown:
        seen = self._look()
        said = _overall(seen)
        part = seen.bytes_sent / seen.bytes if seen.bytes else seen.done / max(1, seen.total)
        bar = f'<progress value="{part:.3f}" max="1"></progress>'
        shown = [_cells(line) for line in seen.lines[:MOST]]
        below = html_table(shown) if shown else ""
        return _Shown(f"<div>{bar} {html.escape(said)}</div>{below}", said)


class NotebookWatcher(Tally):
    """Shows how a run goes on below the cell."""

    def __init__(self) -> None:
        super().__init__()
        self._display = NotebookDisplay(self.snapshot)

    def __enter__(self) -> Self:
        self._display.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._display.__exit__(kind, error, trace)
        self.explain(error)


def _overall(seen: Snapshot) -> str:
    if not seen.total:
        return "checking the records"
    parts = [f"{seen.done} of {seen.total} {seen.unit}"]
    parts += [f"{seen.failed} failed"] if seen.failed else []
    parts += [f"{seen.waiting} waiting to be published"] if seen.waiting else []
    parts += [amount(seen.bytes_sent, seen.bytes)] if seen.bytes else []
    if seen.done < seen.total:
        parts += [f"{size(seen.speed)}/s"] if seen.speed else []
        parts += [f"{duration(seen.left)} left"] if seen.left is not None else []
    return ", ".join(parts)


def _cells(line: Line) -> Cells:
    return {
        "record": line.name,
        "target": line.target,
        "state": line.doing,
        "files": f"{line.files_sent}/{line.files}" if line.files else "",
        "sent": amount(line.bytes_sent, line.bytes) if line.bytes else "",
        "speed": f"{size(line.speed)}/s" if line.speed else "",
    }
