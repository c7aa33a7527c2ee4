"""What a user does in a case: the records, the commands, and what must come out of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["SCENARIOS", "Scenario", "digests_of", "title_of"]

_FILES: Final[Mapping[str, bytes]] = {
    "data.csv": b"temperature,resistivity\n" + b"20,1.25\n" * 500,
    "raw/Messung_äöü_日本.txt": "Größe: 5 µm\n".encode() * 300,
    "notes/read me.txt": b"one file in a folder, with a space in its name\n",
}
_STEP: Final = "data: {m_def: nomad.datamodel.metainfo.eln.ELNProcess, name: %s}\n# "
_PROCESS: Final = """\
data:
  m_def: nomad.datamodel.metainfo.eln.ELNExperiment
  name: Both
  steps:
  - activity: ../upload/archive/mainfile/steps/1.archive.yaml#/data
  - activity: ../upload/archive/mainfile/steps/2.archive.yaml#/data
# """
_REFERRING: Final[Mapping[str, bytes]] = {
    "steps/1.archive.yaml": (_STEP % "One").encode(),
    "steps/2.archive.yaml": (_STEP % "Two").encode(),
    "process.archive.yaml": _PROCESS.encode(),
}
"""Files that NOMAD gets in two zips. What is added at their ends is a comment."""
_EDITED: Final = " (edited)"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to use the command."""

    name: str
    servers: tuple[str, ...]
    """On which it runs; `both` is with both at once."""
    records: int = 1
    files: Mapping[str, bytes] = field(default_factory=lambda: _FILES)
    """By key; each gets a line of its own added, so that no two cases have the same."""
    command: tuple[str, ...] = ("push", "records")
    options: tuple[str, ...] = ("--publish",)
    before: tuple[tuple[str, ...], ...] = ()
    """Commands that run before, without faults."""
    changes: str = ""
    """What is changed in the folder before the command: `metadata` or `files`."""
    kills_only: bool = True
    grouped: bool = False
    """Whether all records are in one deposit."""
    again: tuple[str, ...] = ()
    """The command that then has nothing to do; the same one if left out."""

    def prepare(self, folder: Path, tag: str) -> None:
        """Write the records.

        Args:
            folder: Where `records/` will be.
            tag: Goes into the titles, so that no two cases have the same.
        """
        for number in range(self.records):
            record = folder / "records" / str(number)
            for key, content in self.files.items():
                (record / key).parent.mkdir(parents=True, exist_ok=True)
                (record / key).write_bytes(content + f"{tag} {number}\n".encode())
            _write_metadata(record, f"Fault {tag} {number}")

    def change(self, folder: Path) -> None:
        """Change the first record."""
        record = folder / "records/0"
        if self.changes == "metadata":
            _write_metadata(record, title_of(record) + _EDITED)
        elif self.changes == "files":
            (record / "data.csv").write_bytes(b"temperature,resistivity\n20,1.5\n")
            (record / "more.csv").write_bytes(b"1,2\n")

    def arguments(self, targets: tuple[str, ...]) -> list[str]:
        """The command line."""
        return _line((*self.command, *self.options), targets)

    def preparing(self, targets: tuple[str, ...]) -> list[list[str]]:
        """The command lines that go before."""
        return [_line(command, targets) for command in self.before]

    def repeating(self, targets: tuple[str, ...]) -> list[str]:
        """The command line that has nothing to do any more."""
        return _line(self.again, targets) if self.again else self.arguments(targets)


def _line(command: tuple[str, ...], targets: tuple[str, ...]) -> list[str]:
    return [*command, *(word for target in targets for word in ("--to", target)), "-vv"]


def _write_metadata(record: Path, title: str) -> None:
    creator = {"type": "personal", "family_name": "Curie", "given_name": "Marie"}
    said = {
        "metadata": {
            "title": title,
            "creators": [{"person_or_org": creator}],
            "publication_date": "2024-05-01",
            "resource_type": {"id": "dataset"},
        }
    }
    record.mkdir(parents=True, exist_ok=True)
    (record / "record_metadata.json").write_text(json.dumps(said), encoding="utf-8")


def title_of(record: Path) -> str:
    """The title in a record's folder."""
    said = json.loads((record / "record_metadata.json").read_text(encoding="utf-8"))
    return str(said["metadata"]["title"])


def digests_of(record: Path) -> dict[str, str]:
    """The MD5 of each of a record's files, by key."""
    return {
        path.relative_to(record).as_posix(): hashlib.md5(
            path.read_bytes(), usedforsecurity=False
        ).hexdigest()
        for path in record.rglob("*")
        if path.is_file() and path.name != "record_metadata.json"
    }


_PUBLISH: Final = ("push", "records", "--publish")

SCENARIOS: Final[Mapping[str, Scenario]] = {
    one.name: one
    for one in (
        Scenario("single", ("invenio", "nomad"), kills_only=False),
        Scenario("entries", ("nomad",), files=_REFERRING, kills_only=False),
        Scenario("many", ("invenio", "nomad"), records=3, options=("--publish",)),
        Scenario(
            "group", ("nomad",), records=2, options=("--group", "Fault", "--publish"), grouped=True
        ),
        Scenario("cross", ("both",), options=("--cross", "--publish")),
        Scenario(
            "edit",
            ("invenio", "nomad"),
            command=("update", "records/0"),
            options=(),
            before=(_PUBLISH,),
            changes="metadata",
        ),
        Scenario(
            "version",
            ("invenio", "nomad"),
            command=("new-version", "records/0"),
            before=(_PUBLISH,),
            changes="files",
        ),
    )
}
