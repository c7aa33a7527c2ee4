"""Which paths are deleted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishkit_nomad.folders import removals


@pytest.mark.parametrize(
    ("present", "unwanted", "expected"),
    [
        ({"a", "b"}, {"a"}, ["a"]),
        ({"d/a", "d/b", "e"}, {"d/a", "d/b"}, ["d"]),
        ({"d/a", "d/b", "e"}, {"d/a"}, ["d/a"]),
        ({"d/e/a", "d/e/b", "d/f/c", "k"}, {"d/e/a", "d/e/b"}, ["d/e"]),
        ({"d/e/a", "d/f/c", "k"}, {"d/e/a", "d/f/c"}, ["d"]),
        ({"a"}, {"missing"}, []),
        ({"a", "ab/c"}, {"a"}, ["a"]),
    ],
)
def test_a_folder_of_which_nothing_stays_goes_as_one(
    present: set[str], unwanted: set[str], expected: list[str]
) -> None:
    assert removals(present, unwanted) == expected


PATHS = st.sets(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(
        lambda parts: "/".join(parts) + "x"
    )
)


@given(PATHS, PATHS)
def test_exactly_the_unwanted_files_go(present: set[str], unwanted: set[str]) -> None:
    deleted = removals(present, unwanted)
    left = {
        path
        for path in present
        if not any(path == gone or path.startswith(f"{gone}/") for gone in deleted)
    }
    assert left == present - unwanted
