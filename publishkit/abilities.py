"""What a repository may be able to do beyond what every repository can: one small class each.

A backend's repository also inherits from those that it can keep; the core asks by `isinstance`.
As with `Repository`, every method is thread-safe and raises only RepositoryError and its kin, and
Cancelled. Lists are iterators that ask for the next page when it is needed, and end with the last.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final

from publishkit.tables import Anchor, Tabular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from pydantic import JsonValue

    from publishkit.entryfiles import Definition, Offer
    from publishkit.errors import Problem
    from publishkit.model import Record
    from publishkit.repository import Deposit, Meter, Repository, User
    from publishkit.tables import Cells

__all__ = [
    "ABILITIES",
    "Addresses",
    "Answer",
    "Catalogue",
    "Collection",
    "CollectionDois",
    "CollectionKeeping",
    "Collections",
    "Definitions",
    "DoiAssignment",
    "DoiLookup",
    "DoiReservation",
    "Download",
    "DraftLimit",
    "Editing",
    "Entries",
    "Entry",
    "Grouping",
    "Link",
    "LinkSharing",
    "Member",
    "Permission",
    "Query",
    "RawRequests",
    "Relations",
    "Search",
    "Share",
    "Sharing",
    "Source",
    "Token",
    "TokenExchange",
    "Trash",
    "Users",
    "Versions",
    "Workflows",
]


# ---- signing in ----


@dataclass(frozen=True, slots=True)
class Token:
    """What one signs in with from now on."""

    value: str = field(repr=False)
    expires: datetime | None = None
    """In UTC; None where it never ends or that is not known."""
    id: str = ""
    """Under which it can be revoked; '' where it cannot."""


class TokenExchange(ABC):
    """A user name and password can be exchanged for a token that lasts.

    Both methods are called on a repository that is signed in by user name and password.
    """

    @abstractmethod
    def exchange(self, name: str) -> Token:
        """A new token, of those that the repository gives the one that lasts longest.

        It may do everything that the repository's methods need. `name` is what lists of tokens
        call it. Raises AuthenticationError for a wrong password.
        """

    @abstractmethod
    def revoke_token(self, id: str) -> None:
        """End a token by its id; a missing one, or one that ended, is no error."""


# ---- drafts ----


class DraftLimit(ABC):
    """The repository bounds how many unpublished deposits an account may have."""

    @abstractmethod
    def room(self) -> int:
        """How many more deposits may be created before some are published or deleted."""


@dataclass(frozen=True, slots=True)
class Member:
    """One record of a group."""

    prefix: str
    """The folder inside the deposit, without a slash at its end."""
    record: Record


class Grouping(ABC):
    """One deposit can hold several records, each in a folder of its own."""

    @abstractmethod
    def check_group(self, members: Sequence[Member]) -> list[Problem]:
        """Why these records cannot share one deposit."""

    @abstractmethod
    def group(self, name: str, members: Sequence[Member]) -> Repository:
        """This repository, with the members as one deposit called `name`.

        In it, files have keys that begin with a member's prefix, and the record that is passed
        to a method stands for all of them.
        """

    @abstractmethod
    def member(self, deposit: Deposit, prefix: str) -> Deposit:
        """The part of a group's deposit that is one member: its own id and links."""

    @abstractmethod
    def group_id(self, id: str) -> str:
        """The id of the deposit that a member's id belongs to; any other id as it is."""


class Trash(ABC):
    """A draft can be moved aside instead of being destroyed."""

    @abstractmethod
    def set_aside(self, id: str) -> str:
        """Move a draft aside and give the place where it is kept; '' when there is none.

        Raises RejectedError for a published one.
        """


# ---- published deposits ----


class Editing(ABC):
    """The metadata of a published deposit can be changed."""

    @abstractmethod
    def edit(self, id: str, record: Record) -> Deposit:
        """Replace the metadata of a published deposit; its files stay. Idempotent.

        Killed anywhere and called again it ends the same. Gives the deposit as it is then; where
        the archive changes nothing that is published, that is a new version with an id of its own.
        Raises ConflictError when somebody's own edit is open on the archive's pages.
        """

    @abstractmethod
    def discard(self, id: str) -> Deposit:
        """Throw away an edit of a published deposit that is not published; none is no error."""


