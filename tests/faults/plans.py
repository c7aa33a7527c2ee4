"""What can go wrong with one request, and with which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORT_WAIT = 1
"""Seconds that an answer tells the client to wait."""


class Fault(StrEnum):
    """What happens to one request."""

    KILL_BEFORE = "kill-before"
    KILL_DURING = "kill-during"
    KILL_AFTER = "kill-after"
    BUSY_TOLD = "429-told"
    BUSY = "429"
    ERROR_500 = "500"
    ERROR_502 = "502"
    ERROR_503 = "503"
    ERROR_504 = "504"
    ACTED_500 = "500-acted"
    ACTED_502 = "502-acted"
    ACTED_504 = "504-acted"
    HTML_502 = "html-502"
    HTML_200 = "html-200"
    HTML_200_ACTED = "html-200-acted"
    REFUSED = "refused"
    RESET_BEFORE = "reset-before"
    RESET_AFTER = "reset-after"
    STALL_BEFORE = "stall-before"
    STALL_AFTER = "stall-after"
    REQUEST_CUT = "request-cut"
    ANSWER_CUT = "answer-cut"
    TOKEN_REFUSED = "token-refused"

    @property
    def kills(self) -> bool:
        """Whether the client's process ends by it."""
        return self.value.startswith("kill-")

    @property
    def stalls(self) -> bool:
        """Whether it can only be noticed by silence."""
        return self.value.startswith("stall-")

    @property
    def forwards(self) -> bool:
        """Whether the server gets the whole request."""
        return self in _FORWARDS


KILLS = tuple(fault for fault in Fault if fault.kills)

_FORWARDS = frozenset(
    {Fault.KILL_DURING, Fault.KILL_AFTER, Fault.ACTED_500, Fault.ACTED_502, Fault.ACTED_504}
    | {Fault.HTML_200_ACTED, Fault.RESET_AFTER, Fault.STALL_AFTER, Fault.ANSWER_CUT}
)

MEANINGS: Mapping[Fault, str] = {
    Fault.KILL_BEFORE: "the client is killed before the request reaches the server",
    Fault.KILL_DURING: "the client is killed while the server works; the next run starts at once",
    Fault.KILL_AFTER: "the client is killed after the server answered, before it gets the answer",
    Fault.BUSY_TOLD: "429 with `Retry-After: 1`",
    Fault.BUSY: "429 without it",
    Fault.ERROR_500: "500; the server did nothing",
    Fault.ERROR_502: "502; the server did nothing",
    Fault.ERROR_503: "503 with `Retry-After: 1`; the server did nothing",
    Fault.ERROR_504: "504; the server did nothing",
    Fault.ACTED_500: "500 although the server acted",
    Fault.ACTED_502: "502 although the server acted",
    Fault.ACTED_504: "504 although the server acted",
    Fault.HTML_502: "502 with an HTML page",
    Fault.HTML_200: "200 with an HTML page; the server did nothing",
    Fault.HTML_200_ACTED: "200 with an HTML page although the server acted",
    Fault.REFUSED: "connections are refused for two seconds",
    Fault.RESET_BEFORE: "the connection is reset before the server gets the request",
    Fault.RESET_AFTER: "the connection is reset after the server acted",
    Fault.STALL_BEFORE: "no answer ever; the server did nothing",
    Fault.STALL_AFTER: "no answer ever, although the server acted",
    Fault.REQUEST_CUT: "the connection is reset in the middle of the request's body",
    Fault.ANSWER_CUT: "the connection is closed in the middle of the answer",
    Fault.TOKEN_REFUSED: "401, token expired, from this request on until there is a new token",
}


@dataclass(frozen=True, slots=True)
class Page:
    """An answer that does not come from the server."""

    status: int
    body: bytes = b'{"message": "made up by a test"}'
    html: bool = False
    told: bool = False
    """Whether it says how long to wait."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """As h11 takes them."""
        kind = "text/html; charset=utf-8" if self.html else "application/json"
        told = [("Retry-After", str(SHORT_WAIT))] if self.told else []
        return [("Content-Type", kind), ("Content-Length", str(len(self.body))), *told]


_HTML = b"<!DOCTYPE html><html><body><h1>Please stand by</h1></body></html>"

PAGES: Mapping[Fault, Page] = {
    Fault.BUSY_TOLD: Page(429, told=True),
    Fault.BUSY: Page(429),
    Fault.ERROR_500: Page(500),
    Fault.ERROR_502: Page(502),
    Fault.ERROR_503: Page(503, told=True),
    Fault.ERROR_504: Page(504),
    Fault.ACTED_500: Page(500),
    Fault.ACTED_502: Page(502),
    Fault.ACTED_504: Page(504),
    Fault.HTML_502: Page(502, _HTML, html=True),
    Fault.HTML_200: Page(200, _HTML, html=True),
    Fault.HTML_200_ACTED: Page(200, _HTML, html=True),
    # the words are NOMAD 2.0.0's own for an expired token
    Fault.TOKEN_REFUSED: Page(401, b'{"detail": "Expired token."}'),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One fault at one request of one run."""

    fault: Fault
    at: int = 1
    """The request, counted from 1."""
    where: str = ""
    """A regular expression of `METHOD path`: only the requests that it finds are counted."""

    def __str__(self) -> str:
        return f"{self.fault}-{self.at}{f' {self.where}' if self.where else ''}"
