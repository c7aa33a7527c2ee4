"""What every part of the repository has: the signed calls, and how to look at a deposit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit.errors import NotFoundError, TemporaryError
from publishkit_invenio.api import InvenioApi
from publishkit_invenio.resolve import Lookups
from publishkit_invenio.settings import InvenioSettings

if TYPE_CHECKING:
    from publishkit.hooks import Connection
    from publishkit_invenio.answers import Deposited, Review

__all__ = ["Connected"]

_REVIEWED: Final = frozenset({"draft_with_review", "in_review", "declined", "expired"})
"""Statuses of a draft that belongs to a review."""


class Connected:
    """One InvenioRDM, signed in.

    Args:
        connection: The target and how to sign in.

    Raises:
        ConfigError: The target's settings are wrong.
    """

    def __init__(self, connection: Connection) -> None:
        self._settings = InvenioSettings.of(connection.target)
        self._api = InvenioApi(connection)
        self._lookups = Lookups(self._api)

    def _look(self, id_: str) -> Deposited | None:
        """The draft or record, None where there is neither.

        A published record may have a draft too, its edit on the archive's pages: that is not
        what it is.
        """
        draft = self._api.draft(id_)
        if draft and not draft.is_published:
            return self._asked_for(id_, draft)
        try:
            return self._asked_for(id_, self._api.record(id_))
        except NotFoundError:
            return None

    def _asked_for(self, id_: str, found: Deposited) -> Deposited:
        """What was asked for; an answer about another one must not end up in a links file."""
        if id_.casefold() not in {found.id.casefold(), found.parent.id.casefold()}:
            raise TemporaryError(
                f"asked for {id_}, the server answered about {found.id}",
                target=self._api.target,
                advice="Try again later; if it goes on, tell its operators.",
            )
        return found

    def _existing(self, id_: str) -> Deposited:
        found = self._look(id_)
        if found is None:
            raise NotFoundError(f"there is no {id_}", target=self._api.target)
        return found

    def _review_of(self, found: Deposited) -> Review | None:
        """The review that a draft belongs to; asked for where the draft does not say."""
        if found.parent.review is None and found.status in _REVIEWED:
            return self._api.review(found.id)
        return found.parent.review
