"""What is found wrong with a record before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publishkit.errors import Severity
from publishkit.repository import DataFile
from publishkit_invenio.check import check
from publishkit_invenio.settings import InvenioSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from publishkit.model import Record

EMBARGO = {"active": True, "until": "2100-01-01"}
DOI = {"doi": {"identifier": "10.1234/abc", "provider": "external"}}


def file(key: str, size: int = 1) -> DataFile:
    return DataFile(key, Path(key), size)


def found(
    record: Record, files: Sequence[DataFile] = (), **settings: object
) -> dict[str, Severity]:
    problems = check(record, files, InvenioSettings.model_validate(settings))
    assert all(problem.advice for problem in problems)
    return {problem.path: problem.severity for problem in problems}


def test_a_good_record_has_no_problem(make_record: Callable[..., Record]) -> None:
    files = [file(key) for key in ("a.txt", "sub/b c.txt", "ünï.dat", "content", "a#%?&+.x")]
    assert found(make_record(), files) == {}


def test_an_embargo_with_public_files_is_an_error(make_record: Callable[..., Record]) -> None:
    record = make_record(access={"record": "public", "files": "public", "embargo": EMBARGO})
    assert found(record) == {"access.files": Severity.ERROR}


def test_an_embargo_with_restricted_files_is_fine(make_record: Callable[..., Record]) -> None:
    record = make_record(access={"record": "public", "files": "restricted", "embargo": EMBARGO})
    assert found(record) == {}


def test_public_files_of_a_restricted_record_are_warned_of(
    make_record: Callable[..., Record],
) -> None:
    assert found(make_record(access={"record": "restricted"})) == {"access.files": Severity.WARNING}


@pytest.mark.parametrize(
    "key", ["../x", "/x", "a/../x", "./x", "x/content", "a" * 256, "sub/" + "ä" * 252]
)
def test_a_key_that_cannot_be_used_is_an_error(
    make_record: Callable[..., Record], key: str
) -> None:
    assert found(make_record(), [file(key)]) == {key: Severity.ERROR}


def test_a_key_with_a_line_break_is_shown_on_one_line(make_record: Callable[..., Record]) -> None:
    assert found(make_record(), [file("a\nb")]) == {"a\\nb": Severity.ERROR}


def test_a_file_without_a_name_is_an_error(make_record: Callable[..., Record]) -> None:
    assert found(make_record(), [file("")]) == {"files": Severity.ERROR}


def test_255_characters_are_possible_whatever_their_bytes(
    make_record: Callable[..., Record],
) -> None:
    assert found(make_record(), [file("ä" * 255)]) == {}


def test_too_many_files_are_an_error(make_record: Callable[..., Record]) -> None:
    files = [file(f"{number}.txt") for number in range(101)]
    assert found(make_record(), files) == {"files": Severity.ERROR}
    assert found(make_record(), files, max_files=2000) == {}


def test_too_much_in_all_is_an_error(make_record: Callable[..., Record]) -> None:
    files = [file("a", 60), file("b", 60)]
    assert found(make_record(), files, max_bytes=100) == {"files": Severity.ERROR}
    assert found(make_record(), files, max_bytes=120) == {}


def test_one_file_that_is_too_large_is_named(make_record: Callable[..., Record]) -> None:
    files = [file("a", 60), file("b", 10)]
    assert found(make_record(), files, max_bytes=100, max_file_bytes=50) == {"a": Severity.ERROR}


def test_where_dois_are_on_a_publisher_is_needed(make_record: Callable[..., Record]) -> None:
    record = make_record(publisher=None)
    assert found(record, dois="on") == {"metadata.publisher": Severity.ERROR}
    assert found(record, dois="on", publisher="Zenodo") == {}
    assert found(record, dois="off") == {}


def test_a_missing_publisher_is_a_warning_where_it_is_not_known_whether_there_are_dois(
    make_record: Callable[..., Record],
) -> None:
    assert found(make_record(publisher=None)) == {"metadata.publisher": Severity.WARNING}
    assert found(make_record(publisher=None), publisher="Zenodo") == {}


def test_it_is_said_where_an_external_doi_goes(make_record: Callable[..., Record]) -> None:
    assert found(make_record(pids=DOI)) == {"pids.doi": Severity.NOTICE}
    assert found(make_record(pids=DOI), dois="on") == {}


def test_a_second_doi_has_no_place_beside_the_first(make_record: Callable[..., Record]) -> None:
    same = [{"identifier": "https://doi.org/10.1234/ABC", "scheme": "doi"}]
    other = [{"identifier": "10.1234/other"}]
    assert "metadata.identifiers[0]" not in found(make_record(pids=DOI, identifiers=same))
    problems = found(make_record(pids=DOI, identifiers=other))
    assert problems["metadata.identifiers[0]"] is Severity.ERROR
    assert found(make_record(identifiers=other)) == {}


def test_further_communities_are_left_to_the_user(make_record: Callable[..., Record]) -> None:
    record = make_record(invenio={"communities": ["a", "b"]})
    assert found(record) == {"invenio.communities": Severity.NOTICE}


def test_a_preview_must_be_one_of_the_files(make_record: Callable[..., Record]) -> None:
    record = make_record(files={"default_preview": "a.txt"})
    assert found(record, [file("a.txt")]) == {}
    assert found(record, [file("b.txt")]) == {"files.default_preview": Severity.ERROR}


def test_an_order_of_files_is_warned_of(make_record: Callable[..., Record]) -> None:
    record = make_record(files={"order": ["a.txt"]})
    assert found(record, [file("a.txt")]) == {"files.order": Severity.WARNING}


def test_what_a_grant_has_no_place_for_is_warned_of(make_record: Callable[..., Record]) -> None:
    award = {"number": "957189", "acronym": "BIG-MAP"}
    record = make_record(funding=[{"funder": {"name": "EC"}, "award": award}])
    assert found(record) == {"metadata.funding[0].award.acronym": Severity.WARNING}
