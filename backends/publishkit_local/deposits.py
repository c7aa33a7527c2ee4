"""What a bag says as a `Deposit`."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from publishkit.repository import Deposit, State
from publishkit_local import bag as bags
from publishkit_local.manifest import PAYLOAD, arrived

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.model import Record
    from publishkit_local.layout import Place

__all__ = ["deposit_of", "listed", "revision_of"]


def deposit_of(place: Place) -> Deposit:
    """A deposit as it is now."""
    deposit = listed(place, bags.record_of(place.bag))
    return replace(deposit, revision=revision_of(place), contents=_contents(place))


def listed(place: Place, record: Record | None) -> Deposit:
    """A deposit without what only reading all of it tells: revision and contents."""
    return Deposit(
        id=place.id,
        state=place.state,
        revision="",
        contents="",
        links=_links(place),
        doi=record.doi if record else None,
        title=record.metadata.title if record else "",
        created=_time(place.bag / bags.DECLARATION, place.bag),
        updated=_time(place.bag / bags.TAG_MANIFEST, place.bag / bags.DECLARATION, place.bag),
    )


def _time(*paths: Path) -> datetime | None:
    """When the first of these files that is there was last written."""
    for path in paths:
        try:
            return datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:
            continue
    return None


def revision_of(place: Place) -> str:
    """The revision of a deposit's metadata; empty while there is none."""
    try:
        return hashlib.sha256((place.bag / bags.METADATA).read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _contents(place: Place) -> str:
    """Of the payload's names, sizes and digests."""
    found = sorted(arrived(place.bag).items())
    lines = (f"{file.sha256} {file.size} {key}\n" for key, file in found)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _links(place: Place) -> dict[str, str]:
    """File URLs under InvenioRDM's names: the bag, its page, its payload."""
    itself = place.bag.as_uri()
    if not (place.bag / bags.PAGE).exists():
        return {"self": itself}
    html, payload = f"{itself}/{bags.PAGE}", f"{itself}/{PAYLOAD}"
    links = {"self": itself, "self_html": html, "files": payload}
    if place.state is State.PUBLISHED:
        links |= {"record": itself, "record_html": html}
    return links
