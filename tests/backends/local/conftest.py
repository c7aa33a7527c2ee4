"""A local archive in a folder of the test's own, and records for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from threading import Event
from typing import TYPE_CHECKING

import pytest

from publishkit.hooks import Connection, Credentials, Target
from publishkit.model import Record
from publishkit.repository import DataFile, Deposit
from publishkit.testing import NoMeter, metadata
from publishkit_local.repository import LocalRepository

if TYPE_CHECKING:
    from pathlib import Path

Open = Callable[[], LocalRepository]
MakeRecord = Callable[..., Record]
MakeFiles = Callable[[Mapping[str, bytes]], list[DataFile]]
Push = Callable[..., Deposit]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The archive's folder; it does not exist yet."""
    return tmp_path / "an archive"


@pytest.fixture
def open_archive(archive: Path) -> Open:
    """Opens the archive, as a new process would."""
    target = Target(name="local", backend="local", url=archive.as_uri())
    connection = Connection(target=target, credentials=Credentials(), stop=Event())
    return lambda: LocalRepository(connection)


@pytest.fixture
def repository(open_archive: Open) -> LocalRepository:
    """The archive, opened."""
    return open_archive()


@pytest.fixture
def make_record() -> MakeRecord:
    """Makes a record: a title, and what its metadata and the rest of it say beyond that."""

    def make(title: str = "A title", rest: Mapping[str, object] = {}, **more: object) -> Record:
        body = {**metadata(title), **rest}
        assert isinstance(body["metadata"], dict)
        body["metadata"] = {**body["metadata"], **more}
        return Record.model_validate(body)

    return make


@pytest.fixture
def make_files(tmp_path: Path) -> MakeFiles:
    """Writes files by key into a folder, and gives them as a record's data files."""
    calls = itertools.count()

    def make(contents: Mapping[str, bytes]) -> list[DataFile]:
        found = []
        for key, content in contents.items():
            path = tmp_path / f"source {next(calls)}" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            found.append(DataFile(key, path, len(content)))
        return found

    return make


@pytest.fixture
def push(repository: LocalRepository, make_record: MakeRecord, make_files: MakeFiles) -> Push:
    """Pushes a record with files, and publishes it if told to."""

    def do(
        contents: Mapping[str, bytes],
        *,
        record: Record | None = None,
        marker: str = "publishkit-1",
        publish: bool = False,
    ) -> Deposit:
        record = record or make_record()
        deposit = repository.find(marker) or repository.create(marker)
        for transfer in repository.transfers(deposit.id, record, make_files(contents)):
            transfer.run(NoMeter())
        repository.settle(deposit.id, NoMeter())
        repository.update(deposit.id, record)
        if publish:
            repository.publish(deposit.id, record)
        return repository.settle(deposit.id, NoMeter())

    return do


@pytest.fixture
def bags(archive: Path) -> Callable[[], list[Path]]:
    """Gives every bag that a user sees in the archive."""

    def find() -> list[Path]:
        return sorted(
            path for kind in ("drafts", "published") for path in archive.glob(f"{kind}/*")
        )

    return find
