"""What a user is told about `record_metadata.json`, before anything is sent."""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, JsonValue

from publishkit.errors import Problem, Severity
from publishkit.identifiers import EXAMPLES, is_valid
from publishkit.validation import MAX_BYTES, Parsed, parse

TODAY = dt.date(2026, 1, 15)
DOWNLOADED = Path(__file__).parent / "data" / "downloaded.json"


class Block(BaseModel):
    """A backend's block."""

    model_config = ConfigDict(extra="forbid")

    communities: tuple[str, ...] = ()
    review: str = ""


def read(value: object) -> Parsed:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return parse(data, blocks={"invenio": Block}, today=TODAY)


def draft(**metadata: object) -> dict[str, object]:
    """A good record, but for what is given."""
    return {
        "metadata": {
            "resource_type": {"id": "dataset"},
            "creators": [{"person_or_org": {"type": "personal", "family_name": "Doe"}}],
            "title": "A title",
            "publication_date": "2024-05-17",
            **metadata,
        }
    }


def said(value: object) -> list[str]:
    return [str(problem) for problem in read(value).problems]


def only(value: object) -> Problem:
    """The one thing that is wrong."""
    problems = read(value).problems
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def test_a_good_record_has_no_problems() -> None:
    parsed = read(draft())

    assert parsed.problems == ()
    assert parsed.record
    assert parsed.record.body() == draft()


def test_everything_that_is_wrong_is_named_at_once() -> None:
    value = {
        "acces": {},
        "access": {"record": "secret"},
        "metadata": {
            "title": "ab",
            "creators": [
                {"person_or_org": {"type": "personal", "name": "Jane Doe"}},
                {
                    "person_or_org": {
                        "type": "personal",
                        "family_name": "Roe",
                        "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0098"}],
                    }
                },
            ],
            "publication_date": "2024-13",
            "related_identifiers": [
                {"identifier": "10.1234/x", "relation_type": {"id": "isSupplementTo"}}
            ],
        },
        "invenio": {"comunities": ["a"]},
    }

    problems = read(value).problems

    assert {p.path for p in problems} == {
        "acces",
        "access.record",
        "metadata.resource_type",
        "metadata.title",
        "metadata.creators[0].person_or_org.family_name",
        "metadata.creators[1].person_or_org.identifiers[0].identifier",
        "metadata.publication_date",
        "metadata.related_identifiers[0].relation_type.id",
        "invenio.comunities",
    }
    assert all(p.severity is Severity.ERROR and p.advice for p in problems)


# ---- the file itself ----


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"a": 1,\n "b": }', "line 2, column 7"),
        (b'{"a": 1,}', "no comma after the last item"),
        (b"{'a': 1}", "straight double quotes"),
        (b'{"a": 1} // x', "JSON has no comments"),
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b'{"a":\n"\xff"}', "not UTF-8 at line 2"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"custom_fields": {"a:b": 1e999}}', "custom_fields.a:b: the number is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number has thousands of digits"),
        (b'{"custom_fields": {"a:b": "\\ud800"}}', "half of a surrogate pair"),
        (b'{"\\ud800": 1}', "half of a surrogate pair"),
        (b"[" * 100_000, "levels deep"),
        (b"[" * 60 + b"]" * 60, "levels deep"),
        (b" " * (MAX_BYTES + 1), "more than 10,000,000"),
        (b"[]", "a list instead of a record"),
        (b"null", "null instead of a record"),
        (b'"x"', '"x" instead of a record'),
    ],
)
def test_a_file_that_is_no_record_is_one_clear_error(data: bytes, words: str) -> None:
    parsed = read(data)

    assert parsed.record is None
    assert [words in str(problem) for problem in parsed.problems] == [True]
    assert not parsed.ok


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read(b"\xef\xbb\xbf" + json.dumps(draft()).encode()).problems == ()


def test_a_key_that_is_written_twice_is_an_error_where_it_stands() -> None:
    text = json.dumps(draft()).replace('"title"', '"title": "Another", "title"')

    assert only(text.encode()).path == "metadata.title"


# ---- keys ----


