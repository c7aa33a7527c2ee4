"""Send a signed request that no verb covers yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.abilities import RawRequests
from publishkit.errors import ConfigError
from publishkit.finding import able, open_target
from publishkit.verbs.asking import asking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publishkit.abilities import Answer

__all__ = ["request"]


def request(
    method: str,
    path: str,
    to: str,
    *,
    params: Mapping[str, str] | None = None,
    body: bytes | None = None,
    content_type: str = "application/json",
) -> Answer:
    """Send a signed request to a target's API, and give its answer, whatever its status.

    Args:
        method: The HTTP method.
        path: Below the API's address, or a full URL of the same host.
        to: The name of a target.
        params: The query.
        body: What to send.
        content_type: Of the body.

    Raises:
        ConfigError: There is no such target, or this is no HTTP method.
        UnsupportedError: It has no API over HTTP.
        AuthenticationError: There are no credentials for it.
        TemporaryError: It cannot be reached.
        LostAnswerError: Its answer was lost, and it may have acted.
        RepositoryError: The URL is of another host.
    """
    method = method.upper()
    if not (method.isascii() and method.isalpha()):
        raise ConfigError(f"{method!r} is no HTTP method", advice="Give GET, POST, PUT or DELETE.")
    setting, target, repository = open_target(to)
    raw = able(repository, RawRequests, target, "take requests over HTTP")
    with asking(setting, target):
        return raw.request(method, path, params=params, body=body, content_type=content_type)
