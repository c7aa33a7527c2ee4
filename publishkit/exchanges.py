"""What requests and answers look like in a log: never with secrets, never what is in files."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Sized
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from publishkit.secrets import hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests
    from pydantic import JsonValue

__all__ = ["Retry", "Sent", "Tried", "retrying", "trying"]

_log: Final = logging.getLogger("publishkit.http")

_LONGEST: Final = 120
"""Characters of a text."""
_LONGEST_LINE: Final = 4000
_MOST: Final = 10
"""Items of a list."""
_DEEPEST: Final = 8
_LARGEST: Final = 1 << 20
"""Bytes of an answer that is looked into."""
_SECRET: Final = re.compile(
    r"(?i)token|passw|secret|authori[sz]ation|api_?key|signature|credential"
)
"""Names of what is never shown."""
_STARS: Final = "***"


@dataclass(frozen=True, slots=True)
class Retry:
    """That a request failed and will be sent again."""

    target: str
    method: str
    url: str
    status: int
    """0 when there was no answer."""
    message: str
    seconds: float
    """How long it waits before that."""


def retrying(retry: Retry) -> None:
    """Log that a request will be sent again; the record carries it as `retry`."""
    _log.warning("%s; trying again in %.1f s", retry.message, retry.seconds, extra={"retry": retry})


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request carries."""

    params: Mapping[str, str | int] | None
    """Its query."""
    json: JsonValue
    data: object
    """What is not JSON; it is not looked into."""


class Tried:
    """A request that was sent once."""

    def __init__(self) -> None:
        self.answer: requests.Response | None = None


@contextmanager
def trying(method: str, url: str, sent: Sent | None = None) -> Iterator[Tried]:
    """Log a request when it has its answer, or has failed: one record with all that is said of it.

    Args:
        method: The HTTP method.
        url: The address without its query, which may hold secrets.
        sent: What it carries; None for a download, whose answer is a file.
    """
    tried, began = Tried(), time.monotonic()
    try:
        yield tried
    finally:
        if _log.isEnabledFor(logging.INFO):
            status = tried.answer.status_code if tried.answer is not None else "no answer"
            took = time.monotonic() - began
            _log.info("%s %s: %s in %.2f s%s", method, url, status, took, _bodies(sent, tried))


def _bodies(sent: Sent | None, tried: Tried) -> str:
    """What was sent and what came, shortened, where somebody wants to see all."""
    if not (sent and _log.isEnabledFor(logging.DEBUG)):
        return ""
    lines = [f"query  {_line(dict(sent.params))}"] if sent.params else []
    if sent.json is not None:
        lines.append(f"sent   {_line(sent.json)}")
    elif sent.data is not None:
        size = f"{len(sent.data)} bytes" if isinstance(sent.data, Sized) else "a stream"
        lines.append(f"sent   {size}")
    if tried.answer is not None:
        lines.append(f"came   {_came(tried.answer)}")
    return "".join(f"\n  {line}" for line in lines)


def _came(answer: requests.Response) -> str:
    content = answer.content
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if not content or not kind.endswith("json") or len(content) > _LARGEST:
        return f"{len(content)} bytes{f' of {kind}' if kind else ''}"
    try:
        return _line(json.loads(content))
    except (ValueError, RecursionError):
        return f"{len(content)} bytes that are no JSON"


def _line(value: JsonValue) -> str:
    line = hidden(json.dumps(_short(value), ensure_ascii=False))
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..."


def _short(value: JsonValue, depth: int = 0) -> JsonValue:
    if isinstance(value, str):
        whole = hidden(value)  # before it is cut, since a part of a secret is not known for one
        return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}..."
    if isinstance(value, dict | list) and depth == _DEEPEST:
        return "..."
    if isinstance(value, dict):
        return {key: _masked(key, one, depth) for key, one in value.items()}
    if isinstance(value, list):
        more: list[JsonValue] = [f"and {len(value) - _MOST} more"] if len(value) > _MOST else []
        return [_short(one, depth + 1) for one in value[:_MOST]] + more
    return value


def _masked(key: str, value: JsonValue, depth: int) -> JsonValue:
    secret = isinstance(value, str) and value and _SECRET.search(key)
    return _STARS if secret else _short(value, depth + 1)
