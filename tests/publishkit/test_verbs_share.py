"""People get access to deposits, secret links are made, and both are taken back."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit.errors import ConfigError, RejectedError, UnsupportedError
from publishkit.expiry import as_time, in_months
from publishkit.ledger import LINKS_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.testing import MemoryRepository

NOW = dt.datetime(2026, 1, 31, 15, tzinfo=dt.UTC)


@pytest.fixture
def pushed(records: Path) -> Path:
    """The three records, pushed to `memory`."""
    publishkit.push(records, to="memory", workers=1)
    return records


def kept(folder: Path) -> list[dict[str, Any]]:
    row = json.loads((folder / LINKS_FILE).read_text())[0]["publishkit"]
    found: list[dict[str, Any]] = row.get("shares", [])
    return found


def test_somebody_can_see_the_draft(pushed: Path, memory: MemoryRepository) -> None:
    (share,) = publishkit.share(pushed / "0", people="ada@example.org")
    assert (share.who, share.permission) == ("Ada Lovelace", "preview")
    assert publishkit.share(pushed / "0", people=["ada@example.org"]) == [share]
    assert memory.shares("m1") == [share]


def test_all_records_of_a_folder_are_shared(pushed: Path, memory: MemoryRepository) -> None:
    publishkit.share(pushed, people=["ada", "josiah"], permission="edit")
    assert [len(memory.shares(one)) for one in ("m1", "m2", "m3")] == [2, 2, 2]


def test_nobody_is_given_access_when_somebody_is_not_one_user(
    pushed: Path, memory: MemoryRepository
) -> None:
    with pytest.raises(RejectedError, match="John Doe"):
        publishkit.share(pushed / "0", people=["ada", "John Doe"])
    assert memory.shares("m1") == []


def test_a_secret_link_is_kept_without_its_address(pushed: Path) -> None:
    (share,) = publishkit.share(pushed / "0", link=True, expires="2100-01-01")
    assert "secret" in share.url
    assert "secret" not in repr(share)
    assert kept(pushed) == [
        {"id": share.id, "permission": "preview", "expires": "2100-01-01T00:00:00Z"}
    ]
    assert "secret" not in (pushed / LINKS_FILE).read_text()


def test_a_secret_links_address_is_kept_where_that_is_wanted(pushed: Path) -> None:
    (share,) = publishkit.share(pushed / "0", link=True, save_secret_links=True)
    assert kept(pushed)[0]["url"] == share.url
    publishkit.share(pushed / "0", link=True)
    assert len(kept(pushed)) == 1
    assert kept(pushed)[0]["url"] == share.url


def test_access_can_be_taken_back(pushed: Path) -> None:
    (person,) = publishkit.share(pushed / "0", people="ada")
    (link,) = publishkit.share(pushed / "0", link=True)
    assert publishkit.shares(pushed / "0") == [person, link]
    publishkit.unshare(pushed / "0", "Ada Lovelace")
    publishkit.unshare(pushed / "0", link.id)
    publishkit.unshare(pushed / "0", link.id)
    assert publishkit.shares(pushed / "0") == []
    assert kept(pushed) == []


def test_sharing_is_no_edit_on_the_web(pushed: Path) -> None:
    publishkit.share(pushed / "0", people="ada", link=True)
    (receipt,) = publishkit.push(pushed / "0", to="memory")
    assert receipt.outcome is publishkit.Outcome.UNCHANGED


def test_a_permission_that_the_target_does_not_give_names_those_it_does(pushed: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"manage.*view, preview, edit"):
        publishkit.share(pushed / "0", link=True, permission="manage")


def test_sharing_with_nobody_is_refused(pushed: Path) -> None:
    with pytest.raises(ConfigError, match="nobody to share with"):
        publishkit.share(pushed / "0")
    with pytest.raises(ConfigError, match="only a secret link can expire"):
        publishkit.share(pushed / "0", people="ada", expires="30d")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-12-31", "2026-12-31T00:00:00+00:00"),
        (dt.date(2026, 12, 31), "2026-12-31T00:00:00+00:00"),
        ("30d", "2026-03-02T00:00:00+00:00"),
        ("30 days", "2026-03-02T00:00:00+00:00"),
        ("2026-12-31T12:00+02:00", "2026-12-31T10:00:00+00:00"),
        (dt.datetime(2027, 1, 1, 1, tzinfo=dt.UTC), "2027-01-01T01:00:00+00:00"),
    ],
)
def test_an_end_is_a_day_a_time_or_some_days_from_now(
    said: str | dt.date | dt.datetime, meant: str
) -> None:
    assert as_time(said, now=NOW).isoformat() == meant


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("2026-01-31", "is over"),
        ("0d", "is over"),
        ("2026-12-31T12:00", "has no time zone"),
        ("tomorrow", "neither a day nor a time"),
        ("2026-02-30", "neither a day nor a time"),
        ("99999999d", "neither a day nor a time"),
    ],
)
def test_an_end_that_is_none_says_why(said: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        as_time(said, now=NOW)


@pytest.mark.parametrize(
    ("today", "months", "day"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-03-31", 36, "2029-03-31"),
    ],
)
def test_months_are_counted_from_today(today: str, months: int, day: str) -> None:
    assert in_months(months, today=dt.date.fromisoformat(today)).isoformat() == day
