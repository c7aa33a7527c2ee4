"""Every row of docs/by-hand.md, the command and the line of Python, against real servers."""

from __future__ import annotations

import json
import re
import secrets
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shell import ARCHIVE, NOMAD, Shell, shell

import publishkit

if TYPE_CHECKING:
    from servers.api import InvenioServer, NomadServer

pytestmark = pytest.mark.live

PAGE = Path(__file__).parents[1] / "docs" / "by-hand.md"
NAMES = {"nomad-test": NOMAD, "big-map-demo": ARCHIVE}


def rows(heading: str) -> list[tuple[str, str, str]]:
    """The rows of the table below a heading: what was done, the command, the Python."""
    text = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    row = r"^\| (.+?) \| `(publishkit .+?)` \| `(publishkit\..+?)` \|$"
    found = re.findall(row, text, re.MULTILINE)
    assert found
    return found


class Reader:
    """Somebody who does what the page says, and sees that it works."""

    def __init__(self, user: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        self.user = user
        self.words: dict[str, str] = {}
        monkeypatch.chdir(user.folder)
        for name, value in user.environment.items():
            monkeypatch.setenv(name, value)

    def filled(self, line: str) -> str:
        """A line of the page with the reader's own ids in it."""
        words = {**NAMES, **self.words}
        pattern = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        return re.sub(rf"(?<![\w-])({pattern})(?![\w-])", lambda found: words[str(found[0])], line)

    def command(self, line: str) -> str:
        said: str = self.user.run(*shlex.split(self.filled(line))[1:])
        return said

    def python(self, line: str) -> object:
        result = eval(self.filled(line), {"publishkit": publishkit})  # noqa: S307 - our own page
        return list(result) if isinstance(result, Iterator) else result


def test_every_line_is_a_row_of_a_table() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if "`publishkit " in line]
    assert len(lines) == len(rows("NOMAD")) + len(rows("BIG-MAP Archive"))


def test_nomad(nomad_server: NomadServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(shell(folder, nomad=nomad_server), monkeypatch)
    user = reader.user
    me = json.loads(user.start("whoami", "--to", NOMAD, "--json").stdout)
    reader.words = {
        "NAME": me["name"].split()[-1],
        "USER_ID": me["id"],
        "DATASET": f"Dataset-{secrets.token_hex(4)}",
    }
    for done, command, python in rows("NOMAD"):
        for run, line in ((reader.command, command), (reader.python, python)):
            prepare(reader, done)
            assert run(line) is not None, line
    assert user.row(NOMAD, "0")["state"] == "published"
    assert user.row(NOMAD, "2")["state"] == "published"


def prepare(reader: Reader, done: str) -> None:
    """What must be there before a row can be done, the second time too."""
    user = reader.user
    if "get_dataset_by_id" in done:
        shown = user.json("collections", "show", reader.words["DATASET"], "--to", NOMAD)
        reader.words["DATASET_ID"] = shown[0]["id"]
    if "UPLOAD_ID" not in reader.words and (user.folder / "records/records_links.json").exists():
        reader.words["UPLOAD_ID"] = user.row(NOMAD, "0")["id"]
        entries = user.row(NOMAD, "0")["publishkit"]["extra"]["entries"]
        reader.words["ENTRY_ID"] = next(iter(entries.values()))
    if "delete_upload" in done or "delete_nomad_request" in done:
        user.run("push", "records/1", "--to", NOMAD, "--recreate")
        reader.words["OTHER_UPLOAD_ID"] = user.row(NOMAD, "1")["id"]
    if "build_nomad_workflow" in done:
        user.run("push", "records/1", "--to", NOMAD)
    if "delete_dataset" in done:
        user.run("collections", "create", reader.words["DATASET"], "--to", NOMAD)


def test_big_map_archive(
    invenio_server: InvenioServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(shell(folder, invenio_server), monkeypatch)
    for done, command, python in rows("BIG-MAP Archive"):
        for run, line in ((reader.command, command), (reader.python, python)):
            if "search" in done:
                reader.words["TITLE"] = reader.user.row(ARCHIVE)["publishkit"]["title"].split()[0]
            if "download" in done:
                reader.words["RECORD_ID"] = reader.user.row(ARCHIVE)["id"]
            assert run(line) is not None, line
    assert {row["state"] for row in reader.user.rows()} == {"published"}
    assert (folder / "copy" / "record_metadata.json").exists()
