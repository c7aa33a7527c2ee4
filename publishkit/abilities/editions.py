"""Published deposits: other metadata, and new versions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishkit.abilities.belonging import Link
    from publishkit.model import Record
    from publishkit.repository import Deposit, Meter

__all__ = ["Editing", "Versions"]


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
