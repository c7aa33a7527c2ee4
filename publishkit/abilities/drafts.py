"""Drafts: how many there may be, what they can share, and where they go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishkit.errors import Problem
    from publishkit.model import Record
    from publishkit.repository import Deposit, Repository

__all__ = ["DraftLimit", "Grouping", "Member", "Trash"]


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
