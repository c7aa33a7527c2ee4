"""One record as one upload, from create to delete."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from publishkit.abilities import DraftLimit, Grouping
from publishkit.errors import (
    AuthenticationError,
    Cancelled,
    ConflictError,
    IntegrityError,
    LimitError,
    LostAnswerError,
    NotFoundError,
    RejectedError,
    TemporaryError,
)
from publishkit.repository import DataFile, Deposit, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishkit.hooks import Connection
    from publishkit.model import Record
    from publishkit_nomad.repository import NomadRepository
    from tests.backends.nomad.conftest import Counter, FakeNomad, MakeFiles, MakeRecord

BLOCKED = json.dumps({"detail": "The upload is currently blocked by another process."}).encode()


def push(
    repository: NomadRepository, record: Record, files: Sequence[DataFile], meter: Counter
) -> Deposit:
    """A new upload that holds the record."""
    id_ = repository.create("marker").id
    for transfer in repository.transfers(id_, record, files):
        transfer.run(meter)
    repository.update(id_, record)
    return repository.settle(id_, meter)


def test_it_says_who_is_signed_in(repository: NomadRepository) -> None:
    account = repository.whoami()
    assert (account.name, account.email) == ("Sheldon Cooper", "s@example.org")


def test_a_deposit_is_found_by_its_marker_until_the_first_update(
    repository: NomadRepository, make_record: MakeRecord, meter: Counter
) -> None:
    created = repository.create("marker")
    assert created.state is State.DRAFT
    assert repository.find("marker") == created == repository.get(created.id)
    repository.update(created.id, make_record())
    assert repository.find("marker") is None


@pytest.mark.parametrize("id_", ["../uploads", "..", "#", "a/b", "a?b=c", ""])
def test_what_is_no_id_of_an_upload_leads_nowhere(
    repository: NomadRepository, nomad: FakeNomad, id_: str
) -> None:
    with pytest.raises(NotFoundError):
        repository.get(id_)


def test_creating_is_never_repeated(repository: NomadRepository, nomad: FakeNomad) -> None:
    nomad.next = [(500, {}, b"")]
    with pytest.raises(LostAnswerError):
        repository.create("marker")
    assert nomad.log == ["POST uploads"]


def test_the_limit_of_drafts_is_told_with_what_to_do(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    words = b'{"detail": "Limit of unpublished uploads exceeded for user."}'
    nomad.next = [(400, {}, words)]
    with pytest.raises(LimitError, match="--group"):
        repository.create("marker")


def test_another_refusal_to_create_stays_what_it_is(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    nomad.next = [(400, {}, b'{"detail": "No."}')]
    with pytest.raises(RejectedError) as caught:
        repository.create("marker")
    assert type(caught.value) is RejectedError


def test_room_is_what_is_left_of_the_limit(repository: NomadRepository, nomad: FakeNomad) -> None:
    assert repository.room() == 10
    repository.create("a")
    repository.create("b")
    assert repository.room() == 8
    nomad.is_admin = True
    assert repository.room() == 8  # who one is never changes


def test_administrators_have_no_limit(repository: NomadRepository, nomad: FakeNomad) -> None:
    nomad.is_admin = True
    assert repository.room() == sys.maxsize


def test_it_has_the_abilities_that_nomad_has(repository: NomadRepository) -> None:
    assert isinstance(repository, DraftLimit)
    assert isinstance(repository, Grouping)


def test_what_was_sent_is_listed_with_sizes_and_digests(
    repository: NomadRepository, make_record: MakeRecord, make_files: MakeFiles, meter: Counter
) -> None:
    files = make_files({"a.txt": b"abc", "sub/dir/ü.txt": b"", "sub/b#1%.txt": b"12"})
    deposit = push(repository, make_record(), files, meter)
    listed = repository.files(deposit.id)
    assert {key: remote.size for key, remote in listed.items()} == {
        "a.txt": 3,
        "sub/dir/ü.txt": 0,
        "sub/b#1%.txt": 2,
    }
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert listed["a.txt"].checksum == f"sha256:{digest}"
    assert all(remote.complete for remote in listed.values())


def test_thousands_of_files_are_listed_by_pages(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    id_ = repository.create("marker").id
    nomad.uploads[id_].files = {f"d/{number}": b"" for number in range(10_001)}
    nomad.log.clear()
    assert len(repository.files(id_)) == 10_001
    assert len(nomad.log) == 3


def test_a_file_changed_on_the_web_has_no_digest(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    deposit = push(repository, make_record(), make_files({"a": b"1"}), meter)
    nomad.uploads[deposit.id].files |= {"a": b"22", "web.txt": b"3"}
    listed = repository.files(deposit.id)
    assert listed["a"].checksum is None
    assert listed["a"].size == 2
    assert listed["web.txt"].checksum is None


def test_files_without_a_manifest_have_no_digest(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    id_ = repository.create("marker").id
    nomad.uploads[id_].files = {"a": b"1", "publishkit.archive.json": b"{}"}
    assert {k: r.checksum for k, r in repository.files(id_).items()} == {"a": None}


def test_a_transfer_gives_the_digests_and_reports_every_byte(
    repository: NomadRepository, make_record: MakeRecord, make_files: MakeFiles, meter: Counter
) -> None:
    id_ = repository.create("marker").id
    files = make_files({"a": b"abc", "b": b"12345"})
    (transfer,) = repository.transfers(id_, make_record(), files)
    assert (transfer.keys, transfer.size) == (("a", "b"), 8)
    digests = transfer.run(meter)
    assert digests["a"].md5 == "900150983cd24fb0d6963f7d28e17f72"
    assert meter.sent == 8
    assert transfer.run(meter) == digests


def test_what_is_up_to_date_is_not_sent_again(
    repository: NomadRepository, make_record: MakeRecord, make_files: MakeFiles, meter: Counter
) -> None:
    deposit = push(repository, make_record(), make_files({"a": b"1"}), meter)
    assert list(repository.transfers(deposit.id, make_record(), [])) == []
    (transfer,) = repository.transfers(deposit.id, make_record({"title": "Other"}), [])
    assert (transfer.keys, transfer.size) == ((), 0)


def test_a_failed_attempt_is_sent_anew_and_counted_once(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    id_ = repository.create("marker").id
    (transfer,) = repository.transfers(id_, make_record(), make_files({"a": b"abc"}))
    nomad.next = [(503, {}, b""), (400, {}, BLOCKED), (400, {}, BLOCKED)]
    transfer.run(meter)
    assert nomad.log.count(f"PUT uploads/{id_}/raw/") == 4
    assert meter.sent == 3
    assert nomad.uploads[id_].files["a"] == b"abc"


def test_a_transfer_waits_for_the_process_before(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    id_ = repository.create("marker").id
    nomad.uploads[id_].busy = 3
    (transfer,) = repository.transfers(id_, make_record(), make_files({"a": b"abc"}))
    assert nomad.uploads[id_].busy < 0
    transfer.run(meter)
    assert nomad.uploads[id_].files["a"] == b"abc"


def test_a_refused_transfer_takes_its_progress_back(
    repository: NomadRepository,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    id_ = repository.create("marker").id
    (file,) = make_files({"a": b"abc"})
    grown = DataFile(file.key, file.path, 2)
    (transfer,) = repository.transfers(id_, make_record(), [grown])
    with pytest.raises(IntegrityError):
        transfer.run(meter)
    assert meter.sent == 0


def test_the_metadata_arrives_and_is_read_back(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    record = make_record(
        {"title": "Title"},
        block={
            "coauthors": ["lhofstadter"],
            "reviewers": ["twin1"],
            "datasets": ["One"],
            "comment": "Hi",
            "references": ["https://a.example/"],
            "embargo_length": 3,
        },
    )
    deposit = push(repository, record, make_files({"a": b"1"}), meter)
    upload = nomad.uploads[deposit.id]
    assert upload.says["upload_name"] == "Title"
    assert upload.says["coauthors"] == ["00000000-0000-0000-0000-000000000002"]
    assert upload.says["reviewers"] == ["3"]
    assert upload.says["embargo_length"] == 3
    (entry,) = upload.entries.values()
    assert entry["comment"] == "Hi"
    assert entry["references"] == ["https://a.example/"]
    assert [d["dataset_name"] for d in entry["datasets"]] == ["One"]
    assert deposit.extra["datasets"] == {"One": "id of One"}
    assert len(nomad.edits) == 1


def test_an_update_that_changes_nothing_edits_nothing(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord, meter: Counter
) -> None:
    record = make_record({"description": "<p>Text</p>"})
    deposit = push(repository, record, [], meter)
    nomad.edits.clear()
    repository.update(deposit.id, record)
    assert nomad.edits == []


def test_only_what_the_block_names_of_people_and_datasets_is_touched(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord, meter: Counter
) -> None:
    named = make_record(block={"coauthors": ["lhofstadter"], "datasets": ["One", "Two"]})
    deposit = push(repository, named, [], meter)
    upload = nomad.uploads[deposit.id]
    repository.update(deposit.id, make_record())
    assert upload.says["coauthors"] != []
    repository.update(deposit.id, make_record(block={"coauthors": [], "datasets": ["Two"]}))
    assert upload.says["coauthors"] == []
    (entry,) = upload.entries.values()
    assert [d["dataset_name"] for d in entry["datasets"]] == ["Two"]


def test_a_dataset_that_another_process_creates_meanwhile_is_taken(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord, meter: Counter
) -> None:
    lost = b'{"detail": "The chosen dataset name is already taken."}'

    class Meanwhile(list[tuple[int, dict[str, str], bytes] | None]):
        def pop(self, _: int = 0) -> tuple[int, dict[str, str], bytes]:  # type: ignore[override]
            nomad.datasets["One"] = "id of One"
            self.clear()
            return 400, {}, lost

    id_ = repository.create("marker").id
    nomad.next = Meanwhile([(0, {}, b"")])
    repository.update(id_, make_record(block={"datasets": ["One"]}))
    assert nomad.datasets == {"One": "id of One"}
    assert repository.settle(id_, meter).state is State.DRAFT


def test_a_dataset_that_is_refused_is_told(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    id_ = repository.create("marker").id
    nomad.next = [(400, {}, b'{"detail": "No datasets today."}')]
    with pytest.raises(RejectedError, match="No datasets today"):
        repository.update(id_, make_record(block={"datasets": ["One"]}))


def test_what_nomad_drops_without_a_word_is_told(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord, meter: Counter
) -> None:
    nomad.dropped = {"comment", "embargo_length"}
    record = make_record(block={"comment": "Hi", "embargo_length": 1, "references": []})
    with pytest.raises(RejectedError, match="comment, embargo_length"):
        push(repository, record, [], meter)
    assert len(nomad.edits) == 2


def test_an_edit_while_the_upload_is_processed_is_made_again(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    id_ = repository.create("marker").id
    busy = json.dumps({"detail": "'NoneType' object has no attribute 'is_blocking'"}).encode()
    nomad.next = [(400, {}, busy)]
    repository.update(id_, make_record())
    assert nomad.uploads[id_].says["upload_name"] == "Resistivity"


def test_an_unclear_coauthor_is_refused_before_nomad_guesses(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    id_ = repository.create("marker").id
    with pytest.raises(RejectedError, match="several users are called Ada Twin"):
        repository.update(id_, make_record(block={"coauthors": ["Ada Twin"]}))
    assert nomad.edits == []


def test_an_update_of_what_was_edited_meanwhile_is_a_conflict(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    before = repository.create("marker")
    nomad.uploads[before.id].says["upload_name"] = "edited"
    with pytest.raises(ConflictError, match="--force"):
        repository.update(before.id, make_record(), revision=before.revision)
    repository.update(before.id, make_record(), revision=repository.get(before.id).revision)


def test_the_revision_changes_with_metadata_and_the_contents_with_files(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    deposit = push(repository, make_record(), make_files({"a": b"1"}), meter)
    assert repository.get(deposit.id) == deposit == repository.settle(deposit.id, meter)
    upload = nomad.uploads[deposit.id]
    upload.entries["publishkit.archive.json"]["comment"] = "by the web"
    edited = repository.get(deposit.id)
    assert edited.revision != deposit.revision
    assert edited.contents == deposit.contents
    upload.files["sub/new"] = b"1"
    grown = repository.get(deposit.id)
    assert grown.revision == edited.revision
    assert grown.contents != edited.contents


def test_a_file_replaced_by_one_of_its_size_changes_the_contents(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord, meter: Counter
) -> None:
    deposit = push(repository, make_record(), [], meter)
    says = nomad.uploads[deposit.id].says
    says |= {"current_process": "_edit_metadata", "complete_time": "2024-01-01T00:00:00Z"}
    assert repository.get(deposit.id).contents == deposit.contents
    says["current_process"] = "_process_upload"
    assert repository.get(deposit.id).contents != deposit.contents


def test_removing_deletes_whole_folders_and_minds_nothing_missing(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    files = make_files({"a": b"1", "d/e/b": b"2", "d/c": b"3", "k/x": b"4", "k/y": b"5"})
    deposit = push(repository, make_record(), files, meter)
    nomad.log.clear()
    repository.remove(deposit.id, ["d/e/b", "d/c", "k/x", "missing"])
    deleted = [line.rpartition("/raw/")[2] for line in nomad.log if line.startswith("DELETE")]
    assert deleted == ["d", "k/x"]
    assert set(repository.files(deposit.id)) == {"a", "k/y"}


def test_removing_nothing_asks_nothing(repository: NomadRepository, nomad: FakeNomad) -> None:
    repository.remove("upload", [])
    assert nomad.log == []


def test_settling_waits_longer_and_longer(
    repository: NomadRepository, nomad: FakeNomad, meter: Counter
) -> None:
    id_ = repository.create("marker").id
    nomad.uploads[id_].busy = 30
    assert repository.settle(id_, meter).state is State.DRAFT
    assert len(meter.waited) == 30
    assert meter.waited == sorted(meter.waited)


def test_an_upload_that_is_processed_says_so(repository: NomadRepository, nomad: FakeNomad) -> None:
    id_ = repository.create("marker").id
    nomad.uploads[id_].busy = 1
    assert repository.get(id_).state is State.PROCESSING


def test_a_step_does_not_wait_for_ever(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    id_ = repository.create("marker").id
    nomad.uploads[id_].busy = sys.maxsize
    with pytest.raises(TemporaryError, match="still processing"):
        repository.update(id_, make_record())


def test_a_step_stops_waiting_when_the_user_stops(
    repository: NomadRepository, nomad: FakeNomad, connection: Connection
) -> None:
    id_ = repository.create("marker").id
    nomad.uploads[id_].files["a"] = b"1"
    nomad.uploads[id_].busy = 2
    connection.stop.set()
    with pytest.raises(Cancelled):
        repository.remove(id_, ["a"])


def test_failed_entries_are_told_and_the_draft_stands(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    nomad.failing = {"data_archive.json"}
    deposit = push(repository, make_record(), make_files({"data_archive.json": b"{}"}), meter)
    assert deposit.state is State.DRAFT
    assert deposit.failures == ("data_archive.json: it is broken",)


def test_an_upload_that_failed_as_a_whole_is_refused_in_nomads_words(
    repository: NomadRepository, nomad: FakeNomad, meter: Counter
) -> None:
    id_ = repository.create("marker").id
    nomad.uploads[id_].says |= {
        "process_status": "FAILURE",
        "errors": ['Traceback\n  File x\nValueError: Bad archive.\n"""'],
    }
    assert repository.get(id_).state is State.FAILED
    with pytest.raises(RejectedError, match=r"ValueError: Bad archive") as caught:
        repository.settle(id_, meter)
    assert "Traceback" not in str(caught.value)


