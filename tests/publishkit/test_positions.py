"""On which lines the parts of a JSON document stand."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from publishkit.positions import line_of, lines

TEXT = """{
  "a": [
    {"b": 1, "c\\"d": "x\\n}]",
     "e": {"f": null}},
    2
  ],
  "g":
    "h"
}"""


def test_each_part_has_its_line() -> None:
    assert lines(TEXT) == {
        "": 1,
        "a": 2,
        "a[0]": 3,
        "a[0].b": 3,
        'a[0].c"d': 3,
        "a[0].e": 4,
        "a[0].e.f": 4,
        "a[1]": 5,
        "g": 7,
    }


def test_what_is_missing_has_the_line_of_what_it_should_be_in() -> None:
    found = lines(TEXT)
    assert line_of("a[0].e.missing.more", found) == 4
    assert line_of("a[7]", found) == 2
    assert line_of("missing", found) == 1
    assert line_of("x", {}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=JSON)
def test_any_document_has_lines_for_all_of_its_parts(value: object) -> None:
    text = json.dumps(value, indent=1)
    count = len(text.split("\n"))
    found = lines(text)
    assert found[""] >= 1
    assert all(1 <= line <= count for line in found.values())


@given(text=st.text(alphabet='{}[]",:\\ \n1ax'))
def test_what_is_no_json_breaks_nothing(text: str) -> None:
    for path in lines(text):
        assert line_of(path, lines(text))
