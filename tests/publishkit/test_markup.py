"""HTML of descriptions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishkit.markup import clean, plain


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Hello <b>world</b></p>", "<p>Hello <b>world</b></p>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("<script>alert(1)</script>text", "text"),
        ('<p onclick="x()" style="y">text</p>', "<p>text</p>"),
        (
            '<a href="https://a.org?x=1&y=2">l</a>',
            '<a href="https://a.org?x=1&amp;y=2" rel="noopener nofollow">l</a>',
        ),
        ('<a href="javascript:x()">l</a>', '<a rel="noopener nofollow">l</a>'),
        ("<p>open <i>tags", "<p>open <i>tags</i></p>"),
        ("</p>stray<br>", "<p></p>stray<br>"),
        ("<b>crossed<i>tags</b></i>", "<b>crossed<i>tags</i></b>"),
        ("<img src=x onerror=y>text", "text"),
    ],
)
def test_only_harmless_elements_stay(html: str, expected: str) -> None:
    assert clean(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One &amp;\n two</p><p>three</p>", "One & two\nthree"),
        ("a<br>b<ul><li>c</li><li>d</li></ul>", "a\nb\nc\nd"),
        ("<style>p {}</style>just text", "just text"),
    ],
)
def test_the_text_of_html_has_a_line_for_each_block(html: str, expected: str) -> None:
    assert plain(html) == expected


@given(st.text(alphabet="<>/abpi =\"'&;!-script\n", max_size=60))
def test_cleaning_what_is_clean_changes_nothing(html: str) -> None:
    once = clean(html)
    assert clean(once) == once
    assert "<script" not in once.lower()
