"""The list of digests that lies in every upload."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishkit_nomad.manifest import MANIFEST, Line, dump, load

if TYPE_CHECKING:
    from pathlib import Path

KEYS = st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=30
)
LINES = st.builds(
    Line,
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    size=st.integers(0, 10**12),
    generated=st.booleans(),
)


@given(st.dictionaries(KEYS, LINES))
def test_what_is_written_is_read_back(lines: dict[str, Line]) -> None:
    assert load(dump(lines)) == lines


def test_sha256sum_accepts_it(tmp_path: Path) -> None:
    program = shutil.which("sha256sum")
    assert program, "GNU coreutils"
    lines: dict[str, Line] = {}
    for key in ("a.txt", "sub/ü b.txt", "back\\slash", "new\nline"):
        content = key.encode()
        path = tmp_path / key
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        lines[key] = Line(hashlib.sha256(content).hexdigest(), len(content), generated=True)
    (tmp_path / MANIFEST).write_bytes(dump(lines))
    command = [program, "-c", "--strict", MANIFEST]
    subprocess.run(command, cwd=tmp_path, timeout=60, check=True)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"anything\nelse"])
def test_what_is_no_manifest_says_nothing(content: bytes | None) -> None:
    assert load(content) == {}


def test_a_line_without_a_size_is_left_out() -> None:
    digest = "0" * 64
    known = f"#: 3 bytes\n{digest}  known\n{digest}  unknown\n".encode()
    assert load(known) == {"known": Line(digest, 3)}
