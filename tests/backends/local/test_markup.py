"""HTML of unknown authors, and text in pages."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishkit_local.markup import Html, described, join, safe_url, tag

HARMLESS = frozenset(
    [
        *(
            "a",
            "b",
            "blockquote",
            "br",
            "code",
            "div",
            "em",
            "h3",
            "hr",
            "i",
            "li",
            "ol",
            "p",
            "pre",
        ),
        *("s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
    ]
)


class _Reader(HTMLParser):
    """What a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _assert_harmless(html: str) -> None:
    reader = _Reader(html)
    assert reader.open == []
    for name, attributes in reader.seen:
        assert name in HARMLESS
        assert attributes.keys() <= ({"href", "rel"} if name == "a" else {"class"})
        href = attributes.get("href") or "https:"
        assert href.startswith(("http:", "https:", "mailto:"))


def test_text_is_escaped_and_html_is_not() -> None:
    html = tag("p", "<b>", Html("<b>x</b>"), class_='a"b', title=None, aria_label="&")
    assert html == '<p class="a&quot;b" aria-label="&amp;">&lt;b&gt;<b>x</b></p>'
    assert join(["a", "", "<"], ", ") == "a, &lt;"


def test_control_characters_do_not_reach_a_page() -> None:
    assert tag("p", "a\x00b\x1bc\td") == "<p>a\ufffdb\ufffdc\td</p>"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<p>Good <b>text</b></p>", "<p>Good <b>text</b></p>"),
        ("<script>alert(1)</script>after", '<p class="as-typed">after</p>'),
        ("<style>p{}</style><i>x</i>", "<i>x</i>"),
        ("<p onclick='x()' style='y'>t</p>", "<p>t</p>"),
        ("<img src=x onerror=alert(1)>t", '<p class="as-typed">t</p>'),
        ("<iframe src='//x'></iframe><b>t</b>", "<b>t</b>"),
        ("<a href='javascript:alert(1)'>t</a>", '<a rel="noopener nofollow">t</a>'),
        ("<a href=' JaVaScript:alert(1)'>t</a>", '<a rel="noopener nofollow">t</a>'),
        ("<a href='java\nscript:alert(1)'>t</a>", '<a rel="noopener nofollow">t</a>'),
        ("<a href='data:text/html,x'>t</a>", '<a rel="noopener nofollow">t</a>'),
        (
            "<a href='https://x.y/?a=1&b=\"2'>t</a>",
            '<a href="https://x.y/?a=1&amp;b=&quot;2" rel="noopener nofollow">t</a>',
        ),
        ("<h1>T</h1><h3>t</h3>", "T<h3>t</h3>"),
        ("<div><b>open", "<div><b>open</b></div>"),
        ("</div></p><b>x</i></b>", "<p></p><b>x</b>"),
        ("1 < 2 & 3\nline", '<p class="as-typed">1 &lt; 2 &amp; 3\nline</p>'),
        ("a<br/>b", "a<br>b"),
        ("&lt;script&gt;", '<p class="as-typed">&lt;script&gt;</p>'),
    ],
)
def test_descriptions_keep_what_is_harmless(text: str, html: str) -> None:
    assert described(text) == html
    _assert_harmless(described(text))


PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            "</",
            "/>",
            "'>",
            '"',
            "<a href='",
            "javascript:x",
            "&#x3c;",
            "text",
            "\0",
            "\n",
        ),
        *("<script>", "</script>", "<style>", "<template>", "<b>", "</b>", "<p>", "</p>"),
        *("<table>", "</table>", "<svg/onload=x>", "<math><mi>", "<!--", "-->", "<![CDATA["),
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join))
def test_whatever_a_description_says_the_page_stays_harmless(text: str) -> None:
    _assert_harmless(described(text))


@pytest.mark.parametrize(
    "url", ["javascript:x", "", None, "//x.y", "file:///etc", "http:", "https://[", "ftp://x", "x"]
)
def test_only_web_and_mail_addresses_are_followed(url: str | None) -> None:
    assert safe_url(url) is None
