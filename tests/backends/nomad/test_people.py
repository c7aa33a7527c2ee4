"""People, each exactly one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publishkit.errors import Severity
from publishkit_nomad.block import block_of
from publishkit_nomad.people import UnclearUserError

if TYPE_CHECKING:
    from publishkit_nomad.repository import NomadRepository
    from tests.backends.nomad.conftest import FakeNomad, MakeRecord

ME = "00000000-0000-0000-0000-000000000001"
LEONARD = "00000000-0000-0000-0000-000000000002"


@pytest.mark.parametrize(
    "called",
    [
        LEONARD,
        "lhofstadter",
        "LHofstadter",
        "leonard@example.org",
        "Leonard Hofstadter",
        "Hofstadter, Leonard",
    ],
)
def test_a_user_is_found_by_all_that_is_theirs(repository: NomadRepository, called: str) -> None:
    assert repository.access.people.find(called).user_id == LEONARD


@pytest.mark.parametrize(
    ("called", "told"),
    [
        ("hofst", "near it: Leonard Hofstadter"),
        ("nobody", "no user"),
        ("nobody@example.org", "no user"),
        ("Ada Twin", r"several.*twin1, Here.*twin2, There"),
        ("00000000-0000-0000-0000-00000000ffff", "no user"),
    ],
)
def test_whoever_is_not_exactly_one_is_told_with_those_near(
    repository: NomadRepository, called: str, told: str
) -> None:
    with pytest.raises(UnclearUserError, match=told):
        repository.access.people.find(called)


def test_a_user_is_asked_for_once(repository: NomadRepository, nomad: FakeNomad) -> None:
    repository.access.people.find("lhofstadter")
    repository.access.people.find("lhofstadter")
    assert nomad.log == ["GET users"]


def test_resolving_names_each_person_and_puts_the_id_in_place(
    repository: NomadRepository, make_record: MakeRecord
) -> None:
    record = make_record(
        block={"coauthors": ["leonard@example.org", "lhofstadter"], "reviewers": ["twin1"]}
    )
    resolved = repository.resolve(record)
    assert block_of(resolved.record).coauthors == (LEONARD,)
    assert block_of(resolved.record).reviewers == ("3",)
    assert [(p.severity, p.path) for p in resolved.problems] == [
        (Severity.NOTICE, "nomad.coauthors[0]"),
        (Severity.NOTICE, "nomad.coauthors[1]"),
        (Severity.NOTICE, "nomad.reviewers[0]"),
    ]
    assert "Leonard Hofstadter (lhofstadter)" in resolved.problems[0].message


def test_resolving_finds_every_unclear_person_at_once(
    repository: NomadRepository, make_record: MakeRecord
) -> None:
    resolved = repository.resolve(
        make_record(block={"coauthors": ["x"], "reviewers": ["Ada Twin"]})
    )
    assert [(p.severity, p.path) for p in resolved.problems] == [
        (Severity.ERROR, "nomad.coauthors[0]"),
        (Severity.ERROR, "nomad.reviewers[0]"),
    ]


def test_the_main_author_is_no_coauthor(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    resolved = repository.resolve(make_record(block={"coauthors": ["scooper", "lhofstadter"]}))
    assert block_of(resolved.record).coauthors == (ME, LEONARD)
    assert "yourself" in resolved.problems[0].message
    id_ = repository.create("marker").id
    repository.update(id_, resolved.record)
    assert nomad.uploads[id_].says["coauthors"] == [LEONARD]


def test_resolving_tells_which_datasets_will_be_created(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    nomad.datasets["Old"] = "id of Old"
    (told,) = repository.resolve(make_record(block={"datasets": ["Old", "New"]})).problems
    assert (told.path, told.severity) == ("nomad.datasets[1]", Severity.NOTICE)
    assert "New" in told.message


def test_a_record_without_a_block_asks_nothing(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    record = make_record()
    assert repository.resolve(record).record is record
    assert nomad.log == []
