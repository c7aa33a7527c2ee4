"""What there is: deposits, and what can be searched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit.abilities.entries import Entry
    from publishkit.repository import Deposit

__all__ = ["Catalogue", "Query", "Search"]


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
