"""What the conformance tests stand on: the repository, records to send, and ways to look at it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

import pytest

from publishkit import folder as folders
from publishkit.abilities import Download
from publishkit.bodies import FileBody
from publishkit.errors import RejectedError
from publishkit.repository import State
from publishkit.setting import blocks
from publishkit.testing.faults import Killed, Killer
from publishkit.testing.harness import Bench, metadata, write_record
from publishkit.testing.meter import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.model import Record
    from publishkit.repository import DataFile, Deposit, Repository

__all__ = ["DATA", "SMALL", "ConformanceTests", "Pushed", "in_utc", "new_marker"]

T = TypeVar("T")

DATA: Final = b"0 1.5\n1 2.5\n"
SMALL: Final[Mapping[str, bytes]] = {"data.csv": DATA, "sub/more.txt": b"more"}
"""The data files of the records that the tests of abilities send."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A record that was sent, and its deposit."""

    deposit: Deposit
    record: Record
    """As the repository resolved it."""
    files: Sequence[DataFile]
    folder: Path

    @property
    def id(self) -> str:
        """The deposit's."""
        return self.deposit.id

    @property
    def title(self) -> str:
        """The record's; no other has it."""
        return self.record.metadata.title


def new_marker() -> str:
    """A marker that no deposit has."""
    return f"publishkit-test-{secrets.token_hex(8)}"


def in_utc(*times: datetime | None) -> bool:
    """Whether all times that are known have a zone, and it is UTC."""
    return all(time.utcoffset() == timedelta(0) for time in times if time is not None)


class ConformanceTests:
    """The base of the suite's parts; `RepositoryTests` has them all."""

    kill_requests: bool = True
    """Whether to kill at requests of `publishkit.http`; else at the repository's methods."""
    kill_every: int = 1
    """Kill at every step, or at every second, third ... only."""
    title: str = "publishkit conformance"
    """What the titles of all records begin with."""
    patience: ClassVar[float] = 60
    """Seconds until the archive's index knows what was done at the latest."""

    @pytest.fixture
    def repository(self) -> Repository:
        """The repository under test, signed in; override it."""
        raise AssertionError("a conformance test needs a repository fixture")

    @pytest.fixture(autouse=True)
    def own_cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keep the cache of digests out of the home folder."""
        monkeypatch.setenv("PUBLISHKIT_CACHE_DIR", str(tmp_path / "cache"))

    @pytest.fixture
    def draft(self, repository: Repository) -> Iterator[Deposit]:
        """An empty draft, deleted at the end."""
        deposit = repository.create(new_marker())
        yield deposit
        self.clear(repository, deposit.id)

    @pytest.fixture
    def pushed(self, repository: Repository, tmp_path: Path) -> Iterator[Pushed]:
        """A complete draft with the files `SMALL` and a title of its own, deleted at the end."""
        pushed = self.push(repository, tmp_path / "drafts" / "0")
        yield pushed
        self.clear(repository, pushed.id)

    @pytest.fixture
    def published(self, repository: Repository, tmp_path: Path) -> Pushed:
        """A published deposit with the files `SMALL` and a title of its own."""
        return self.push(repository, tmp_path / "published" / "0", publish_it=True)

    def content(self, title: str = "") -> dict[str, JsonValue]:
        """The content of `record_metadata.json`."""
        return dict(metadata(title or self.title))

    def new_title(self) -> str:
        """A title that ends in a word which no other record has."""
        return f"{self.title} {secrets.token_hex(6)}"

    def load(self, folder: Path) -> tuple[Record, list[DataFile]]:
        """A record folder's record and files."""
        loaded = folders.load(folder, folder.name, blocks())
        assert loaded.record is not None, loaded.problems
        return loaded.record, list(loaded.files)

    def push(
        self,
        repository: Repository,
        folder: Path,
        files: Mapping[str, bytes] = SMALL,
        *,
        content: Mapping[str, JsonValue] | None = None,
        publish_it: bool = False,
    ) -> Pushed:
        """Write a record folder and push it."""
        write_record(folder, files, content or self.content(self.new_title()))
        result = Bench(repository, folder).push(publish_it=publish_it)
        record, found = self.load(folder)
        return Pushed(result.deposit, repository.resolve(record).record, found, folder)

    def fill(
        self, repository: Repository, id_: str, record: Record, files: Sequence[DataFile]
    ) -> None:
        """Make a draft hold these files and this metadata, whatever it held."""
        wanted = {file.key: file for file in files}
        held = repository.files(id_)
        right = {k for k, f in held.items() if k in wanted and _same(wanted[k], f.checksum)}
        stale = [key for key in held if key not in right]
        repository.remove(id_, stale)
        repository.settle(id_, NoMeter())
        missing = [file for key, file in wanted.items() if key not in right]
        for transfer in repository.transfers(id_, record, missing):
            transfer.run(NoMeter())
        repository.settle(id_, NoMeter())
        repository.update(id_, record)
        assert repository.settle(id_, NoMeter()).failures == ()

    def clear(self, repository: Repository, id_: str) -> None:
        """Delete what a test leaves, unless the test published it."""
        try:
            repository.delete(id_)
        except RejectedError:
            assert repository.get(id_).state in {State.PUBLISHED, State.IN_REVIEW}

    def killed(self, killer: Killer, repository: Repository, do: Callable[[], object]) -> bool:
        """Whether the process ended before this was done."""
        try:
            with killer.around(repository, requests=self.kill_requests):
                do()
        except Killed:
            return True
        return False

    def eventually(self, look: Callable[[], T], is_right: Callable[[T], bool]) -> T:
        """Look until what is seen is right: an archive's index takes its time."""
        meter = NoMeter()
        for _ in range(int(self.patience * 2)):
            found = look()
            if is_right(found):
                return found
            meter.wait(0.5)
        found = look()
        assert is_right(found), f"after {self.patience:g} seconds still {found!r}"
        return found

    def retitled(self, pushed: Pushed, title: str) -> Record:
        """A pushed record with another title."""
        metadata = pushed.record.metadata.model_copy(update={"title": title})
        return pushed.record.model_copy(update={"metadata": metadata})

    def title_of(self, repository: Repository, id_: str) -> str:
        """The title that a deposit has now."""
        if isinstance(repository, Download):
            described = repository.describe(id_)["metadata"]
            assert isinstance(described, dict)
            return str(described["title"])
        return repository.get(id_).title

    def sizes(self, repository: Repository, id_: str) -> dict[str, int]:
        """The sizes of a deposit's files, all of which must be complete."""
        held = repository.files(id_)
        assert all(file.complete for file in held.values())
        return {key: file.size for key, file in held.items()}


def _same(file: DataFile, checksum: str | None) -> bool:
    if checksum is None:
        return False
    body = FileBody(file, NoMeter())
    try:
        for _ in body:
            pass
        return body.digests.match(checksum)
    finally:
        body.close()
