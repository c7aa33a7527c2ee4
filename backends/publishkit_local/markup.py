"""HTML that is safe to show: what is not `Html` is escaped, and descriptions are cleaned."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Html", "clean", "join", "plain", "safe_url", "tag"]

_VOID: Final = frozenset({"br", "hr", "img", "link", "meta"})
_KEPT: Final = frozenset(
    [
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "em",
        "hr",
        "i",
        "li",
        "ol",
        "p",
        "pre",
        "s",
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
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BREAKING: Final = _HEADINGS | frozenset(
    ["blockquote", "br", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "td", "tr", "ul"]
)
_DROPPED: Final = frozenset({"script", "style", "template"})
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


def clean(text: str) -> Html:
    """HTML of an unknown author, reduced to harmless elements, all of them closed.

    Text without any element keeps its line breaks.
    """
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    content = cleaner.result()
    if "<" not in content:
        return tag("p", content, class_="as-typed")
    return content


def plain(text: str) -> str:
    """The text of HTML, in one line."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return " ".join("".join(reader.parts).split())


def _escape(text: str) -> str:
    return escape(_UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text))


class _Reader(HTMLParser):
    """Collects the text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._dropping += tag in _DROPPED
        if tag in _BREAKING:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._dropping = max(0, self._dropping - (tag in _DROPPED))
        if tag in _BREAKING:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.parts.append(data)


class _Cleaner(_Reader):
    """Collects text and the elements that are kept."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._dropping += tag in _DROPPED
        name = "h3" if tag in _HEADINGS else tag  # the page's own headings are above
        if self._dropping or not (name in _KEPT or name == "h3"):
            return
        self.parts.append(_start(name, dict(attrs)))
        if name not in _VOID:
            self._open.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropping = max(0, self._dropping - 1)
        name = "h3" if tag in _HEADINGS else tag
        if name in self._open and not self._dropping:
            while (last := self._open.pop()) != name:
                self.parts.append(f"</{last}>")
            self.parts.append(f"</{name}>")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.parts.append(_escape(data))

    def result(self) -> Html:
        """What was collected, with everything closed."""
        ends = (f"</{name}>" for name in reversed(self._open))
        return Html("".join([*self.parts, *ends]))


def _start(name: str, attributes: dict[str, str | None]) -> str:
    url = safe_url(attributes.get("href")) if name == "a" else None
    return f'<a href="{_escape(url)}" rel="noopener nofollow">' if url else f"<{name}>"
