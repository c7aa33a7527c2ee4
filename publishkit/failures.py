"""What a broken connection or an error status means, as an error to raise."""

from __future__ import annotations

import math
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import requests

from publishkit.errors import (
    AuthenticationError,
    ConflictError,
    LimitError,
    LostAnswerError,
    NotFoundError,
    RejectedError,
    RepositoryError,
    TemporaryError,
)

__all__ = [
    "away",
    "is_page",
    "never_sent",
    "of_network",
    "of_page",
    "of_status",
    "told_wait",
    "worth_repeating",
]

_A_DAY: Final = 86400.0
"""Seconds; of a longer wait the server's own words say enough."""
_REPEATABLE: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_AWAY: Final = frozenset({429, 502, 503})
"""A request that did not get through to the archive, or not into it."""


def away(answer: requests.Response) -> bool:
    """Whether the archive behind the answer is too busy, or not there for now."""
    return answer.status_code in _AWAY


def never_sent(error: Exception) -> bool:
    """Whether the connection failed before anything of the request left."""
    return isinstance(error, requests.ConnectTimeout) or (
        isinstance(error, requests.ConnectionError)
        and any(name in repr(error) for name in ("NewConnectionError", "NameResolutionError"))
    )


def of_network(error: requests.RequestException, *, repeat: bool) -> RepositoryError:
    """What to make of a connection that failed.

    Args:
        error: As requests raised it.
        repeat: Whether the request may be sent again; else its answer counts as lost.
    """
    kind = TemporaryError if repeat else LostAnswerError
    if isinstance(error, requests.exceptions.SSLError):
        return RepositoryError(
            "the server's certificate was not accepted",
            answer=_cause(error),
            advice="Set ca_bundle in the target's configuration if the host has its own CA.",
        )
    if isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout):
        return kind("the server did not answer in time")
    if never_sent(error):
        return kind("the server cannot be reached", answer=_cause(error), advice=_UNREACHABLE)
    return kind("the connection broke", answer=_cause(error))


_UNREACHABLE: Final = (
    "Check that this machine is on the network and that the address is right, then run the same "
    "command again."
)
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})


def is_page(answer: requests.Response) -> bool:
    """Whether an answer that should be data is a web page: of a proxy, or to sign in."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    # InvenioRDM 13.1.2 calls the nothing that it answers to a DELETE text/html
    return answer.ok and bool(answer.content) and kind.strip().lower() in _PAGES


def of_page(answer: requests.Response, *, repeat: bool) -> RepositoryError:
    """What to make of a web page in the place of an answer.

    Args:
        answer: The page.
        repeat: Whether the request may be sent again; else its answer counts as lost.
    """
    kind = TemporaryError if repeat else LostAnswerError
    return kind(
        "the answer is a web page, which no archive's API gives",
        status=answer.status_code,
        advice="Check the target's URL, and whether this network asks you to sign in; "
        "if both are right, try again later.",
    )


def of_status(answer: requests.Response, words: str, *, repeat: bool) -> RepositoryError:
    """What to make of an answer that is no success.

    Args:
        answer: The answer.
        words: What the server says in it.
        repeat: Whether the request may be sent again; else a failing server's answer counts as
            lost.
    """
    kind = _kind(answer.status_code, repeat=repeat)
    told = told_wait(answer) or 0.0  # from outside: may be infinite
    minutes = math.ceil(told / 60) if told <= _A_DAY else 0
    advice = f"Run the same command again in {minutes} minutes." if minutes > 1 else ""
    meaning = _meaning(kind, answer)
    return kind(meaning, status=answer.status_code, answer=words, advice=advice)


def _cause(error: BaseException) -> str:
    """The innermost reason, without the URL that requests puts into its message."""
    seen: BaseException = error
    while True:
        reason = getattr(seen, "reason", None)
        inner = (
            reason if isinstance(reason, BaseException) else (seen.__cause__ or seen.__context__)
        )
        if inner is None or inner is seen:
            break
        seen = inner
    return str(getattr(seen, "strerror", None) or type(seen).__name__)


def _kind(status: int, *, repeat: bool) -> type[RepositoryError]:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TemporaryError  # refused before it was looked at: always safe to repeat
    if status in _REPEATABLE:
        return TemporaryError if repeat else LostAnswerError
    kinds: dict[int, type[RepositoryError]] = {
        401: AuthenticationError,
        403: AuthenticationError,
        404: NotFoundError,
        409: ConflictError,
        410: NotFoundError,
        412: ConflictError,
        413: LimitError,
    }
    client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return kinds.get(status, RejectedError if client_error else RepositoryError)


def _meaning(kind: type[RepositoryError], answer: requests.Response) -> str:
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return "the server allows no more requests for now"
    meanings: dict[type[RepositoryError], str] = {
        AuthenticationError: "the credentials are not accepted for this",
        NotFoundError: "not found",
        ConflictError: "changed by somebody else meanwhile",
        LimitError: "too large",
        RejectedError: "refused",
        LostAnswerError: "the server failed, and may have acted all the same",
    }
    return meanings.get(kind, f"the server failed ({answer.status_code} {answer.reason})")


def worth_repeating(failure: RepositoryError) -> bool:
    """Whether the same request may pass if it is sent again."""
    return isinstance(failure, TemporaryError) and not isinstance(failure, LostAnswerError)


def told_wait(answer: requests.Response) -> float | None:
    """Seconds to wait as told; InvenioRDM 13 sends Retry-After on every answer, so 429/503 only."""
    if answer.status_code not in {429, 503}:
        return None
    told = _seconds(answer.headers.get("Retry-After", ""))
    if told is not None:
        return told
    reset = _seconds(answer.headers.get("X-RateLimit-Reset", ""))
    return None if reset is None else max(0.0, reset - time.time())


def _seconds(value: str) -> float | None:
    """A number of seconds, or those that are left until a date; None for anything else."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        left = parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return max(0.0, left)
