"""What a repository may be able to do beyond what every repository can: one small class each.

A backend's repository also inherits from those that it can keep; the core asks by `isinstance`.
As with `Repository`, every method is thread-safe and raises only RepositoryError and its kin, and
Cancelled. Lists are iterators that ask for the next page when it is needed, and end with the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit.abilities.belonging import (
    Addresses,
    Collection,
    CollectionKeeping,
    Collections,
    Link,
    Relations,
)
from publishkit.abilities.catalogue import Catalogue, Query, Search
from publishkit.abilities.dois import CollectionDois, DoiAssignment, DoiLookup, DoiReservation
from publishkit.abilities.downloads import Download, Source
from publishkit.abilities.drafts import DraftLimit, Grouping, Member, Trash
from publishkit.abilities.editions import Editing, Versions
from publishkit.abilities.entries import Definitions, Entries, Entry, Workflows
from publishkit.abilities.people import LinkSharing, Permission, Share, Sharing, Users
from publishkit.abilities.requests import Answer, RawRequests
from publishkit.abilities.signing import Token, TokenExchange

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ABILITIES",
    "Addresses",
    "Answer",
    "Catalogue",
    "Collection",
    "CollectionDois",
    "CollectionKeeping",
    "Collections",
    "Definitions",
    "DoiAssignment",
    "DoiLookup",
    "DoiReservation",
    "Download",
    "DraftLimit",
    "Editing",
    "Entries",
    "Entry",
    "Grouping",
    "Link",
    "LinkSharing",
    "Member",
    "Permission",
    "Query",
    "RawRequests",
    "Relations",
    "Search",
    "Share",
    "Sharing",
    "Source",
    "Token",
    "TokenExchange",
    "Trash",
    "Users",
    "Versions",
    "Workflows",
]

ABILITIES: Final[Mapping[str, type]] = {
    "share": Sharing,
    "secret links": LinkSharing,
    "relations": Relations,
    "cross-links": Addresses,
    "edit when published": Editing,
    "new versions": Versions,
    "collections": Collections,
    "make collections": CollectionKeeping,
    "reserve DOIs": DoiReservation,
    "assign DOIs": DoiAssignment,
    "DOIs of collections": CollectionDois,
    "find by DOI": DoiLookup,
    "list": Catalogue,
    "search": Search,
    "pull": Download,
    "entries": Entries,
    "workflows": Workflows,
    "definitions": Definitions,
    "users": Users,
    "groups": Grouping,
    "draft limit": DraftLimit,
    "trash": Trash,
    "tokens for passwords": TokenExchange,
    "raw requests": RawRequests,
}
"""Every ability by what it is called in messages and by `publishkit targets`."""
