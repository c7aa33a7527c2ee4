"""What `publishkit.push` does with folders, targets and what it finds there."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit.errors import (
    AuthenticationError,
    Cancelled,
    ConfigError,
    ConflictError,
    IntegrityError,
    LimitError,
    LostAnswerError,
    NotFoundError,
    PartialError,
    RecordError,
    RejectedError,
    RepositoryError,
    TemporaryError,
)
from publishkit.ledger import LINKS_FILE
from publishkit.progress import Quiet
from publishkit.receipts import Outcome
from publishkit.repository import Deposit, Meter, State, Transfer
from publishkit.testing import Killed, MemoryRepository, metadata, write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from publishkit.model import Record
    from publishkit.plan import Plan, Step
    from publishkit.repository import DataFile, Digests


def links(folder: Path) -> list[dict[str, object]]:
    """The objects of a links file."""
    found: list[dict[str, object]] = json.loads((folder / LINKS_FILE).read_text())
    return found


def retitle(folder: Path, title: str) -> None:
    (folder / "record_metadata.json").write_text(json.dumps(metadata(title)))


# ---- drafts ----


def test_each_folder_becomes_a_draft_with_its_links(records: Path) -> None:
    receipts = publishkit.push(records, to="memory")
    assert [(r.outcome, r.state) for r in receipts] == [(Outcome.CREATED, State.DRAFT)] * 3
    rows = links(records)
    assert [row["folder"] for row in rows] == ["0", "1", "10"]
    assert {row["target"] for row in rows} == {"memory"}
    assert [row["self_html"] for row in rows] == [r.links["self_html"] for r in receipts]


def test_one_folder_keeps_its_links_beside_it(records: Path) -> None:
    publishkit.push(records / "1", to="memory")
    assert [row["folder"] for row in links(records)] == ["1"]


def test_the_metadata_arrives(records: Path, memory: MemoryRepository) -> None:
    retitle(records / "0", "A title of its own")
    publishkit.push(records / "0", to="memory")
    assert [shelf.title for shelf in memory.shelves.values()] == ["A title of its own"]


def test_pushing_again_sends_nothing_and_leaves_the_links_file_alone(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records, to="memory")
    before, sent = (records / LINKS_FILE).read_bytes(), len(memory.sent)
    receipts = publishkit.push(records, to="memory")
    assert {r.outcome for r in receipts} == {Outcome.UNCHANGED}
    assert (records / LINKS_FILE).read_bytes() == before
    assert len(memory.sent) == sent


def test_only_a_changed_file_is_sent(records: Path, memory: MemoryRepository) -> None:
    publishkit.push(records, to="memory")
    memory.sent.clear()
    (records / "1" / "data.csv").write_text("changed")
    receipts = publishkit.push(records, to="memory")
    assert memory.sent == ["data.csv"]
    assert [r.outcome for r in receipts] == ["unchanged", "updated", "unchanged"]


def test_a_changed_title_sends_no_file(records: Path, memory: MemoryRepository) -> None:
    publishkit.push(records, to="memory")
    memory.sent.clear()
    retitle(records / "0", "Another title")
    publishkit.push(records, to="memory")
    assert memory.sent == []
    assert [shelf.title for shelf in memory.shelves.values()].count("Another title") == 1


def test_a_file_that_vanished_from_the_folder_vanishes_there(
    records: Path, memory: MemoryRepository
) -> None:
    (receipt,) = publishkit.push(records / "0", to="memory")
    (records / "0" / "data.csv").unlink()
    publishkit.push(records / "0", to="memory")
    assert memory.files(receipt.id).keys() == {"sub/more.txt"}


def test_a_file_that_was_deleted_there_is_sent_again(
    records: Path, memory: MemoryRepository
) -> None:
    (receipt,) = publishkit.push(records / "0", to="memory")
    memory.remove(receipt.id, ["data.csv"])
    publishkit.push(records / "0", to="memory")
    assert memory.files(receipt.id).keys() == {"data.csv", "sub/more.txt"}


def test_a_push_to_a_second_target_changes_no_other_row(records: Path) -> None:
    publishkit.push(records, to="memory")
    before = links(records)
    publishkit.push(records, to="other")
    assert [row for row in links(records) if row["target"] == "memory"] == before


def test_keys_of_others_in_the_links_file_stay(records: Path) -> None:
    publishkit.push(records / "0", to="memory")
    rows = links(records)
    rows[0]["note"] = {"mine": True}
    rows.append({"self": "https://elsewhere.example/1"})
    (records / LINKS_FILE).write_text(json.dumps(rows))
    retitle(records / "0", "Another title")
    publishkit.push(records / "0", to="memory")
    assert links(records)[0]["note"] == {"mine": True}
    assert links(records)[1] == {"self": "https://elsewhere.example/1"}


def test_the_links_file_can_be_elsewhere(records: Path, tmp_path: Path) -> None:
    publishkit.push(records, to="memory", links=tmp_path / "mine.json")
    assert len(json.loads((tmp_path / "mine.json").read_text())) == 3
    assert not (records / LINKS_FILE).exists()
    again = publishkit.push(records, to="memory", links=tmp_path / "mine.json")
    assert {r.outcome for r in again} == {Outcome.UNCHANGED}


def test_deeper_records_use_the_links_file_that_knows_them(records: Path, tmp_path: Path) -> None:
    publishkit.push(tmp_path, to="memory", recursive=True, links=tmp_path / LINKS_FILE)
    receipts = publishkit.push(records / "0", to="memory")
    assert receipts[0].outcome is Outcome.UNCHANGED
    assert not (records / LINKS_FILE).exists()


def test_an_invalid_record_keeps_all_from_being_sent(
    records: Path, memory: MemoryRepository
) -> None:
    (records / "1" / "record_metadata.json").write_text('{"metadata": {"title": "x"}}')
    with pytest.raises(RecordError) as caught:
        publishkit.push(records, to="memory")
    assert {problem.record for problem in caught.value.problems} == {str(records / "1")}
    assert memory.shelves == {}


def test_invalid_records_can_be_left_out(records: Path, memory: MemoryRepository) -> None:
    (records / "1" / "record_metadata.json").write_text("{")
    with pytest.raises(PartialError) as caught:
        publishkit.push(records, to="memory", skip_invalid=True)
    outcomes = {r.folder.name: r.outcome for r in caught.value.receipts}
    assert outcomes == {"0": "created", "1": "skipped", "10": "created"}
    assert len(memory.shelves) == 2


# ---- publishing ----


def test_nothing_is_published_unless_asked(records: Path, memory: MemoryRepository) -> None:
    publishkit.push(records, to="memory")
    assert {shelf.state for shelf in memory.shelves.values()} == {State.DRAFT}


def test_publishing_happens_once(records: Path, memory: MemoryRepository) -> None:
    publishkit.push(records, to="memory")
    first = publishkit.push(records, to="memory", publish=True)
    second = publishkit.push(records, to="memory", publish=True)
    assert [r.published_now for r in first] == [True] * 3
    assert [r.published_now for r in second] == [False] * 3
    assert {row["state"] for row in links(records)} == {"published"}
    assert len(memory.shelves) == 3


def test_a_published_record_whose_folder_differs_fails_and_sends_nothing(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records, to="memory", publish=True)
    memory.sent.clear()
    (records / "0" / "data.csv").write_text("changed")
    with pytest.raises(PartialError) as caught:
        publishkit.push(records, to="memory", publish=True)
    failed = [r for r in caught.value.receipts if r.error]
    assert [r.folder.name for r in failed] == ["0"]
    assert "new-version" in str(failed[0].error)
    assert memory.sent == []


def test_in_review_is_nothing_to_do(records: Path, memory: MemoryRepository) -> None:
    (receipt,) = publishkit.push(records / "0", to="memory")
    memory.shelves[receipt.id].state = State.IN_REVIEW
    (again,) = publishkit.push(records / "0", to="memory", publish=True)
    assert (again.outcome, again.state) == (Outcome.UNCHANGED, State.IN_REVIEW)
    assert links(records)[0]["state"] == "in-review"


def test_a_declined_review_is_reported_and_submitted_again_only_when_asked(
    records: Path, memory: MemoryRepository
) -> None:
    (receipt,) = publishkit.push(records / "0", to="memory")
    memory.shelves[receipt.id].state = State.DECLINED
    (seen,) = publishkit.push(records / "0", to="memory")
    assert seen.state is State.DECLINED
    with pytest.raises(RejectedError, match="--resubmit"):
        publishkit.push(records / "0", to="memory", publish=True)
    (again,) = publishkit.push(records / "0", to="memory", publish=True, resubmit=True)
    assert again.state is State.PUBLISHED


def test_a_publish_that_failed_but_published_is_success(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, calls = memory.publish, []

    def fail(id: str, record: Record, *, seen: Deposit | None = None) -> None:
        calls.append(id)
        publish(id, record)
        raise RepositoryError("the server failed", status=500)

    monkeypatch.setattr(memory, "publish", fail)
    (receipt,) = publishkit.push(records / "0", to="memory", publish=True)
    assert receipt.state is State.PUBLISHED
    assert len(calls) == 1


def test_a_publish_whose_answer_was_lost_is_looked_up_and_not_repeated(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def lose(id: str, record: Record, *, seen: Deposit | None = None) -> None:
        calls.append((id, record))
        raise LostAnswerError("the server did not answer in time")

    monkeypatch.setattr(memory, "publish", lose)
    with pytest.raises(TemporaryError, match="did not answer"):
        publishkit.push(records / "0", to="memory", publish=True)
    assert len(calls) == 1
    assert links(records)[0]["state"] == "draft"


def test_with_several_targets_nothing_is_published_before_all_drafts_are_complete(
    records: Path, memory: MemoryRepository, other: MemoryRepository
) -> None:
    def refuse(id: str, record: Record, *, revision: str | None = None) -> Deposit | None:
        raise RejectedError("refused")

    other.update = refuse  # type: ignore[method-assign]
    with pytest.raises(PartialError) as caught:
        publishkit.push(records / "0", to=["memory", "other"], publish=True)
    assert [shelf.state for shelf in memory.shelves.values()] == [State.DRAFT]
    held = [r for r in caught.value.receipts if r.target == "memory"]
    assert [(r.held, r.outcome) for r in held] == [(True, Outcome.CREATED)]


def test_what_could_not_be_processed_is_reported_and_the_draft_stands(
    records: Path, memory: MemoryRepository
) -> None:
    memory.failures = ("data.csv: not a table",)
    with pytest.raises(PartialError) as caught:
        publishkit.push(records / "0", to="memory")
    (receipt,) = caught.value.receipts
    assert (receipt.outcome, receipt.failures) == ("created", ("data.csv: not a table",))
    assert caught.value.exit_code == 8
    with pytest.raises(PartialError):  # it stays reported
        publishkit.push(records / "0", to="memory")
    with pytest.raises(RejectedError, match="allow-failed-entries"):
        publishkit.push(records / "0", to="memory", publish=True)
    with pytest.raises(PartialError):
        publishkit.push(records / "0", to="memory", publish=True, allow_failed_entries=True)
    assert memory.get(receipt.id).state is State.PUBLISHED


# ---- what went wrong before ----


def test_a_deposit_that_is_gone_is_made_anew_only_when_asked(
    records: Path, memory: MemoryRepository
) -> None:
    (receipt,) = publishkit.push(records / "0", to="memory")
    memory.delete(receipt.id)
    for _ in range(2):
        with pytest.raises(NotFoundError, match="--recreate"):
            publishkit.push(records / "0", to="memory")
        assert links(records)[0]["state"] == "gone"
    (again,) = publishkit.push(records / "0", to="memory", recreate=True)
    assert again.outcome is Outcome.CREATED
    assert again.id != receipt.id


def test_a_lack_of_rights_is_not_taken_for_gone(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push(records / "0", to="memory")

    def refuse(id: str) -> Deposit:
        raise AuthenticationError("the credentials are not accepted for this")

    monkeypatch.setattr(memory, "get", refuse)
    with pytest.raises(AuthenticationError):
        publishkit.push(records / "0", to="memory", recreate=True)
    assert links(records)[0]["state"] == "draft"


def test_metadata_that_was_edited_on_the_web_is_not_overwritten_unless_forced(
    records: Path, memory: MemoryRepository
) -> None:
    (receipt,) = publishkit.push(records / "0", to="memory")
    memory.shelves[receipt.id].title = "Edited on the web"
    memory.shelves[receipt.id].edits += 1
    with pytest.raises(ConflictError, match="--force"):
        publishkit.push(records / "0", to="memory")
    assert memory.shelves[receipt.id].title == "Edited on the web"
    publishkit.push(records / "0", to="memory", force=True)
    assert memory.shelves[receipt.id].title != "Edited on the web"


def test_a_file_that_was_lost_because_it_came_twice_is_sent_again_by_the_same_run(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    update, repeated = memory.update, time.monotonic()

    def losing(id: str, record: Record, *, revision: str | None = None) -> Deposit | None:
        if memory.sent.count("data.csv") == 1:
            del memory.shelves[id].files["data.csv"]
        return update(id, record, revision=revision)

    monkeypatch.setattr(memory, "update", losing)
    monkeypatch.setattr(memory, "late", lambda _id: repeated)
    (receipt,) = publishkit.push(records / "0", to="memory", publish=True)
    assert receipt.state is State.PUBLISHED
    assert set(memory.shelves[receipt.id].files) == {"data.csv", "sub/more.txt"}
    assert sorted(memory.sent) == ["data.csv", "data.csv", "sub/more.txt"]


def test_a_file_that_is_lost_for_another_reason_is_not_sent_again_and_again(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    update, repeated = memory.update, time.monotonic()

    def losing(id: str, record: Record, *, revision: str | None = None) -> Deposit | None:
        memory.shelves[id].files.pop("data.csv", None)
        return update(id, record, revision=revision)

    monkeypatch.setattr(memory, "update", losing)
    monkeypatch.setattr(memory, "transfers", lambda *_: [])
    monkeypatch.setattr(memory, "late", lambda _id: repeated)
    with pytest.raises(IntegrityError, match=r"data\.csv"):
        publishkit.push(records / "0", to="memory", publish=True)


def edited_meanwhile(memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the metadata change once, between a push's look at them and its own change."""
    update, edits = memory.update, [1]

    def late(id: str, record: Record, *, revision: str | None = None) -> Deposit | None:
        memory.shelves[id].edits += edits.pop() if edits else 0
        return update(id, record, revision=revision)

    monkeypatch.setattr(memory, "update", late)