@pytest.mark.parametrize(
    ("value", "path", "meant"),
    [
        ({"acces": {}, **draft()}, "acces", "access"),
        ({"custom-fields": {}, **draft()}, "custom-fields", "custom_fields"),
        (draft(titel="x"), "metadata.titel", "title"),
        (draft(keywords=["x"]), "metadata.keywords", "did you mean subjects?"),
        (draft(colours=["x"]), "metadata.colours", "known here"),
        (draft(rights=[{"ID": "cc-by-4.0", "id": "mit"}]), "metadata.rights[0].ID", "id"),
        (
            {"access": {"embargo": {"util": "2030-01-01"}}, **draft()},
            "access.embargo.util",
            "until",
        ),
        ({"files": {"enable": True}, **draft()}, "files.enable", "enabled"),
    ],
)
def test_an_unknown_key_is_an_error_that_names_the_nearest(
    value: object, path: str, meant: str
) -> None:
    problem = only(value)

    assert problem.path == path
    assert problem.severity is Severity.ERROR
    assert meant in problem.advice


def test_json_downloaded_from_an_archive_can_be_pushed() -> None:
    parsed = read(DOWNLOADED.read_bytes())

    assert {problem.severity for problem in parsed.problems} == {Severity.NOTICE}
    assert parsed.ok
    assert parsed.record
    body = parsed.record.body()
    assert set(body) == {"access", "files", "metadata", "custom_fields"}
    assert parsed.record.metadata.rights[0].model_dump(exclude_unset=True) == {"id": "cc-by-4.0"}
    assert parsed.record.metadata.funding[0].funder.name == "European Commission"


def test_what_was_left_out_of_downloaded_json_is_one_notice() -> None:
    notices = [p.message for p in read(DOWNLOADED.read_bytes()).problems if not p.path]

    assert len(notices) == 1
    assert "id, created, updated, links" in notices[0]
    assert "and 26 more" in notices[0]


def test_a_downloaded_record_that_is_sent_back_is_downloaded_alike() -> None:
    first = read(DOWNLOADED.read_bytes()).record
    assert first

    assert read(first.body()).problems == ()
    assert read(first.body()).record == first


def test_zenodos_former_format_is_one_error_that_says_where_to_get_the_new_one() -> None:
    problem = only({"conceptrecid": "1", "metadata": {"access_right": "open"}, "files": []})

    assert "application/vnd.inveniordm.v1+json" in problem.advice


def test_null_is_the_same_as_nothing() -> None:
    parsed = read({**draft(description=None, subjects=None), "pids": None, "files": None})

    assert parsed.problems == ()
    assert parsed.record
    assert parsed.record.body() == draft()


def test_an_editors_schema_key_is_no_part_of_the_record() -> None:
    parsed = read({"$schema": "https://example.org/schema.json", **draft()})

    assert parsed.problems == ()
    assert parsed.record
    assert parsed.record.body() == draft()


# ---- blocks ----


def test_a_block_is_validated_by_the_backends_model() -> None:
    parsed = read({**draft(), "invenio": {"communities": ["a"]}})

    assert parsed.problems == ()
    assert parsed.record
    assert parsed.record.block(Block) == Block(communities=("a",))
    assert "invenio" not in parsed.record.body()


def test_a_wrong_block_is_an_error_at_its_path() -> None:
    problem = only({**draft(), "invenio": {"comunities": ["a"]}})

    assert (problem.path, problem.advice) == ("invenio.comunities", "did you mean communities?")


def test_a_wrong_block_gives_no_record_so_that_no_backend_takes_it_for_absent() -> None:
    assert read({**draft(), "invenio": 5}).record is None


@pytest.mark.parametrize("name", ["nomad", "dataverse", "my_archive"])
def test_a_block_of_a_backend_that_is_not_installed_is_a_warning(name: str) -> None:
    parsed = read({**draft(), name: {"anything": 1}})

    assert [(p.path, p.severity) for p in parsed.problems] == [(name, Severity.WARNING)]
    assert parsed.record
    assert name not in parsed.record.body()


@pytest.mark.parametrize("name", ["metadatas", "Nomad-Block", "acess"])
def test_a_mistyped_key_is_not_taken_for_a_block(name: str) -> None:
    assert only({**draft(), name: {}}).message == "unknown key"


# ---- required ----


@pytest.mark.parametrize("field", ["resource_type", "creators", "title", "publication_date"])
def test_what_every_archive_needs_must_be_there(field: str) -> None:
    value = {"metadata": {k: v for k, v in _metadata().items() if k != field}}

    problem = only(value)
    assert (problem.path, problem.message) == (f"metadata.{field}", "missing")
    assert problem.advice.startswith("write ")


