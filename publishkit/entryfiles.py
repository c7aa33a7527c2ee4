"""The files of which a repository makes entries, and how they refer to one another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.errors import Problem

__all__ = ["Definition", "EntryFiles", "Field", "Offer", "SectionLink", "TaskLink"]


@dataclass(frozen=True, slots=True)
class SectionLink:
    """A section under a name: what goes into a task or workflow, or comes out of it."""

    name: str
    reference: str
    """As `EntryFiles.beside` and `elsewhere` give it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLink:
    """A task of a workflow."""

    name: str
    reference: str = ""
    """Of the section that is the task; '' where only what comes out of it is an entry."""
    inputs: Sequence[SectionLink] = ()
    outputs: Sequence[SectionLink] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an entry has that a workflow can refer to."""

    task: str = ""
    """The section that is a task; '' where there is none."""
    section: str = ""
    """The section that says what came out, where nothing else is said; '' where there is none."""
    inputs: tuple[SectionLink, ...] = ()
    """What the entry itself says went into it, in references that hold anywhere."""
    outputs: tuple[SectionLink, ...] = ()
    missing: tuple[str, ...] = ()
    """Those of the sections that were asked for that it has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a definition says of one of its fields."""

    kind: str = ""
    """`number`, `integer`, `text`, `yes/no`, `time`; '' for what is none of these, or not known."""
    unit: str = ""
    """The unit that numbers are in; '' where there is none."""
    section: str = ""
    """The name of the definition of what is in it; '' for a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a definition says of the data that name it."""

    fields: Mapping[str, Field]
    """Its own, without those of its bases."""
    bases: tuple[str, ...] = ()
    """The names of the definitions that it takes fields from."""


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

    @abstractmethod
    def block(self) -> Mapping[str, JsonValue]:
        """What a record's metadata file says for a record that brings entries of its own."""

    @abstractmethod
    def workflow_file(self, name: str) -> str:
        """What the file of a workflow is called, such as `NAME.workflow.archive.yaml`."""

    @abstractmethod
    def workflow(
        self,
        name: str,
        *,
        inputs: Sequence[SectionLink],
        outputs: Sequence[SectionLink],
        tasks: Sequence[TaskLink],
    ) -> bytes:
        """The content of such a file; the same bytes for the same workflow."""

    @abstractmethod
    def offer(self, file: str, content: bytes, sections: Sequence[str] = ()) -> Offer | None:
        """What the entry offers that is made of a file of the same deposit as the workflow.

        Args:
            file: Its name in the record.
            content: What it holds.
            sections: Whether the entry has these.

        Returns:
            None where only the repository can tell, since it has to read the file first.

        Raises:
            ValueError: The file cannot be read; says why.
        """

    @abstractmethod
    def place_of(self, definition: str) -> tuple[str, str] | None:
        """The file of the same deposit in which a definition lies, and its name there."""

    @abstractmethod
    def defined_in(self, file: str, name: str) -> str:
        """What names a definition that lies in a file of the same deposit."""

    @abstractmethod
    def definitions(
        self, file: str, content: bytes
    ) -> tuple[Mapping[str, Definition], list[Problem]]:
        """What a file defines, by the names there, and what is wrong with it."""
