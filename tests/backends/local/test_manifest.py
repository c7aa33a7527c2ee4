"""The manifest while files arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publishkit_local.manifest import MANIFEST, Arrived, Manifests, arrived

if TYPE_CHECKING:
    from pathlib import Path

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A bag with three files of which none has arrived."""
    for name in ("data/x", "data/sub/y", "data/z"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"123")
    return tmp_path


def test_a_file_without_a_line_has_not_arrived(bag: Path) -> None:
    Manifests().append(bag, "sub/y", A)
    assert arrived(bag) == {"sub/y": Arrived(3, A), "x": Arrived(3, ""), "z": Arrived(3, "")}


def test_the_later_of_two_lines_counts(bag: Path) -> None:
    manifests = Manifests()
    manifests.append(bag, "x", A)
    manifests.append(bag, "x", B)
    assert arrived(bag)["x"].sha256 == B


@pytest.mark.parametrize("torn", ["b", B, f"{B}  data/x", f"{B}  data/" + "x" * 10_000])
def test_a_line_that_was_cut_off_does_not_count_and_spoils_nothing(bag: Path, torn: str) -> None:
    manifests = Manifests()
    manifests.append(bag, "x", A)
    with (bag / MANIFEST).open("a") as file:
        file.write(torn)
    assert arrived(bag)["x"].sha256 == A
    manifests.append(bag, "z", C)
    assert (bag / MANIFEST).read_text() == f"{A}  data/x\n{C}  data/z\n"


def test_a_first_line_that_was_cut_off_is_replaced(bag: Path) -> None:
    (bag / MANIFEST).write_text(f"{B}  da")
    Manifests().append(bag, "z", C)
    assert (bag / MANIFEST).read_text() == f"{C}  data/z\n"


def test_dropped_files_have_not_arrived(bag: Path) -> None:
    manifests = Manifests()
    for key in ("x", "sub/y", "z"):
        manifests.append(bag, key, A)
    manifests.drop(bag, {"x", "z", "never there"})
    assert [key for key, file in arrived(bag).items() if file.sha256] == ["sub/y"]


def test_a_manifest_of_rubbish_lists_nothing(bag: Path) -> None:
    (bag / MANIFEST).write_bytes(b"\xff\xfe\n\nno manifest\n" + A.encode() + b" data/x\n")
    assert not any(file.sha256 for file in arrived(bag).values())
