"""What people say of a new record, and the reasons why some of it is not taken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from publishkit import answers
from publishkit.identifiers import as_ror

if TYPE_CHECKING:
    from collections.abc import Callable

JANE = {"type": "personal", "family_name": "Doe", "given_name": "Jane"}
ORCID = {"scheme": "orcid", "identifier": "0000-0002-1825-0097"}
EPFL = "02s376052"


@pytest.mark.parametrize(
    "orcid",
    [
        "0000-0002-1825-0097",
        "0000000218250097",
        "https://orcid.org/0000-0002-1825-0097",
        "http://orcid.org/0000-0002-1825-0097/",
        "orcid.org/0000-0002-1825-0097",
        "ORCID:0000-0002-1825-0097",
    ],
)
def test_an_orcid_is_taken_however_it_is_written(orcid: str) -> None:
    assert answers.orcid(orcid) == ORCID
    made = answers.creator(f"Doe, Jane; {orcid}")
    assert made == {"person_or_org": {**JANE, "identifiers": [ORCID]}}


@pytest.mark.parametrize(
    "orcid",
    ["0000-0002-1825-0098", "0000-0002-1825-009", "x", "https://isni.org/isni/0000000218250097"],
)
def test_a_wrong_orcid_is_refused(orcid: str) -> None:
    with pytest.raises(ValueError, match="is not a valid ORCID iD"):
        answers.orcid(orcid)


@pytest.mark.parametrize(
    ("text", "affiliation"),
    [
        ("Example Institute", {"name": "Example Institute"}),
        (EPFL, {"id": EPFL}),
        ("https://ror.org/02S376052", {"id": EPFL}),
        ("EPFL https://ror.org/02s376052/", {"id": EPFL, "name": "EPFL"}),
        ("EPFL (02s376052)", {"id": EPFL, "name": "EPFL"}),
        ("EPFL, ror.org/02s376052", {"id": EPFL, "name": "EPFL"}),
    ],
)
def test_an_affiliation_is_a_name_a_ror_id_or_both(text: str, affiliation: dict[str, str]) -> None:
    assert answers.affiliation(text) == affiliation


@pytest.mark.parametrize("ror", ["02s376053", "02s37605", "12s376052", "02s37605l", "", "0" * 9000])
def test_a_wrong_ror_id_is_none(ror: str) -> None:
    assert as_ror(ror) is None


def test_a_wrong_ror_address_is_not_taken_for_a_name() -> None:
    with pytest.raises(ValueError, match=r"ror\.org/02s376053\" is not a valid ROR id"):
        answers.affiliation("EPFL https://ror.org/02s376053")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Doe, Jane", {"person_or_org": JANE}),
        (" Doe ,Jane ; ; ", {"person_or_org": JANE}),
        ("Madonna,", {"person_or_org": {"type": "personal", "family_name": "Madonna"}}),
        (
            "Doe, Jane; EPFL; 0000-0002-1825-0097; Another Institute",
            {
                "person_or_org": {**JANE, "identifiers": [ORCID]},
                "affiliations": [{"name": "EPFL"}, {"name": "Another Institute"}],
            },
        ),
        (
            "org: EPFL; https://ror.org/02s376052",
            {
                "person_or_org": {
                    "type": "organizational",
                    "name": "EPFL",
                    "identifiers": [{"scheme": "ror", "identifier": EPFL}],
                }
            },
        ),
    ],
)
def test_a_creator_is_written_on_one_line(text: str, made: object) -> None:
    assert answers.creator(text) == made


def test_everything_that_is_wrong_with_a_creator_is_named() -> None:
    with pytest.raises(ValueError, match="Jane Doe") as caught:
        answers.creator("Jane Doe; 0000-0002-1825-0098; https://ror.org/02s376053")
    said = str(caught.value)
    assert 'write "Doe, Jane", or "org: Jane Doe"' in said
    assert "not a valid ORCID" in said
    assert "not a valid ROR" in said


@pytest.mark.parametrize(
    ("convert", "text", "reason"),
    [
        (answers.title, "ab", "three characters"),
        (answers.title, "a\x1b[2Jbc", "control character"),
        (answers.title, "abc\udce9", "not UTF-8"),
        (answers.name, ", Jane", "no family name"),
        (answers.name, "org:", "has no name"),
        (answers.licence, "CC BY", 'did you mean "cc-by-4.0"'),
        (answers.licence, "cc-by-4", 'did you mean "cc-by-4.0"'),
        (answers.licence, "proprietary!", "such as"),
        (answers.resource_type, "data set", 'did you mean "dataset"'),
        (answers.resource_type, "zzz", "known: audio"),
        (answers.day, "17.5.2024", "2024-05-17"),
        (answers.keyword, " ", "blank"),
        (answers.description, "x", "three characters"),
        (answers.creator, "Doe, Jane; 0000-0002-1825-0097; 0000-0001-5109-3700", "two ids"),
        (answers.creator, "org: EPFL; Switzerland", "not a valid ROR id"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    convert: Callable[[str], object], text: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        convert(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("At T < 300 K & more", "<p>At T &lt; 300 K &amp; more</p>"),
        ("One\n\nTwo", "<p>One</p><p>Two</p>"),
        ("<p>LiPF<sub>6</sub></p>", "<p>LiPF<sub>6</sub></p>"),
    ],
)
def test_a_description_is_html_or_becomes_it(text: str, html: str) -> None:
    assert answers.description(text) == html


@pytest.mark.parametrize("text", ["CC-BY-4.0", "cc by 4.0", "mit", "MIT"])
def test_a_licence_may_be_written_as_people_do(text: str) -> None:
    assert answers.licence(text) in ({"id": "cc-by-4.0"}, {"id": "mit"})
