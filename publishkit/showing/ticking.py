"""A thread that does something again and again."""

from __future__ import annotations

import contextvars
import logging
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Ticker"]

log = logging.getLogger("publishkit")


class Ticker:
    """Calls a function every so many seconds, in a thread of its own, until it is stopped.

    Args:
        tick: What to call; what it raises is logged and ends the calls.
        seconds: The pause between two calls.
    """

    def __init__(self, tick: Callable[[], None], seconds: float) -> None:
        self._tick = tick
        self._seconds = seconds
        self._stop = Event()
        # what a notebook prints is shown below the cell of its context
        run = contextvars.copy_context().run
        self._thread = Thread(target=run, args=(self._loop,), name="progress", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; when this returns, nothing is called any more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self._tick()
            except Exception as error:
                log.debug("progress cannot be shown", exc_info=error)
                return
