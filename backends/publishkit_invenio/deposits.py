"""What the server answers about a draft or record, as a deposit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from publishkit.repository import Deposit, State
from publishkit_invenio.files import remote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publishkit_invenio.answers import Deposited

__all__ = ["deposit_of", "links_of", "state_of", "whole_of"]

_NO_USE: Final = frozenset(
    {"access", "access_groups", "access_request", "access_users", "archive_media"}
    | {"communities-suggestions", "media_files", "requests"}
    | {"draft", "self_iiif_manifest", "self_iiif_sequence"}
)
"""Links that are the web pages' own machinery, or that answer 403 or 404 (13.1.2)."""
_OF_DRAFTS: Final = ("publish", "review")
"""Links of what is not published."""
_STATES: Final[Mapping[str, State]] = {
    "draft": State.DRAFT,
    "new_version_draft": State.DRAFT,
    "draft_with_review": State.DRAFT,
    "in_review": State.IN_REVIEW,
    "declined": State.DECLINED,
    "expired": State.DECLINED,
    "published": State.PUBLISHED,
}


def state_of(found: Deposited) -> State:
    """The state; an edit of a published record is published."""
    if found.is_published:
        return State.PUBLISHED
    return _STATES.get(found.status, State.DRAFT)


def deposit_of(found: Deposited) -> Deposit:
    """The deposit that a draft or record is."""
    doi = found.pids.get("doi")
    return Deposit(
        id=found.id,
        state=state_of(found),
        revision=str(found.revision_id),
        contents=_contents(found),
        links=links_of(found),
        doi=(doi.identifier if doi else "") or None,
        title=str(found.metadata.get("title") or ""),
        extra={"parent": found.parent.id} if found.parent.id else {},
        created=found.created,
        updated=found.updated,
    )


def whole_of(found: Deposited) -> Deposit:
    """The deposit that an answer about one draft or record alone gives, with its files.

    A file that was only announced has no checksum there (13.1.2).
    """
    listed = found.files.entries.values()
    files = {entry.key: remote(entry) for entry in listed}
    left_out = found.files.enabled and found.files.count and not files
    return replace(deposit_of(found), files=None if left_out else files)


def _contents(found: Deposited) -> str:
    """A hash of what the files are: `revision_id` stays the same when files come and go."""
    listed = ((e.key, e.size, e.checksum) for e in found.files.entries.values())
    entries = sorted(listed, key=lambda one: (one[0], str(one)))
    text = json.dumps([found.files.enabled, entries])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def links_of(found: Deposited) -> dict[str, str]:
    """The server's links; a published record's own are called as a draft calls them too.

    A list gives the edit of a published record, with the edit's links, in the record's place.
    """
    links = {
        name: link
        for name, link in found.links.items()
        if isinstance(link, str) and name not in _NO_USE
    }
    if state_of(found) is State.PUBLISHED:
        for name, own in (("record", "self"), ("record_html", "self_html")):
            if name in links:
                links[own] = links[name]
            elif own in links:
                links[name] = links[own]
        for name in _OF_DRAFTS:
            links.pop(name, None)
    return links
