"""What somebody is told who uses publishkit for the first time, where it was once of no help."""

from __future__ import annotations

import io
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import requests

import publishkit
from publishkit import config, failures, plugins
from publishkit.cli import cli, report
from publishkit.cli.overview import SECTIONS
from publishkit.errors import ConfigError, PartialError, RejectedError, TemporaryError
from publishkit.kept import keep
from publishkit.receipts import Outcome, Receipt
from publishkit.testing import MemoryRepository, PlainRepository, memory_backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publishkit.model import Record
    from publishkit.repository import Deposit

    Run = Callable[..., tuple[int, str, str]]


class Terminal(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def both(memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two targets, of which the first cannot do what the second can."""
    known = {"a-plain": PlainRepository("https://plain.example"), "memory": memory}
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": memory_backend(known)})
    return "a-plain", "memory"


def test_who_says_no_is_not_told_how_to_write_the_command(
    run: Run, records: Path, plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push(records / "0", to=plain)
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    code, _, err = run("delete", records / "0")
    assert code == 2
    assert err.endswith("Error: Nothing was deleted, since it was not confirmed.\n")
    assert "Usage" not in err


def test_what_is_published_and_changed_is_told_with_the_command_that_sends_it(
    run: Run, records: Path
) -> None:
    publishkit.push(records / "0", to="memory", publish=True)
    (records / "0" / "data.csv").write_text("changed")
    code, out, _ = run("push", records / "0", "--to", "memory")
    assert code == 6
    folder = shlex.quote(str(records / "0"))
    assert f"publishkit new-version {folder} --to memory; or only the metadata: " in out
    assert f"publishkit update {folder} --to memory" in out


@pytest.mark.parametrize(
    ("written", "meant"),
    [("memroy", "memory"), ("https://memory.example/records/1", "memory"), ("othr", "other")],
)
def test_a_target_that_is_misspelt_or_named_by_its_address_is_guessed(
    written: str, meant: str
) -> None:
    with pytest.raises(ConfigError, match=f"Did you mean {meant}\\? Choose one of memory, other"):
        config.load().target(written)


def test_of_several_targets_those_that_can_share_are_named(
    run: Run, records: Path, both: tuple[str, str]
) -> None:
    publishkit.push(records / "0", to=both)
    code, _, err = run("share", records / "0", "--link")
    said = "a-plain cannot make secret links, but memory can. Choose by --to, such as --to memory."
    assert (code, err) == (3, f"Error: {said}\n")
    assert "cannot share deposits, but memory can" in run("share", records / "0")[2]
    assert run("share", records / "0", "--link", "--to", "memory")[0] == 0


def test_a_push_that_failed_is_not_forgotten_when_asked_how_a_record_stands(
    run: Run,
    records: Path,
    other: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(marker: str, record: Record | None = None) -> Deposit:
        raise RejectedError("no")

    monkeypatch.setattr(other, "create", refuse)
    code, _, err = run("push", records / "0", "--to", "memory", "--to", "other")
    assert code == 8
    assert err.endswith(
        "Correct what is named above. Run the same command again; what is done is not done twice.\n"
    )
    for command in ("status", "links"):
        caplog.clear()
        code, out, _ = run(command, records / "0")
        assert (code, "memory" in out) == (0, True)
        assert f"{records / '0'} has no deposit on other, where a push failed" in caplog.text


def test_what_may_go_by_itself_is_to_be_run_again_and_not_corrected() -> None:
    away = Receipt(
        folder=Path("0"), name="0", target="a", outcome=Outcome.FAILED, error=TemporaryError("away")
    )
    assert "Correct" not in str(PartialError([away], "1 of 2 failed"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("authors", "creators"),
        ("License", "rights"),
        ("keywords", "subjects"),
        ("type", "resource_type"),
    ],
)
def test_a_key_by_which_other_archives_call_it_is_understood(
    run: Run, records: Path, written: str, meant: str
) -> None:
    code, _, err = run("update", records / "0", "--set", f"metadata.{written}=x", "--to", "memory")
    assert code in {3, 4}
    path = records / "0" / "record_metadata.json"
    path.write_text(path.read_text().replace('"metadata": {', f'"metadata": {{"{written}": 1,'))
    code, _, err = run("validate", records / "0", "--to", "memory")
    assert code == 4
    assert f"metadata.{written}: unknown key; did you mean {meant}?" in err


def test_who_is_not_on_the_network_is_told_to_look_at_that() -> None:
    refused = requests.ConnectionError("NewConnectionError: Name or service not known")
    error = failures.of_network(refused, repeat=True)
    assert "Check that this machine is on the network" in str(error)


def test_the_help_names_every_command_once_by_what_it_is_for(run: Run) -> None:
    out = run("--help")[1]
    shown = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
    assert all(shown.count(name) == 1 for name in cli.commands)
    assert {name for names in SECTIONS.values() for name in names} <= set(cli.commands)
    assert max(map(len, out.splitlines())) < 80
    assert not any("," in line for section in SECTIONS.values() for line in section.values())
    assert "..." not in out.partition("\n")[2]
    assert out.index("init") < out.index("push")


def commands(
    command: click.Command, above: click.Context | None = None
) -> Iterator[tuple[str, str]]:
    """Every command, with its help in a terminal of 80 columns."""
    context = click.Context(command, info_name=command.name, parent=above, terminal_width=80)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for one in command.commands.values():
            yield from commands(one, context)


@pytest.mark.parametrize(("name", "said"), list(commands(cli)))
def test_no_help_is_cut_off_or_shows_what_only_the_program_needs(name: str, said: str) -> None:
    body = said.partition("\n")[2]
    cut = [line for line in body.splitlines() if line.endswith("...") and "--set" not in line]
    assert (cut, "\\b" in body, "INTEGER" in body, "\b" in body) == ([], False, False, False), name


def test_servers_without_a_name_on_which_one_is_signed_in_are_listed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("https://else.example", token="t0ken-of-an-account", user="ada", expires=None, id="")
    monkeypatch.setattr(report, "in_columns", lambda **_: True)
    assert "Signed in besides on: https://else.example" in run("targets")[1]
