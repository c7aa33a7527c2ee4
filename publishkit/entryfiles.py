"""The files of which a repository makes entries, and how they refer to one another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

__all__ = ["EntryFiles"]


class EntryFiles(ABC):
    """How one kind of repository wants entries written down in a record's files; sends nothing."""

    @abstractmethod
    def data_file(self, name: str) -> str:
        """What a file with the data of one entry is called, such as `NAME.archive.json`."""

    @abstractmethod
    def data(self, definition: str, fields: Mapping[str, JsonValue]) -> bytes:
        """The content of such a file; the same bytes for the same fields.

        `definition` names what the fields mean, in the repository's words.
        """

    @abstractmethod
    def beside(self, file: str, section: str = "data") -> str:
        """What refers to a section of the entry that is made of a file of the same deposit."""

    @abstractmethod
    def elsewhere(self, deposit: str, entry: str, section: str = "data") -> str:
        """What refers to a section of an entry of another deposit, both by their ids."""

    @abstractmethod
    def entry_id(self, deposit: str, file: str) -> str:
        """The id that the entry of a file gets, known before the file is sent."""
