"""NOMAD as a repository: one record is one upload."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from publishkit.abilities import Answer, DraftLimit, Grouping, Member, RawRequests
from publishkit_nomad.catalogue import NomadCatalogue
from publishkit_nomad.check import check, check_group
from publishkit_nomad.collecting import NomadCollections, NomadDois
from publishkit_nomad.definitions import NomadDefinitions
from publishkit_nomad.deposits import member_of, split_id
from publishkit_nomad.downloads import NomadDownloads
from publishkit_nomad.entries import NomadEntries
from publishkit_nomad.group import GroupRepository
from publishkit_nomad.published import NomadEditing, NomadVersions
from publishkit_nomad.resolve import resolve
from publishkit_nomad.sharing import NomadSharing
from publishkit_nomad.tokens import NomadTokens
from publishkit_nomad.uploads import Access
from publishkit_nomad.wishes import Layout, upload_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from publishkit.errors import Problem
    from publishkit.hooks import Connection
    from publishkit.model import Record
    from publishkit.repository import DataFile, Deposit, Repository, Resolved

__all__ = ["NomadRepository"]


class NomadRepository(
    NomadSharing,
    NomadEditing,
    NomadVersions,
    NomadCollections,
    NomadDois,
    NomadCatalogue,
    NomadEntries,
    NomadDefinitions,
    NomadDownloads,
    NomadTokens,
    DraftLimit,
    Grouping,
    RawRequests,
):
    """One NOMAD, signed in."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(Access.of(connection))

    def layout(self, record: Record) -> Layout:
        """The record lies at the upload's root."""
        return Layout(upload_name(record), (Member("", record),))

    def check(self, record: Record, files: Sequence[DataFile]) -> list[Problem]:
        """See `publishkit_nomad.check`."""
        return check(record, files, self.settings.max_bytes)

    def resolve(self, record: Record) -> Resolved:
        """Each person as exactly one user id, with a notice that names them."""
        return resolve(record, self.access.people, self.access.datasets)

    def room(self) -> int:
        """How many more uploads NOMAD lets one create; administrators have no limit."""
        if self.access.people.me().is_admin:
            return sys.maxsize
        return max(0, self.settings.max_drafts - self.api.count_unpublished())

    def check_group(self, members: Sequence[Member]) -> list[Problem]:
        """Upload name, coauthors, reviewers and embargo belong to the upload."""
        return check_group(members)

    def group(self, name: str, members: Sequence[Member]) -> Repository:
        """One upload called `name`, a folder for each member."""
        return GroupRepository(self.access, Layout(name, tuple(members)))

    def member(self, deposit: Deposit, prefix: str) -> Deposit:
        """The member's id is that of the upload, a slash, and that of its generated entry."""
        return member_of(deposit, prefix, self.api.base, self.access.gui)

    def group_id(self, id: str) -> str:
        """What stands before the slash."""
        return split_id(id)[0]

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send one signed request to the API."""
        return self.api.raw(method, path, params=params, body=body, content_type=content_type)
