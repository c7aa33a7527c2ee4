"""What is said before anything is sent."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from publishkit.abilities import Member
from publishkit.errors import Severity
from publishkit_nomad.check import check, check_group

if TYPE_CHECKING:
    from publishkit.model import Record
    from tests.backends.nomad.conftest import MakeFiles, MakeRecord

TODAY = date(2024, 1, 31)


def found(record: Record, severity: Severity = Severity.ERROR) -> dict[str, str]:
    """The messages about a record without files, by path."""
    problems = check(record, [], 1000, today=TODAY)
    return {p.path: f"{p.message}; {p.advice}" for p in problems if p.severity is severity}


def embargo(until: str) -> dict[str, object]:
    return {"files": "restricted", "embargo": {"active": True, "until": until}}


def test_an_ordinary_record_has_no_problem(make_record: MakeRecord, make_files: MakeFiles) -> None:
    record = make_record({"rights": [{"id": "cc-by-4.0"}]}, block={"coauthors": ["x"]})
    assert check(record, make_files({"a/ü.csv": b"1"}), 1000) == []


@pytest.mark.parametrize(
    "right",
    [
        {"id": "CC-BY-4.0"},
        {"title": {"en": "Creative Commons Attribution 4.0 International"}},
        {"title": {"en": "Ours"}, "link": "https://creativecommons.org/licenses/by/4.0/legalcode"},
        {"title": {"en": "X"}, "props": {"url": "http://creativecommons.org/licenses/by/4.0/"}},
    ],
)
def test_cc_by_4_is_known_however_it_is_written(
    make_record: MakeRecord, right: dict[str, object]
) -> None:
    assert found(make_record({"rights": [right]})) == {}


@pytest.mark.parametrize(
    "right",
    [
        {"id": "cc-by-nc-4.0"},
        {"id": "mit"},
        {"title": {"en": "CC BY 4.0 but not quite"}},
        {"title": {"en": "X"}, "link": "https://creativecommons.org/licenses/by/3.0/"},
    ],
)
def test_another_licence_is_an_error_unless_it_is_accepted(
    make_record: MakeRecord, right: dict[str, object]
) -> None:
    rights = {"rights": [{"id": "cc-by-4.0"}, right]}
    assert "accept_license" in found(make_record(rights))["metadata.rights[1]"]
    assert found(make_record(rights, block={"accept_license": True})) == {}


def test_restricted_metadata_is_an_error(make_record: MakeRecord) -> None:
    record = make_record(access={"record": "restricted", "files": "public"})
    assert "public" in found(record)["access.record"]


@pytest.mark.parametrize(
    ("access", "wrong"),
    [
        ({"files": "restricted"}, {"access.files"}),
        (embargo("2024-01-31"), {"access.files"}),
        (embargo("2024-02-01"), set()),
        (embargo("2027-01-31"), set()),
        (embargo("2027-02-01"), {"access.embargo.until"}),
    ],
)
def test_restricted_files_need_an_embargo_that_nomad_can_keep(
    make_record: MakeRecord, access: dict[str, object], wrong: set[str]
) -> None:
    assert set(found(make_record(access=access))) == wrong


def test_an_embargo_of_the_block_restricts_files_too(make_record: MakeRecord) -> None:
    restricted = make_record(access={"files": "restricted"}, block={"embargo_length": 3})
    assert found(restricted) == {}


def test_the_block_must_not_shorten_the_embargo(make_record: MakeRecord) -> None:
    short = make_record(access=embargo("2024-06-30"), block={"embargo_length": 2})
    assert "at least 5" in found(short)["nomad.embargo_length"]
    enough = make_record(access=embargo("2024-06-30"), block={"embargo_length": 5})
    assert found(enough) == {}


def test_every_reference_that_nomad_refuses_is_named(make_record: MakeRecord) -> None:
    record = make_record(
        block={"references": ["10.1/x", "https://doi.org/10.1/x", "http://localhost/"]}
    )
    assert set(found(record)) == {"nomad.references[0]", "nomad.references[2]"}


def test_leaving_the_entry_out_is_a_warning_where_no_file_is_known_to_be_one(
    make_record: MakeRecord, make_files: MakeFiles
) -> None:
    record = make_record(block={"entry": False})
    assert "refuses to publish" in found(record, Severity.WARNING)["nomad.entry"]
    assert check(record, make_files({"x.archive.json": b"{}"}), 99) == []


@pytest.mark.parametrize("key", ["publishkit.archive.json", "publishkit-manifest-sha256.txt"])
def test_a_file_of_a_name_that_publishkit_uses_is_an_error(
    make_record: MakeRecord, make_files: MakeFiles, key: str
) -> None:
    (problem,) = check(make_record(), make_files({key: b"1"}), 99)
    assert (problem.path, problem.severity) == (key, Severity.ERROR)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("data_archive.json", "as an entry"),
        ("sub/x.metainfo.yaml", "as an entry"),
        ("calc/POTCAR", "stripped"),
        ("sub/日本.txt", "1.3 and 1.4"),
    ],
)
def test_names_that_nomad_treats_in_a_way_of_its_own_are_warned_of(
    make_record: MakeRecord, make_files: MakeFiles, key: str, told: str
) -> None:
    (problem,) = check(make_record(), make_files({key: b"1"}), 99)
    assert (problem.path, problem.severity) == (key, Severity.WARNING)
    assert told in problem.message


def test_a_name_with_a_line_break_is_an_error(
    make_record: MakeRecord, make_files: MakeFiles
) -> None:
    (problem,) = check(make_record(), make_files({"a\nb": b"1"}), 99)
    assert problem.severity is Severity.ERROR


def test_files_beyond_the_limit_are_an_error(
    make_record: MakeRecord, make_files: MakeFiles
) -> None:
    files = make_files({"a": b"12345", "b": b"123456"})
    assert check(make_record(), files, 11) == []
    (problem,) = check(make_record(), files, 10)
    assert "11 bytes" in problem.message


def test_every_problem_is_found_at_once(make_record: MakeRecord, make_files: MakeFiles) -> None:
    record = make_record(
        {"rights": [{"id": "mit"}]},
        block={"references": ["x"], "entry": False},
        access={"record": "restricted", "files": "restricted"},
    )
    problems = check(record, make_files({"publishkit.archive.json": b"1"}), 0)
    assert len({p.path for p in problems}) == 6


def test_records_that_are_alike_may_share_an_upload(make_record: MakeRecord) -> None:
    members = [
        Member(str(n), make_record({"title": f"Record {n}"}, block={"datasets": [str(n)]}))
        for n in range(3)
    ]
    assert check_group(members) == []


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"upload_name": "other"}, "nomad.upload_name"),
        ({"coauthors": ["x"]}, "nomad.coauthors"),
        ({"reviewers": ["x"]}, "nomad.reviewers"),
        ({"embargo_length": 2}, "access.embargo"),
        ({"entry": False}, "nomad.entry"),
    ],
)
def test_records_that_differ_in_what_belongs_to_the_upload_may_not(
    make_record: MakeRecord, block: dict[str, object], path: str
) -> None:
    members = [Member("a", make_record()), Member("b", make_record(block=block))]
    (problem,) = check_group(members)
    assert problem.path == path
    assert problem.message.startswith("b ")


def test_archives_of_ones_own_are_no_warning_where_they_are_meant(
    make_record: MakeRecord, make_files: MakeFiles
) -> None:
    files = make_files({"water.archive.json": b"{}"})
    assert check(make_record(block={"entry": False}), files, 1000) == []
    assert [p.path for p in check(make_record(), files, 1000)] == ["water.archive.json"]
