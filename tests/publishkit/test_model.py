"""What the models promise to backends."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys

import pytest
from pydantic import BaseModel, ValidationError

from publishkit.model import Embargo, PersonOrOrg, Record

METADATA = {
    "resource_type": {"id": "dataset"},
    "creators": [{"person_or_org": {"type": "personal", "family_name": "Doe"}}],
    "title": "A title",
    "publication_date": "2024-05-17",
}


class Block(BaseModel):
    """A backend's block."""

    communities: tuple[str, ...] = ()


class OtherBlock(BaseModel):
    """Another backend's block."""


def record(**more: object) -> Record:
    return Record.model_validate({"metadata": METADATA, **more})


def test_the_body_holds_only_what_was_given() -> None:
    assert record().body() == {"metadata": METADATA}


def test_what_was_given_equal_to_a_default_is_sent_too() -> None:
    given = record(access={"record": "public", "files": "public"}, files={"order": []})

    assert given.body()["access"] == {"record": "public", "files": "public"}
    assert given.body()["files"] == {"order": []}


def test_changing_a_body_does_not_change_the_record() -> None:
    made = record(custom_fields={"a:b": {"c": [1]}})
    body = made.body()
    body["custom_fields"]["a:b"]["c"].append(2)  # type: ignore[call-overload, index, union-attr]

    assert made.body()["custom_fields"] == {"a:b": {"c": [1]}}


def test_empty_pids_are_not_sent_since_they_would_drop_a_reserved_doi() -> None:
    assert "pids" not in record(pids={}).body()


def test_nothing_inside_custom_fields_is_lost() -> None:
    fields: dict[str, object] = {"a:b": {"empty": None, "list": [], "text": "  x "}}

    assert record(custom_fields=fields).body()["custom_fields"] == fields


def test_a_body_can_be_written_as_json() -> None:
    embargo = {"active": True, "until": "2031-01-02"}
    body = record(access={"embargo": embargo}).body()

    assert json.loads(json.dumps(body))["access"]["embargo"] == embargo


def test_blocks_are_found_by_their_model_and_not_sent() -> None:
    block = Block(communities=("a",))
    made = record(blocks={"invenio": block})

    assert made.block(Block) is block
    assert made.block(OtherBlock) is None
    assert "blocks" not in made.body()


def test_files_enabled_that_was_derived_is_sent() -> None:
    made = record()
    derived = made.model_copy(update={"files": made.files.model_copy(update={"enabled": False})})

    assert derived.body()["files"] == {"enabled": False}


@pytest.mark.parametrize(
    "written", ["10.1234/Abc", "doi:10.1234/Abc", "https://doi.org/10.1234/Abc"]
)
def test_a_doi_is_given_bare_however_it_was_written(written: str) -> None:
    made = record(pids={"doi": {"identifier": written, "provider": "external"}})

    assert made.doi == "10.1234/Abc"


def test_a_record_without_a_doi_has_none() -> None:
    assert record().doi is None


def test_a_doi_that_is_none_does_not_fail() -> None:
    assert record(pids={"doi": {"identifier": "?", "provider": "external"}}).doi == "?"


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"type": "personal", "family_name": "Doe", "given_name": "Jane"}, "Doe, Jane"),
        ({"type": "personal", "family_name": "Doe"}, "Doe"),
        ({"type": "personal", "family_name": "Doe", "given_name": ""}, "Doe"),
        ({"type": "organizational", "name": "EPFL"}, "EPFL"),
        ({"type": "personal"}, ""),
    ],
)
def test_people_have_the_names_that_invenio_shows(person: dict[str, str], name: str) -> None:
    assert PersonOrOrg.model_validate(person).display_name == name


def test_an_identifier_is_found_by_its_scheme() -> None:
    person = PersonOrOrg.model_validate(
        {"type": "personal", "identifiers": [{"scheme": "orcid", "identifier": "0000-1"}]}
    )

    assert person.identifier("orcid") == "0000-1"
    assert person.identifier("isni") is None


def test_the_scheme_of_an_identifier_is_told_from_it_where_it_is_not_given() -> None:
    person = PersonOrOrg.model_validate(
        {"type": "personal", "identifiers": [{"identifier": "0000-0002-1825-0097"}]}
    )

    assert person.identifier("orcid") == "0000-0002-1825-0097"


def test_lists_that_were_not_given_are_empty() -> None:
    metadata = record().metadata

    assert metadata.rights == ()
    assert metadata.subjects == ()
    assert metadata.locations.features == ()


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        record().metadata.title = "Another"  # type: ignore[misc]


@pytest.mark.parametrize("until", ["2031-02-30", "20310201", 5, "2031-02-01T00:00:00", ""])
def test_an_embargo_ends_on_a_day_that_exists(until: object) -> None:
    with pytest.raises(ValidationError, match="YYYY-MM-DD"):
        Embargo.model_validate({"active": True, "until": until})


def test_an_embargo_gives_its_end_as_a_date() -> None:
    assert Embargo.model_validate({"until": "2031-02-01"}).until == dt.date(2031, 2, 1)


def test_importing_the_models_loads_neither_idutils_nor_edtf() -> None:
    code = (
        "import sys, publishkit.folder, publishkit.digests; "
        "print({'idutils', 'edtf', 'pathspec', 'requests'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"
