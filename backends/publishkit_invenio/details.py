"""What else there is to say of a deposit: its review, embargo, versions, and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.repository import Report, State
from publishkit_invenio.connected import Connected
from publishkit_invenio.deposits import deposit_of, state_of
from publishkit_invenio.files import remote

if TYPE_CHECKING:
    from pydantic import JsonValue

    from publishkit_invenio.answers import Deposited

__all__ = ["Details"]


class Details(Connected):
    """Looks at a deposit closely."""

    def inspect(self, id: str) -> Report:
        """With `communities`, `review`, `embargo`, `versions`, open `edit`, when it `expires`.

        And, of the latest version, with the id of a `next_version` that is not published.
        """
        found = self._existing(id)
        published = state_of(found) is State.PUBLISHED
        list_files = self._api.published_files if published else self._api.files
        details: dict[str, JsonValue] = {
            "communities": [self._lookups.slug(one) for one in found.parent.communities.ids],
            "review": None if published else self._review(found),
            "embargo": _embargo(found),
            "versions": _versions(found),
            "expires": _expiry(found),
            "edit": published and self._api.draft(found.id) is not None,
            "next_version": self._next_version(found),
        }
        said = {name: detail for name, detail in details.items() if detail}
        files = {one.key: remote(one) for one in list_files(found.id)}
        return Report(deposit_of(found), files, said)

    def _next_version(self, found: Deposited) -> JsonValue:
        """The id of the draft that follows; True while the search does not know it yet."""
        if not (found.versions.is_latest and not found.versions.is_latest_draft):
            return None
        hits = self._api.own(f'parent.id:"{found.parent.id}"')
        return next((hit.id for hit in hits if not hit.is_published), True)

    def _review(self, found: Deposited) -> JsonValue:
        held = self._review_of(found)
        if held is None:
            return None
        review = held if held.links else self._api.review(found.id) or held
        page = review.links.get("self_html")
        return {
            "community": self._lookups.slug(review.receiver.community),
            "state": review.status,
            "request": page if isinstance(page, str) else "",
        }


def _expiry(found: Deposited) -> JsonValue:
    """When a draft goes; 13.1.2 gives the time of its creation to those that stay."""
    if not (found.expires_at and found.updated and found.expires_at > found.updated):
        return None
    return found.expires_at.isoformat()


def _embargo(found: Deposited) -> JsonValue:
    embargo = found.access.get("embargo")
    if not (isinstance(embargo, dict) and embargo.get("active")):
        return None
    return {name: embargo[name] for name in ("until", "reason") if embargo.get(name)}


def _versions(found: Deposited) -> JsonValue:
    if not found.versions.index:
        return None
    if not found.is_published:
        return {"index": found.versions.index}
    return {"index": found.versions.index, "is_latest": found.versions.is_latest}
