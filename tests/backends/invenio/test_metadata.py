"""The body that is sent, and what of it the server did not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publishkit_invenio.answers import Deposited
from publishkit_invenio.metadata import body_of, refusals
from publishkit_invenio.settings import InvenioSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from publishkit.model import Record

Answer = dict[str, "JsonValue"]
DOI = {"doi": {"identifier": "https://doi.org/10.1234/abc", "provider": "external"}}
MISSING_FILES = {"field": "files.enabled", "messages": ["Missing uploaded files."]}


def body(record: Record, **settings: object) -> Answer:
    return body_of(record, InvenioSettings.model_validate(settings))


def metadata(record: Record, **settings: object) -> JsonValue:
    return body(record, **settings)["metadata"]


def refused(record: Record, answer: Answer, **settings: object) -> list[str]:
    return refusals(body(record, **settings), Deposited.model_validate(answer))


# ---- sent ----


def test_a_record_goes_out_as_it_is(make_record: Callable[..., Record]) -> None:
    record = make_record()
    assert body(record) == {
        "metadata": record.body()["metadata"],
        "access": {"record": "public", "files": "public"},
        "files": {"enabled": True},
    }


def test_the_targets_publisher_fills_in(make_record: Callable[..., Record]) -> None:
    filled = metadata(make_record(publisher=None), publisher="Zenodo")
    kept = metadata(make_record(), publisher="Zenodo")
    assert isinstance(filled, dict)
    assert isinstance(kept, dict)
    assert (filled["publisher"], kept["publisher"]) == ("Zenodo", "BIG-MAP")


def test_where_dois_are_on_an_external_doi_is_the_records(
    make_record: Callable[..., Record],
) -> None:
    sent = body(make_record(pids=DOI), dois="on")
    assert sent["pids"] == {"doi": {"identifier": "10.1234/abc", "provider": "external"}}
    assert "identifiers" not in dict(sent["metadata"])  # type: ignore[arg-type] # an object


@pytest.mark.parametrize("dois", ["off", None])
def test_elsewhere_an_external_doi_is_a_further_identifier(
    make_record: Callable[..., Record], dois: str | None
) -> None:
    sent = body(make_record(pids=DOI), dois=dois)
    assert "pids" not in sent
    identifiers = dict(sent["metadata"])["identifiers"]  # type: ignore[arg-type] # an object
    assert identifiers == [{"identifier": "10.1234/abc", "scheme": "doi"}]


def test_a_doi_that_is_listed_already_is_not_listed_twice(
    make_record: Callable[..., Record],
) -> None:
    listed = [{"identifier": "10.1234/ABC"}]
    sent = metadata(make_record(pids=DOI, identifiers=listed))
    assert isinstance(sent, dict)
    assert sent["identifiers"] == listed


def test_pids_are_never_sent_empty(make_record: Callable[..., Record]) -> None:
    assert "pids" not in body(make_record(pids={}), dois="on")


def test_files_of_a_restricted_record_are_sent_as_restricted(
    make_record: Callable[..., Record],
) -> None:
    sent = body(make_record(access={"record": "restricted"}))
    assert sent["access"] == {"record": "restricted", "files": "restricted"}


def test_a_record_without_files_says_so(make_record: Callable[..., Record]) -> None:
    assert body(make_record(files={"enabled": False}))["files"] == {"enabled": False}


def test_what_the_server_answers_500_to_is_left_out(make_record: Callable[..., Record]) -> None:
    url = "https://example.org/licence"
    sent = metadata(
        make_record(
            rights=[{"title": {"en": "Own"}, "props": {"url": url, "scheme": "x"}}],
            funding=[{"funder": {"name": "EC"}, "award": {"number": "1", "program": "H2020"}}],
        )
    )
    assert isinstance(sent, dict)
    assert sent["rights"] == [{"title": {"en": "Own"}, "link": url}]
    assert sent["funding"] == [{"funder": {"name": "EC"}, "award": {"number": "1"}}]


# ---- taken ----


def test_a_draft_that_holds_everything_was_not_refused(
    make_record: Callable[..., Record], answer: Callable[..., Answer]
) -> None:
    assert refused(make_record(), answer("draft")) == []


def test_files_that_are_still_to_come_are_no_refusal(
    make_record: Callable[..., Record], answer: Callable[..., Answer]
) -> None:
    preview = {"field": "files.default_preview", "messages": ['No file with key "b.txt"']}
    empty = {"enabled": True, "entries": {}}
    record = make_record(files={"default_preview": "b.txt"})
    assert refused(record, answer("draft", files=empty, errors=[MISSING_FILES, preview])) == []


def test_a_preview_that_is_refused_although_it_is_there_is_a_refusal(
    make_record: Callable[..., Record], answer: Callable[..., Answer]
) -> None:
    error = {"field": "files.default_preview", "messages": ["No."]}
    record = make_record(files={"default_preview": "a.txt"})
    assert refused(record, answer("draft", errors=[error])) == ["files.default_preview: No."]


def test_every_field_and_message_is_named(
    make_record: Callable[..., Record], answer: Callable[..., Answer]
) -> None:
    told = refused(make_record(), answer("dropped"))
    assert "metadata.resource_type: Missing data for required field." in told
    assert "metadata.publisher: was dropped without a word" in told
    assert not any(line.startswith("metadata.resource_type: was dropped") for line in told)


def test_what_was_dropped_without_a_word_is_named(
    make_record: Callable[..., Record], answer: Callable[..., Answer]
) -> None:
    record = make_record(subjects=[{"subject": "a"}, {"subject": "b"}], version="1")
    held = dict(answer("draft"))
    held["metadata"] = {**dict(held["metadata"]), "subjects": [{"subject": "a"}]}  # type: ignore[arg-type] # an object
    assert set(refused(record, held)) == {
        "metadata.version: was dropped without a word",
        "metadata.subjects: was dropped without a word",
    }


def test_values_may_come_back_in_another_form(
    make_record: Callable[..., Record], answer: Callable[..., Answer]
) -> None:
    record = make_record(
        description="<p>a<script>b</script></p>",
        languages=[{"id": "eng"}],
        identifiers=[{"identifier": "https://doi.org/10.1234/x"}],
    )
    held = dict(answer("draft"))
    held["metadata"] = {
        **dict(held["metadata"]),  # type: ignore[arg-type] # an object
        "description": "<p>a</p>",
        "languages": [{"id": "eng", "title": {"en": "English"}}],
        "identifiers": [{"identifier": "10.1234/x", "scheme": "doi"}],
    }
    assert refused(record, held) == []


def test_another_access_than_was_asked_for_is_named(
    make_record: Callable[..., Record], answer: Callable[..., Answer]
) -> None:
    record = make_record(access={"record": "public", "files": "restricted"})
    assert refused(record, answer("draft")) == ["access.files: was dropped without a word"]


def test_a_doi_that_was_not_taken_is_named(
    make_record: Callable[..., Record], answer: Callable[..., Answer]
) -> None:
    record = make_record(pids=DOI)
    assert refused(record, answer("draft"), dois="on") == ["pids.doi: was dropped without a word"]
    taken = {"doi": {"identifier": "10.1234/ABC", "provider": "external"}}
    assert refused(record, answer("draft", pids=taken), dois="on") == []
