"""What is derived from the metadata for NOMAD's own fields."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishkit_nomad.wishes import (
    _plus_months,
    embargo_months,
    entry_wishes,
    is_full_url,
    upload_name,
)

if TYPE_CHECKING:
    from tests.backends.nomad.conftest import MakeRecord

TODAY = date(2024, 1, 31)


def embargoed(until: object, *, active: bool = True) -> dict[str, object]:
    return {"files": "restricted", "embargo": {"active": active, "until": str(until)}}


def test_the_name_is_the_title_unless_the_block_has_one(make_record: MakeRecord) -> None:
    assert upload_name(make_record()) == "Resistivity"
    assert upload_name(make_record(block={"upload_name": "Mine"})) == "Mine"


def test_the_comment_is_the_descriptions_text_unless_the_block_has_one(
    make_record: MakeRecord,
) -> None:
    described = {"description": "<p>One &amp; two</p>"}
    assert entry_wishes(make_record(described)).comment == "One & two"
    assert entry_wishes(make_record(described, block={"comment": ""})).comment == ""
    assert entry_wishes(make_record()).comment is None  # what the user's own files say stays


def test_references_are_addresses_of_what_the_record_names(make_record: MakeRecord) -> None:
    relation = {"relation_type": {"id": "cites"}}
    record = make_record(
        {
            "related_identifiers": [
                {"identifier": "10.1234/abc", "scheme": "doi", **relation},
                {"identifier": "10.1002/(SICI)1<2::AID>3", "scheme": "doi", **relation},
                {"identifier": "arXiv:2101.12345", **relation},
                {"identifier": "https://example.org/a b", "scheme": "url", **relation},
                {"identifier": "http://localhost/x", "scheme": "url", **relation},
                {"identifier": "978-3-16-148410-0", "scheme": "isbn", **relation},
            ],
            "references": [{"reference": "A", "identifier": "10.1234/abc", "scheme": "doi"}],
        },
        pids={"doi": {"identifier": "10.5281/zenodo.1", "provider": "external"}},
    )
    assert entry_wishes(record).references == (
        "https://doi.org/10.5281/zenodo.1",
        "https://doi.org/10.1234/abc",
        "https://doi.org/10.1002/(SICI)1%3C2::AID%3E3",
        "https://arxiv.org/abs/arXiv:2101.12345",
        "https://example.org/a%20b",
    )


def test_references_of_the_block_go_before_derived_ones(make_record: MakeRecord) -> None:
    record = make_record(
        block={"references": []},
        pids={"doi": {"identifier": "10.5281/zenodo.1", "provider": "external"}},
    )
    assert entry_wishes(record).references == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://doi.org/10.1/x",
        "http://hdl.handle.net/1/2",
        "HTTPS://EXAMPLE.ORG",
        "https://exämple.org/ü",
        "https://192.168.0.1/x",
        "https://user:word@example.org:8080/x?y=1#z",
    ],
)
def test_what_nomad_takes_as_a_reference(url: str) -> None:
    assert is_full_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "10.1/x",
        "doi.org/10.1/x",
        "http://localhost/x",
        "http://host/x",
        "http://a.b",
        "ftp://example.org/x",
        "mailto:a@example.org",
        "https://example.org/a b",
        "https://example.org/<x>",
        "https://example-.org/",
        "",
    ],
)
def test_what_nomad_refuses_as_a_reference(url: str) -> None:
    assert not is_full_url(url)


@pytest.mark.parametrize(
    ("until", "months"),
    [
        (date(2024, 1, 1), 0),
        (TODAY, 0),
        (date(2024, 2, 1), 1),
        (date(2024, 2, 29), 1),
        (date(2024, 3, 1), 2),
        (date(2024, 4, 30), 3),
        (date(2027, 1, 31), 36),
        (date(2027, 2, 1), 37),
    ],
)
def test_an_embargo_is_the_fewest_months_that_reach_its_day(
    make_record: MakeRecord, until: date, months: int
) -> None:
    assert embargo_months([make_record(access=embargoed(until))], TODAY) == months


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(0, 2000))
def test_an_embargo_never_ends_early_nor_a_month_late(
    make_record: MakeRecord, today: date, ahead: int
) -> None:
    until = date.fromordinal(today.toordinal() + ahead)
    months = embargo_months([make_record(access=embargoed(until))], today)
    assert _plus_months(today, months) >= until
    assert months == 0 or _plus_months(today, months - 1) < until


def test_an_embargo_that_is_not_active_is_none(make_record: MakeRecord) -> None:
    record = make_record(access=embargoed(date(2030, 1, 1), active=False))
    assert embargo_months([record], TODAY) == 0


def test_the_blocks_embargo_goes_before_the_day(make_record: MakeRecord) -> None:
    record = make_record(access=embargoed(date(2024, 3, 1)), block={"embargo_length": 12})
    assert embargo_months([record], TODAY) == 12