def test_an_edit_on_the_web_while_a_push_begins_is_refused_then_and_the_next_time(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push(records / "0", to="memory")
    write_record(records / "0", {"more.csv": b"1"}, metadata("Another title"))
    edited_meanwhile(memory, monkeypatch)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        publishkit.push(records / "0", to="memory")
    with pytest.raises(ConflictError, match="--force"):
        publishkit.push(records / "0", to="memory")


def test_the_last_request_of_a_killed_run_is_not_taken_for_somebodys_edit(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(memory, "update", _die)
        with pytest.raises(Killed):
            publishkit.push(records / "0", to="memory")
    edited_meanwhile(memory, monkeypatch)
    (receipt,) = publishkit.push(records / "0", to="memory")
    assert receipt.ok


def _die(id: str, record: Record, *, revision: str | None = None) -> Deposit | None:
    raise Killed


def test_what_is_not_finished_comes_first_and_is_told_in_its_place(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push([records / "0", records / "1"], to="memory", publish=True)
    (done, *_), looked_at = memory.shelves, list[str]()
    get = memory.get

    def noted(id: str, *, published: bool = False) -> Deposit:
        looked_at.append(id)
        return get(id, published=published)

    monkeypatch.setattr(memory, "get", noted)
    receipts = publishkit.push(records, to="memory", publish=True, workers=1)
    assert [receipt.folder.name for receipt in receipts] == ["0", "1", "10"]
    assert receipts[2].outcome is Outcome.CREATED
    assert looked_at[0] == receipts[2].id
    assert done in looked_at


def test_a_create_whose_answer_was_lost_is_found_again(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = memory.create

    def lose(marker: str, record: Record | None = None) -> Deposit:
        create(marker, record)
        raise LostAnswerError("the connection broke")

    monkeypatch.setattr(memory, "create", lose)
    publishkit.push(records, to="memory")
    assert len(memory.shelves) == 3


def test_a_create_that_never_arrived_is_sent_again(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, markers = memory.create, []

    def drop_the_first(marker: str, record: Record | None = None) -> Deposit:
        markers.append(marker)
        if len(markers) == 1:
            raise LostAnswerError("the connection broke")
        return create(marker, record)

    monkeypatch.setattr(memory, "create", drop_the_first)
    publishkit.push(records / "0", to="memory")
    assert len(memory.shelves) == 1
    assert markers[0] == markers[1]


def test_one_failing_record_does_not_stop_the_others(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    retitle(records / "1", "The one that fails")
    update = memory.update

    def refuse(id: str, record: Record, *, revision: str | None = None) -> Deposit | None:
        if record.metadata.title == "The one that fails":
            raise RejectedError("refused", answer="metadata.title: no")
        return update(id, record, revision=revision)

    monkeypatch.setattr(memory, "update", refuse)
    with pytest.raises(PartialError) as caught:
        publishkit.push(records, to="memory")
    outcomes = {r.folder.name: r.outcome for r in caught.value.receipts}
    assert outcomes == {"0": "created", "1": "failed", "10": "created"}


def test_if_all_fail_alike_that_errors_own_kind_is_raised(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(marker: str, record: Record | None = None) -> Deposit:
        raise TemporaryError("the server cannot be reached")

    monkeypatch.setattr(memory, "create", fail)
    with pytest.raises(TemporaryError) as caught:
        publishkit.push(records, to="memory")
    assert caught.value.exit_code == 7
    assert len(caught.value.receipts) == 3


def said_nothing(update: Callable[..., object]) -> Callable[..., None]:
    """The change of the metadata on an archive that goes on to process."""

    def begun(id: str, record: Record, *, revision: str | None = None) -> None:
        update(id, record, revision=revision)

    return begun


def test_long_processing_is_left_and_taken_up_by_the_next_push(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, processing = memory.settle, threading.Event()
    processing.set()

    def slow(id: str, meter: Meter) -> Deposit:
        while processing.is_set():
            meter.wait(0.01)
        return settle(id, meter)

    monkeypatch.setattr(memory, "settle", slow)
    monkeypatch.setattr(memory, "update", said_nothing(memory.update))
    with pytest.raises(TemporaryError, match="still being processed") as caught:
        publishkit.push(records / "0", to="memory", wait_timeout=0)
    assert caught.value.exit_code == 7
    assert links(records)[0]["state"] == "processing"
    processing.clear()
    memory.sent.clear()
    (receipt,) = publishkit.push(records / "0", to="memory", wait_timeout=0)
    assert receipt.state is State.DRAFT
    assert memory.sent == []


def test_processing_between_what_is_sent_is_waited_for_as_long_as_the_user_wants(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfers, processing = memory.transfers, threading.Event()
    processing.set()

    def halting(transfer: Transfer, meter: Meter) -> Mapping[str, Digests]:
        while processing.is_set():
            meter.wait(0.01)
        return transfer.run(meter)

    def slow(id: str, record: Record, files: Sequence[DataFile]) -> list[Transfer]:
        each = transfers(id, record, files)
        return [replace(one, run=partial(halting, one)) for one in each]

    monkeypatch.setattr(memory, "transfers", slow)
    timer = threading.Timer(20, processing.clear)
    timer.start()
    with pytest.raises(TemporaryError, match="still being processed") as caught:
        publishkit.push(records / "0", to="memory", wait_timeout=0)
    timer.cancel()
    assert caught.value.exit_code == 7
    assert links(records)[0]["state"] == "processing"
    processing.clear()
    (receipt,) = publishkit.push(records / "0", to="memory", wait_timeout=0)
    assert receipt.state is State.DRAFT
    assert set(memory.shelves[receipt.id].files) == {"data.csv", "sub/more.txt"}


def test_a_renamed_folder_keeps_its_deposit(records: Path, memory: MemoryRepository) -> None:
    before = {r.folder.name: r.id for r in publishkit.push(records, to="memory")}
    (records / "1").rename(records / "renamed")
    after = {r.folder.name: r.id for r in publishkit.push(records, to="memory")}
    assert after["renamed"] == before["1"]
    assert len(memory.shelves) == 3
    assert {row["folder"] for row in links(records)} == {"0", "10", "renamed"}


def test_a_copied_folder_gets_a_deposit_of_its_own(records: Path, memory: MemoryRepository) -> None:
    publishkit.push(records, to="memory")
    write_record(records / "copy", {"data.csv": b"1", "sub/more.txt": b"more"})
    publishkit.push(records, to="memory")
    assert len(memory.shelves) == 4


def test_an_adopted_deposit_is_brought_up_to_date(records: Path, memory: MemoryRepository) -> None:
    made = memory.create("elsewhere")
    publishkit.adopt(made.id, records / "0", to="memory")
    (receipt,) = publishkit.push(records / "0", to="memory")
    assert (receipt.id, receipt.outcome) == (made.id, Outcome.UPDATED)
    assert memory.files(made.id).keys() == {"data.csv", "sub/more.txt"}


def test_a_folder_that_has_a_deposit_adopts_another_only_when_forced(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records / "0", to="memory")
    made = memory.create("elsewhere")
    with pytest.raises(ConflictError, match="--force"):
        publishkit.adopt(made.id, records / "0", to="memory")
    publishkit.adopt(made.id, records / "0", to="memory", force=True)
    assert links(records)[0]["id"] == made.id


# ---- limits ----


def test_more_drafts_than_there_is_room_for_are_refused_before_anything_is_sent(
    records: Path, memory: MemoryRepository
) -> None:
    memory.most_drafts = 2
    with pytest.raises(LimitError, match="--publish"):
        publishkit.push(records, to="memory")
    assert memory.shelves == {}


def test_publishing_as_it_goes_needs_room_for_one_only(
    records: Path, memory: MemoryRepository
) -> None:
    memory.most_drafts = 1
    publishkit.push(records, to="memory", publish=True)
    assert {shelf.state for shelf in memory.shelves.values()} == {State.PUBLISHED}
    assert len(memory.shelves) == 3


# ---- targets and links files that do not fit ----


def test_an_unknown_target_names_those_that_there_are(records: Path) -> None:
    with pytest.raises(ConfigError, match="memory, other"):
        publishkit.push(records, to="nowhere")


def test_a_row_of_another_server_under_the_same_name_is_refused(records: Path) -> None:
    publishkit.push(records / "0", to="memory")
    text = (records / LINKS_FILE).read_text()
    (records / LINKS_FILE).write_text(
        text.replace('https://memory.example"', 'https://old.example"')
    )
    with pytest.raises(ConfigError, match=r"old\.example"):
        publishkit.push(records / "0", to="memory")


def test_a_links_file_that_cannot_be_written_stops_the_push_before_anything_is_sent(
    records: Path, memory: MemoryRepository
) -> None:
    (records / ".publishkit").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot be written"):
        publishkit.push(records, to="memory")
    assert memory.shelves == {}


def test_a_target_that_refuses_the_credentials_is_noticed_before_anything_is_sent(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AuthenticationError("the credentials are not accepted for this")

    monkeypatch.setattr(memory, "whoami", refuse)
    with pytest.raises(AuthenticationError, match="PUBLISHKIT_MEMORY_TOKEN"):
        publishkit.push(records, to="memory")
    assert not (records / LINKS_FILE).exists()


# ---- stopping ----


class StopAtFirstFile(Quiet):
    """A watcher that sets the run's stop once something was sent."""

    def planned(self, plan: Plan) -> None:
        self._stop = plan.setting.stop

    def sent(self, step: Step, nbytes: int) -> None:
        self._stop.set()


def test_a_stopped_run_goes_on_where_it_stopped(records: Path, memory: MemoryRepository) -> None:
    with pytest.raises(Cancelled):
        publishkit.push(records, to="memory", watcher=StopAtFirstFile())
    publishkit.push(records, to="memory")
    assert len(memory.shelves) == 3
    assert all(len(shelf.files) == 2 for shelf in memory.shelves.values())


def test_killed_while_files_are_removed_which_moves_the_revision_the_next_push_goes_on(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on InvenioRDM, where deleting a file of a draft counts as a change of the draft."""
    (receipt,) = publishkit.push(records / "0", to="memory")
    (records / "0" / "data.csv").unlink()
    real = memory.remove

    def killed(id: str, keys: Sequence[str]) -> None:
        real(id, keys)
        memory.shelves[id].edits += 1
        raise Killed

    monkeypatch.setattr(memory, "remove", killed)
    with pytest.raises(Killed):
        publishkit.push(records / "0", to="memory")
    monkeypatch.setattr(memory, "remove", real)
    publishkit.push(records / "0", to="memory")
    assert memory.files(receipt.id).keys() == {"sub/more.txt"}


def test_drafts_that_there_are_do_not_slow_the_others_where_there_is_room_for_any_number(
    tmp_path: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publishkit.run.PORTION", 2)
    records = [write_record(tmp_path / "many" / str(number), {}) for number in range(6)]
    together, get = threading.Barrier(2), memory.get
    publishkit.push(records, to="memory")

    def both(id: str, *, published: bool = False) -> Deposit:
        together.wait(timeout=20)  # breaks unless two are asked for at once
        return get(id, published=published)

    monkeypatch.setattr(memory, "get", both)
    receipts = publishkit.push(records, to="memory", workers=2)
    assert {receipt.outcome for receipt in receipts} == {Outcome.UNCHANGED}
