"""Publishing what was pushed: folders as they are now, deposits as they stand."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit.errors import (
    ConfigError,
    Problem,
    RecordError,
    RejectedError,
    TemporaryError,
)
from publishkit.ledger import LINKS_FILE
from publishkit.receipts import Outcome
from publishkit.repository import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from publishkit.model import Record
    from publishkit.repository import DataFile, Deposit
    from publishkit.testing import MemoryRepository


@pytest.fixture
def pushed(records: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The three records, pushed to `memory`; the current folder is that in which they lie."""
    publishkit.push(records, to="memory", workers=1)
    monkeypatch.chdir(records)
    return records


def said(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "record_metadata.json").read_text())
    return found


def state(folder: Path, number: int = 0) -> str:
    return str(json.loads((folder / LINKS_FILE).read_text())[number]["state"])


# ---- folders ----


def test_a_folder_is_published_as_it_is_now(pushed: Path, memory: MemoryRepository) -> None:
    (pushed / "0" / "data.csv").write_bytes(b"newer")
    (receipt,) = publishkit.publish(pushed / "0")
    assert (receipt.state, receipt.published_now) == (State.PUBLISHED, True)
    assert memory.shelves["m1"].files["data.csv"][0] == b"newer"
    assert state(pushed) == "published"
    assert memory.shelves["m2"].state is State.DRAFT


def test_publishing_again_is_success(pushed: Path) -> None:
    publishkit.publish(pushed)
    assert [r.outcome for r in publishkit.publish(pushed)] == [Outcome.UNCHANGED] * 3


def test_each_folder_is_published_only_where_it_was_pushed(
    pushed: Path, memory: MemoryRepository, other: MemoryRepository
) -> None:
    publishkit.push(pushed / "1", to="other")
    receipts = publishkit.publish(pushed)
    assert sorted((r.folder.name, r.target) for r in receipts) == [
        ("0", "memory"),
        ("1", "memory"),
        ("1", "other"),
        ("10", "memory"),
    ]
    assert len(other.shelves) == 1


def test_a_folder_that_was_not_pushed_is_not_published(
    records: Path, memory: MemoryRepository
) -> None:
    with pytest.raises(ConfigError, match="publishkit push"):
        publishkit.publish(records / "0", "memory", embargo="2100-01-01")
    assert memory.shelves == {}
    assert "embargo" not in said(records / "0")["access"]


def test_an_embargo_is_written_into_the_folder_first(
    pushed: Path, memory: MemoryRepository
) -> None:
    before = list(said(pushed / "0"))
    publishkit.publish(pushed / "0", embargo="2100-01-01")
    access = said(pushed / "0")["access"]
    assert access["files"] == "restricted"
    assert access["embargo"] == {"active": True, "until": "2100-01-01"}
    assert list(said(pushed / "0"))[: len(before)] == before
    assert (record := memory.shelves["m1"].record)
    assert record.access.embargo.until == dt.date(2100, 1, 1)
    assert publishkit.push(pushed / "0", to="memory")[0].outcome is Outcome.UNCHANGED


def test_an_embargo_can_be_given_in_months(pushed: Path) -> None:
    publishkit.publish(pushed / "0", embargo=12)
    until = dt.date.fromisoformat(said(pushed / "0")["access"]["embargo"]["until"])
    assert dt.timedelta(364) < until - dt.datetime.now(dt.UTC).date() < dt.timedelta(367)


def test_a_restricted_record_is_written_into_the_folder_first(pushed: Path) -> None:
    publishkit.publish(pushed / "0", restricted=True)
    assert said(pushed / "0")["access"] == {"record": "restricted", "files": "restricted"}


