"""The interface that every repository implements, and what passes through it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol

from publishkit.tables import Anchor, Tabular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.errors import Problem
    from publishkit.model import Record
    from publishkit.tables import Cells

__all__ = [
    "DataFile",
    "Deposit",
    "Digests",
    "Limits",
    "Meter",
    "RemoteFile",
    "Report",
    "Repository",
    "Resolved",
    "State",
    "Terms",
    "Transfer",
    "User",
]


class State(StrEnum):
    """The state of a deposit."""

    CREATING = "creating"
    DRAFT = "draft"
    PROCESSING = "processing"
    FAILED = "failed"
    IN_REVIEW = "in-review"
    DECLINED = "declined"
    PUBLISHED = "published"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A local file that belongs to a record."""

    key: str
    """Its name in the record: NFC, with `/` on every system."""
    path: Path
    size: int
    """In bytes, when the folder was read."""
    modified: int = 0
    """When it was last modified, in nanoseconds since 1970 and as the folder was read; 0 if that
    is not known. Tells whether digests computed meanwhile are those of the same content."""


@dataclass(frozen=True, slots=True)
class Digests:
    """The checksums of one file's content, in hexadecimal."""

    md5: str
    sha256: str

    def match(self, checksum: str) -> bool:
        """Whether `checksum`, such as `md5:d41d...`, is one of these."""
        algorithm, _, value = checksum.partition(":")
        return value.lower() == {"md5": self.md5, "sha256": self.sha256}.get(algorithm.lower())


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as a repository holds it."""

    size: int
    checksum: str | None
    """`md5:...` or `sha256:...`; None where the repository keeps none."""
    complete: bool


@dataclass(frozen=True, slots=True)
class Deposit(Tabular):
    """A record as a repository holds it."""

    id: str
    state: State
    revision: str
    """Opaque; changes whenever the metadata does."""
    contents: str
    """Opaque; changes whenever the files do."""
    links: Mapping[str, str]
    """The server's own links, under the names that InvenioRDM uses."""
    doi: str | None = None
    title: str = ""
    """As the repository has it; '' where it does not say."""
    files: Mapping[str, RemoteFile] | None = None
    """What it holds, where the answer told that too; else `Repository.files` asks."""
    failures: tuple[str, ...] = ()
    """What the repository could not process, in its words; only from `settle`."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)
    """What else is worth keeping in the links file: entries, datasets."""
    created: datetime | None = None
    """When it was made, in UTC; None where that is not known."""
    updated: datetime | None = None
    """When it was last changed, in UTC."""

    def cells(self) -> Cells:
        """What a table says of it."""
        when = self.updated or self.created
        page = self.links.get("record_html") or self.links.get("self_html") or ""
        return {
            "id": Anchor(self.id, page),
            "state": self.state.value,
            "changed": f"{when:%Y-%m-%d}" if when else "",
            "title": self.title,
            "DOI": Anchor(self.doi, f"https://doi.org/{self.doi}") if self.doi else "",
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A deposit looked at closely."""

    deposit: Deposit
    """With its `failures`, as far as they are known without waiting."""
    files: Mapping[str, RemoteFile]
    details: Mapping[str, JsonValue] = field(default_factory=dict)
    """What else there is to say, by name: process, entries, review, embargo, versions."""


