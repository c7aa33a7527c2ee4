"""Edits, versions and DOIs whose answers are lost, and answers of other versions of InvenioRDM."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import requests

from publishkit.abilities import Link
from publishkit.errors import LostAnswerError, RejectedError, TemporaryError
from publishkit_invenio.answers import Community, Deposited

if TYPE_CHECKING:
    from collections.abc import Callable

    import responses
    from pydantic import JsonValue

    from publishkit_invenio.repository import InvenioRepository

    Answers = Callable[..., dict[str, JsonValue]]

API = "https://archive.example/api"
ID = "zvzja-0p521"
RECORD = f"{API}/records/{ID}"
DRAFT = f"{RECORD}/draft"
GONE: JsonValue = {"status": 404, "message": "The persistent identifier does not exist."}
LOST = requests.ConnectionError("lost")
LINK = Link("https://example.org/other", "issupplementto")
RELATED: JsonValue = {
    "identifier": "https://example.org/other",
    "scheme": "url",
    "relation_type": {"id": "issupplementto"},
}


def _naming(answer: Answers) -> dict[str, JsonValue]:
    metadata = answer("record")["metadata"]
    assert isinstance(metadata, dict)
    return answer("record", metadata={**metadata, "related_identifiers": [RELATED]})


# ---- edits ----


def test_an_edit_whose_publishing_is_not_answered_is_looked_for(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, status=404, json=GONE)
    web.get(RECORD, json=answer("record"))
    web.post(DRAFT, status=201, json=answer("record"))
    web.put(DRAFT, json=_naming(answer))
    published = web.post(f"{DRAFT}/actions/publish", body=LOST)
    web.get(DRAFT, status=404, json=GONE)
    web.get(RECORD, json=_naming(answer))
    assert repository.relate(ID, [LINK]).id == ID
    assert published.call_count == 1


def test_an_edit_that_was_not_published_is_not_called_published(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, status=404, json=GONE)
    web.get(RECORD, json=answer("record"))
    web.post(DRAFT, status=201, json=answer("record"))
    web.put(DRAFT, json=_naming(answer))
    web.post(f"{DRAFT}/actions/publish", status=500, json={"status": 500, "message": "Oh."})
    web.get(DRAFT, json=_naming(answer))
    with pytest.raises(LostAnswerError):
        repository.relate(ID, [LINK])


# ---- versions ----


def test_files_that_were_imported_without_an_answer_are_there(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    new = answer("draft", id="new-1", status="new_version_draft")
    above = f"{API}/records/new-1/draft"
    web.get(DRAFT, status=404, json=GONE)
    web.get(RECORD, json=answer("record"))
    web.post(f"{RECORD}/versions", status=201, json=new)
    web.get(f"{above}/files", json={"enabled": True, "entries": []})
    web.post(f"{above}/actions/files-import", body=LOST)
    said: JsonValue = {"status": 400, "message": "Please remove all files first."}
    web.post(f"{above}/actions/files-import", status=400, json=said)
    web.get(f"{above}/files", json=answer("files"))
    web.get(above, json=new)
    assert repository.new_version(ID, "marker", _Patient()).id == "new-1"


class _Patient:
    def advance(self, nbytes: int) -> None:
        raise AssertionError(nbytes)

    def wait(self, seconds: float) -> None:
        raise AssertionError(seconds)


# ---- DOIs ----


def test_a_doi_whose_answer_is_lost_is_there(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    pids: JsonValue = {"doi": {"identifier": "10.5072/abc", "provider": "datacite"}}
    web.get(DRAFT, json=answer("draft"))
    reserved = web.post(f"{DRAFT}/pids/doi", body=LOST)
    web.get(DRAFT, json=answer("draft", pids=pids))
    assert repository.reserve_doi(ID) == "10.5072/abc"
    assert reserved.call_count == 1


def test_an_archive_that_gives_no_dois_is_asked_once(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, json=answer("draft"))
    failed: JsonValue = {"status": 500, "message": "The server encountered an internal error"}
    reserved = web.post(f"{DRAFT}/pids/doi", status=500, json=failed)
    page = f"https://archive.example/records/{ID}"
    assert [repository.address(ID), repository.address(ID)] == [page, page]
    with pytest.raises(RejectedError, match="gives no DOIs"):
        repository.reserve_doi(ID)
    assert reserved.call_count == 1


def test_an_archive_that_gives_dois_and_fails_is_not_said_to_give_none(
    open_repository: Callable[..., InvenioRepository],
    web: responses.RequestsMock,
    answer: Answers,
) -> None:
    web.get(DRAFT, json=answer("draft"))
    web.post(f"{DRAFT}/pids/doi", status=500, json={"status": 500, "message": "Oh."})
    with pytest.raises(TemporaryError):
        open_repository(dois="on").address(ID)


def test_an_archive_that_is_known_to_give_no_dois_is_not_asked(
    open_repository: Callable[..., InvenioRepository],
    web: responses.RequestsMock,
    answer: Answers,
) -> None:
    web.get(DRAFT, json=answer("draft"))
    assert open_repository(dois="off").address(ID) == f"https://archive.example/records/{ID}"


# ---- 12, 13 and 14 ----


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-11-21 07:22:58.45", datetime(2026, 11, 21, 7, 22, 58, 450000, UTC)),
        ("2026-11-21T07:22:58.450000", datetime(2026, 11, 21, 7, 22, 58, 450000, UTC)),
        ("2026-11-21T09:22:58+02:00", datetime(2026, 11, 21, 7, 22, 58, 0, UTC)),
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        (None, None),
        ("soon", None),
    ],
)
def test_a_time_is_in_utc_however_it_is_written(said: str | None, meant: datetime | None) -> None:
    found = Deposited.model_validate({"id": "x", "created": said, "expires_at": said})
    assert found.created == found.expires_at == meant
    assert meant is None or (found.created and found.created.tzinfo is UTC)


@pytest.mark.parametrize("name", ["record_policy", "record_submission_policy"])
@pytest.mark.parametrize("policy", ["open", "closed"])
def test_whether_a_community_is_open_is_read_of_every_version(name: str, policy: str) -> None:
    found = Community.model_validate({"id": "x", "slug": "s", "access": {name: policy}})
    assert found.is_open is (policy == "open")
