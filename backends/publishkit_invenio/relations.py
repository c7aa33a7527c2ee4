"""Other works that a deposit names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit.abilities import Link, Relations
from publishkit.errors import ConflictError, RejectedError
from publishkit.identifiers import as_doi
from publishkit.repository import Deposit, State
from publishkit_invenio.deposits import deposit_of, state_of
from publishkit_invenio.described import body_again
from publishkit_invenio.editions import Editions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import JsonValue

    from publishkit_invenio.answers import Deposited
    from publishkit_invenio.metadata import Body

__all__ = ["RelatedWorks"]

READINGS: Final = 3
"""How often a draft is read and written again that somebody else changes at the same time."""
_FIELD: Final = "related_identifiers"


class RelatedWorks(Editions, Relations):
    """Adds to the related identifiers, and leaves all other metadata as it is."""

    def relate(self, id: str, links: Sequence[Link]) -> Deposit:
        """Name other works in a draft, or in a published record by an edit of it."""
        for reading in range(1, READINGS + 1):
            found = self._existing(id)
            new = _lacking(found, links)
            if not new:
                return deposit_of(found)
            body = _with(found, new)
            if state_of(found) is State.PUBLISHED:
                return self._change(found, body)
            try:
                return self._add(found, body, new)
            except ConflictError:
                if reading == READINGS:
                    raise
        raise AssertionError

    def _add(self, found: Deposited, body: Body, new: Sequence[Link]) -> Deposit:
        answer = self._put(found.id, body, str(found.revision_id))
        refused = _lacking(answer, new)
        if refused:
            said = [str(error) for error in answer.errors if _FIELD in error.field]
            raise RejectedError(
                f"the archive did not take {', '.join(link.identifier for link in refused)}",
                target=self._api.target,
                answer="; ".join(said),
                advice="Give a DOI or a full URL, and a relation that the archive knows.",
            )
        return deposit_of(answer)


def _lacking(found: Deposited, links: Sequence[Link]) -> list[Link]:
    """Those that a deposit does not name yet, each once."""
    named = set(_named(found))
    new = {_key(link.identifier, link.relation): link for link in links}
    return [link for key, link in new.items() if key not in named]


def _named(found: Deposited) -> Iterator[tuple[str, str]]:
    related = found.metadata.get(_FIELD)
    for item in related if isinstance(related, list) else []:
        if isinstance(item, dict):
            relation = item.get("relation_type")
            kind = relation.get("id") if isinstance(relation, dict) else ""
            yield _key(str(item.get("identifier") or ""), str(kind or ""))


def _key(identifier: str, relation: str) -> tuple[str, str]:
    return as_doi(identifier) or identifier, relation


def _with(found: Deposited, new: Sequence[Link]) -> Body:
    body = body_again(found)
    metadata = body["metadata"]
    held = metadata if isinstance(metadata, dict) else {}
    related = held.get(_FIELD)
    before = related if isinstance(related, list) else []
    return {**body, "metadata": {**held, _FIELD: [*before, *map(_related, new)]}}


def _related(link: Link) -> JsonValue:
    doi = as_doi(link.identifier)
    return {
        "identifier": doi or link.identifier,
        "scheme": "doi" if doi else "url",
        "relation_type": {"id": link.relation},
    }
