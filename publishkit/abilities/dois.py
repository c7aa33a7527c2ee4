"""DOIs, of deposits and of collections."""

from __future__ import annotations

from abc import ABC, abstractmethod

__all__ = ["CollectionDois", "DoiAssignment", "DoiLookup", "DoiReservation"]


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
