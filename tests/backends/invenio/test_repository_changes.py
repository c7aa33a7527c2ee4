"""Metadata on its way into a draft, and publishing, through the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
import responses

from publishkit.errors import (
    ConflictError,
    LostAnswerError,
    RejectedError,
    TemporaryError,
)
from publishkit.repository import Deposit, State

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


# ---- update ----


def test_an_update_replaces_the_metadata_at_its_revision(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.put(DRAFT, json=answer("draft"))
    repository.update(ID, make_record(), revision="5")
    assert web.calls[0].request.headers["If-Match"] == "5"


def test_an_update_without_a_revision_overwrites(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.put(DRAFT, json=answer("draft"))
    repository.update(ID, make_record())
    assert "If-Match" not in web.calls[0].request.headers


def test_an_edit_on_the_web_is_a_conflict(
    repository: InvenioRepository, web: responses.RequestsMock, make_record: Records
) -> None:
    said = "Revision id provided(2) doesn't match record's one(9)"
    web.put(DRAFT, status=412, json={"status": 412, "message": said})
    with pytest.raises(ConflictError, match="changed by somebody else"):
        repository.update(ID, make_record(), revision="2")


def test_all_that_was_dropped_is_named(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.put(DRAFT, json=answer("dropped"))
    with pytest.raises(RejectedError) as caught:
        repository.update(ID, make_record())
    for field in ("resource_type", "creators", "publication_date"):
        assert f"metadata.{field}: Missing data for required field." in str(caught.value)


def test_an_unknown_id_is_named_with_its_place(
    repository: InvenioRepository, web: responses.RequestsMock, make_record: Records
) -> None:
    web.put(DRAFT, status=400, json={"status": 400, "message": "Invalid value own-1.0."})
    with pytest.raises(RejectedError, match=r"'own-1\.0' \(metadata\.rights\[0\]\.id\)"):
        repository.update(ID, make_record(rights=[{"id": "own-1.0"}]))


def test_a_known_id_that_is_called_invalid_is_sent_once_more(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    """Two requests at once: the one that comes second may be told so."""
    web.put(DRAFT, status=400, json={"status": 400, "message": "Invalid value dataset."})
    web.put(DRAFT, json=answer("draft"))
    repository.update(ID, make_record(), revision="5")
    assert [call.request.headers["If-Match"] for call in web.calls] == ["5", "5"]


def test_a_lost_answer_of_an_update_that_was_not_made_is_made_again(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.put(DRAFT, body=LOST)
    web.get(DRAFT, json=answer("draft", revision_id=5))
    web.put(DRAFT, json=answer("draft"))
    repository.update(ID, make_record(), revision="5")
    assert web.calls[-1].request.headers["If-Match"] == "5"


def test_a_lost_answer_of_an_update_that_was_made_is_no_conflict(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    held = answer("draft", revision_id=7)
    web.put(DRAFT, body=LOST)
    web.get(DRAFT, json=held)
    web.put(DRAFT, json=held)
    title = dict(held["metadata"])["title"]  # type: ignore[arg-type] # an object
    repository.update(ID, make_record(title=title), revision="5")
    assert web.calls[-1].request.headers["If-Match"] == "7"


def test_an_update_that_is_made_late_is_no_conflict(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    """The first attempt is carried out between the look after it and the second."""
    held = answer("draft", revision_id=7)
    title = dict(held["metadata"])["title"]  # type: ignore[arg-type] # an object
    web.put(DRAFT, body=LOST)
    web.get(DRAFT, json=answer("draft", revision_id=5))
    web.put(DRAFT, status=412, json={"status": 412, "message": "Revision id provided(5)"})
    web.get(DRAFT, json=held)
    after = repository.update(ID, make_record(title=title), revision="5")
    assert after
    assert after.revision == "7"


def test_an_edit_between_two_attempts_of_an_update_is_a_conflict(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.put(DRAFT, body=LOST)
    web.get(DRAFT, json=answer("draft", revision_id=5))
    web.put(DRAFT, status=412, json={"status": 412, "message": "Revision id provided(5)"})
    web.get(DRAFT, json=answer("draft", revision_id=7))
    with pytest.raises(ConflictError, match="changed by somebody else"):
        repository.update(ID, make_record(title="Of this folder"), revision="5")


def test_another_edit_behind_a_lost_answer_is_a_conflict(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.put(DRAFT, body=LOST)
    web.get(DRAFT, json=answer("draft", revision_id=7))
    with pytest.raises(ConflictError):
        repository.update(ID, make_record(title="Of this folder"), revision="5")


def test_answers_that_stay_lost_are_a_temporary_failure(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.put(DRAFT, body=LOST)
    web.get(DRAFT, json=answer("draft", revision_id=5))
    with pytest.raises(TemporaryError) as caught:
        repository.update(ID, make_record(), revision="5")
    assert not isinstance(caught.value, LostAnswerError)


def test_a_record_that_has_no_files_any_more_loses_them_first(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    errors = [{"field": "files.enabled", "messages": ["You must first delete all files."]}]
    web.put(DRAFT, json=answer("draft", errors=errors))
    web.get(f"{DRAFT}/files", json=answer("files"))
    deleted = web.delete(f"{DRAFT}/files/a.txt", status=204)
    web.put(DRAFT, json=answer("draft", files={"enabled": False}))
    repository.update(ID, make_record(files={"enabled": False}), revision="5")
    assert deleted.call_count == 1


def test_a_doi_that_the_record_does_not_name_is_not_passed_over(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    pids = {"doi": {"identifier": "10.1234/x", "provider": "external"}}
    web.put(DRAFT, json=answer("draft", pids=pids))
    with pytest.raises(ConflictError, match=r"10\.1234/x"):
        repository.update(ID, make_record())


def test_a_reserved_doi_is_kept(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    pids = {"doi": {"identifier": "10.5072/x", "provider": "datacite"}}
    web.put(DRAFT, json=answer("draft", pids=pids))
    repository.update(ID, make_record())
    assert b"pids" not in (web.calls[0].request.body or b"")


# ---- publish ----


def test_a_draft_is_published(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.get(DRAFT, json=answer("draft"))
    web.post(f"{DRAFT}/actions/publish", status=202, json=answer("record"))
    repository.publish(ID, make_record())
    assert len(web.calls) == 2


def test_a_draft_that_was_just_looked_at_is_published_by_one_request(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.post(f"{DRAFT}/actions/publish", status=202, json=answer("record"))
    seen = Deposit(ID, State.DRAFT, "5", "", {})
    after = repository.publish(ID, make_record(), seen=seen)
    assert after
    assert after.state is State.PUBLISHED
    assert after.files is not None


def test_a_draft_that_turns_out_to_belong_to_a_review_is_submitted_to_it(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    refused = {"status": 400, "message": "You cannot publish a draft that has a review."}
    web.post(f"{DRAFT}/actions/publish", status=400, json=refused)
    review: JsonValue = {
        "type": "community-submission",
        "receiver": {"community": "24c5-uuid"},
    }
    parent: JsonValue = {"id": "p", "review": review}
    web.get(DRAFT, json=answer("draft", status="draft_with_review", parent=parent))
    web.put(f"{DRAFT}/review", json={})
    submitted = web.post(f"{DRAFT}/actions/submit-review", status=202, json={})
    assert repository.publish(ID, make_record(), seen=Deposit(ID, State.DRAFT, "5", "", {})) is None
    assert submitted.call_count == 1


def test_a_publish_that_fails_is_not_repeated(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.get(DRAFT, json=answer("draft"))
    published = web.post(f"{DRAFT}/actions/publish", status=500, json={"message": "Error."})
    with pytest.raises(LostAnswerError):
        repository.publish(ID, make_record())
    assert published.call_count == 1


def test_what_is_in_review_is_left_alone(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.get(DRAFT, json=answer("in_review", id=ID))
    repository.publish(ID, make_record(invenio={"communities": ["bigmap"]}))
    assert len(web.calls) == 1


def test_what_is_published_is_left_alone(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.get(DRAFT, status=404, json=GONE)
    web.get(RECORD, json=answer("record"))
    repository.publish(ID, make_record())
    assert len(web.calls) == 2


@pytest.mark.parametrize("status", ["draft", "draft_with_review", "declined", "expired"])
def test_a_record_for_a_community_is_submitted_to_its_review(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
    status: str,
) -> None:
    review = {"type": "community-submission", "receiver": {"community": "24c5-uuid"}}
    web.get(DRAFT, json=answer("draft", status=status))
    web.get(f"{API}/communities/bigmap", json={"id": "24c5-uuid", "slug": "bigmap"})
    web.put(f"{DRAFT}/review", json={}, match=[responses.matchers.json_params_matcher(review)])
    submitted = web.post(f"{DRAFT}/actions/submit-review", status=202, json={})
    repository.publish(ID, make_record(invenio={"communities": ["bigmap"]}))
    assert submitted.call_count == 1


def test_a_new_version_of_a_communitys_record_is_published_at_once(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.get(DRAFT, json=answer("draft", status="new_version_draft"))
    published = web.post(f"{DRAFT}/actions/publish", status=202, json=answer("record"))
    repository.publish(ID, make_record(invenio={"communities": ["bigmap"]}))
    assert published.call_count == 1


@pytest.mark.parametrize("status", ["declined", "draft_with_review", "expired"])
def test_a_draft_is_never_published_past_a_review(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
    status: str,
) -> None:
    """Seen on InvenioRDM 13.1.2: the answer is 500, and the record is public."""
    web.get(DRAFT, json=answer("draft", status=status))
    web.get(f"{DRAFT}/review", status=404, json={"status": 404, "message": "Review not found"})
    with pytest.raises(RejectedError, match="communities"):
        repository.publish(ID, make_record())
    assert len(web.calls) == 2


@pytest.mark.parametrize("status", ["declined", "draft_with_review", "expired"])
def test_a_draft_that_was_put_into_a_review_is_submitted_to_it(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
    status: str,
) -> None:
    review: Answer = {"type": "community-submission", "receiver": {"community": "uuid-1"}}
    parent: JsonValue = {"id": "parent", "review": review}
    web.get(DRAFT, json=answer("draft", status=status, parent=parent))
    chosen = web.put(
        f"{DRAFT}/review", json={}, match=[responses.matchers.json_params_matcher(review)]
    )
    submitted = web.post(f"{DRAFT}/actions/submit-review", status=202, json={})
    repository.publish(ID, make_record())
    assert (chosen.call_count, submitted.call_count) == (1, 1)


@pytest.mark.parametrize(
    ("named", "status", "review", "chosen"),
    [
        ((), "draft", None, "uuid-2"),
        ((), "declined", None, "uuid-2"),
        ((), "declined", "uuid-3", "uuid-3"),
        (("bigmap",), "draft", None, "24c5-uuid"),
    ],
)
def test_what_the_record_names_then_the_review_then_what_was_linked_is_the_community(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
    named: tuple[str, ...],
    status: str,
    review: str | None,
    chosen: str,
) -> None:
    held: JsonValue = {"receiver": {"community": review}} if review else None
    parent: JsonValue = {"id": "parent", "review": held}
    web.assert_all_requests_are_fired = False
    web.get(DRAFT, json=answer("draft", status=status, parent=parent))
    web.get(f"{DRAFT}/review", status=404, json={"status": 404, "message": "Review not found"})
    web.get(f"{API}/communities/bigmap", json={"id": "24c5-uuid", "slug": "bigmap"})
    asked: Answer = {"type": "community-submission", "receiver": {"community": chosen}}
    web.put(f"{DRAFT}/review", json={}, match=[responses.matchers.json_params_matcher(asked)])
    submitted = web.post(f"{DRAFT}/actions/submit-review", status=202, json={})
    record = make_record(invenio={"communities": list(named)}) if named else make_record()
    repository.publish(ID, record.with_links({}, ("uuid-1", "uuid-2")))
    assert submitted.call_count == 1


def test_a_record_that_names_no_community_on_purpose_is_published_at_once(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    make_record: Records,
) -> None:
    web.get(DRAFT, json=answer("draft", status="draft"))
    published = web.post(f"{DRAFT}/actions/publish", status=202, json=answer("draft"))
    record = make_record(invenio={"communities": []})
    repository.publish(ID, record.with_links({}, ("uuid-1",)))
    assert published.call_count == 1
