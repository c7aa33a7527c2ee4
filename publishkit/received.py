"""Answers, read whole: never more than fits in memory, and nothing of our secrets in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit.errors import RepositoryError
from publishkit.secrets import hidden, hidden_in_data

if TYPE_CHECKING:
    import requests

__all__ = ["MAX_ANSWER", "MAX_ERROR", "read"]

MAX_ANSWER: Final = 64 << 20
"""Bytes; NOMAD's list of a folder with 10,000 files has 2 MB."""
MAX_ERROR: Final = 1 << 20
"""Bytes of an answer that is an error; what comes behind them is left."""
_BLOCK: Final = 1 << 16


def read(answer: requests.Response) -> None:
    """Read the body of an answer, which was asked for as a stream, so that `content` has it.

    Of an error that is larger than `MAX_ERROR` only that much is kept. What a server repeats of
    the credentials is replaced by stars, in the body, the headers and the reason.

    Raises:
        RepositoryError: The body is larger than `MAX_ANSWER`.
        RequestException: The connection broke.
    """
    data = bytearray()
    limit = MAX_ANSWER if answer.ok else MAX_ERROR
    for block in answer.iter_content(_BLOCK):
        data += block
        if len(data) > limit:
            answer.close()
            if answer.ok:
                raise _too_large()
            break
    kept = bytes(data[:limit])
    if not answer.ok or "Authorization" in answer.request.headers:  # else it may be a new token
        kept = hidden_in_data(kept)
    answer._content = kept  # noqa: SLF001 - as requests keeps it
    for name, value in list(answer.headers.items()):
        answer.headers[name] = hidden_in_data(value.encode(errors="replace")).decode()
    answer.reason = hidden(answer.reason or "")


def _too_large() -> RepositoryError:
    return RepositoryError(
        f"the server's answer has more than {MAX_ANSWER >> 20} MB",
        advice="Check the target's URL; if it is right, tell its operators.",
    )
