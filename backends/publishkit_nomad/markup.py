"""HTML of descriptions: kept where harmless, or reduced to its text."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from typing import Final

__all__ = ["clean", "plain"]

_KEPT: Final = frozenset(
    [
        "a",
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "dd",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    ]
)
"""The elements that InvenioRDM lets stand in a description."""
_VOID: Final = frozenset({"br", "hr"})
_DROPPED_WHOLE: Final = frozenset({"script", "style", "template", "noscript"})
_BREAKS: Final = frozenset(
    [
        "blockquote",
        "br",
        "caption",
        "dd",
        "div",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "table",
        "tr",
        "ul",
    ]
)
_SAFE_LINK: Final = re.compile(r"(https?|mailto):", re.IGNORECASE)


def clean(html: str) -> str:
    """The HTML with well-known elements only, no attribute but the target of a link."""
    parser = _Cleaner()
    parser.feed(html)
    parser.close()
    return parser.result()


def plain(html: str) -> str:
    """The text of HTML, a line for each block."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)


class _Parser(HTMLParser):
    """Leaves out what is not meant to be read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED_WHOLE:
            self._hidden += 1
        elif not self._hidden:
            self.start(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED_WHOLE:
            self._hidden = max(0, self._hidden - 1)
        elif not self._hidden:
            self.end(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text(data)

    def start(self, tag: str, attrs: dict[str, str | None]) -> None:
        """An element that may be read begins."""

    def end(self, tag: str) -> None:
        """It ends."""

    def text(self, data: str) -> None:
        """Text that may be read."""
        self.parts.append(data)


class _Text(_Parser):
    def text(self, data: str) -> None:
        self.parts.append(data.replace("\n", " "))

    def start(self, tag: str, attrs: dict[str, str | None]) -> None:  # noqa: ARG002
        if tag in _BREAKS:
            self.parts.append("\n")

    def end(self, tag: str) -> None:
        if tag in _BREAKS:
            self.parts.append("\n")


class _Cleaner(_Parser):
    def __init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    def start(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag not in _KEPT:
            return
        link = attrs.get("href") if tag == "a" else None
        target = f' href="{escape(link)}"' if link and _SAFE_LINK.match(link) else ""
        self.parts.append(f"<{tag}{target}>")
        if tag not in _VOID:
            self._open.append(tag)

    def end(self, tag: str) -> None:
        if tag not in self._open:
            return
        while (last := self._open.pop()) != tag:
            self.parts.append(f"</{last}>")
        self.parts.append(f"</{tag}>")

    def text(self, data: str) -> None:
        self.parts.append(escape(data, quote=False))

    def result(self) -> str:
        closing = "".join(f"</{tag}>" for tag in reversed(self._open))
        return "".join(self.parts) + closing
