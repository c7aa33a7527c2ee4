"""A links file that is an array of bare links is understood."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit.errors import ConfigError
from publishkit.ledger import LINKS_FILE, Ledger, Row
from publishkit.progress import Quiet
from publishkit.repository import State
from publishkit.testing import MemoryRepository, metadata

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ids(records: Path, memory: MemoryRepository) -> list[str]:
    """Deposits that were made elsewhere, their links in a file beside the records."""
    made = [publishkit.push(records / name, to="memory")[0] for name in ("0", "1", "10")]
    links = [{**receipt.links, "files": "https://memory.example/files"} for receipt in made]
    (records / LINKS_FILE).write_text(json.dumps(links))
    memory.sent.clear()
    return [receipt.id for receipt in made]


def rows(records: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((records / LINKS_FILE).read_text())
    return found


def test_the_first_push_takes_every_deposit_over(
    records: Path, memory: MemoryRepository, ids: list[str]
) -> None:
    receipts = publishkit.push(records, to="memory")
    assert [r.id for r in receipts] == ids
    assert [(r["folder"], r["target"], r["id"]) for r in rows(records)] == [
        (name, "memory", id_) for name, id_ in zip(("0", "1", "10"), ids, strict=True)
    ]
    assert memory.sent == []
    assert len(memory.shelves) == 3


def test_a_push_of_one_folder_takes_over_all_so_that_no_position_shifts(
    records: Path, memory: MemoryRepository, ids: list[str]
) -> None:
    publishkit.push(records / "1", to="memory")
    receipts = publishkit.push(records, to="memory")
    assert [r.id for r in receipts] == ids
    assert len(memory.shelves) == 3


def test_a_push_killed_while_it_takes_deposits_over_mixes_none_up(
    records: Path, memory: MemoryRepository, ids: list[str]
) -> None:
    with Ledger.open(records / LINKS_FILE) as ledger:
        row = Row(folder="0", target="memory", url="https://memory.example", id=ids[0])
        ledger.claim(0, row)
    receipts = publishkit.push(records, to="memory")
    assert [r.id for r in receipts] == ids
    assert len(memory.shelves) == 3


def test_what_was_published_meanwhile_stays_so(
    records: Path, memory: MemoryRepository, ids: list[str]
) -> None:
    for id_ in ids:
        memory.shelves[id_].state = State.PUBLISHED
    receipts = publishkit.push(records, to="memory", publish=True)
    assert {(r.outcome, r.state) for r in receipts} == {("unchanged", State.PUBLISHED)}


def test_links_of_another_archive_are_left_as_they_are(
    records: Path, other: MemoryRepository, ids: list[str]
) -> None:
    before = rows(records)
    publishkit.push(records, to="other")
    assert [one for one in rows(records) if "folder" not in one] == before
    assert len(other.shelves) == 3


def test_a_deposit_that_is_not_what_the_folder_is_must_be_told_by_hand(
    records: Path, memory: MemoryRepository, ids: list[str]
) -> None:
    (records / "0" / "record_metadata.json").write_text(json.dumps(metadata("Something else")))
    with pytest.raises(ConfigError, match=f"publishkit adopt {ids[0]} "):
        publishkit.push(records, to="memory")
    assert all("folder" not in one for one in rows(records))


def test_more_links_than_folders_are_refused(
    records: Path, memory: MemoryRepository, ids: list[str], tmp_path: Path
) -> None:
    (records / "1").rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="3 records, but there are 2"):
        publishkit.push(records, to="memory")


def test_a_dry_run_changes_nothing(records: Path, ids: list[str]) -> None:
    from publishkit.setting import Options
    from publishkit.verbs.push import plan

    before = (records / LINKS_FILE).read_bytes()
    plan(records, "memory", Options())
    assert (records / LINKS_FILE).read_bytes() == before


def test_killed_before_the_file_was_written_nothing_is_lost(
    records: Path, ids: list[str], tmp_path: Path
) -> None:
    class Copier(Quiet):
        """Keeps the folder as a process that is killed now would leave it."""

        def finished(self, receipt: publishkit.Receipt) -> None:
            shutil.copytree(records, tmp_path / "killed")

    publishkit.push(records / "1", to="memory", watcher=Copier())
    found = Ledger.read(tmp_path / "killed" / LINKS_FILE)
    assert {row.folder: row.id for row in found.rows()} == dict(
        zip(("0", "1", "10"), ids, strict=True)
    )
    assert found.bare == []