def test_publishing_counts_the_embargo_from_today(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord, meter: Counter
) -> None:
    today = datetime.now(UTC).date()
    until = date(today.year + 1, today.month, 1)
    record = make_record(access={"embargo": {"active": True, "until": until.isoformat()}})
    deposit = push(repository, record, [], meter)
    nomad.uploads[deposit.id].says["embargo_length"] = 0
    repository.publish(deposit.id, record)
    assert nomad.uploads[deposit.id].says["embargo_length"] == 12
    published = repository.settle(deposit.id, meter)
    assert published.state is State.PUBLISHED
    assert "publish" in deposit.links
    assert "publish" not in published.links


def test_publishing_is_never_repeated(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    id_ = repository.create("marker").id
    nomad.log.clear()
    nomad.next = [(502, {}, b"")]
    with pytest.raises(LostAnswerError):
        repository.publish(id_, make_record())
    assert nomad.log == [f"POST uploads/{id_}/action/publish"]


def test_links_have_the_names_that_invenio_users_know(
    repository: NomadRepository, make_record: MakeRecord, meter: Counter
) -> None:
    deposit = push(repository, make_record(), [], meter)
    api, gui = "https://nomad.example/api/v1", "https://nomad.example/gui"
    entries = deposit.extra["entries"]
    assert isinstance(entries, dict)
    entry = entries["publishkit.archive.json"]
    assert deposit.links == {
        "self": f"{api}/uploads/{deposit.id}",
        "self_html": f"{gui}/user/uploads/upload/id/{deposit.id}",
        "files": f"{api}/uploads/{deposit.id}/rawdir/",
        "publish": f"{api}/uploads/{deposit.id}/action/publish",
        "record": f"{api}/entries/{entry}",
        "record_html": f"{gui}/search/entries/entry/id/{entry}",
    }


def test_an_upload_without_the_entry_has_no_link_to_it(repository: NomadRepository) -> None:
    assert not {"record", "record_html"} & set(repository.create("marker").links)


def test_deleting_waits_until_the_draft_is_gone(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    id_ = repository.create("marker").id
    repository.delete(id_)
    assert nomad.uploads == {}
    repository.delete(id_)
    with pytest.raises(NotFoundError):
        repository.get(id_)


def test_a_delete_that_answers_500_and_acts_is_done(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    id_ = repository.create("marker").id

    class Acting(list[tuple[int, dict[str, str], bytes] | None]):
        def pop(self, _: int = 0) -> tuple[int, dict[str, str], bytes]:  # type: ignore[override]
            nomad.uploads.pop(id_, None)
            return 500, {}, b""

    nomad.next = Acting([(0, {}, b"")])
    repository.delete(id_)
    assert nomad.uploads == {}


def test_what_is_published_is_not_deleted(repository: NomadRepository, nomad: FakeNomad) -> None:
    id_ = repository.create("marker").id
    nomad.uploads[id_].says["published"] = True
    with pytest.raises(RejectedError, match="published"):
        repository.delete(id_)
    assert id_ in nomad.uploads


def test_lacking_rights_are_not_taken_for_a_deposit_that_is_gone(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    id_ = repository.create("marker").id
    nomad.next = [(403, {}, b'{"detail": "Only main author has permissions."}')]
    with pytest.raises(AuthenticationError, match="Only main author"):
        repository.delete(id_)
