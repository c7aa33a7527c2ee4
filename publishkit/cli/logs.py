"""Logging, as the command line configures it: to standard error, without secrets."""

from __future__ import annotations

import logging
import re
from typing import Final

from publishkit.cli.text import clean
from publishkit.secrets import hidden

__all__ = ["configure", "without_secrets"]

_SECRETS: Final = re.compile(
    r"(?i)((?:token|password|access_token|signature_token)=)[^&\s\"']+"
    r"|((?:bearer|basic)\s+)[\w.~+/=-]+"
)


def configure(verbose: int) -> None:
    """Send the log to standard error: repeated requests with 1, every request with 2."""
    level = {0: logging.ERROR, 1: logging.INFO}.get(verbose, logging.DEBUG)
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("publishkit", "urllib3"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level)


class _Formatter(logging.Formatter):
    """Leaves secrets out of whatever is logged, urllib3's lines and tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        lines = without_secrets(super().format(record)).split("\n")
        return "\n".join(clean(line) for line in lines)


def without_secrets(text: str) -> str:
    """The text with every token and password in it replaced.

    Those of this process by their value, others by what stands before them.
    """
    text = hidden(text)
    return _SECRETS.sub(lambda found: f"{found[1] or found[2]}***", text)
