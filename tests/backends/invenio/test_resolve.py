"""What is asked of the archive's vocabularies, and what becomes of ids that it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import responses

from publishkit.errors import Severity, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from publishkit.model import Record
    from publishkit_invenio.repository import InvenioRepository

API = "https://archive.example/api"
DATASET = f"{API}/vocabularies/resourcetypes/dataset"


@pytest.fixture(autouse=True)
def dataset(web: responses.RequestsMock) -> responses.BaseResponse:
    return web.add(responses.Response(responses.GET, DATASET, json={"id": "dataset"}))


def lacks(web: responses.RequestsMock, path: str) -> None:
    web.get(f"{API}/{path}", status=404, json={"status": 404, "message": "Not found."})


def test_only_ids_that_the_record_has_are_asked_for(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    make_record: Callable[..., Record],
) -> None:
    record = make_record()
    resolved = repository.resolve(record)
    assert resolved.record is record
    assert resolved.problems == ()
    assert [call.request.url for call in web.calls] == [DATASET]


def test_the_targets_publisher_belongs_to_what_the_record_says_there(
    open_repository: Callable[..., InvenioRepository], make_record: Callable[..., Record]
) -> None:
    """Else a dry run said that the next push takes it out."""
    repository = open_repository(publisher="Example University")
    silent, own = make_record(publisher=None), make_record(publisher="Zenodo")
    assert repository.resolve(silent).record.metadata.publisher == "Example University"
    assert repository.resolve(own).record is own


def test_every_kind_of_id_is_asked_for_in_its_vocabulary(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    make_record: Callable[..., Record],
) -> None:
    person = {
        "person_or_org": {"type": "personal", "family_name": "Doe"},
        "role": {"id": "editor"},
        "affiliations": [{"id": "01ggx4157"}],
    }
    related = {"relation_type": {"id": "cites"}, "resource_type": {"id": "dataset"}}
    text = {"type": {"id": "other"}, "lang": {"id": "eng"}}
    paths = [
        "affiliations/01ggx4157",
        "awards/00k4n6c32%3A%3A957189",
        "funders/00k4n6c32",
        "subjects/http%3A%2F%2Fexample.org%2Fd1",
        "vocabularies/contributorsroles/editor",
        "vocabularies/creatorsroles/editor",
        "vocabularies/datetypes/created",
        "vocabularies/descriptiontypes/other",
        "vocabularies/languages/eng",
        "vocabularies/licenses/cc-by-4.0",
        "vocabularies/relationtypes/cites",
        "vocabularies/titletypes/other",
    ]
    for path in paths:
        web.get(f"{API}/{path}", json={"id": "x"})
    record = make_record(
        creators=[person],
        contributors=[person],
        subjects=[{"id": "http://example.org/d1"}],
        languages=[{"id": "eng"}],
        rights=[{"id": "cc-by-4.0"}],
        dates=[{"date": "2024", "type": {"id": "created"}}],
        additional_titles=[{"title": "Other", **text}],
        additional_descriptions=[{"description": "Other", **text}],
        related_identifiers=[{"identifier": "10.1234/x", "scheme": "doi", **related}],
        funding=[{"funder": {"id": "00k4n6c32"}, "award": {"id": "00k4n6c32::957189"}}],
    )
    resolved = repository.resolve(record)
    assert resolved.problems == ()
    assert resolved.record is record
    assert sorted(call.request.url or "" for call in web.calls) == sorted(
        [DATASET, *(f"{API}/{path}" for path in paths)]
    )


def test_an_id_is_asked_for_once(
    repository: InvenioRepository,
    dataset: responses.BaseResponse,
    make_record: Callable[..., Record],
) -> None:
    repository.resolve(make_record())
    repository.resolve(make_record())
    assert dataset.call_count == 1


def test_an_id_that_the_archive_lacks_is_an_error_with_its_path(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    make_record: Callable[..., Record],
) -> None:
    lacks(web, "vocabularies/licenses/own-1.0")
    problems = repository.resolve(make_record(rights=[{"id": "own-1.0"}])).problems
    assert [(problem.path, problem.severity) for problem in problems] == [
        ("metadata.rights[0].id", Severity.ERROR)
    ]


def test_the_right_spelling_is_proposed(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    make_record: Callable[..., Record],
) -> None:
    lacks(web, "vocabularies/licenses/CC-BY-4.0")
    web.get(f"{API}/vocabularies/licenses/cc-by-4.0", json={"id": "cc-by-4.0"})
    (problem,) = repository.resolve(make_record(rights=[{"id": "CC-BY-4.0"}])).problems
    assert '"cc-by-4.0"' in problem.advice


def test_what_has_a_name_is_sent_by_it_with_a_notice(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    make_record: Callable[..., Record],
) -> None:
    for path in ("affiliations/aff", "subjects/sub", "funders/fun", "awards/awa"):
        lacks(web, path)
    person = {"type": "personal", "family_name": "Doe"}
    record = make_record(
        creators=[{"person_or_org": person, "affiliations": [{"id": "aff", "name": "CERN"}]}],
        subjects=[{"id": "sub", "subject": "Batteries"}, {"subject": "Other"}],
        funding=[
            {"funder": {"id": "fun", "name": "EC"}, "award": {"id": "awa", "number": "957189"}}
        ],
    )
    resolved = repository.resolve(record)
    assert {problem.severity for problem in resolved.problems} == {Severity.NOTICE}
    assert len(resolved.problems) == 4
    body = resolved.record.body()["metadata"]
    assert isinstance(body, dict)
    assert body["creators"] == [{"person_or_org": person, "affiliations": [{"name": "CERN"}]}]
    assert body["subjects"] == [{"subject": "Batteries"}, {"subject": "Other"}]
    assert body["funding"] == [{"funder": {"name": "EC"}, "award": {"number": "957189"}}]


def test_what_has_no_name_is_an_error(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    make_record: Callable[..., Record],
) -> None:
    lacks(web, "subjects/sub")
    (problem,) = repository.resolve(make_record(subjects=[{"id": "sub"}])).problems
    assert (problem.path, problem.severity) == ("metadata.subjects[0].id", Severity.ERROR)
    assert '"subject": "..."' in problem.advice


def test_a_community_that_is_there_is_no_problem(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    make_record: Callable[..., Record],
) -> None:
    web.get(f"{API}/communities/bigmap", json={"id": "24c5", "slug": "bigmap"})
    assert repository.resolve(make_record(invenio={"communities": ["bigmap"]})).problems == ()


@pytest.mark.parametrize(("status", "said"), [(404, "has no community"), (403, "not open")])
def test_a_community_that_cannot_be_submitted_to_is_an_error(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    make_record: Callable[..., Record],
    status: int,
    said: str,
) -> None:
    web.get(f"{API}/communities/b", status=status, json={"message": "No."})
    (problem,) = repository.resolve(make_record(invenio={"communities": ["b"]})).problems
    assert (problem.path, problem.severity) == ("invenio.communities[0]", Severity.ERROR)
    assert said in problem.message


def test_a_server_that_fails_is_not_a_missing_id(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    make_record: Callable[..., Record],
) -> None:
    web.get(f"{API}/vocabularies/languages/eng", status=503)
    with pytest.raises(TemporaryError):
        repository.resolve(make_record(languages=[{"id": "eng"}]))
