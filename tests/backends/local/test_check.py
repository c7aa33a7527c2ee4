"""What is said about a record before it is put into an archive."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from publishkit.errors import Severity
from publishkit.repository import DataFile

if TYPE_CHECKING:
    from publishkit_local.repository import LocalRepository
    from tests.backends.local.conftest import MakeRecord


def _file(key: str, size: int = 1) -> DataFile:
    return DataFile(key, Path("x"), size)


@pytest.mark.parametrize(
    "key",
    ["data.csv", "sub folder/β+#&?.json".replace("?", ""), "50%.dat", "a%20b.dat", ".hidden", "~x"],
)
def test_ordinary_names_are_fine(
    key: str, repository: LocalRepository, make_record: MakeRecord
) -> None:
    assert repository.check(make_record(), [_file(key)]) == []


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("../x", "leads out"),
        ("/etc/passwd", "leads out"),
        ("a//b", "leads out"),
        ("a/./b", "leads out"),
        ("", "leads out"),
        ("a\nb", "line break"),
        ("a\x85b", "line break"),
        ("a\u2028b", "line break"),
        ("a ", "ends in a blank"),
        ("a%0Ab", "%0A"),
        ("a%0db", "%0d"),
        ("a%25b", "%25"),
        ("ü" * 128, "255 bytes"),
    ],
)
def test_names_that_a_bag_cannot_hold_are_errors(
    key: str, says: str, repository: LocalRepository, make_record: MakeRecord
) -> None:
    problems = repository.check(make_record(), [_file("good"), _file(key)])
    errors = [p for p in problems if p.severity is Severity.ERROR]
    assert [p.path for p in errors] == [key]
    assert says in errors[0].message
    assert errors[0].advice


@pytest.mark.parametrize("key", ["a:b", "NUL", "sub/com1.txt", "what?", "a\\b", "dir./x"])
def test_names_that_windows_cannot_hold_are_pointed_out(
    key: str, repository: LocalRepository, make_record: MakeRecord
) -> None:
    (problem,) = repository.check(make_record(), [_file(key)])
    assert "Windows" in problem.message


def test_every_problem_is_found_at_once(
    repository: LocalRepository, make_record: MakeRecord
) -> None:
    keys = ["../a", "b\nc", "d "]
    problems = repository.check(make_record(), [_file(key) for key in keys])
    assert {p.path for p in problems if p.severity is Severity.ERROR} == set(keys)


@pytest.mark.parametrize(
    "access",
    [
        {"record": "restricted", "files": "restricted"},
        {"record": "public", "files": "restricted"},
        {"files": "restricted", "embargo": {"active": True, "until": "2099-01-01"}},
    ],
)
def test_that_a_folder_enforces_no_restriction_is_said(
    access: dict[str, object], repository: LocalRepository, make_record: MakeRecord
) -> None:
    (problem,) = repository.check(make_record(rest={"access": access}), [])
    assert problem.severity is Severity.WARNING
    assert "enforces no restriction" in problem.message


def test_too_little_space_is_pointed_out(
    repository: LocalRepository, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=5_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    (problem,) = repository.check(make_record(), [_file("a", 10**9), _file("b", 10**9)])
    assert problem.severity is Severity.WARNING
    assert "2 GB of files, and 5 MB are free" in problem.message