class Versions(ABC):
    """A published deposit can be followed by a new version with other files."""

    @abstractmethod
    def new_version(self, id: str, marker: str, meter: Meter) -> Deposit:
        """A draft that follows the published deposit, with its files where that saves sending.

        Called again with the same marker it gives the same draft, once that shows (`lag`).
        Raises LostAnswerError when a request that must not be repeated got no answer.
        """

    @abstractmethod
    def follows(self, id: str) -> tuple[Link, ...]:
        """What a new version must say of the deposit that it follows; () where it need not."""


# ---- who may see it ----


class Permission(StrEnum):
    """What somebody may do with a deposit; each includes those before it."""

    VIEW = "view"
    """See it when it is published."""
    PREVIEW = "preview"
    """See the draft too."""
    EDIT = "edit"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class Share(Tabular):
    """Access that was given to a deposit."""

    id: str
    """Under which it can be revoked."""
    permission: Permission
    who: str = ""
    """A person, as the archive names them; '' for a secret link."""
    expires: datetime | None = None
    """In UTC; None means never."""
    url: str = field(default="", repr=False)
    """Of a secret link, with its token; '' where the archive does not show it again."""

    def cells(self) -> Cells:
        """What a table says of it; not the address of a secret link, since notebooks are kept."""
        return {
            "who": self.who or "a secret link",
            "permission": self.permission.value,
            "until": f"{self.expires:%Y-%m-%d %H:%M} UTC" if self.expires else "",
            "id": self.id,
        }


class Sharing(ABC):
    """People can be given access to a deposit."""

    permissions: ClassVar[tuple[Permission, ...]]
    """Those that a person can be given."""

    @abstractmethod
    def shares(self, id: str) -> list[Share]:
        """Everybody who was given access, and every secret link."""

    @abstractmethod
    def grant(self, id: str, people: Sequence[str], permission: Permission) -> list[Share]:
        """Give people access; one who has it keeps it.

        Each is found by id, user name, e-mail address or full name. RejectedError names everybody
        who is not exactly one user, before anybody is given access.
        """

    @abstractmethod
    def revoke(self, id: str, share: str) -> None:
        """Take back what has this share's id, or this person's name; a missing one is no error."""


class LinkSharing(ABC):
    """A deposit can be shared by a secret link."""

    link_permissions: ClassVar[tuple[Permission, ...]]

    @abstractmethod
    def share_link(self, id: str, permission: Permission, expires: datetime | None) -> Share:
        """A secret link; the same one as before where there is one of equal kind and end."""


class Users(ABC):
    """People can be looked up."""

    @abstractmethod
    def users(self, query: str) -> Iterator[User]:
        """Everybody whose name, user name or e-mail address matches, as far as one may see."""

    @abstractmethod
    def user(self, id: str) -> User:
        """The user with an id. Raises NotFoundError."""


# ---- what it belongs to ----


@dataclass(frozen=True, slots=True)
class Link:
    """That a deposit belongs to another work."""

    identifier: str
    """A DOI or a full URL."""
    relation: str = "isidenticalto"
    """An id of InvenioRDM's vocabulary, in lower case: issupplementto, isnewversionof, ..."""


class Relations(ABC):
    """A deposit can name other works."""

    @abstractmethod
    def relate(self, id: str, links: Sequence[Link]) -> Deposit:
        """Make a draft or published deposit name these works too, and give it as it is then.

        What it names already is not added twice, however it is written (a DOI or its URL).
        """


class Addresses(ABC):
    """A deposit has an address by which other archives can name it before it is published."""

    registers: ClassVar[bool]
    """Whether publishing registers the address, so that it comes before those that name it."""

    @abstractmethod
    def address(self, id: str) -> str:
        """The URL under which the deposit can be found for good; reserves a DOI where it can."""


