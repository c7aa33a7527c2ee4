"""What is in the archive, listed, searched and pulled."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from publishkit.abilities import Query
from publishkit.errors import IntegrityError
from publishkit.testing import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publishkit_local.repository import LocalRepository
    from tests.backends.local.conftest import MakeRecord, Push


@pytest.mark.parametrize("text", ["CONDUCTIVITY", "josiah garnet", "sintered", "ceramics"])
def test_words_of_titles_descriptions_people_and_subjects_are_found(
    text: str, push: Push, repository: LocalRepository, make_record: MakeRecord
) -> None:
    record = make_record(
        "Conductivity of garnet",
        description="<p>Sintered <b>twice</b>.</p>",
        subjects=[{"subject": "Ceramics"}],
    )
    wanted = push({}, record=record, marker="m1", publish=True)
    push({}, record=make_record("Another"), marker="m2", publish=True)
    assert [one.id for one in repository.search(Query(text))] == [wanted.id]
    assert list(repository.search(Query("twice missing"))) == []
    assert list(repository.search(Query("<b>"))) == []


def test_drafts_are_found_among_ones_own_only(push: Push, repository: LocalRepository) -> None:
    draft = push({})
    assert list(repository.search(Query("title"))) == []
    assert [one.id for one in repository.search(Query("title", owner="mine"))] == [draft.id]


def test_the_time_of_creation_stays_and_that_of_change_moves(
    push: Push, repository: LocalRepository, make_record: MakeRecord
) -> None:
    made = repository.create("publishkit-1")
    changed = push({"a": b"1"})
    published = push({"a": b"1"}, record=make_record("Another"), publish=True)
    assert made.created == changed.created == published.created
    assert made.created is not None
    assert abs(datetime.now(UTC) - made.created) < timedelta(minutes=5)
    assert published.updated is not None
    assert published.updated >= made.created


def test_of_two_bags_with_one_doi_the_newest_published_one_is_found(
    push: Push, repository: LocalRepository, make_record: MakeRecord
) -> None:
    pids = {"pids": {"doi": {"identifier": "10.1234/ABC", "provider": "external"}}}
    old = push({}, record=make_record("Old", pids), publish=True)
    draft = repository.new_version(old.id, "next", NoMeter())
    repository.update(draft.id, make_record("Draft", pids))
    assert repository.find_doi("10.1234/abc") == old.id
    repository.publish(draft.id, make_record("Draft", pids))
    assert repository.find_doi("10.1234/abc") == draft.id


def test_what_was_put_in_the_place_of_a_file_is_not_read(
    push: Push, repository: LocalRepository, bags: Callable[[], list[Path]], tmp_path: Path
) -> None:
    deposit = push({"a": b"12"}, publish=True)
    (source,) = repository.sources(deposit.id)
    secret = tmp_path / "secret"
    secret.write_text("s3")
    (bag,) = bags()
    (bag / "data" / "a").unlink()
    (bag / "data" / "a").symlink_to(secret)
    with pytest.raises(IntegrityError, match="changed in the archive"), source.open(0):
        pass


def test_a_full_disk_below_a_pull_is_not_said_to_be_the_archives(
    push: Push, repository: LocalRepository
) -> None:
    (source,) = repository.sources(push({"a": b"12"}).id)
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="No space left"), source.open(0) as blocks:  # noqa: PT012 - it is the writing between that fails
        assert next(blocks) == b"12"
        raise full
