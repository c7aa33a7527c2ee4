"""Pushes one record folder with a repository at hand, as `publishkit push` would."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING
from unittest.mock import patch

from publishkit import folder as folders
from publishkit import plan as planning
from publishkit.digests import DigestCache
from publishkit.engine import bring_up, publish
from publishkit.hooks import Target
from publishkit.job import Choices, Job, Result
from publishkit.ledger import LINKS_FILE, Ledger, Row
from publishkit.plan import Action, Part, Step
from publishkit.rows import DepositRows
from publishkit.setting import blocks
from publishkit.testing.meter import NoMeter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.repository import Deposit, Meter, Repository

__all__ = ["Bench", "metadata", "write_record"]


_INDEXED = 5.0
"""Seconds after which an archive's index has a new deposit."""


def metadata(title: str = "Conductivity of an electrolyte") -> dict[str, JsonValue]:
    """The smallest `record_metadata.json` that every archive takes."""
    person: dict[str, JsonValue] = {
        "type": "personal",
        "family_name": "Carberry",
        "given_name": "Josiah",
    }
    return {
        "access": {"record": "public", "files": "public"},
        "metadata": {
            "title": title,
            "creators": [{"person_or_org": person}],
            "publication_date": "2026-01-31",
            "publisher": "publishkit",
            "resource_type": {"id": "dataset"},
            "rights": [{"id": "cc-by-4.0"}],
        },
    }


def write_record(
    folder: Path,
    files: Mapping[str, bytes],
    content: Mapping[str, JsonValue] | None = None,
) -> Path:
    """Write a record folder, and give its path."""
    for key, data in files.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content or metadata())
    (folder / folders.METADATA_FILE).write_text(text, encoding="utf-8")
    return folder


class Bench:
    """One record folder, its links file, and a repository."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self.repository = repository
        self.folder = folder
        self.ledger_path = folder.parent / LINKS_FILE
        self.target = Target(name="bench", backend="bench", url="https://bench.example")
        self.digests = DigestCache()
        self.choices = Choices()

    @property
    def row(self) -> Row:
        """What the links file says of the folder."""
        rows = Ledger.read(self.ledger_path).rows()
        return next(row for row in rows if row.folder == self.folder.name)

    def push(self, *, publish_it: bool = False, meter: Meter | None = None) -> Result:
        """Bring the deposit up to date, and publish it if told to."""
        kind = type(self.repository)
        with (
            # what a kill in a test was about to send never comes: only the index is late
            patch.object(kind, "lag", min(kind.lag, _INDEXED)),
            Ledger.open(self.ledger_path) as ledger,
            ThreadPoolExecutor(4) as transfers,
        ):
            job = self._job(ledger, transfers, meter or NoMeter())
            result = bring_up(job)
            if publish_it:
                result = replace(result, deposit=publish(job, result.deposit))
            return result

    def deposit(self) -> Deposit:
        """The deposit as the repository has it now."""
        return self.repository.get(self.row.id)

    def _job(self, ledger: Ledger, transfers: ThreadPoolExecutor, meter: Meter) -> Job:
        part = Part(self.folder, self.folder.name, self.ledger_path, self.folder.name)
        loaded = folders.load(self.folder, self.folder.name, blocks())
        if loaded.record is None:
            raise AssertionError(loaded.problems)
        record = loaded.record
        step = Step(self.target, (part,), Action.CREATE, len(loaded.files), 0)
        rows = DepositRows(
            step,
            self.repository,
            {self.ledger_path: ledger},
            frozenset({self.target.url}),
            {part.key: record.metadata.title},
        )
        resolved = cache(lambda: self.repository.resolve(record).record)
        return Job(
            folder=part.name,
            repository=self.repository,
            record=lambda: resolved().with_links(rows.row.linked, rows.row.collections),
            read=lambda: loaded.files,
            fingerprint=lambda d: planning.fingerprint([(part, loaded)], d, group=False),
            rows=rows,
            choices=self.choices,
            digests=self.digests,
            transfers=transfers,
            meter=meter,
            settling=meter,
            began=0.0,
        )
