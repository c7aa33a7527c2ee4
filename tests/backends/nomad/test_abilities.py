"""What a real NOMAD does not do on demand: long lists, lost answers, embargoes that end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses
from responses import matchers

from publishkit.abilities import Permission, Query
from publishkit.errors import LostAnswerError, RejectedError, TemporaryError
from publishkit_nomad.answers import Upload
from publishkit_nomad.repository import NomadRepository
from tests.backends.nomad.conftest import LEONARD, URL, Counter, FakeNomad

if TYPE_CHECKING:
    from publishkit.hooks import Connection

Json = dict[str, Any]
LOST = requests.ConnectionError("gone")
UPLOAD: Json = {
    "upload_id": "u1",
    "upload_name": "Mine",
    "process_running": False,
    "process_status": "SUCCESS",
    "published": True,
}


@pytest.fixture
def quiet(connection: Connection) -> NomadRepository:
    """A repository of which each test says what is answered."""
    return NomadRepository(connection)


# ---- times ----


@pytest.mark.parametrize(
    "written",
    ["2026-11-21T11:00:15.947000Z", "2026-11-21T11:00:15.947000", "2026-11-21T12:00:15.947+01:00"],
)
def test_times_are_in_utc_however_a_version_writes_them(written: str) -> None:
    upload = Upload.model_validate({**UPLOAD, "upload_create_time": written})
    assert upload.upload_create_time is not None
    assert upload.upload_create_time.isoformat() == "2026-11-21T11:00:15.947000+00:00"
    ended = Upload.model_validate({**UPLOAD, "complete_time": written})
    assert ended.changed == upload.upload_create_time


def test_a_time_that_nobody_can_read_is_not_known() -> None:
    assert Upload.model_validate({**UPLOAD, "complete_time": "lately"}).changed is None


# ---- long lists ----


@responses.activate
def test_uploads_are_listed_to_the_last_page_and_once(quiet: NomadRepository) -> None:
    """One that is made meanwhile moves another onto the next page."""
    ids = [f"u{number}" for number in range(150)]
    pages = {1: ids[:100], 2: ["u99", *ids[100:]]}
    for number, page in pages.items():
        responses.get(
            f"{URL}/uploads",
            match=[matchers.query_param_matcher({"page": number}, strict_match=False)],
            json={
                "data": [{**UPLOAD, "upload_id": id_} for id_ in page],
                "pagination": {"page": number, "page_size": 100, "total": 151},
            },
        )
    assert [deposit.id for deposit in quiet.deposits()] == ids


@responses.activate
def test_a_search_goes_on_where_a_page_ended(quiet: NomadRepository) -> None:
    asked: list[Json] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        assert isinstance(request.body, bytes)
        asked.append(json.loads(request.body))
        number = len(asked)
        following = {"next_page_after_value": f"{number}:x"} if number < 12 else {}
        data = [{"entry_id": f"e{number}-{i}", "upload_id": "u1"} for i in range(1000)]
        return 200, {}, json.dumps({"data": data, "pagination": {"total": 12_000, **following}})

    responses.add_callback("POST", f"{URL}/entries/query", callback=answer)
    found = quiet.search(Query(owner="user"))
    first = next(iter(found))
    assert (first.id, len(asked)) == ("e1-0", 1)  # no page is asked for before it is wanted
    assert len({entry.id for entry in found}) == 11_999
    assert [one["pagination"].get("page_after_value") for one in asked] == [
        None,
        *(f"{number}:x" for number in range(1, 12)),
    ]
    assert {one["owner"] for one in asked} == {"user"}


# ---- answers that are lost ----


@responses.activate
def test_a_doi_whose_answer_was_lost_is_looked_up_and_not_asked_for_twice(
    quiet: NomadRepository,
) -> None:
    """Asked a second time, NOMAD 1.3.17 deletes the dataset."""
    dataset = {"dataset_id": "d1", "dataset_name": "Mine"}
    responses.get(f"{URL}/datasets/d1", json={"data": dataset})
    post = responses.post(f"{URL}/datasets/d1/action/doi", body=LOST)
    responses.get(f"{URL}/datasets/d1", json={"data": {**dataset, "doi": "10.17172/NOMAD/1"}})
    assert quiet.assign_collection_doi("d1") == "10.17172/NOMAD/1"
    assert post.call_count == 1


@responses.activate
def test_a_nomad_that_registers_no_dois_says_so(quiet: NomadRepository) -> None:
    responses.get(f"{URL}/uploads/u1", json={"data": UPLOAD})
    words = "The DataCite DOI service is not enabled on this deployment."
    responses.post(f"{URL}/uploads/u1/action/assign-doi", status=403, json={"detail": words})
    with pytest.raises(RejectedError, match=r"registers no DOIs.*not enabled"):
        quiet.assign_doi("u1")


@responses.activate
def test_a_new_version_whose_answer_was_lost_is_found_by_its_marker(
    quiet: NomadRepository, meter: Counter
) -> None:
    responses.get(f"{URL}/uploads/u1", json={"data": UPLOAD})
    new = {**UPLOAD, "upload_id": "u2", "upload_name": "marker", "published": False}
    responses.get(f"{URL}/uploads", json={"data": []})
    post = responses.post(f"{URL}/uploads", body=LOST)
    responses.get(f"{URL}/uploads", json={"data": [new]})
    responses.get(f"{URL}/uploads/u2/rawdir/", json={"directory_metadata": {}})
    with pytest.raises(LostAnswerError):
        quiet.new_version("u1", "marker", meter)
    assert quiet.new_version("u1", "marker", meter).id == "u2"
    assert post.call_count == 1


def test_a_draft_needs_no_new_version(repository: NomadRepository, meter: Counter) -> None:
    draft = repository.create("marker")
    with pytest.raises(RejectedError, match="not published"):
        repository.new_version(draft.id, "other", meter)


# ---- sharing ----


def test_access_that_nomad_drops_without_a_word_is_told(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    draft = repository.create("marker")
    nomad.dropped = {"coauthors"}
    with pytest.raises(RejectedError, match="did not take over coauthors"):
        repository.grant(draft.id, [LEONARD], Permission.EDIT)


def test_nobody_is_made_a_main_author(repository: NomadRepository, nomad: FakeNomad) -> None:
    with pytest.raises(RejectedError, match=r"manage.*preview.*edit"):
        repository.grant("upload-1", [LEONARD], Permission.MANAGE)
    assert nomad.log == []


def test_a_reader_of_nothing_more_than_drafts_is_the_least_there_is(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    draft = repository.create("marker")
    nomad.uploads[draft.id].says["reviewers"] = [LEONARD]
    (share,) = repository.grant(draft.id, ["lhofstadter"], Permission.VIEW)
    assert (share.id, share.who, share.permission) == (
        LEONARD,
        "Leonard Hofstadter",
        Permission.PREVIEW,
    )
    assert nomad.edits == []


def test_groups_and_people_who_have_left_are_listed_by_their_ids(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    draft = repository.create("marker")
    nomad.uploads[draft.id].says |= {"reviewer_groups": ["all"], "coauthors": ["gone"]}
    assert [(share.id, share.who, share.permission) for share in repository.shares(draft.id)] == [
        ("gone", "gone", Permission.EDIT),
        ("all", "group all", Permission.PREVIEW),
    ]


# ---- pulling ----


def record_file(**access: object) -> bytes:
    """A `record_metadata.json`."""
    person = {"type": "personal", "family_name": "Carberry"}
    metadata = {
        "title": "Mine",
        "creators": [{"person_or_org": person}],
        "publication_date": "2020-01-31",
        "resource_type": {"id": "dataset"},
    }
    return json.dumps({"access": access, "metadata": metadata}).encode()


@pytest.mark.parametrize("in_force", [False, True])
def test_an_embargo_that_has_ended_is_not_pulled(
    repository: NomadRepository, nomad: FakeNomad, *, in_force: bool
) -> None:
    embargo = {"active": True, "until": "2020-03-01"}
    upload = nomad.uploads[repository.create("Mine").id]
    upload.files["record_metadata.json"] = record_file(files="restricted", embargo=embargo)
    upload.says |= {
        "published": True,
        "publish_time": "2020-01-31T08:00:00",
        "with_embargo": in_force,
        "embargo_length": 2,
    }
    told = repository.describe(upload.says["upload_id"])
    kept = {"files": "restricted", "embargo": embargo}
    ended = {"files": "public", "embargo": {"active": False}}
    assert told["access"] == (kept if in_force else ended)
    assert "nomad" not in told


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"metadata": {}}'])
def test_a_file_that_is_no_record_is_passed_over(
    repository: NomadRepository, nomad: FakeNomad, content: bytes
) -> None:
    upload = nomad.uploads[repository.create("My").id]
    upload.files["record_metadata.json"] = content
    upload.says |= {"main_author": LEONARD, "upload_create_time": "2026-11-21T11:00:15"}
    told = repository.describe(upload.says["upload_id"])
    assert told["metadata"] == {
        "title": "NOMAD upload My",
        "creators": [
            {
                "person_or_org": {
                    "type": "personal",
                    "family_name": "Hofstadter",
                    "given_name": "Leonard",
                }
            }
        ],
        "publication_date": "2026-11-21",
        "resource_type": {"id": "dataset"},
        "rights": [{"id": "cc-by-4.0"}],
    }


def test_a_record_that_somebody_sent_by_hand_keeps_its_title(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    upload = nomad.uploads[repository.create("my test 3").id]
    upload.files["record_metadata.json"] = record_file()
    told = repository.describe(upload.says["upload_id"])
    assert told["nomad"] == {"upload_name": "my test 3"}
    assert isinstance(told["metadata"], dict)
    assert told["metadata"]["title"] == "Mine"


@responses.activate
def test_a_zip_that_is_none_is_told_and_may_be_asked_for_again(quiet: NomadRepository) -> None:
    """The way around names that NOMAD 1.3 and 1.4 answer 500 for."""
    folder = {
        "directory_metadata": {"content": [{"name": "файл", "size": 3, "is_file": True}]},
        "pagination": {"total": 1},
    }
    responses.get(f"{URL}/uploads/u1/rawdir/", json=folder)
    responses.get(f"{URL}/uploads/u1/raw/файл", status=500, json={"detail": {"reason": "x"}})
    responses.get(f"{URL}/uploads/u1/raw/", body=b"no zip")
    (source,) = quiet.sources("u1")
    with pytest.raises(TemporaryError, match="no zip"), source.open(0) as blocks:
        list(blocks)
