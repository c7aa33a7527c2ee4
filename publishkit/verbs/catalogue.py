"""List one's own deposits, and search what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.abilities import Catalogue, Collections, Query, Search
from publishkit.errors import ConfigError
from publishkit.finding import able, open_target
from publishkit.tables import streamed
from publishkit.verbs.asking import asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit.abilities import Entry
    from publishkit.repository import Deposit

__all__ = ["deposits", "search"]


@streamed
def deposits(to: str) -> Iterator[Deposit]:
    """One's own deposits on a target, drafts and published, the newest first.

    The next page is asked for when it is needed.

    Args:
        to: The name of a target.

    Raises:
        ConfigError: There is no such target.
        UnsupportedError: It has no list.
        AuthenticationError: It does not accept the credentials.
        TemporaryError: It cannot be reached.
    """
    setting, target, repository = open_target(to)
    catalogue = able(repository, Catalogue, target, "list deposits")
    with asking(setting, target):
        yield from catalogue.deposits()


@streamed
def search(
    text: str, to: str, *, owner: str = "public", collection: str = ""
) -> Iterator[Deposit | Entry]:
    """What matches on a target: deposits, or entries where an archive searches those.

    Args:
        text: Words, or the archive's own query language; '' matches everything.
        to: The name of a target.
        owner: Whose: which there are differs between repositories.
        collection: The id, slug or name of a collection that it must be in.

    Raises:
        ConfigError: There is no such target, or it does not know this `owner`.
        UnsupportedError: It cannot search, or has no collections.
        NotFoundError: There is no such collection; names those that come near.
        RejectedError: It does not understand the query.
        TemporaryError: It cannot be reached.
    """
    setting, target, repository = open_target(to)
    searched = able(repository, Search, target, "search")
    if owner not in searched.owners:
        raise ConfigError(
            f"{target.name} cannot search what belongs to {owner!r}",
            advice=f"Choose one of {', '.join(searched.owners)}.",
        )
    with asking(setting, target):
        within = collection
        if collection:
            kept = able(repository, Collections, target, "search in collections")
            within = kept.collection(collection).id
        yield from searched.search(Query(text, owner, within))
