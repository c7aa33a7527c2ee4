"""Drafts and records through the repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests
import responses

from publishkit.errors import (
    AuthenticationError,
    LostAnswerError,
    NotFoundError,
    RejectedError,
)
from publishkit.repository import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from publishkit.model import Record
    from publishkit_invenio.repository import InvenioRepository

    Answer = dict[str, JsonValue]
    Answers = Callable[..., Answer]
    Records = Callable[..., Record]

API = "https://archive.example/api"
ID = "zvzja-0p521"
RECORD = f"{API}/records/{ID}"
DRAFT = f"{RECORD}/draft"
GONE = {"status": 404, "message": "The persistent identifier does not exist."}
LOST = requests.ConnectionError("lost")


class Waits:
    """A meter that notes the waits and does not wait."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def advance(self, nbytes: int) -> None:
        raise AssertionError(nbytes)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


# ---- what a deposit is ----


def test_a_draft_is_got_by_one_request(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, json=answer("draft"))
    deposit = repository.get(ID)
    assert (deposit.id, deposit.state, deposit.revision) == (ID, State.DRAFT, "5")
    assert deposit.links["publish"] == f"{DRAFT}/actions/publish"
    assert (deposit.doi, deposit.extra) == (None, {"parent": "5dp49-kx838"})
    assert len(web.calls) == 1


def test_a_published_record_is_got_where_there_is_no_draft(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, status=404, json=GONE)
    web.get(RECORD, json=answer("record"))
    deposit = repository.get(ID)
    assert deposit.state is State.PUBLISHED
    assert deposit.links["record"] == deposit.links["self"] == RECORD
    assert deposit.links["record_html"] == f"https://archive.example/records/{ID}"


def test_a_record_that_is_edited_on_its_page_is_published(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, json=answer("draft", is_published=True, revision_id=17))
    web.get(RECORD, json=answer("record", revision_id=3))
    deposit = repository.get(ID)
    assert (deposit.state, deposit.revision) == (State.PUBLISHED, "3")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("draft", State.DRAFT),
        ("new_version_draft", State.DRAFT),
        ("draft_with_review", State.DRAFT),
        ("in_review", State.IN_REVIEW),
        ("declined", State.DECLINED),
        ("expired", State.DECLINED),
    ],
)
def test_each_status_of_a_draft_is_a_state(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    status: str,
    state: State,
) -> None:
    web.get(DRAFT, json=answer("draft", status=status))
    assert repository.get(ID).state is state


@pytest.mark.parametrize("status", [404, 410])
def test_a_deposit_is_gone_when_there_is_neither_draft_nor_record(
    repository: InvenioRepository, web: responses.RequestsMock, status: int
) -> None:
    web.get(DRAFT, status=404, json=GONE)
    web.get(RECORD, status=status, json=GONE)
    with pytest.raises(NotFoundError, match=ID):
        repository.get(ID)


