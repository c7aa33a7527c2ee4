"""What becomes of a deposit whose creation nobody saw end: never two, on an archive that lags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit.errors import LostAnswerError
from publishkit.ledger import LINKS_FILE
from publishkit.receipts import Outcome
from publishkit.testing import Killed, MemoryRepository

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.model import Record
    from publishkit.repository import Deposit

LATE = 3
"""Looks that find nothing yet."""


class Archive:
    """Lets a creation's answer be lost, and the deposit show only after some looks."""

    def __init__(self, memory: MemoryRepository, patch: pytest.MonkeyPatch) -> None:
        self._create, self._find = memory.create, memory.find
        self.looks, self.made = 0, 0
        self.shows_after = LATE
        self.lost: type[BaseException] = LostAnswerError
        patch.setattr("publishkit.locate._FIRST_PAUSE", 0.001)
        patch.setattr(type(memory), "lag", 5.0)
        patch.setattr(memory, "create", self.create)
        patch.setattr(memory, "find", self.find)

    def create(self, marker: str, record: Record | None = None) -> Deposit:
        self.made += 1
        made = self._create(marker, record)
        if self.made == 1:
            raise self.lost("the connection broke")
        return made

    def find(self, marker: str) -> Deposit | None:
        self.looks += 1
        return self._find(marker) if self.looks > self.shows_after else None


@pytest.fixture
def archive(memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch) -> Archive:
    return Archive(memory, monkeypatch)


def test_a_lost_answer_is_looked_up_until_the_deposit_shows(
    records: Path, memory: MemoryRepository, archive: Archive
) -> None:
    (receipt,) = publishkit.push(records / "0", to="memory")
    assert (receipt.outcome, receipt.id) == (Outcome.CREATED, next(iter(memory.shelves)))
    assert (archive.made, archive.looks) == (1, LATE + 1)


def test_a_killed_run_is_followed_by_one_that_waits_for_what_it_began(
    records: Path, memory: MemoryRepository, archive: Archive
) -> None:
    archive.lost = Killed
    with pytest.raises(Killed):
        publishkit.push(records / "0", to="memory")
    publishkit.push(records / "0", to="memory")
    assert len(memory.shelves) == archive.made == 1


def test_long_after_one_look_is_enough(
    records: Path, memory: MemoryRepository, archive: Archive
) -> None:
    archive.lost, archive.shows_after = Killed, 0
    with pytest.raises(Killed):
        publishkit.push(records / "0", to="memory")
    memory.shelves.clear()
    links = records / LINKS_FILE
    links.write_text(_aged(links.read_text()))
    publishkit.push(records / "0", to="memory")
    assert (archive.made, archive.looks) == (2, 1)


def test_a_second_creation_is_waited_for_like_the_first(
    records: Path, memory: MemoryRepository, archive: Archive
) -> None:
    archive.lost, archive.shows_after = Killed, 0
    with pytest.raises(Killed):
        publishkit.push(records / "0", to="memory")
    memory.shelves.clear()
    links = records / LINKS_FILE
    links.write_text(_aged(links.read_text()))
    archive.made, archive.shows_after = 0, 1 + LATE
    with pytest.raises(Killed):
        publishkit.push(records / "0", to="memory")
    publishkit.push(records / "0", to="memory")
    assert len(memory.shelves) == 1


def test_what_was_never_made_is_made_once_it_can_no_longer_turn_up(
    records: Path, memory: MemoryRepository, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(memory), "lag", 0.01)
    archive.shows_after = 1000
    (receipt,) = publishkit.push(records / "0", to="memory")
    assert receipt.outcome is Outcome.CREATED
    assert archive.made == 2


def _aged(links: str) -> str:
    """The links file as if it was written years ago."""
    return re.sub(r'"updated": "\d{4}', '"updated": "2020', links)
