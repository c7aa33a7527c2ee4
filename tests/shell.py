"""A user at a shell: a folder, two archives with names, and the installed command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Timer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from servers.api import InvenioServer, NomadServer

COMMAND = Path(sys.executable).with_name("publishkit")
ARCHIVE = "archive-here"
"""The InvenioRDM's name."""
NOMAD = "nomad-here"
"""The NOMAD's name."""
_PATIENCE = 300.0
"""Seconds until a command is given up; nothing that works takes as long."""


@dataclass(frozen=True)
class Shell:
    """Somebody with a folder and a shell."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def run(self, *arguments: object, code: int = 0, **environment: str) -> str:
        """Run the command, and give what it prints, errors included."""
        done = self.start(*arguments, **environment)
        assert done.returncode == code, f"{arguments}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command, however it ends."""
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, **self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )

    def json(self, *arguments: object) -> list[dict[str, Any]]:
        """Run the command with `--json`, and give its lines."""
        done = self.start(*arguments, "--json")
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return [json.loads(line) for line in done.stdout.splitlines()]

    def rows(self, folder: str = "records") -> list[dict[str, Any]]:
        """The links file."""
        text = (self.folder / folder / "records_links.json").read_text()
        found: list[dict[str, Any]] = json.loads(text)
        return found

    def row(self, target: str, record: str = "0") -> dict[str, Any]:
        """One object of the links file."""
        return next(r for r in self.rows() if (r["folder"], r["target"]) == (record, target))


@contextmanager
def in_time(process: subprocess.Popen[str]) -> Iterator[None]:
    """Kill a command that goes on for too long, so that who reads what it says does not hang."""
    late = Event()

    def give_up() -> None:
        late.set()
        process.kill()

    timer = Timer(_PATIENCE, give_up)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    assert not late.is_set(), f"{process.args!r} did not come to an end"


def shell(
    folder: Path,
    invenio: InvenioServer | None = None,
    nomad: NomadServer | None = None,
    *,
    alice: str = "alice",
    scooper: str = "scooper",
) -> Shell:
    """A shell of one user of each server that is given, its targets in a publishkit.toml."""
    text, environment = "", {}
    if invenio:
        text += f'[targets.{ARCHIVE}]\nbackend = "invenio"\nurl = "{invenio.url}"\n'
        environment["PUBLISHKIT_ARCHIVE_HERE_TOKEN"] = invenio.tokens[alice]
    if nomad:
        text += f'[targets.{NOMAD}]\nbackend = "nomad"\nurl = "{nomad.api}"\n'
        name = scooper if scooper in nomad.users else next(iter(nomad.users))
        environment["PUBLISHKIT_NOMAD_HERE_USERNAME"] = name
        environment["PUBLISHKIT_NOMAD_HERE_PASSWORD"] = nomad.password
    (folder / "publishkit.toml").write_text(text)
    return Shell(folder, environment)
