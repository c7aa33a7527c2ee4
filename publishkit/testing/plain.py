"""A repository in memory that can do only what every repository can: the smallest example."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, ClassVar

from publishkit.bodies import FileBody
from publishkit.errors import ConflictError, NotFoundError, Problem, RejectedError
from publishkit.repository import (
    DataFile,
    Deposit,
    Digests,
    Limits,
    Meter,
    RemoteFile,
    Report,
    Repository,
    State,
    Transfer,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from publishkit.abilities import Share
    from publishkit.model import Record

__all__ = ["PlainRepository", "Shelf"]

_CLOSED = frozenset({State.PUBLISHED, State.IN_REVIEW})


@dataclass
class Shelf:
    """One deposit in memory."""

    marker: str
    state: State = State.DRAFT
    title: str = ""
    edits: int = 0
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    """Content and SHA-256 by key."""
    record: Record | None = None
    """As it was last sent."""
    doi: str | None = None
    """That the repository gave it."""
    named: dict[str, str] = field(default_factory=dict)
    """Relations by the work that it was told to name since then, DOIs bare."""
    shares: list[Share] = field(default_factory=list)
    collections: set[str] = field(default_factory=set)
    """The ids of those that it is in."""
    requests: set[str] = field(default_factory=set)
    """The ids of those whose curators have not accepted it yet."""
    edited_elsewhere: bool = False
    """Whether somebody's own edit is open on the repository's pages."""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))

    def change(self) -> None:
        """Count a change of the metadata."""
        self.edits += 1
        self.updated = datetime.now(UTC)


class PlainRepository(Repository):
    """Keeps deposits in `shelves`, which a test may look at and change."""

    limits = Limits()
    metadata_first: ClassVar[bool] = True
    overwrites: ClassVar[bool] = False

    def __init__(self, url: str = "https://memory.example") -> None:
        self.url = url
        self.shelves: dict[str, Shelf] = {}
        """Every deposit by id, the oldest first."""
        self.failures: tuple[str, ...] = ()
        """What every deposit fails to have processed."""
        self.review = False
        """Whether publishing only submits, until `accept` or `decline` is called."""
        self.sent: list[str] = []
        """The keys of all files that were sent, in order."""
        self.ids: Iterator[str] = (f"m{number}" for number in itertools.count(1))
        """The ids that deposits get, one after the other."""
        self._lock = RLock()

    # ---- what a test does in the place of the archive's people ----

    def accept(self, id: str) -> None:
        """Publish what is in review, and grant what asks to be in a collection."""
        with self._lock:
            shelf = self._shelf(id)
            shelf.state = State.PUBLISHED if shelf.state is State.IN_REVIEW else shelf.state
            shelf.collections |= shelf.requests
            shelf.requests.clear()

    def decline(self, id: str) -> None:
        """Decline what is in review."""
        with self._lock:
            self._shelf(id).state = State.DECLINED

    # ---- the repository ----

    def whoami(self) -> User:
        return User("1", "Josiah Carberry", "carberry@example.org")

    def check(self, record: Record, files: Sequence[DataFile]) -> list[Problem]:
        return []

    def create(self, marker: str, record: Record | None = None) -> Deposit:
        with self._lock:
            new = next(self.ids)
            self.shelves[new] = Shelf(marker)
            if record:
                self._describe(self.shelves[new], record)
            return self.get(new)

    def find(self, marker: str) -> Deposit | None:
        with self._lock:
            ids = [id_ for id_, shelf in self.shelves.items() if shelf.marker == marker]
            return self.get(ids[0]) if ids else None

    def get(self, id: str, *, published: bool = False) -> Deposit:
        with self._lock:
            shelf = self._shelf(id)
            content = repr(sorted((key, digest) for key, (_, digest) in shelf.files.items()))
            return Deposit(
                id=id,
                state=shelf.state,
                revision=str(shelf.edits),
                contents=hashlib.sha256(content.encode()).hexdigest(),
                links={"self": f"{self.url}/api/{id}", "self_html": f"{self.url}/{id}"},
                doi=shelf.doi or (shelf.record.doi if shelf.record else None),
                title=shelf.title,
                created=shelf.created,
                updated=shelf.updated,
            )

    def inspect(self, id: str) -> Report:
        return Report(replace(self.get(id), failures=self.failures), self.files(id))

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
        body = FileBody(file, meter)
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

    def update(self, id: str, record: Record, *, revision: str | None = None) -> Deposit | None:
        with self._lock:
            shelf = self._draft(id)
            if revision is not None and revision != str(shelf.edits):
                raise ConflictError(f"the metadata of {id} was changed meanwhile")
            shelf.marker = ""  # as on an archive, whose title the update replaces
            self._describe(shelf, record)
            return replace(self.get(id), failures=self.failures)

    def _describe(self, shelf: Shelf, record: Record) -> None:
        shelf.record, shelf.title = record, record.metadata.title
        shelf.named.clear()
        shelf.change()

    def settle(self, id: str, meter: Meter) -> Deposit:
        return replace(self.get(id), failures=self.failures)

    def publish(self, id: str, record: Record, *, seen: Deposit | None = None) -> Deposit | None:
        with self._lock:
            self._draft(id).state = State.IN_REVIEW if self.review else State.PUBLISHED
        return None

    def delete(self, id: str) -> None:
        with self._lock:
            if id in self.shelves:
                self._draft(id)
                del self.shelves[id]

    def _shelf(self, id_: str) -> Shelf:
        if id_ not in self.shelves:
            raise NotFoundError(f"there is no deposit {id_}")
        return self.shelves[id_]

    def _draft(self, id_: str) -> Shelf:
        shelf = self._shelf(id_)
        if shelf.state in _CLOSED:
            raise RejectedError(f"{id_} is {shelf.state.value} and cannot be changed")
        return shelf

    def _published(self, id_: str) -> Shelf:
        shelf = self._shelf(id_)
        if shelf.state is not State.PUBLISHED:
            raise RejectedError(f"{id_} is {shelf.state.value} and not published")
        return shelf
