"""What a repository makes of the files of a deposit, and what it knows of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishkit.tables import Anchor, Tabular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pydantic import JsonValue

    from publishkit.abilities.belonging import Collection
    from publishkit.abilities.downloads import Source
    from publishkit.entryfiles import Definition, Offer
    from publishkit.tables import Cells

__all__ = ["Definitions", "Entries", "Entry", "Workflows"]


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
