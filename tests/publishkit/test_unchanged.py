"""A push of what was sent already: what it reads, and what it notices all the same."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit.errors import ConflictError, RecordError
from publishkit.ledger import LINKS_FILE
from publishkit.progress import Quiet
from publishkit.receipts import Outcome
from publishkit.setting import Options
from publishkit.testing import metadata, write_record
from publishkit.verbs.push import carry_out, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit.plan import Plan
    from publishkit.testing import MemoryRepository

_opened: list[str] | None = None


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _opened is not None:
        _opened.append(str(arguments[0]))


sys.addaudithook(_note)  # whichever way a file is opened


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """The files that are opened from now on."""
    global _opened  # noqa: PLW0603 - a hook cannot be taken away again
    _opened = []
    yield _opened
    _opened = None


@pytest.fixture
def sent(records: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Records that were pushed, so long after they were written that their digests are kept."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 3_600_000_000_000)
    publishkit.push(records, to="memory")
    return records


def planned(folder: Path, *, publish: bool = False) -> Plan:
    return plan(folder, "memory", Options(publish=publish))


def row_of(folder: Path) -> dict[str, dict[str, str]]:
    rows: list[dict[str, dict[str, str]]] = json.loads((folder / LINKS_FILE).read_text())
    return rows[0]


def test_metadata_are_read_to_check_them_notes_for_secrets_in_them_and_no_data_at_all(
    sent: Path, opened: list[str]
) -> None:
    receipts = publishkit.push(sent, to="memory")
    assert {receipt.outcome for receipt in receipts} == {Outcome.UNCHANGED}
    read = Counter(Path(path).name for path in opened if path.startswith(f"{sent}/"))
    assert read["record_metadata.json"] == 2 * len(receipts)  # for secrets too
    assert (read["more.txt"], read["data.csv"]) == (len(receipts), 0)


def test_of_a_changed_record_only_the_changed_file_is_read(sent: Path, opened: list[str]) -> None:
    (sent / "1" / "data.csv").write_text("changed")
    opened.clear()
    publishkit.push(sent, to="memory")
    read = {path for path in opened if path.startswith(f"{sent}/") and path.endswith(".csv")}
    assert read == {str(sent / "1" / "data.csv")}


def test_checking_records_computes_no_digests(sent: Path, opened: list[str]) -> None:
    publishkit.validate(sent, to="memory")
    assert not [path for path in opened if "digests" in path]


def test_a_record_that_changes_after_the_check_is_sent_by_the_next_push(
    sent: Path, memory: MemoryRepository
) -> None:
    checked = planned(sent / "0")
    write_record(sent / "0", {"late.csv": b"1"})
    (receipt,) = carry_out(checked, Quiet())
    assert receipt.outcome is Outcome.UNCHANGED
    memory.sent.clear()
    (receipt,) = publishkit.push(sent / "0", to="memory")
    assert (receipt.outcome, memory.sent) == (Outcome.UPDATED, ["late.csv"])


def test_what_is_to_be_published_is_read_again_after_the_check(
    sent: Path, memory: MemoryRepository
) -> None:
    checked = planned(sent / "0", publish=True)
    write_record(sent / "0", {"late.csv": b"1"})
    memory.sent.clear()
    (receipt,) = carry_out(checked, Quiet())
    assert (receipt.outcome, memory.sent) == (Outcome.UPDATED, ["late.csv"])


def test_a_deposit_that_was_edited_is_noticed_although_the_record_is_unchanged(
    sent: Path, memory: MemoryRepository
) -> None:
    for shelf in memory.shelves.values():
        shelf.edits += 1
    with pytest.raises(ConflictError, match="edited on the web"):
        publishkit.push(sent / "0", to="memory")


def test_a_file_that_was_deleted_there_is_sent_as_the_folder_is_by_then(
    sent: Path, memory: MemoryRepository
) -> None:
    checked = planned(sent / "0")
    for shelf in memory.shelves.values():
        shelf.files.clear()
    write_record(sent / "0", {"late.csv": b"1"}, metadata("Another title"))
    memory.sent.clear()
    (receipt,) = carry_out(checked, Quiet())
    assert (receipt.outcome, sorted(memory.sent)) == (
        Outcome.UPDATED,
        ["data.csv", "late.csv", "sub/more.txt"],
    )
    assert row_of(sent)["publishkit"]["title"] == "Another title"
    (receipt,) = publishkit.push(sent / "0", to="memory")
    assert receipt.outcome is Outcome.UNCHANGED


def test_what_is_not_valid_any_more_when_it_must_be_sent_is_refused(
    sent: Path, memory: MemoryRepository
) -> None:
    checked = planned(sent / "0")
    for shelf in memory.shelves.values():
        shelf.files.clear()
    (sent / "0" / "record_metadata.json").write_text("{}")
    memory.sent.clear()
    with pytest.raises(RecordError, match="changed since it was checked"):
        carry_out(checked, Quiet())
    assert memory.sent == []