@dataclass(frozen=True, slots=True)
class User(Tabular):
    """Somebody with an account; '' where the repository does not say."""

    id: str
    name: str
    email: str = ""
    username: str = ""
    affiliation: str = ""

    def cells(self) -> Cells:
        """What a table says of them."""
        return {
            "name": self.name or self.username,
            "e-mail": self.email,
            "id": self.id,
            "user name": self.username,
            "affiliation": self.affiliation,
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """What one deposit can hold; None means that no limit is known."""

    files: int | None = None
    bytes: int | None = None
    file_bytes: int | None = None


class Meter(Protocol):
    """How a transfer or a wait reports, and learns that it should end."""

    def advance(self, nbytes: int) -> None:
        """Report bytes sent, negative when they must be sent again. Raises Cancelled."""

    def wait(self, seconds: float) -> None:
        """Wait. Raises Cancelled, and TemporaryError when the user's patience ends."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A unit of sending, independent of its siblings.

    `run` may be called again after any failure, and opens a new body each time. When it
    returns, the keys are complete and what the repository says of them agrees with what was
    read; it gives the digests computed on the way. It raises IntegrityError when a file
    changed while it was read.
    """

    keys: tuple[str, ...]
    size: int
    run: Callable[[Meter], Mapping[str, Digests]]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A record after the target was asked what only the target knows."""

    record: Record
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who may do what with a record once it is published."""

    licences: tuple[str, ...]
    """As the archive says them; () where none is stated."""
    metadata: str = "public"
    """`public` or `restricted`, as InvenioRDM's `access`."""
    files: str = "public"
    embargo: date | None = None
    """The day on which the files open; if published today, where the archive counts months."""
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who else may work on it, by what the archive calls them."""
    collections: tuple[str, ...] = ()
    """Those that the record asks for."""


class Repository(ABC):
    """One repository, signed in.

    Thread-safe. Keeps nothing between calls but what never changes (vocabularies, users), and
    what is under way.
    Raises only RepositoryError and its kin, and Cancelled.
    """

    limits: Limits
    metadata_first: ClassVar[bool]
    """Whether metadata go before the transfers, with `create` or else by `update`, so that a
    refusal comes before the bytes."""
    overwrites: ClassVar[bool]
    """Whether a transfer replaces a file of the same key; else it is removed first."""
    lag: ClassVar[float] = 0.0
    """Seconds in which something that was asked for may still turn up though nobody waits for the
    answer any more: the archive goes on, and its index comes later."""

    @abstractmethod
    def whoami(self) -> User:
        """Who is signed in. Raises AuthenticationError."""

    @abstractmethod
    def check(self, record: Record, files: Sequence[DataFile]) -> list[Problem]:
        """Everything about the record that this target would refuse, drop or change.

        Sends nothing; finds every problem at once.
        """

    def resolve(self, record: Record) -> Resolved:
        """Ask the target what only it knows: vocabulary ids, people, collections.

        Changes nothing there. What it lacks comes back as a problem, or replaced with a notice.
        """
        return Resolved(record)

    def terms(self, record: Record) -> Terms:
        """What becomes of a record that `resolve` gave, once it is published. Changes nothing."""
        access, rights = record.access, record.metadata.rights
        return Terms(
            licences=tuple(one.id or next(iter(one.title.values()), "") for one in rights),
            metadata=access.record,
            files=access.files if access.record == "public" else access.record,
            embargo=access.embargo.until if access.embargo.active else None,
        )

    @abstractmethod
    def create(self, marker: str, record: Record | None = None) -> Deposit:
        """Make a deposit without files that `find` finds by `marker` until the first `update`.

        One request, never repeated: raises LostAnswerError when its answer is lost. With `record`
        and `metadata_first` the metadata go along; RejectedError, that names all the server
        refused or dropped, then leaves no deposit behind.
        """

    @abstractmethod
    def find(self, marker: str) -> Deposit | None:
        """The deposit made by `create(marker)`, None where it does not show; one look."""

    @abstractmethod
    def get(self, id: str, *, published: bool = False) -> Deposit:
        """The deposit as it is now, by one request. NotFoundError only when it is gone.

        `published` says that it was when it was last seen: where drafts have an address of their
        own, that saves a look there.
        """

    @abstractmethod
    def files(self, id: str) -> Mapping[str, RemoteFile]:
        """The files of a deposit by key, without those that the backend itself put there."""

    @abstractmethod
    def transfers(
        self,
        id: str,
        record: Record,
        files: Sequence[DataFile],
    ) -> Iterable[Transfer]:
        """What must be sent so that the deposit holds `files`, none of which it holds now.

        Called with no files too, since a backend may keep files of its own beside them.
        May send requests (announce all files in one call) before it gives the first transfer.
        """

    @abstractmethod
    def remove(self, id: str, keys: Sequence[str]) -> None:
        """Remove files, complete or not, from a draft. A missing key is no error."""

    @abstractmethod
    def update(self, id: str, record: Record, *, revision: str | None = None) -> Deposit | None:
        """Replace all metadata; idempotent.

        Gives the deposit as it is afterwards; None where the answer does not tell or, with
        `metadata_first`, where it must be called once more when all files are there. With
        `revision`, raises ConflictError when the metadata is no longer at it and the repository
        can tell. Raises RejectedError that names all the server refused or dropped.
        """

    @abstractmethod
    def settle(self, id: str, meter: Meter) -> Deposit:
        """Wait while the repository processes, then give the deposit with its `failures`.

        Raises RejectedError, in the server's words, when the deposit as a whole failed.
        """

    def wait(self, id: str, meter: Meter) -> None:
        """Wait while the repository processes; raises what `settle` does, and asks no more."""
        self.settle(id, meter)

    def late(self, id: str) -> float:  # noqa: ARG002 - most archives let nothing come late
        """Until when a request that was sent again may still change the deposit's files.

        By `time.monotonic()`; 0 where there was none.
        """
        return 0.0

    def inspect(self, id: str) -> Report:
        """The deposit with its files and all that is known of it, without waiting for anything."""
        return Report(self.get(id), self.files(id))

    @abstractmethod
    def publish(self, id: str, record: Record, *, seen: Deposit | None = None) -> Deposit | None:
        """Publish, or submit for review; never repeated blindly.

        Gives the deposit as it is afterwards; None where the caller must look, by `settle`.
        `seen` is the deposit as it was a moment ago, which may save a look before.
        """

    @abstractmethod
    def delete(self, id: str) -> None:
        """Delete a draft; a missing one is no error. Raises RejectedError for a published one."""
