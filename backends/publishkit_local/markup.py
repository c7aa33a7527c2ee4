"""HTML that is safe to show: what is not `Html` is escaped, and descriptions are cleaned."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from publishkit.markup import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Html", "described", "join", "safe_url", "tag"]

_VOID: Final = frozenset({"br", "hr", "img", "link", "meta"})
_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *content: str, **attributes: str | None) -> Html:
    """An element.

    Args:
        name: Its name.
        content: What is in it; escaped unless it is `Html`.
        attributes: By name, `class_` for `class` and `aria_label` for `aria-label`; those that
            are None are left out.
    """
    given = "".join(
        f' {key.strip("_").replace("_", "-")}="{_escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    end = "" if name in _VOID else f"</{name}>"
    return Html(f"<{name}{given}>{join(content)}{end}")


def join(parts: Iterable[str], between: str = "") -> Html:
    """Parts that are not empty, one after the other; escaped unless they are `Html`."""
    shown = (part if isinstance(part, Html) else _escape(part) for part in parts if part)
    return Html(between.join(shown))


def safe_url(url: str | None) -> str | None:
    """A URL that may be followed: absolute, http, https or mailto; else None."""
    try:
        parts = urlsplit((url or "").strip())
    except ValueError:
        return None
    if parts.scheme.lower() not in _SCHEMES or not (parts.netloc or parts.path):
        return None
    return parts.geturl()


def described(text: str) -> Html:
    """A description: harmless HTML; text without any element keeps its line breaks."""
    content = Html(clean(text))
    return content if "<" in content else tag("p", content, class_="as-typed")


def _escape(text: str) -> str:
    return escape(_UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text))