def test_a_folder_is_as_it_was_when_its_target_does_not_take_the_embargo(
    pushed: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(record: Record, files: Sequence[DataFile]) -> list[Problem]:
        return [Problem("access", "no embargo here")] if record.access.embargo.active else []

    monkeypatch.setattr(memory, "check", refuse)
    before = (pushed / "0" / "record_metadata.json").read_bytes()
    with pytest.raises(RecordError):
        publishkit.publish(pushed / "0", embargo=12)
    assert (pushed / "0" / "record_metadata.json").read_bytes() == before
    assert state(pushed) == "draft"


@pytest.mark.parametrize("embargo", [0, -3, "2020-01-01", "soon"])
def test_an_embargo_that_makes_no_sense_is_refused(pushed: Path, embargo: int | str) -> None:
    with pytest.raises(ConfigError):
        publishkit.publish(pushed / "0", embargo=embargo)
    assert state(pushed) == "draft"


def test_what_a_review_declined_is_submitted_again_only_if_told(
    pushed: Path, memory: MemoryRepository
) -> None:
    memory.review = True
    publishkit.publish(pushed / "0")
    memory.decline("m1")
    with pytest.raises(RejectedError, match="--resubmit"):
        publishkit.publish(pushed / "0")
    assert publishkit.publish(pushed / "0", resubmit=True)[0].state is State.IN_REVIEW
    memory.decline("m1")
    with pytest.raises(RejectedError, match="--resubmit"):
        publishkit.publish("m1")
    assert publishkit.publish("m1", resubmit=True)[0].state is State.IN_REVIEW


# ---- deposits as they stand ----


@pytest.mark.parametrize("what", ["m1", "https://memory.example/m1"])
def test_a_deposit_is_published_as_it_stands(
    pushed: Path, memory: MemoryRepository, what: str
) -> None:
    (pushed / "0" / "data.csv").write_bytes(b"newer")
    (receipt,) = publishkit.publish(what)
    assert (receipt.state, receipt.published_now, receipt.name) == ("published", True, "m1")
    assert memory.shelves["m1"].files["data.csv"][0] == b"0"
    assert state(pushed) == "published"
    (again,) = publishkit.publish(what)
    assert (again.outcome, again.published_now) == (Outcome.UNCHANGED, False)


def test_a_deposit_of_no_folder_is_published_with_an_embargo(
    pushed: Path, memory: MemoryRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "one" / "two"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    publishkit.publish("m1", "memory", embargo="2100-01-01")
    assert (record := memory.shelves["m1"].record)
    assert record.access.embargo.until == dt.date(2100, 1, 1)
    assert memory.shelves["m1"].state is State.PUBLISHED
    assert "embargo" not in said(pushed / "0")["access"]
    assert list(elsewhere.iterdir()) == []


def test_a_deposit_that_the_target_does_not_take_is_not_published(
    pushed: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = Problem("metadata.rights", "another licence")
    monkeypatch.setattr(memory, "check", lambda *_: [problem])
    with pytest.raises(RecordError) as raised:
        publishkit.publish("m1")
    assert [(p.record, p.path) for p in raised.value.problems] == [("m1", "metadata.rights")]
    assert memory.shelves["m1"].state is State.DRAFT


def test_publishing_that_answers_with_an_error_and_was_done_is_success(
    pushed: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = memory.publish

    def fail_afterwards(id: str, record: Record, *, seen: Deposit | None = None) -> None:
        publish(id, record)
        raise TemporaryError("the server failed (500)")

    monkeypatch.setattr(memory, "publish", fail_afterwards)
    assert publishkit.publish("m1")[0].state is State.PUBLISHED


def test_publishing_that_failed_is_not_repeated(
    pushed: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def fail(id: str, record: Record, *, seen: Deposit | None = None) -> None:
        calls.append(id)
        raise RejectedError("not like this")

    monkeypatch.setattr(memory, "publish", fail)
    with pytest.raises(RejectedError, match="not like this"):
        publishkit.publish("m1")
    assert calls == ["m1"]


def test_what_could_not_be_processed_is_published_only_if_told(
    pushed: Path, memory: MemoryRepository
) -> None:
    memory.failures = ("a: no parser",)
    with pytest.raises(RejectedError, match="--allow-failed-entries"):
        publishkit.publish("m1")
    assert publishkit.publish("m1", allow_failed_entries=True)[0].state is State.PUBLISHED


def test_publishing_is_told_apart_from_an_edit_on_the_web(
    pushed: Path, memory: MemoryRepository
) -> None:
    publishkit.publish("m1", embargo=12)
    assert publishkit.status("m1")[0].state is State.PUBLISHED
    rows = json.loads((pushed / LINKS_FILE).read_text())
    assert rows[0]["publishkit"]["revision"] == memory.get("m1").revision
