"""The bags, as any reader of BagIt sees them."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import bagit
import pytest

from publishkit.testing import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publishkit_local.repository import LocalRepository
    from tests.backends.local.conftest import MakeFiles, MakeRecord, Push

ODD = {
    "data.csv": b"0 1.5\n",
    "empty.txt": b"",
    "sub folder/deep/värde 1%.dat": b"\x00\x01" * 40_000,
    "数据/β+#&%41.json": b"{}",
    "index.html": b"mine",
    "manifest-sha256.txt": b"mine too",
    "data/data/x": b"1",
    " leading": b"2",
    "*star": b"3",
    "-rf": b"4",
    'quote"\\': b"5",
}


@pytest.mark.parametrize("publish", [False, True])
def test_every_bag_is_valid_whatever_its_files_are_called(
    push: Push, bags: Callable[[], list[Path]], *, publish: bool
) -> None:
    push(ODD, publish=publish)
    (bag,) = bags()
    assert bagit.Bag(str(bag)).validate()
    for key, content in ODD.items():
        assert (bag / "data" / key).read_bytes() == content


@pytest.mark.parametrize("publish", [False, True])
def test_the_command_line_validator_accepts_the_bags(
    push: Push, bags: Callable[[], list[Path]], *, publish: bool
) -> None:
    push(ODD, publish=publish)
    result = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", *map(str, bags())],
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr


def test_a_record_without_files_is_a_valid_bag(push: Push, bags: Callable[[], list[Path]]) -> None:
    push({}, publish=True)
    (bag,) = bags()
    assert bagit.Bag(str(bag)).validate()


def test_no_tag_file_can_be_changed_unnoticed(push: Push, bags: Callable[[], list[Path]]) -> None:
    push({"a": b"1"}, publish=True)
    (bag,) = bags()
    tagged = {line[66:] for line in (bag / "tagmanifest-sha256.txt").read_text().splitlines()}
    there = {path.name for path in bag.iterdir() if path.is_file()}
    assert tagged == there - {"tagmanifest-sha256.txt"}


def test_the_bag_says_what_it_is(
    push: Push, bags: Callable[[], list[Path]], make_record: MakeRecord
) -> None:
    record = make_record(
        "A title",
        {"pids": {"doi": {"identifier": "10.1234/abc", "provider": "external"}}},
        description="<p>First\nline.\u2028Tag: value</p><p>Second &amp; last.</p>",
    )
    deposit = push({"a": b"12", "b": b"345"}, record=record)
    (bag,) = bags()
    info = bagit.Bag(str(bag)).info
    assert info["External-Description"] == "First line. Tag: value Second & last."
    assert info["External-Identifier"] == "10.1234/abc"
    assert info["Contact-Name"] == "Carberry, Josiah"
    assert info["Payload-Oxum"] == "5.2"
    assert info["Internal-Sender-Identifier"] == deposit.id
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", info["Bagging-Date"])
    assert deposit.doi == "10.1234/abc"


def test_the_metadata_lies_in_the_bag_as_it_was_sent(
    push: Push, bags: Callable[[], list[Path]], make_record: MakeRecord
) -> None:
    record = make_record("Zażółć", subjects=[{"subject": "ä"}])
    push({"a": b"1"}, record=record)
    (bag,) = bags()
    found = (bag / "record_metadata.json").read_text(encoding="utf-8")
    assert type(record).model_validate_json(found) == record
    assert "Zażółć" in found


def test_files_keep_the_time_of_their_last_change(
    push: Push, bags: Callable[[], list[Path]], make_files: MakeFiles
) -> None:
    (file,) = make_files({"a": b"1"})
    push({"a": b"1"})
    (bag,) = bags()
    assert (bag / "data" / "a").stat().st_mtime == pytest.approx(file.path.stat().st_mtime, abs=5)


def test_looking_and_settling_write_nothing(
    push: Push, archive: Path, repository: LocalRepository
) -> None:
    deposit = push(ODD)
    before = {path: path.stat().st_mtime_ns for path in archive.rglob("*")}
    repository.get(deposit.id)
    repository.files(deposit.id)
    repository.settle(deposit.id, NoMeter())
    assert {path: path.stat().st_mtime_ns for path in archive.rglob("*")} == before
