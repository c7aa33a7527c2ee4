"""One HTTP request, with nothing but the standard library and past any proxy."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "publishkit-test-servers"


def call(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    """Send a request, and give the status and the JSON of the answer (None if it has none)."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    with closing(kind(parts.netloc, timeout=60)) as connection:
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        sent = {"Accept": "application/json", "User-Agent": NAME} | dict(headers or {})
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        content = answer.read()
    try:
        return answer.status, json.loads(content)
    except ValueError:
        return answer.status, None


def good(url: str) -> bool:
    """Tell whether a GET succeeds; nobody listening yet is no error."""
    try:
        return call("GET", url)[0] == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
