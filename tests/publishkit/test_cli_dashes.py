"""Ids that begin with a dash, as one in 64 of those that NOMAD makes does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publishkit.testing import MemoryRepository

    Run = Callable[..., tuple[int, str, str]]

DEPOSIT = "-fy5SAmBQhC3FjU8xvQLKw"
"""Looks as if it had the options -f, -y and so on; as long as the id of an upload or dataset."""
LIKE_OPTIONS = "-qv5SAmBQhC3FjU8xvQLKw"
"""Looks as if it had two that there are."""
LONG = "--Q3STYad6Xbu02dJVksssyNa15y"
"""28 characters, as an entry's, and two dashes."""
IDS = (DEPOSIT, LIKE_OPTIONS, LONG)


@pytest.fixture(params=IDS)
def id(request: pytest.FixtureRequest, records: Path, memory: MemoryRepository) -> str:
    """The id of the only deposit."""
    memory.ids = iter([str(request.param), "m2"])
    publishkit.push(records / "0", to="memory")
    return str(request.param)


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "ID", "--to", "memory"),
        ("status", "--to", "memory", "ID"),
        ("status", "--to=memory", "ID", "--json"),
        ("status", "--to", "memory", "--", "ID"),
        ("pull", "ID", "there", "--to", "memory"),
        ("pull", "--to", "memory", "ID", "there", "-q"),
        ("link", "records/1", "--to-record", "ID", "--to", "memory"),
        ("adopt", "ID", "elsewhere", "--to", "memory"),
        ("delete", "ID", "--to", "memory", "--yes"),
    ],
)
def test_is_an_argument_wherever_it_stands(
    run: Run, id: str, arguments: tuple[str, ...], records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(records.parent)
    (records / "1").rename(records.parent / "elsewhere")
    (records / "10").rename(records / "1")
    publishkit.push(records / "1", to="memory")
    code, out, err = run(*(id if one == "ID" else one for one in arguments))
    assert (code, err) == (0, ""), out + err


def test_a_command_in_a_group_takes_it_too(run: Run) -> None:
    for id in IDS:
        code, _, err = run("entries", "show", id, "--to", "memory")
        assert code == 6, err
        assert id in err


@pytest.mark.parametrize("typo", ["--recusrive", "-x", "--permit-anything-at-all", "-quiet"])
def test_an_option_that_there_is_not_is_still_refused(run: Run, typo: str) -> None:
    code, _, err = run("status", DEPOSIT, typo, "--to", "memory")
    assert code == 2
    assert "No such option" in err


def test_no_option_looks_like_an_id() -> None:
    from publishkit.cli.groups import looks_like_an_id

    for command in cli.commands.values():
        for parameter in command.params:
            assert not any(map(looks_like_an_id, parameter.opts))
