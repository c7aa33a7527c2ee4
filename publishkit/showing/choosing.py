"""Who is told how a run goes on, when it is called from Python."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from publishkit.progress import NoPull, PullWatcher, Quiet, Watcher
from publishkit.showing.notebook import NotebookWatcher, in_notebook
from publishkit.showing.receiving import Receiving
from publishkit.showing.reporting import Reporter

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["watching", "watching_pull"]


@contextmanager
def watching(watcher: Watcher | None, progress: bool | None) -> Iterator[Watcher]:  # noqa: FBT001 - as push has it
    """The watcher of a run.

    Args:
        watcher: Of the caller; goes before all else.
        progress: Whether to show how it goes on; None does in a notebook and nowhere else.
    """
    if watcher or progress is False or not (progress or in_notebook()):
        yield watcher or Quiet()
        return
    with NotebookWatcher() if in_notebook() else Reporter(out=sys.stderr) as shown:
        yield shown


@contextmanager
def watching_pull(
    watcher: PullWatcher | None,
    progress: bool | None,  # noqa: FBT001 - as pull has it
) -> Iterator[PullWatcher]:
    """The same for a pull."""
    if watcher or progress is False or not (progress or in_notebook()):
        yield watcher or NoPull()
        return
    with Receiving() as shown:
        yield shown
