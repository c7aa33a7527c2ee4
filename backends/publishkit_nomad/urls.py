"""The upload that a URL of NOMAD's pages or API leads to; imports nothing heavy."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from publishkit.hooks import Target, TokenPages

__all__ = ["locate", "pages"]

APIS_PAGE: Final = "/analyze/apis"
_PORTS: Final = {"http": 80, "https": 443}
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


def pages(target: Target) -> TokenPages:
    """The page of a NOMAD's API has its tokens; none revokes one."""
    gui = _gui(target, target.url.rstrip("/"))
    return TokenPages(make=f"{gui}{APIS_PAGE}" if gui else "")


def _gui(target: Target, api: str) -> str:
    gui = target.settings.get("gui")
    return gui.rstrip("/") if isinstance(gui, str) else f"{api.removesuffix('/api/v1')}/gui"


def _below(base: str, url: str) -> str | None:
    """The path of a URL below a base, whichever of http and https it has; None elsewhere."""
    try:
        root, asked = urlsplit(base), urlsplit(url.strip())
        same = base and asked.scheme in _PORTS and _host(asked) == _host(root)
    except ValueError:  # no URL
        return None
    path, start = unquote(asked.path), unquote(root.path)
    return path.removeprefix(start) if same and path.startswith(f"{start}/") else None


def _host(url: SplitResult) -> tuple[str, int | None]:
    """Host and port; that of the scheme is the same as none."""
    return url.hostname or "", url.port if url.port != _PORTS.get(url.scheme) else None
