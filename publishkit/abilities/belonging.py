"""What a deposit belongs to: other works, and collections."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from publishkit.tables import Anchor, Tabular

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from publishkit.repository import Deposit
    from publishkit.tables import Cells

__all__ = ["Addresses", "Collection", "CollectionKeeping", "Collections", "Link", "Relations"]


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
