"""HTML of unknown authors, such as descriptions: made harmless, or reduced to its text."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

__all__ = ["clean", "plain"]

_BLOCKS: Final = frozenset(
    {"blockquote", "br", "caption", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"hr", "li", "ol", "p", "pre", "table", "tr", "ul"}
)
_INLINE: Final = frozenset(
    {"a", "b", "code", "em", "i", "q", "s", "small", "span", "strong", "sub", "sup", "u"}
    | {"tbody", "td", "th", "thead"}
)
_ABSOLUTE: Final = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]*>")


def clean(html: str) -> str:
    """The HTML with harmless elements only, and no attribute but the target of a link."""
    import nh3

    return nh3.clean(
        html,
        tags=(_BLOCKS | _INLINE) - {"h1", "h2"},  # a page has its own
        attributes={"a": {"href"}},
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
    )


def _kept(_tag: str, name: str, value: str) -> str | None:
    return value if name != "href" or _ABSOLUTE.match(value) else None


def plain(html: str) -> str:
    """The text of HTML, a line for each block."""
    import nh3

    spaced = html.replace("\n", " ")
    blocks = nh3.clean(spaced, tags=set(_BLOCKS), attributes={}, link_rel=None)
    lines = unescape(_TAG.sub("\n", blocks)).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())
