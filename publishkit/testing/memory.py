"""A repository in memory that has every ability: for tests of the verbs, and as an example."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from publishkit.abilities import DraftLimit, Editing, Grouping, Link, Member, Trash, Versions
from publishkit.errors import ConflictError, Problem
from publishkit.hooks import Backend, Connection, Target
from publishkit.repository import Deposit, Meter, Report, Repository, State
from publishkit.testing.memory_finding import (
    MemoryDefinitions,
    MemoryDownload,
    MemoryEntries,
    MemoryRequests,
    MemorySearch,
)
from publishkit.testing.memory_links import MemoryCollections, MemoryRelations
from publishkit.testing.memory_people import MemorySharing, MemoryTokens
from publishkit.testing.plain import PlainRepository, Shelf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from publishkit.model import Record

__all__ = ["MemoryRepository", "memory_backend"]

_MEMBER: Final = "."
"""Between a group's id and a member's prefix."""


class MemoryVersions(PlainRepository, Editing, Versions, Trash):
    """What can be done with a published deposit, and with a draft that nobody wants."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.aside: dict[str, Shelf] = {}
        """What was put aside, by id."""
        self._versions: dict[str, str] = {}

    def edit(self, id: str, record: Record) -> Deposit:
        with self._lock:
            shelf = self._published(id)
            if shelf.edited_elsewhere:
                raise ConflictError(
                    f"somebody's edit of {id} is open",
                    advice="Publish it on its page, or throw it away: publishkit discard",
                )
            if shelf.record != record or shelf.named:
                self._describe(shelf, record)
            return self.get(id)

    def discard(self, id: str) -> Deposit:
        with self._lock:
            self._published(id).edited_elsewhere = False
            return self.get(id)

    def new_version(self, id: str, marker: str, meter: Meter) -> Deposit:
        with self._lock:
            before = self._published(id)
            made = self._versions.get(marker)
            if made not in self.shelves:
                draft = self.find(marker) or self.create(marker)
                self._versions[marker] = made = draft.id
                self.shelves[made].files = dict(before.files)
            return self.get(made)

    def follows(self, id: str) -> tuple[Link, ...]:
        return (Link(f"{self.url}/{id}", "isnewversionof"),)

    def set_aside(self, id: str) -> str:
        with self._lock:
            self._draft(id)
            self.aside[id] = self.shelves.pop(id)
        return f"{self.url}/aside/{id}"


class MemoryRepository(
    MemoryVersions,
    MemorySharing,
    MemoryTokens,
    MemoryRelations,
    MemoryCollections,
    MemorySearch,
    MemoryDownload,
    MemoryEntries,
    MemoryDefinitions,
    MemoryRequests,
    Grouping,
    DraftLimit,
):
    """Keeps deposits in `shelves`, and has every ability.

    What a test may change: `shelves`, `failures`, `review`, `users_known`, `dois`, `curated`,
    `answers`, `most_drafts`; in the place of the archive's people it calls `accept` and `decline`.
    """

    def __init__(self, url: str = "https://memory.example", *, most_drafts: int = 10_000) -> None:
        super().__init__(url)
        self.most_drafts = most_drafts
        """How many deposits may be unpublished at once."""
        self._group = ""

    def inspect(self, id: str) -> Report:
        shelf = self._shelf(id)
        groups = [self.known_collections[one].name for one in sorted(shelf.collections)]
        return replace(super().inspect(id), details={"collections": [*groups]})

    def room(self) -> int:
        with self._lock:
            drafts = sum(shelf.state is not State.PUBLISHED for shelf in self.shelves.values())
        return self.most_drafts - drafts

    def check_group(self, members: Sequence[Member]) -> list[Problem]:
        return []

    def group(self, name: str, members: Sequence[Member]) -> Repository:
        group = copy.copy(self)  # the same shelves under another name
        group._group = name
        return group

    def member(self, deposit: Deposit, prefix: str) -> Deposit:
        page = f"{self.url}/{deposit.id}/{prefix}"
        links = {**deposit.links, "self_html": page}
        return replace(deposit, id=f"{deposit.id}{_MEMBER}{prefix}", links=links)

    def group_id(self, id: str) -> str:
        return id.partition(_MEMBER)[0]

    def _describe(self, shelf: Shelf, record: Record) -> None:
        super()._describe(shelf, record)
        shelf.title = self._group or shelf.title


def memory_backend(repositories: Mapping[str, Repository], *, sandbox: bool = True) -> Backend:
    """A backend whose targets are repositories at hand, by the targets' names.

    A target's URL is `https://NAME.example`, and a deposit's page `https://NAME.example/ID`.
    """

    def give(connection: Connection) -> Repository:
        return repositories[connection.target.name]

    targets = (
        Target(name=name, backend="memory", url=f"https://{name}.example", sandbox=sandbox)
        for name in repositories
    )
    return Backend(name="memory", targets=tuple(targets), locate=_locate, open=give)


def _locate(target: Target, url: str) -> str | None:
    base = f"{target.url}/"
    found = url.removeprefix(base).removeprefix("api/").partition("/")[0]
    return found if url.startswith(base) and found.isalnum() else None
