"""Communities: a draft enters by a review, a published record by a request."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING, Final

from publishkit.abilities import Collection, Collections
from publishkit.errors import (
    AuthenticationError,
    LimitError,
    LostAnswerError,
    NotFoundError,
    RejectedError,
)
from publishkit.repository import State
from publishkit_invenio.connected import Connected
from publishkit_invenio.deposits import state_of
from publishkit_invenio.people import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit_invenio.answers import Community, Deposited, Request

__all__ = ["Communities"]

PAGES: Final = 100
"""How many pages of 100 a list has: beyond 10,000 hits the answer is 400."""
_NEAR: Final = 5
"""How many communities a refusal names."""
_OVER: Final = frozenset({"accepted", "cancelled", "declined", "deleted", "expired"})
"""Statuses of a review that another one may follow."""


class Communities(Connected, Collections):
    """Lists communities and puts deposits into them."""

    def collections(self, query: str = "") -> Iterator[Collection]:
        """One's own communities, then those that are open to everybody."""
        seen: set[str] = set()
        own = self._all("user/communities", query)
        others = (one for one in self._all("communities", query) if one.is_open)
        for found in chain(own, others):
            if found.id not in seen:
                seen.add(found.id)
                yield _collection(found)

    def collection(self, name: str) -> Collection:
        """The community with this UUID, slug or title."""
        slug = name.strip()
        if slug and not set("/ ?#") & set(slug):
            with suppress(NotFoundError, AuthenticationError):
                return _collection(self._api.community(slug))
        near = {one.id: one for one in self._near(slug)}
        exact = [one for one in near.values() if one.title.casefold() == slug.casefold()]
        if len(exact) == 1:
            return _collection(exact[0])
        shown = ", ".join(
            f"{one.slug} ({one.title})" for one in (exact or [*near.values()])[:_NEAR]
        )
        said = (
            f"more than one community is called {name!r}: {shown}"
            if exact
            else f"there is no community {name!r}" + (f"; near it: {shown}" if shown else "")
        )
        raise (RejectedError if exact else NotFoundError)(
            said,
            target=self._api.target,
            advice="Write the last part of the address of the community's page.",
        )

    def _near(self, name: str) -> Iterator[Community]:
        for path in ("user/communities", "communities"):
            yield from self._api.communities(path, escaped(name), 1)
        known = [*self._api.communities("user/communities", "", 1)]
        known += self._api.communities("communities", "", 1)
        for one in known:
            spelt = (one.slug.casefold(), one.title.casefold())
            if get_close_matches(name.casefold(), spelt):
                yield one

    def _all(self, path: str, query: str) -> Iterator[Community]:
        for page in range(1, PAGES + 1):
            found = self._api.communities(path, escaped(query), page)
            yield from found
            if not found:
                return
        raise LimitError(
            "the archive shows no more of its communities",
            target=self._api.target,
            advice="Look for a word of the name.",
        )

    # ---- putting in ----

    def collect(self, id: str, collection: str) -> bool:
        """By a review of a draft, which publishing submits, or else a request."""
        community = self._lookups.community(collection)
        found = self._existing(id)
        if community in found.parent.communities.ids:
            return True
        if state_of(found) is State.PUBLISHED or found.status == "new_version_draft":
            return self._include(found, community)
        return self._into_review(found, community)

    def _into_review(self, found: Deposited, community: str) -> bool:
        review = self._review_of(found)
        going_on = review is not None and review.status not in _OVER
        if review and going_on and review.receiver.community != community:
            other = self._lookups.slug(review.receiver.community)
            raise RejectedError(
                f"the draft {found.id} belongs to a review by the community {other} already",
                target=self._api.target,
                advice="A draft takes one review: publish it there first, or take it out of the "
                "review on its page.",
            )
        if state_of(found) is State.IN_REVIEW:
            return False
        if not going_on:
            self._api.set_review(found.id, community)
        return True

    def _include(self, found: Deposited, community: str) -> bool:
        """Ask for all versions, by the latest that is published."""
        id_ = found.id
        if state_of(found) is not State.PUBLISHED:
            id_ = self._published_version(found)
        request = self._request(id_, community)
        if request is not None and request.is_open and request.acceptable:
            self._accept(request)
        return community in self._api.record(id_).parent.communities.ids

    def _published_version(self, draft: Deposited) -> str:
        try:
            return self._api.record(draft.parent.id).id
        except NotFoundError:  # another draft was deleted before
            versions = self._api.versions(draft.id)
            if not versions:
                raise
            return versions[0].id

    def _request(self, id_: str, community: str) -> Request | None:
        """The request to take a record, a new one unless there is one.

        A curator may not ask for somebody else's record (403), but may answer who did.
        """
        try:
            return self._api.include(id_, community)
        except (RejectedError, AuthenticationError) as error:
            if "already included" in error.answer:
                return None
            open_ones = [
                one
                for one in self._api.requests(id_)
                if one.is_open and one.receiver.community == community
            ]
            if not open_ones and "already an open inclusion request" not in error.answer:
                raise
        return open_ones[0] if open_ones else None

    def _accept(self, request: Request) -> None:
        with suppress(LostAnswerError, RejectedError):
            self._api.accept(request.id)  # the caller looks whether it was accepted, by whomever


def _collection(found: Community) -> Collection:
    page = found.links.get("self_html")
    return Collection(
        id=found.id,
        name=found.title,
        slug=found.slug,
        page=page if isinstance(page, str) else "",
        created=found.created,
    )
