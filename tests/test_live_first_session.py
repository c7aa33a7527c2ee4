"""docs/first-session.md, typed line by line at a terminal, against a real InvenioRDM and NOMAD.

What the page installs is not installed again: the package under test is.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from servers.api import invenio
from terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from servers.api import InvenioServer, NomadServer

PAGE = Path(__file__).parents[1] / "docs" / "first-session.md"
HOME = "/home/jane"
"""As the page has it."""
ARCHIVE, NOMAD = "archive", "nomad"
TOKEN, PASSWORD = "Token (does not show):", "Password (does not show):"
QUESTION = re.compile(r"^(?:User name or e-mail address:|  ?(?:\[[^\]]*\] )?>)(.*)$")
"""A line at which something is typed that shows, and what is typed."""
WAITS = re.compile(r"(?:e-mail address: |\(does not show\): |\n  ?(?:\[[^\]]*\] )?> )\Z")
"""How what was shown ends when somebody is asked."""
CHANGING = {
    "ID": re.compile(r"(?<![\w-])(?:[0-9a-z]{5}-[0-9a-z]{5}|[\w-]{28}|[\w-]{22})(?![\w-])"),
    "DAY": re.compile(r"\b\d{4}-\d\d-\d\d\b"),
    "HOST": re.compile(r"\b127\.0\.0\.1:\d+"),
    "": re.compile(r", in \d+:\d\d\b"),
    "WHO": re.compile(r"(?<=signed in as ).*"),
}
"""What is another at each time: ids, days, ports, how long it took, whose account it is."""


@dataclass(frozen=True)
class Step:
    """A command of the page, and what the page says that it shows."""

    command: str
    shown: Sequence[str]

    def answers(self, hidden: Mapping[str, str]) -> Iterator[str]:
        """What is typed at its questions, in their order."""
        for line in self.shown:
            if line in hidden:
                yield hidden[line]
            elif asked := QUESTION.match(line):
                yield asked[1].strip()


def blocks(kind: str) -> list[str]:
    """The blocks of the page that are marked so."""
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def steps() -> list[Step]:
    """The commands of the page, in their order."""
    each = [part for block in blocks("console") for part in f"\n{block}".split("\n$ ")[1:]]
    return [Step(part.split("\n")[0], part.rstrip("\n").split("\n")[1:]) for part in each]


def constant(line: str) -> str:
    """A line without what changes from one time to the next."""
    for name, pattern in CHANGING.items():
        line = pattern.sub(name, line)
    return line.rstrip()


@dataclass
class Reader:
    """Somebody who types what the page says.

    Args:
        folder: Where; also the home folder.
        hosts: For each host of the page the one to type.
        hidden: For questions whose answers do not show what to type.
    """

    folder: Path
    hosts: Mapping[str, str]
    hidden: Mapping[str, str] = field(repr=False)
    ids: dict[str, str] = field(default_factory=dict)
    """For each id of the page the one that came instead."""

    def own(self, text: str) -> str:
        """A text of the page with the reader's own hosts and ids."""
        for theirs, ours in {**self.hosts, **self.ids}.items():
            text = text.replace(theirs, ours)
        return text

    def follow(self, step: Step) -> list[str]:
        """Type a command and its answers, and give the lines that show."""
        shown = at_terminal(self.own(step.command), list(step.answers(self.hidden)), self.folder)
        lines = [line.rstrip() for line in shown.replace(str(self.folder), HOME).splitlines()]
        for theirs, ours in zip(ordered(step.shown), ordered(lines), strict=False):
            found = CHANGING["ID"]
            self.ids |= dict(zip(found.findall(theirs), found.findall(ours), strict=False))
        return lines


def ordered(lines: Sequence[str]) -> list[str]:
    """Lines in an order that does not depend on which of two targets was the first to end."""
    return sorted(lines, key=constant)


def at_terminal(command: str, answers: Sequence[str], folder: Path) -> str:
    """Run a line of shell at a terminal without colours and tables, and give all that it shows."""
    shell = ("bash", "-c", command)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"HOME": str(folder), "PATH": path, "TERM": "dumb"}
    with Terminal(program=shell, folder=folder, size=(200, 50), **environment) as terminal:
        for answer in answers:
            terminal.until(partial(asks, terminal, len(terminal.seen)))
            terminal.type(answer, hidden=terminal.seen.endswith(("> ", "show): ")))
        assert terminal.end() == 0, terminal.seen
        shown: str = terminal.seen
        return shown


def asks(terminal: Terminal, since: int) -> bool:
    """Whether the last that shows is a question, and a new one."""
    return WAITS.search(terminal.seen[since:]) is not None


# ---- the test ----


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[InvenioServer]:
    """An InvenioRDM that gives DOIs."""
    with invenio(tmp_path / "archive", datacite=True) as server:
        yield server


def reader_of(folder: Path, archive: InvenioServer, nomad: NomadServer) -> Reader:
    """The reader of the page, who has an account on two servers."""
    (configuration,) = blocks("toml")
    theirs = {name: one["url"] for name, one in tomllib.loads(configuration)["targets"].items()}
    return Reader(
        folder,
        {theirs[ARCHIVE]: archive.url, theirs[NOMAD]: nomad.api},
        {TOKEN: archive.tokens["alice"], PASSWORD: nomad.password},
    )


@pytest.mark.live
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_the_first_session_goes_as_the_page_says(
    archive: InvenioServer, nomad_servers: Callable[[str], NomadServer]
) -> None:
    reader = reader_of(Path.home(), archive, nomad_servers("2.0.0"))
    (configuration,) = blocks("toml")
    (reader.folder / "publishkit.toml").write_text(reader.own(configuration))
    for step in steps():
        lines = reader.follow(step)
        expected = [constant(line) for line in ordered(step.shown)]
        assert [constant(line) for line in ordered(lines)] == expected, step.command


def test_the_page_has_a_step_for_each_verb_of_a_first_session() -> None:
    typed = {word for step in steps() for word in step.command.split()[1:2]}
    assert {"init", "validate", "login", "push", "publish", "status", "pull"} <= typed
