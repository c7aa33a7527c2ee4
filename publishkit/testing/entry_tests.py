"""The conformance tests of `Entries`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

import pytest

from publishkit.abilities import Definitions, Entries
from publishkit.errors import NotFoundError
from publishkit.testing.base import ConformanceTests, in_utc

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.repository import Repository

__all__ = ["EntryTests"]


class EntryTests(ConformanceTests):
    """What an archive makes of files."""

    definition: ClassVar[tuple[str, str]] = ("example.Thing", "name")
    """A definition that the archive has, and a field of its own; override it."""

    def main_file(self, number: int) -> tuple[str, bytes]:
        """The key and content of a file that an archive makes an entry of; override it."""
        data = {"name": f"Entry {number}"}
        return f"run {number}/{number}.archive.json", json.dumps({"data": data}).encode()

    def test_every_entry_of_a_deposit_is_listed(
        self, repository: Repository, tmp_path: Path
    ) -> None:
        if not isinstance(repository, Entries):
            return
        mains = dict(self.main_file(number) for number in range(11))
        pushed = self.push(repository, tmp_path / "0", mains)
        found = self.eventually(
            lambda: {entry.mainfile: entry for entry in repository.entries(pushed.id)},
            lambda entries: mains.keys() <= entries.keys(),
        )
        assert {entry.deposit for entry in found.values()} == {pushed.id}
        assert all(entry.processed and not entry.errors for entry in found.values())
        assert not any(entry.published for entry in found.values())
        assert all(in_utc(entry.created) for entry in found.values())
        ids = {entry.id for entry in found.values()}
        assert len(ids) == len(found)
        self.eventually(lambda: {entry.id for entry in repository.entries()}, ids.issubset)
        repository.delete(pushed.id)

    def test_an_entry_gives_its_archive_and_its_files(
        self, repository: Repository, tmp_path: Path
    ) -> None:
        if not isinstance(repository, Entries):
            return
        key, content = self.main_file(0)
        beside = f"{key.rpartition('/')[0]}/beside.txt"
        files = {key: content, beside: b"beside it"}
        pushed = self.push(repository, tmp_path / "0", files)
        listed = next(e for e in repository.entries(pushed.id) if e.mainfile == key)
        entry = repository.entry(listed.id)
        assert (entry.id, entry.deposit, entry.mainfile) == (listed.id, pushed.id, key)
        assert repository.archive(entry.id)
        raw = {}
        for source in repository.entry_files(entry.id):
            with source.open(0) as blocks:
                raw[source.key] = b"".join(blocks)
        assert raw == files
        repository.delete(pushed.id)

    def test_an_unknown_entry_is_not_found(self, repository: Repository) -> None:
        if isinstance(repository, Entries):
            for look in (repository.entry, repository.archive):
                with pytest.raises(NotFoundError):
                    look("publishkit-no-such-entry")

    def test_definitions_are_told_from_what_is_none(self, repository: Repository) -> None:
        if not isinstance(repository, Definitions):
            return
        name, field = self.definition
        slip = f"{name}Nope"
        found = repository.definitions([name, slip])
        known = found[name]
        assert known is not None
        assert field in known.fields
        assert found[slip] is None
        assert name in repository.definitions_beside(slip)