def _metadata() -> dict[str, object]:
    found = draft()["metadata"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ({"title": "ab"}, "metadata.title"),
        ({"title": "  ab  "}, "metadata.title"),
        ({"title": 5}, "metadata.title"),
        ({"creators": []}, "metadata.creators"),
        ({"creators": {}}, "metadata.creators"),
        ({"creators": ["Jane Doe"]}, "metadata.creators[0]"),
        ({"resource_type": "dataset"}, "metadata.resource_type"),
        ({"resource_type": {}}, "metadata.resource_type.id"),
        ({"subjects": ["a"]}, "metadata.subjects[0]"),
        ({"subjects": [{}]}, "metadata.subjects[0]"),
        ({"sizes": [" "]}, "metadata.sizes[0]"),
        ({"contributors": [{"person_or_org": {"type": "organizational", "name": "E"}}]},
         "metadata.contributors[0].role"),
        ({"additional_titles": [{"title": "Alt"}]}, "metadata.additional_titles[0].type"),
        ({"dates": [{"date": "2024"}]}, "metadata.dates[0].type"),
        ({"funding": [{"award": {"number": "1"}}]}, "metadata.funding[0].funder"),
        ({"funding": [{"funder": {}}]}, "metadata.funding[0].funder"),
        ({"funding": [{"funder": {"name": "E"}, "award": {}}]}, "metadata.funding[0].award"),
        ({"rights": [{}]}, "metadata.rights[0]"),
        ({"rights": [{"title": {"en": "A", "de": "B"}}]}, "metadata.rights[0].title"),
        ({"rights": [{"title": {"english": "A"}}]}, "metadata.rights[0].title.english"),
        ({"funding": [{"funder": {"name": "E"}, "award": {"title": {"eng": "A"}}}]},
         "metadata.funding[0].award.title.eng"),
        ({"rights": [{"title": {"en": "A"}, "link": "example.org"}]}, "metadata.rights[0].link"),
        ({"locations": {"features": [{}]}}, "metadata.locations.features[0]"),
        ({"locations": [{"place": "x"}]}, "metadata.locations"),
        ({"references": ["Doe 2020"]}, "metadata.references[0]"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_by_its_path(metadata: dict[str, object], path: str) -> None:
    problem = only(draft(**metadata))

    assert problem.path == path
    assert problem.severity is Severity.ERROR
    assert problem.advice


@pytest.mark.parametrize(
    ("person", "path", "advice"),
    [
        ({"type": "personal", "name": "Jane Doe"}, ".family_name",
         '"family_name": "Doe", "given_name": "Jane"'),
        ({"type": "personal", "name": "van Dyck, Jan"}, ".family_name",
         '"family_name": "van Dyck", "given_name": "Jan"'),
        ({"type": "personal", "name": "Plato"}, ".family_name", '"family_name": "Plato"'),
        ({"type": "personal"}, ".family_name", '"family_name": "Doe"'),
        ({"type": "personal", "family_name": " "}, ".family_name", "write it"),
        ({"type": "organizational"}, ".name", '"name": "..."'),
        ({"type": "organizational", "family_name": "EPFL"}, ".name", '"name": "EPFL"'),
        ({"type": "organisation", "name": "x"}, ".type", "'personal' or 'organizational'"),
        ({"family_name": "Doe"}, ".type", '"personal" or "organizational"'),
    ],
)  # fmt: skip
def test_a_name_that_will_not_do_is_told_how_it_is_written(
    person: dict[str, str], path: str, advice: str
) -> None:
    errors = [
        p
        for p in read(draft(creators=[{"person_or_org": person}])).problems
        if p.severity is Severity.ERROR
    ]

    assert [p.path for p in errors] == [f"metadata.creators[0].person_or_org{path}"]
    assert advice in errors[0].advice


def test_an_affiliation_is_named_once() -> None:
    creator = {
        "person_or_org": {"type": "personal", "family_name": "Doe"},
        "affiliations": [{"name": "EPFL"}, {"name": "EPFL"}, {}],
    }

    assert [p.path for p in read(draft(creators=[creator])).problems] == [
        "metadata.creators[0].affiliations[1]",
        "metadata.creators[0].affiliations[2]",
    ]


# ---- dates ----


@pytest.mark.parametrize(
    "date", ["2024", "2024-05", "2024-05-17", "2024-01/2024-03", "2024-02-29", "0001", " 2024 "]
)
def test_dates_of_edtf_level_0_are_taken(date: str) -> None:
    assert said(draft(publication_date=date, dates=[{"date": date, "type": {"id": "other"}}])) == []


@pytest.mark.parametrize(
    ("date", "advice"),
    [
        ("2023-02-29", '"2024-05-17"'),
        ("2024-13", '"2024-05-17"'),
        ("17.5.2024", '"2024-05-17"'),
        ("05/06/2024", '"2024-05-17"'),  # could be May or June: no proposal
        ("2024/5/7", 'write "2024-05-07"'),
        ("20240517", '"2024-05-17"'),
        ("May 2024", '"2024-05-17"'),
        ("2024~", '"2024-05-17"'),
        ("2024-03/2024-01", "exchange the two dates"),
        ("2024-05-17T10:00:00", 'write "2024-05-17"'),
        ("2024-05-17T10:00:00Z", 'write "2024-05-17"'),
        ("2024" * 500, '"2024-05-17"'),
        # InvenioRDM 13.1.2 answers 500 to these
        ("2024-05/..", '"2024-05-17"'),
        ("../2024", '"2024-05-17"'),
        ("-0044", '"2024-05-17"'),
        ("0000", '"2024-05-17"'),
        ("0000-12/0001", '"2024-05-17"'),
        ("2001-21^spring", '"2024-05-17"'),
    ],
)
def test_other_dates_are_errors_that_show_a_right_one(date: str, advice: str) -> None:
    problem = only(draft(publication_date=date))

    assert problem.path == "metadata.publication_date"
    assert advice in problem.advice
    assert len(str(problem)) < 250


def test_a_time_of_day_is_possible_in_dates_but_not_for_publication() -> None:
    entry = {"date": "2024-05-17T10:00:00Z", "type": {"id": "collected"}}

    assert said(draft(dates=[entry])) == []


@pytest.mark.parametrize(
    ("embargo", "path"),
    [
        ({"active": True}, "until"),
        ({"active": True, "until": "2026-01-15"}, "until"),
        ({"active": True, "until": "2025-01-15"}, "until"),
        ({"active": True, "until": "2027-01"}, "until"),
        ({"active": True, "until": "2027-02-30"}, "until"),
        ({"active": False, "until": "2027-01-15"}, "active"),
        ({"until": "2027-01-15"}, "active"),
        ({"active": "true", "until": "2027-01-15"}, "active"),
    ],
)
def test_an_embargo_must_have_an_end_in_the_future(embargo: object, path: str) -> None:
    problems = read({**draft(), "access": {"embargo": embargo}}).problems

    assert {p.path for p in problems} == {f"access.embargo.{path}"}


@pytest.mark.parametrize(
    "embargo",
    [
        {"active": True, "until": "2026-01-16", "reason": "a paper"},
        {"active": False, "until": "2025-01-01"},
        {"active": False},
        {},
    ],
)
def test_an_embargo_that_archives_take_is_taken(embargo: object) -> None:
    assert said({**draft(), "access": {"embargo": embargo}}) == []


# ---- identifiers ----


@pytest.mark.parametrize(("scheme", "identifier"), EXAMPLES.items())
def test_the_examples_in_our_advice_are_valid(scheme: str, identifier: str) -> None:
    assert is_valid(identifier, scheme)


@pytest.mark.parametrize(
    ("scheme", "identifier"),
    [
        ("doi", "10.1234"),
        ("isbn", "978-3-16-148410-1"),
        ("arxiv", "hello"),
        ("issn", "1234"),
        ("eissn", "1234"),
        ("url", "example.org"),
        ("handle", "nothing"),
        ("isni", "0000 0001 2103 2684"),
        ("ark", "abc"),
    ],
)
def test_an_identifier_that_does_not_fit_its_scheme_is_an_error(
    scheme: str, identifier: str
) -> None:
    problem = only(draft(identifiers=[{"scheme": scheme, "identifier": identifier}]))

    assert problem.path == "metadata.identifiers[0].identifier"
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize(
    "identifier",
    ["10.1234/x", "https://doi.org/10.1234/x", "arXiv:2101.00001", "https://example.org/"],
)
def test_a_scheme_that_can_be_told_need_not_be_given(identifier: str) -> None:
    assert said(draft(identifiers=[{"identifier": identifier}])) == []


def test_a_scheme_that_cannot_be_told_must_be_given() -> None:
    problem = only(draft(identifiers=[{"identifier": "sample 17"}]))

    assert problem.path == "metadata.identifiers[0].scheme"
    assert "other" in problem.advice


def test_the_right_scheme_is_proposed() -> None:
    problem = only(draft(identifiers=[{"scheme": "doi", "identifier": "https://example.org/"}]))

    assert '"scheme": "url"' in problem.advice


def test_schemes_in_capitals_are_errors_and_unknown_ones_warnings() -> None:
    capitals = only(draft(identifiers=[{"scheme": "DOI", "identifier": "10.1234/x"}]))
    unknown = only(draft(identifiers=[{"scheme": "swh", "identifier": "swh:1:dir:0"}]))

    assert capitals.severity is Severity.ERROR
    assert capitals.advice == 'write "doi"'
    assert unknown.severity is Severity.WARNING


def test_a_person_has_one_identifier_of_each_kind() -> None:
    orcid = {"identifier": "0000-0002-1825-0097"}
    person = {"type": "personal", "family_name": "Doe", "identifiers": [orcid, orcid]}

    assert only(draft(creators=[{"person_or_org": person}])).path.endswith("identifiers[1]")


def test_a_grant_has_one_identifier_of_each_kind() -> None:
    url = {"identifier": "https://example.org/"}
    award = {"number": "1", "identifiers": [url, url]}
    problem = only(draft(funding=[{"funder": {"name": "E"}, "award": award}]))

    assert problem.path == "metadata.funding[0].award.identifiers[1]"


def test_an_identifier_of_the_record_is_there_once() -> None:
    same = {"identifier": "10.1234/x", "scheme": "doi"}

    assert only(draft(identifiers=[same, same])).path == "metadata.identifiers[1]"


def test_a_doi_that_exists_already_is_kept() -> None:
    parsed = read({**draft(), "pids": {"doi": {"identifier": "10.1", "provider": "external"}}})

    assert [p.path for p in parsed.problems] == ["pids.doi.identifier"]

    good = {"doi": {"identifier": "10.1234/x", "provider": "external"}}
    parsed = read({**draft(), "pids": good})

    assert parsed.problems == ()
    assert parsed.record
    assert parsed.record.body()["pids"] == good


def test_an_empty_doi_as_the_web_form_writes_it_is_left_out() -> None:
    parsed = read({**draft(), "pids": {"doi": {"identifier": "", "provider": "external"}}})

    assert [(p.path, p.severity) for p in parsed.problems] == [("pids.doi", Severity.NOTICE)]
    assert parsed.record
    assert parsed.record.pids == {}


def test_other_pids_than_a_doi_are_warned_about() -> None:
    ark = {"ark": {"identifier": "ark:/12345/abc", "provider": "external"}}

    assert only({**draft(), "pids": ark}).severity is Severity.WARNING


def test_an_identifier_in_a_reference_is_checked_and_may_be_missing() -> None:
    good = [{"reference": "Doe 2020"}, {"reference": "Doe 2021", "identifier": "10.1234/x"}]
    bad = [{"reference": "Doe 2022", "scheme": "doi"}]

    assert said(draft(references=good)) == []
    assert only(draft(references=bad)).path == "metadata.references[0].identifier"


def test_a_doi_needs_a_provider() -> None:
    problem = only({**draft(), "pids": {"doi": {"identifier": "10.1234/x"}}})

    assert (problem.path, "external" in problem.advice) == ("pids.doi.provider", True)


def test_a_doi_that_an_archive_gave_out_is_left_out_with_a_notice() -> None:
    doi = {"identifier": "10.5281/zenodo.1", "provider": "datacite", "client": "datacite"}
    parsed = read({**draft(), "pids": {"doi": doi}})

    assert [(p.path, p.severity) for p in parsed.problems] == [("pids.doi", Severity.NOTICE)]
    assert parsed.record
    assert parsed.record.doi is None
    assert "pids" not in parsed.record.body()


# ---- vocabularies ----


@pytest.mark.parametrize(
    ("metadata", "path", "meant"),
    [
        ({"resource_type": {"id": "Dataset"}}, "resource_type.id", "dataset"),
        ({"resource_type": {"id": "journal-article"}}, "resource_type.id", "publication-article"),
        ({"rights": [{"id": "CC-BY-4.0"}]}, "rights[0].id", "cc-by-4.0"),
        ({"rights": [{"id": "CC BY"}]}, "rights[0].id", "cc-by-4.0"),
        ({"languages": [{"id": "en"}]}, "languages[0].id", "eng"),
        ({"languages": [{"id": "de-CH"}]}, "languages[0].id", "deu"),
        ({"languages": [{"id": "English"}]}, "languages[0].id", "eng"),
        (
            {"dates": [{"date": "2024", "type": {"id": "Collected"}}]},
            "dates[0].type.id",
            "collected",
        ),
        (
            {"additional_titles": [{"title": "Alt", "type": {"id": "AlternativeTitle"}}]},
            "additional_titles[0].type.id",
            "alternative-title",
        ),
        (
            {"additional_descriptions": [{"description": "How", "type": {"id": "method"}}]},
            "additional_descriptions[0].type.id",
            "methods",
        ),
        (
            {
                "contributors": [
                    {
                        "person_or_org": {"type": "organizational", "name": "E"},
                        "role": {"id": "DataCollector"},
                    }
                ]
            },
            "contributors[0].role.id",
            "datacollector",
        ),
        (
            {
                "related_identifiers": [
                    {"identifier": "10.1234/x", "relation_type": {"id": "supplements"}}
                ]
            },
            "related_identifiers[0].relation_type.id",
            "issupplementto",
        ),
    ],
)
def test_an_id_outside_the_default_vocabularies_is_a_warning_that_names_the_nearest(
    metadata: dict[str, object], path: str, meant: str
) -> None:
    problem = only(draft(**metadata))

    assert problem.path == f"metadata.{path}"
    assert problem.severity is Severity.WARNING
    assert f'"{meant}"' in problem.advice or meant in problem.advice


def test_a_relation_type_in_datacites_spelling_is_an_error() -> None:
    related = {"identifier": "10.1234/x", "relation_type": {"id": "IsSupplementTo"}}
    problem = only(draft(related_identifiers=[related]))

    assert problem.severity is Severity.ERROR
    assert problem.advice == 'write "issupplementto"'


def test_a_licence_of_ones_own_is_taken() -> None:
    own = {"title": {"en": "House licence"}, "link": "https://example.org/licence"}

    assert said(draft(rights=[own])) == []


# ---- places and custom fields ----


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [6.5, 46]},
        {"type": "MultiPoint", "coordinates": [[6.5, 46.5], [7, 47, 400]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
    ],
)
def test_geometries_that_archives_take_are_taken(geometry: object) -> None:
    assert said(draft(locations={"features": [{"geometry": geometry}]})) == []


@pytest.mark.parametrize(
    ("geometry", "path"),
    [
        ({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, ""),
        ({"type": "Point", "coordinates": ["6.5", 46.5]}, ".coordinates[0]"),
        ({"type": "Point", "coordinates": [6.5]}, ".coordinates"),
        ({"type": "Point"}, ".coordinates"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}, ".coordinates[0]"),
        ({"type": "Point", "coordinates": [6.5, 46.5], "crs": "x"}, ".crs"),
    ],
)
def test_other_geometries_are_errors(geometry: object, path: str) -> None:
    problem = only(draft(locations={"features": [{"geometry": geometry}]}))

    assert problem.path == f"metadata.locations.features[0].geometry{path}"
    assert problem.severity is Severity.ERROR


def test_any_namespaced_custom_field_is_taken_and_others_are_warned_about() -> None:
    problem = only({**draft(), "custom_fields": {"journal:journal": {}, "plain": 1}})

    assert (problem.path, problem.severity) == ("custom_fields.plain", Severity.WARNING)


# ---- whatever is written ----

json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, object]:
    """The downloaded record with something else in some place."""
    value = json.loads(DOWNLOADED.read_bytes())
    for _ in range(draw(st.integers(1, 4))):
        here = value
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            key = draw(st.sampled_from(keys))
            inner = here[key]
            if not isinstance(inner, (dict, list)) or not inner or draw(st.integers(0, 4)) == 0:
                here[key] = draw(json_values)
                break
            here = inner
    assert isinstance(value, dict)
    return value


@settings(max_examples=150, deadline=None)
@given(damaged())
def test_whatever_is_in_a_place_it_is_named_and_nothing_else_fails(
    value: dict[str, object],
) -> None:
    parsed = read(value)

    if parsed.record is None:
        assert not parsed.ok
    else:
        again = read(parsed.record.body())
        assert again.record == parsed.record.model_copy(update={"blocks": {}})


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_no_json_is_too_strange_to_be_answered(value: JsonValue) -> None:
    assert not read(value).ok


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=64))
def test_no_bytes_are_too_strange_to_be_answered(data: bytes) -> None:
    assert not read(data).ok


def test_parsing_changes_nothing_that_was_given() -> None:
    value = json.loads(DOWNLOADED.read_bytes())
    kept = copy.deepcopy(value)
    read(value)

    assert value == kept
