"""YAML: what is written and nothing more, however it is meant."""

from __future__ import annotations

import pytest

from publishkit.yamlfile import MAX_BYTES, read_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: y}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 9)}]}}\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_text_stays_as_it_was_written() -> None:
    value, problems = read_yaml(b"\xef\xbb\xbfa: 0123\nb: no\nc: 2024-05-17\nd: ~\ne: [1.50, '']\n")
    assert value == {"a": "0123", "b": "no", "c": "2024-05-17", "d": None, "e": ["1.50", ""]}
    assert problems == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (BOMB.encode(), "too deep, or too much"),
        (MERGES.encode(), "too deep, or too much"),
        (b"a: &a [*a]", "too deep, or too much"),
        (b"[" * 1000, "too deep, or too much"),
        (b"a: " * 60, "not valid YAML"),
        (b"x" * (MAX_BYTES + 1), "more than"),
        (b"a: !!python/object/apply:os.getcwd []", "not understood"),
        (b"a: !secret s3cr3t", "not understood"),
        (b"a: 1\na: 2", "more than once"),
        (b"? [a]\n: b", "no text"),
        (b"a: [1\nb: 2", "line 2"),
        (b"a: \x00", "none that YAML allows"),
        ("a: ä".encode("latin-1"), "not UTF-8 at line 1"),
        (b"a: 1\n---\nb: 2", "not valid YAML"),
        (b"a: *nothing", "not valid YAML"),
        (b"# nothing", "empty"),
        (b"", "empty"),
    ],
)
def test_what_cannot_be_understood_is_said(data: bytes, said: str) -> None:
    _, problems = read_yaml(data)
    assert said in " ".join(str(problem) for problem in problems)
    assert "s3cr3t" not in str(problems)
