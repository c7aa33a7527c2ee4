"""Logging, as the command line configures it: to standard error, without secrets."""

from __future__ import annotations

import logging
import re
import sys
from typing import Final

from publishkit.secrets import hidden
from publishkit.showing.display import shown_now
from publishkit.text import clean

__all__ = ["configure", "without_secrets"]

_SECRETS: Final = re.compile(
    r"(?i)((?:token|password|access_token|signature_token)=)[^&\s\"']+"
    r"|((?:bearer|basic)\s+)[\w.~+/=-]+"
)
_NOTED: Final = 5.0
"""Seconds for which a warning stands below the live table."""


def configure(verbose: int) -> None:
    """Send the log to standard error: each request with 1, what was sent and came too with 2."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logger = logging.getLogger("publishkit")
    logger.handlers[:] = [_Noting(), _Printing(logging.ERROR if not verbose else level)]
    logger.setLevel(level)
    others = logging.getLogger("urllib3")
    others.handlers[:] = [_Printing(logging.ERROR)]


class _Printing(logging.Handler):
    """Prints, above the live table where there is one."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.setFormatter(_Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if shown := shown_now():
            shown.logged(text)
            return
        try:
            print(text, file=sys.stderr, flush=True)  # noqa: T201 - it is the log
        except (OSError, ValueError):  # nobody reads it
            return


class _Noting(logging.Handler):
    """Says below the live table why it goes slowly: what is sent again, whom it waits for."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.WARNING and (shown := shown_now()):
            seconds = getattr(getattr(record, "retry", None), "seconds", _NOTED)
            shown.note(clean(without_secrets(record.getMessage())), seconds)


class _Formatter(logging.Formatter):
    """Leaves secrets out of whatever is logged, tracebacks included."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%H:%M:%S")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """The time of day, with milliseconds."""
        return f"{super().formatTime(record, datefmt)}.{record.msecs:03.0f}"

    def format(self, record: logging.LogRecord) -> str:
        """One line, or several where a traceback has them."""
        said = super().format(record)
        if record.levelno >= logging.WARNING:
            said = said.replace(" ", f" {record.levelname}: ", 1)
        return "\n".join(clean(line) for line in without_secrets(said).split("\n"))


def without_secrets(text: str) -> str:
    """The text with every token and password in it replaced.

    Those of this process by their value, others by what stands before them.
    """
    text = hidden(text)
    return _SECRETS.sub(lambda found: f"{found[1] or found[2]}***", text)
