"""The upload that a URL of NOMAD's pages or API leads to; imports nothing heavy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from publishkit.hooks import Target

__all__ = ["locate"]

_API: Final = re.compile(r"/uploads/([\w-]{1,64})(/.*)?", re.ASCII)
_PAGE: Final = re.compile(r"(/[^/]+)*?/upload/id/([\w-]{1,64})(/.*)?", re.ASCII)
_OLD_ENTRY_PAGE: Final = re.compile(r"(/[^/]+)*?/entry/id/([\w-]{22})/([\w-]{28})(/.*)?", re.ASCII)
"""NOMAD's first v1 had the upload's id before the entry's."""


def locate(target: Target, url: str) -> str | None:
    """The id of the upload that a page or API address of the target is about, or None."""
    api = target.url.rstrip("/")
    path = _below(api, url)
    if path is not None:
        found = _API.fullmatch(path)
        return found[1] if found else None
    path = _below(_gui(target, api), url)
    if path is None:
        return None
    page = _PAGE.fullmatch(path) or _OLD_ENTRY_PAGE.fullmatch(path)
    return page[2] if page else None


def _gui(target: Target, api: str) -> str:
    gui = target.settings.get("gui")
    return gui.rstrip("/") if isinstance(gui, str) else f"{api.removesuffix('/api/v1')}/gui"


def _below(base: str, url: str) -> str | None:
    """The path of a URL below a base, whichever of http and https it has; None elsewhere."""
    root, asked = urlsplit(base), urlsplit(url.strip())
    if not base or asked.scheme not in {"http", "https"}:
        return None
    path = unquote(asked.path)
    start = unquote(root.path)
    same = asked.netloc.casefold() == root.netloc.casefold() and path.startswith(f"{start}/")
    return path.removeprefix(start) if same else None
