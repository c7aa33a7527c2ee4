"""A repository in memory: for tests of what uses a repository, and as an example of one."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, ClassVar

from publishkit.abilities import DraftLimit
from publishkit.errors import NotFoundError, Problem, RejectedError
from publishkit.hooks import Backend, Connection, Target
from publishkit.http import FileBody
from publishkit.repository import (
    DataFile,
    Deposit,
    Digests,
    Limits,
    Meter,
    RemoteFile,
    Repository,
    State,
    Transfer,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from publishkit.model import Record

__all__ = ["MemoryRepository", "Shelf", "memory_backend"]


@dataclass
class Shelf:
    """One deposit in memory."""

    marker: str
    state: State = State.DRAFT
    title: str = ""
    edits: int = 0
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)


class MemoryRepository(Repository, DraftLimit):
    """Keeps deposits in `shelves`, which a test may look at and change."""

    limits = Limits()
    metadata_first: ClassVar[bool] = True
    overwrites: ClassVar[bool] = False

    def __init__(self, url: str = "https://memory.example", *, most_drafts: int = 10_000) -> None:
        self.url = url
        self.most_drafts = most_drafts
        self.shelves: dict[str, Shelf] = {}
        self.failures: tuple[str, ...] = ()
        """What every deposit fails to have processed."""
        self.sent: list[str] = []
        """The keys of all files that were sent, in order."""
        self._ids = itertools.count(1)
        self._lock = RLock()

    def whoami(self) -> User:
        return User("1", "Josiah Carberry", "carberry@example.org")

    def check(self, record: Record, files: Sequence[DataFile]) -> list[Problem]:
        return []

    def create(self, marker: str) -> Deposit:
        with self._lock:
            new = f"m{next(self._ids)}"
            self.shelves[new] = Shelf(marker)
            return self.get(new)

    def find(self, marker: str, meter: Meter) -> Deposit | None:
        with self._lock:
            ids = [id_ for id_, shelf in self.shelves.items() if shelf.marker == marker]
            return self.get(ids[0]) if ids else None

    def get(self, id: str) -> Deposit:
        with self._lock:
            shelf = self._shelf(id)
            content = repr(sorted((key, digest) for key, (_, digest) in shelf.files.items()))
            return Deposit(
                id=id,
                state=shelf.state,
                revision=str(shelf.edits),
                contents=hashlib.sha256(content.encode()).hexdigest(),
                links={"self": f"{self.url}/api/{id}", "self_html": f"{self.url}/{id}"},
                title=shelf.title,
            )

    def files(self, id: str) -> Mapping[str, RemoteFile]:
        with self._lock:
            files = self._shelf(id).files
            return {
                key: RemoteFile(len(data), f"sha256:{digest}", complete=True)
                for key, (data, digest) in files.items()
            }

    def transfers(
        self,
        id: str,
        record: Record,
        files: Sequence[DataFile],
    ) -> Iterable[Transfer]:
        self._draft(id)
        return [Transfer((f.key,), f.size, partial(self._receive, id, f)) for f in files]

    def _receive(self, id_: str, file: DataFile, meter: Meter) -> Mapping[str, Digests]:
        body = FileBody(file.path, file.size, meter)
        try:
            data = b"".join(body)
            digests = body.digests
        except BaseException:
            body.rewind()
            raise
        finally:
            body.close()
        with self._lock:
            self._draft(id_).files[file.key] = (data, digests.sha256)
            self.sent.append(file.key)
        return {file.key: digests}

    def remove(self, id: str, keys: Sequence[str]) -> None:
        with self._lock:
            for key in keys:
                self._draft(id).files.pop(key, None)

    def update(self, id: str, record: Record, *, revision: str | None = None) -> str:
        with self._lock:
            shelf = self._draft(id)
            shelf.marker = ""  # as on an archive, whose title the update replaces
            shelf.title = record.metadata.title
            shelf.edits += 1
            return str(shelf.edits)

    def settle(self, id: str, meter: Meter) -> Deposit:
        deposit = self.get(id)
        return Deposit(
            id=id,
            state=deposit.state,
            revision=deposit.revision,
            contents=deposit.contents,
            links=deposit.links,
            failures=self.failures,
        )

    def publish(self, id: str, record: Record) -> None:
        with self._lock:
            self._draft(id).state = State.PUBLISHED

    def delete(self, id: str) -> None:
        with self._lock:
            if id in self.shelves:
                self._draft(id)
                del self.shelves[id]

    def room(self) -> int:
        with self._lock:
            drafts = sum(shelf.state is not State.PUBLISHED for shelf in self.shelves.values())
        return self.most_drafts - drafts

    def _shelf(self, id_: str) -> Shelf:
        if id_ not in self.shelves:
            raise NotFoundError(f"there is no deposit {id_}")
        return self.shelves[id_]

    def _draft(self, id_: str) -> Shelf:
        shelf = self._shelf(id_)
        if shelf.state in {State.PUBLISHED, State.IN_REVIEW}:
            raise RejectedError(f"{id_} is {shelf.state.value} and cannot be changed")
        return shelf


def memory_backend(repositories: Mapping[str, Repository], *, sandbox: bool = True) -> Backend:
    """A backend whose targets are repositories at hand, by the targets' names."""

    def give(connection: Connection) -> Repository:
        return repositories[connection.target.name]

    targets = (
        Target(name=name, backend="memory", url=f"https://{name}.example", sandbox=sandbox)
        for name in repositories
    )
    return Backend(name="memory", targets=tuple(targets), open=give)