@dataclass(frozen=True, slots=True)
class Collection(Tabular):
    """What groups deposits: a NOMAD dataset, an InvenioRDM community."""

    id: str
    name: str
    """What people call it: a dataset's name, a community's title."""
    slug: str = ""
    """The last part of its page's address, where that is not the id."""
    page: str = ""
    doi: str | None = None
    created: datetime | None = None
    """In UTC."""

    def cells(self) -> Cells:
        """What a table says of it."""
        return {
            "name": Anchor(self.name or self.slug, self.page),
            "id": self.id,
            "slug": self.slug,
            "made": f"{self.created:%Y-%m-%d}" if self.created else "",
            "DOI": Anchor(self.doi, f"https://doi.org/{self.doi}") if self.doi else "",
        }


class Collections(ABC):
    """Deposits can be put into collections."""

    @abstractmethod
    def collections(self, query: str = "") -> Iterator[Collection]:
        """Those that one owns or may submit to, whose name matches."""

    @abstractmethod
    def collection(self, name: str) -> Collection:
        """The one with this id, slug or name. NotFoundError names those that come near."""

    @abstractmethod
    def collect(self, id: str, collection: str) -> bool:
        """Put a draft or published deposit into a collection, named by its id.

        True when it is in it, or will be once it is published; False while it waits for the
        collection's curators. Being in it, or an open request, is success.
        """


class CollectionKeeping(ABC):
    """Collections can be made and deleted."""

    @abstractmethod
    def create_collection(self, name: str) -> Collection:
        """Make a collection; one's own of the same name is given instead."""

    @abstractmethod
    def delete_collection(self, id: str) -> None:
        """Delete a collection; a missing one is no error. What was in it stays."""


# ---- DOIs ----


class DoiReservation(ABC):
    """A draft can be given the DOI that is registered when it is published."""

    @abstractmethod
    def reserve_doi(self, id: str) -> str:
        """The draft's DOI, reserved unless it has one. RejectedError where the archive has none."""


class DoiAssignment(ABC):
    """A published deposit can be given a DOI."""

    @abstractmethod
    def assign_doi(self, id: str) -> str:
        """The deposit's DOI, registered unless it has one."""


class CollectionDois(ABC):
    """A collection can be given a DOI."""

    @abstractmethod
    def assign_collection_doi(self, id: str) -> str:
        """The collection's DOI, registered unless it has one."""


class DoiLookup(ABC):
    """A deposit can be found by its DOI."""

    @abstractmethod
    def find_doi(self, doi: str) -> str | None:
        """The id of the deposit with a bare DOI (`10.1234/abc`), or None."""


# ---- what there is ----


class Catalogue(ABC):
    """One's own deposits can be listed."""

    @abstractmethod
    def deposits(self) -> Iterator[Deposit]:
        """All of them, drafts and published, the newest first.

        With id, state, title, links, DOI and times; revision and contents may be ''.
        """


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for."""

    text: str = ""
    """Words, or the archive's own query language."""
    owner: str = "public"
    """Whose: one of `Search.owners`."""
    collection: str = ""
    """The id of a collection that it must be in."""


class Search(ABC):
    """What is in the archive can be searched."""

    owners: ClassVar[tuple[str, ...]]

    @abstractmethod
    def search(self, query: Query) -> Iterator[Deposit | Entry]:
        """What matches: deposits, or entries where an archive searches those."""


@dataclass(frozen=True, slots=True)
class Entry(Tabular):
    """What a NOMAD makes of one main file of a deposit."""

    id: str
    deposit: str
    """The id of the deposit that it is in."""
    mainfile: str
    name: str = ""
    type: str = ""
    processed: bool = True
    """Whether it was processed without failing; true also while that is not known."""
    published: bool = False
    errors: tuple[str, ...] = ()
    """In the archive's words."""
    comment: str = ""
    references: tuple[str, ...] = ()
    collections: tuple[Collection, ...] = ()
    page: str = ""
    created: datetime | None = None
    """When its deposit was made, in UTC."""

    @property
    def state(self) -> str:
        """How it stands, in a word."""
        return "failed" if not self.processed else "published" if self.published else "draft"

    def cells(self) -> Cells:
        """What a table says of it."""
        return {
            "id": Anchor(self.id, self.page),
            "deposit": self.deposit,
            "state": self.state,
            "file": self.mainfile,
            "name": self.name if self.name != self.mainfile else "",
            "type": self.type,
        }


