"""Lists and searches: what they give, page by page, and how the command prints it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

import publishkit
from publishkit.abilities import Entry, Query
from publishkit.cli import cli
from publishkit.errors import AuthenticationError, ConfigError, NotFoundError, UnsupportedError
from publishkit.repository import Deposit, State
from publishkit.testing import MemoryRepository, metadata, write_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.fixture
def titles(tmp_path: Path) -> list[str]:
    """The titles of what is on `memory`, the newest first; the second is published."""
    names = ["A conductivity", "A resistivity", "A viscosity"]
    for number, name in enumerate(names):
        folder = write_record(tmp_path / "records" / str(number), {}, metadata(name))
        publishkit.push(folder, to="memory", publish=number == 1)
    return names[::-1]


def test_ones_own_deposits_come_the_newest_first(titles: list[str]) -> None:
    assert [one.title for one in publishkit.deposits("memory")] == titles


def test_a_list_asks_for_no_more_than_is_taken(
    memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def endless() -> Iterator[Deposit]:
        while True:
            asked.append(1)
            yield Deposit(f"m{len(asked)}", State.DRAFT, "", "", {})

    monkeypatch.setattr(memory, "deposits", endless)
    assert next(publishkit.deposits("memory")).id == "m1"
    assert len(asked) == 1
    assert run("list", "--to", "memory", "--limit", "2").output.splitlines() == [
        "m2                     draft      -",
        "m3                     draft      -",
    ]
    assert len(asked) == 3


def test_a_search_finds_what_is_public(titles: list[str]) -> None:
    assert [one.id for one in publishkit.search("resistivity", "memory")] == ["m2"]
    assert list(publishkit.search("viscosity", "memory")) == []
    assert [one.id for one in publishkit.search("viscosity", "memory", owner="mine")] == ["m3"]


def test_an_owner_that_the_target_does_not_know_is_said_with_those_it_does() -> None:
    with pytest.raises(ConfigError, match="public, mine"):
        list(publishkit.search("", "memory", owner="everybody"))


def test_a_collection_is_found_by_its_name(titles: list[str], memory: MemoryRepository) -> None:
    made = memory.create_collection("Batteries")
    memory.collect("m2", made.id)
    assert [one.id for one in publishkit.search("", "memory", collection="Batteries")] == ["m2"]
    with pytest.raises(NotFoundError):
        list(publishkit.search("", "memory", collection="Fuel cells"))


def test_a_target_that_cannot_list_says_so(plain: str) -> None:
    with pytest.raises(UnsupportedError, match="plain cannot list"):
        list(publishkit.deposits(plain))
    with pytest.raises(UnsupportedError, match="plain cannot search"):
        list(publishkit.search("", plain))


def test_missing_credentials_are_named(
    memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> Iterator[Deposit]:
        raise AuthenticationError("who are you")
        yield

    monkeypatch.setattr(memory, "deposits", refuse)
    with pytest.raises(AuthenticationError, match="PUBLISHKIT_MEMORY_TOKEN"):
        list(publishkit.deposits("memory"))
    monkeypatch.setenv("PUBLISHKIT_MEMORY_TOKEN", "known")
    with pytest.raises(AuthenticationError, match="who are you"):
        list(publishkit.deposits("memory"))


# ---- the commands ----


def test_the_list_has_a_line_a_deposit(titles: list[str]) -> None:
    done = run("list", "--to", "memory")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert done.output.splitlines() == [
        f"m3                     draft      {today}  A viscosity",
        f"m2                     published  {today}  A resistivity",
        f"m1                     draft      {today}  A conductivity",
    ]


def test_json_is_one_object_a_line(titles: list[str]) -> None:
    done = run("search", "--owner", "mine", "--to", "memory", "--json", "--limit", "2")
    found = [json.loads(line) for line in done.output.splitlines()]
    assert [one["title"] for one in found] == titles[:2]
    assert found[0]["updated"].endswith("Z")


def test_titles_cannot_steer_a_terminal(
    memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = Deposit("m1", State.DRAFT, "", "", {}, title="\x1b[2Jgone\nnew line")
    monkeypatch.setattr(memory, "deposits", lambda: iter([evil]))
    output = run("list", "--to", "memory").output
    assert "\x1b" not in output
    assert output.count("\n") == 1


def test_entries_that_a_search_finds_have_a_line_of_their_own(
    memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = Entry("e1", "m1", "a/x.archive.json", name="X", type="ELN", published=True)
    found = [entry, replace(entry, id="e2", processed=False)]

    def search(query: Query) -> Iterator[Entry]:
        assert query == Query("x", "public", "")
        yield from found

    monkeypatch.setattr(memory, "search", search)
    first, second = run("search", "x", "--to", "memory").output.splitlines()
    assert first.split() == ["e1", "m1", "published", "a/x.archive.json", "X", "ELN"]
    assert second.split()[2] == "failed"


def test_nobody_reading_on_is_no_error(titles: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import click

    def closed(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(click, "echo", closed)
    done = run("list", "--to", "memory")
    assert (done.exit_code, done.exception) == (0, None)