def test_a_deposit_that_may_not_be_seen_is_not_gone(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(DRAFT, status=403, json={"status": 403, "message": "Permission denied."})
    with pytest.raises(AuthenticationError):
        repository.get(ID)


def test_contents_change_with_the_files_and_revision_does_not(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    pending = {"enabled": True, "entries": {"a.txt": {"key": "a.txt", "metadata": None}}}
    for files in (answer("draft")["files"], pending, pending):
        web.get(DRAFT, json=answer("draft", files=files))
    first, second, third = (repository.get(ID) for _ in range(3))
    assert first.contents != second.contents == third.contents
    assert first.revision == second.revision


def test_a_doi_is_told(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    pids = {"doi": {"identifier": "10.5072/x", "provider": "datacite", "client": "datacite"}}
    web.get(DRAFT, json=answer("draft", pids=pids))
    assert repository.get(ID).doi == "10.5072/x"


def test_settling_does_not_wait(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, json=answer("in_review", id=ID))
    meter = Waits()
    assert repository.settle(ID, meter).state is State.IN_REVIEW
    assert meter.seconds == 0


# ---- create and find ----


def test_a_draft_is_created_with_the_marker_as_its_title(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    errors = [{"field": "metadata.creators", "messages": ["Missing data for required field."]}]
    body = {"metadata": {"title": "marker-1"}, "files": {"enabled": True}}
    web.post(
        f"{API}/records",
        status=201,
        json=answer("draft", errors=errors),
        match=[responses.matchers.json_params_matcher(body)],
    )
    assert repository.create("marker-1").id == ID


def test_a_draft_is_created_with_its_metadata_and_the_marker_behind_its_title(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Callable[..., Record],
) -> None:
    record = make_record()

    def taken(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        sent = json.loads(request.body or b"")
        assert sent["metadata"]["title"] == f"{record.metadata.title} [marker-1]"
        assert sent["metadata"]["creators"]
        return 201, {}, json.dumps({**answer("draft"), **sent, "files": {"enabled": True}})

    web.add_callback(responses.POST, f"{API}/records", taken)
    deposit = repository.create("marker-1", record)
    assert (deposit.id, deposit.files) == (ID, {})


def test_a_draft_whose_metadata_the_archive_refuses_does_not_stay(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Callable[..., Record],
) -> None:
    errors = [{"field": "metadata.title", "messages": ["No."]}]
    web.post(f"{API}/records", status=201, json=answer("draft", errors=errors))
    deleted = web.delete(DRAFT, status=204)
    with pytest.raises(RejectedError, match=r"metadata\.title: No\."):
        repository.create("marker-1", make_record())
    assert deleted.call_count == 1


def test_a_term_that_the_archive_does_not_know_is_named_with_its_place(
    repository: InvenioRepository, web: responses.RequestsMock, make_record: Callable[..., Record]
) -> None:
    said = {"status": 400, "message": "Invalid value dataset."}
    web.post(f"{API}/records", status=400, json=said)
    with pytest.raises(RejectedError, match=r"metadata\.resource_type\.id"):
        repository.create("marker-1", make_record())


def test_a_draft_with_the_marker_behind_its_title_is_found(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(f"{API}/user/records", json=hits("About marker-1", "Resistivity [marker-1]"))
    web.get(DRAFT, json=answer("draft"))
    assert repository.find("marker-1") is not None
    assert len(web.calls) == 2


def test_what_was_published_is_asked_for_as_a_record_at_once(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(RECORD, json=answer("record"))
    assert repository.get(ID, published=True).state is State.PUBLISHED


def test_what_was_published_and_is_a_draft_all_the_same_is_found(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(RECORD, status=404, json={"status": 404, "message": "Not found."})
    web.get(DRAFT, json=answer("draft"))
    assert repository.get(ID, published=True).state is State.DRAFT


def test_a_file_that_was_only_announced_is_not_complete_in_what_the_draft_says(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    entries = {"a": {"key": "a", "size": 1, "checksum": "md5:1"}, "b": {"key": "b"}}
    web.get(DRAFT, json={**answer("draft"), "files": {"enabled": True, "entries": entries}})
    files = repository.get(ID).files
    assert files is not None
    assert {key: one.complete for key, one in files.items()} == {"a": True, "b": False}


def test_a_draft_that_does_not_list_its_files_says_nothing_of_them(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, json={**answer("draft"), "files": {"enabled": True, "count": 2}})
    assert repository.get(ID).files is None


@pytest.mark.parametrize("fault", [{"body": LOST}, {"status": 500}])
def test_a_create_whose_answer_is_lost_is_not_repeated(
    repository: InvenioRepository, web: responses.RequestsMock, fault: dict[str, object]
) -> None:
    web.add(responses.POST, f"{API}/records", **fault)  # type: ignore[arg-type] # its options
    with pytest.raises(LostAnswerError):
        repository.create("marker-1")
    assert len(web.calls) == 1


def hits(*titles: str) -> Answer:
    found: list[JsonValue] = [{"id": ID, "metadata": {"title": title}} for title in titles]
    return {"hits": {"hits": found, "total": len(found)}}


def test_a_draft_is_found_by_its_marker_once_the_index_has_it(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    query = [responses.matchers.query_param_matcher({"q": 'metadata.title:"marker-1"'})]
    for page in (hits(), hits(), hits("marker-1")):
        web.get(f"{API}/user/records", json=page, match=query)
    web.get(DRAFT, json=answer("draft"))
    assert repository.find("marker-1") is None
    assert repository.find("marker-1") is None
    deposit = repository.find("marker-1")
    assert deposit is not None
    assert deposit.id == ID


def test_a_draft_that_only_the_index_still_has_is_not_found(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/user/records", json=hits("marker-1"))
    web.get(DRAFT, status=404, json=GONE)
    web.get(RECORD, status=404, json=GONE)
    assert repository.find("marker-1") is None


def test_a_title_that_only_begins_with_the_marker_is_not_taken_for_it(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/user/records", json=hits("marker-1 and more"))
    assert repository.find("marker-1") is None


# ---- files ----


def test_the_files_of_a_draft_are_told(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(f"{DRAFT}/files", json=answer("files"))
    held = repository.files(ID)
    assert all(file.complete and file.checksum for file in held.values())
    assert held["a.txt"].size == 5


def test_pending_files_are_told_as_incomplete(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(f"{DRAFT}/files", json={"entries": [{"key": "a", "status": "pending"}]})
    assert not repository.files(ID)["a"].complete


def test_the_files_of_a_published_record_are_told(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(f"{DRAFT}/files", status=404, json=GONE)
    web.get(f"{RECORD}/files", json=answer("files"))
    assert "a.txt" in repository.files(ID)


def test_files_are_removed_and_a_missing_one_is_fine(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.delete(f"{DRAFT}/files/a%2Fb", status=204)
    web.delete(f"{DRAFT}/files/missing", status=404, json=GONE)
    repository.remove(ID, ["a/b", "missing"])
    assert len(web.calls) == 2


# ---- delete ----


def test_a_draft_is_deleted(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, json=answer("draft"))
    deleted = web.delete(DRAFT, status=204)
    repository.delete(ID)
    assert deleted.call_count == 1


def test_deleting_what_is_gone_is_fine(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(DRAFT, status=404, json=GONE)
    web.get(RECORD, status=404, json=GONE)
    repository.delete(ID)
    assert len(web.calls) == 2


def test_the_edit_of_a_published_record_is_not_thrown_away(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, json=answer("draft", is_published=True))
    web.get(RECORD, json=answer("record"))
    with pytest.raises(RejectedError, match="published"):
        repository.delete(ID)
