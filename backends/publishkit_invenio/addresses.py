"""Addresses of an archive's pages and API, and the ids in them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from publishkit.hooks import Target, TokenPages

__all__ = ["locate", "pages"]

_PLACE: Final = re.compile(r"(?:api/)?(?:records?|uploads)/([^/]+)(?:/.*)?")
_PORTS: Final = {"http": 80, "https": 443}
_NO_ID: Final = frozenset({"", ".", "..", "new"})


def locate(target: Target, url: str) -> str | None:
    """The id in `.../records/ID`, `.../uploads/ID` or `.../api/records/ID/...` of a target.

    In `.../record/ID` too: so Zenodo wrote addresses until 2023, and it still redirects them.
    """
    try:
        own, asked = urlsplit(target.url), urlsplit(url.strip())
        if asked.scheme.lower() not in _PORTS or _host(own) != _host(asked):
            return None
    except ValueError:  # no port is written so
        return None
    prefix = own.path.rstrip("/").removesuffix("/api") + "/"
    if not asked.path.startswith(prefix):
        return None
    place = _PLACE.fullmatch(asked.path.removeprefix(prefix))
    id_ = unquote(place.group(1)) if place else ""
    return None if id_ in _NO_ID or "/" in id_ else id_


def pages(target: Target) -> TokenPages:
    """The pages of one's account where tokens are made and deleted; no API does either."""
    settings = f"{target.url.rstrip('/').removesuffix('/api')}/account/settings/applications/"
    return TokenPages(make=f"{settings}tokens/new/", revoke=settings)


def _host(url: SplitResult) -> tuple[str, int | None]:
    """Host and port; https and http of one host are the same archive unless a port is named."""
    port = url.port if url.port != _PORTS.get(url.scheme.lower()) else None
    return (url.hostname or "").removeprefix("www."), port
