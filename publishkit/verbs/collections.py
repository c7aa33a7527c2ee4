"""The collections of a target: NOMAD's datasets, InvenioRDM's communities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.abilities import Collection, CollectionKeeping, Collections
from publishkit.errors import NotFoundError
from publishkit.finding import able, open_target
from publishkit.tables import streamed

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["collection", "collections", "create_collection", "delete_collection"]


@streamed
def collections(to: str, query: str = "") -> Iterator[Collection]:
    """The collections that one owns or may submit to.

    Args:
        to: The name of the target.
        query: What their names match; '' for all.

    Raises:
        UnsupportedError: The target has none.
        AuthenticationError: It does not accept the credentials.
    """
    return _open(to, "list collections").collections(query)


def collection(name: str, to: str) -> Collection:
    """One collection.

    Args:
        name: Its id, slug or name.
        to: The name of the target.

    Raises:
        NotFoundError: There is none; names those that come near.
        UnsupportedError: The target has none.
    """
    return _open(to, "show collections").collection(name)


def create_collection(name: str, to: str) -> Collection:
    """Make a collection; one's own of the same name is given instead.

    Args:
        name: The name.
        to: The name of the target.

    Raises:
        UnsupportedError: Collections are not made there, or only on its pages.
    """
    setting, target, repository = open_target(to)
    keeping = able(repository, CollectionKeeping, target, "make collections")
    setting.sign_in()
    return keeping.create_collection(name)


def delete_collection(name: str, to: str) -> Collection | None:
    """Delete a collection; the deposits in it stay, and that there is none is success.

    Args:
        name: Its id, slug or name.
        to: The name of the target.

    Returns:
        What was deleted.

    Raises:
        UnsupportedError: Collections are not deleted there.
        RejectedError: The target refuses: one with a DOI stays.
    """
    setting, target, repository = open_target(to)
    keeping = able(repository, CollectionKeeping, target, "delete collections")
    known = able(repository, Collections, target, "show collections")
    setting.sign_in()
    try:
        found = known.collection(name)
    except NotFoundError:
        return None
    keeping.delete_collection(found.id)
    return found


def _open(to: str, what: str) -> Collections:
    setting, target, repository = open_target(to)
    known = able(repository, Collections, target, what)
    setting.sign_in()
    return known