class Entries(ABC):
    """The repository makes entries of what is uploaded."""

    @abstractmethod
    def entries(self, id: str | None = None) -> Iterator[Entry]:
        """Those of a deposit; with None those of all one's own."""

    @abstractmethod
    def entry(self, id: str) -> Entry:
        """One entry. Raises NotFoundError."""

    @abstractmethod
    def archive(self, id: str) -> Mapping[str, JsonValue]:
        """What the repository found in it: the whole processed archive of an entry."""

    @abstractmethod
    def entry_files(self, id: str) -> Iterator[Source]:
        """The raw files of an entry: its main file and those beside and below it."""


class Workflows(ABC):
    """Entries can be the tasks of workflows, which are entries too."""

    @abstractmethod
    def offer(self, id: str, sections: Sequence[str] = ()) -> Offer:
        """What an entry has that a workflow can refer to, and which of these sections it lacks.

        Raises NotFoundError for one that is not there, or not to be seen by who is signed in.
        """


class Definitions(ABC):
    """The repository says what it knows of the definitions that entries name."""

    @abstractmethod
    def definitions(self, names: Iterable[str]) -> Mapping[str, Definition | None]:
        """What each is, and None for what does not exist; those it cannot tell of are not there."""

    @abstractmethod
    def definitions_beside(self, name: str) -> Sequence[str]:
        """The names that may have been meant by one that does not exist."""


# ---- getting it back ----


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be downloaded."""

    key: str
    """As the repository names it; not to be trusted as a path."""
    size: int | None
    checksum: str | None
    """`md5:...` or `sha256:...`; None where the repository keeps none."""
    open: Callable[[int], AbstractContextManager[Iterator[bytes]]]
    """Gives the content from an offset on, in blocks. The offset is 0 unless it `resumes`."""
    resumes: bool = False
    """Whether a download can begin in the middle."""


class Download(ABC):
    """A deposit can be pulled."""

    @abstractmethod
    def describe(self, id: str) -> Mapping[str, JsonValue]:
        """What a `record_metadata.json` of the deposit says: pushed again it gives the same."""

    @abstractmethod
    def sources(self, id: str) -> Iterator[Source]:
        """The data files, without those that the backend itself put there."""


# ---- all else ----


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer to a raw request, whatever its status."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class RawRequests(ABC):
    """The repository has an API over HTTP."""

    @abstractmethod
    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send one signed request; only GET and HEAD are repeated.

        Args:
            method: The HTTP method.
            path: Below the API's address, or a full URL of the same host.
            params: The query.
            body: What to send.
            content_type: Of the body.
        """


ABILITIES: Final[Mapping[str, type]] = {
    "share": Sharing,
    "secret links": LinkSharing,
    "relations": Relations,
    "cross-links": Addresses,
    "edit when published": Editing,
    "new versions": Versions,
    "collections": Collections,
    "make collections": CollectionKeeping,
    "reserve DOIs": DoiReservation,
    "assign DOIs": DoiAssignment,
    "DOIs of collections": CollectionDois,
    "find by DOI": DoiLookup,
    "list": Catalogue,
    "search": Search,
    "pull": Download,
    "entries": Entries,
    "workflows": Workflows,
    "definitions": Definitions,
    "users": Users,
    "groups": Grouping,
    "draft limit": DraftLimit,
    "trash": Trash,
    "tokens for passwords": TokenExchange,
    "raw requests": RawRequests,
}
"""Every ability by what it is called in messages and by `publishkit targets`."""
