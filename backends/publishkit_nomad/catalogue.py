"""One's own uploads, and the search for entries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from publishkit.abilities import Catalogue, Query, Search
from publishkit.errors import RejectedError
from publishkit_nomad.deposits import outline_of
from publishkit_nomad.entries import entry_of
from publishkit_nomad.uploads import UploadRepository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

    from publishkit.abilities import Entry
    from publishkit.repository import Deposit

__all__ = ["NomadCatalogue"]


class NomadCatalogue(UploadRepository, Catalogue, Search):
    """Lists and searches."""

    owners: ClassVar[tuple[str, ...]] = ("public", "visible", "shared", "user", "staging")
    """As NOMAD names them: everybody's published entries, those and one's own, one's own and
    those shared with one, one's own, one's own unpublished ones."""

    def deposits(self) -> Iterator[Deposit]:
        """All uploads that one is the main author of."""
        for upload in self.api.own_uploads():
            yield outline_of(self.api.base, upload, self.access.gui)

    def search(self, query: Query) -> Iterator[Entry]:
        """The entries that match, newest uploads first.

        A JSON object is a query in NOMAD's own language; of words, an entry must have each in its
        searchable texts, its name or its comment.
        """
        if query.owner not in self.owners:
            raise RejectedError(
                f"NOMAD knows no owner {query.owner}",
                target=self.api.target,
                advice=f"Choose one of {', '.join(self.owners)}.",
            )
        parts: list[JsonValue] = [*_parts(query.text, self.api.target)]
        if query.collection:
            parts.append({"datasets.dataset_id": query.collection})
        found = self.api.search(query.owner, {"and": parts} if parts else {})
        return (entry_of(entry, self.access.gui) for entry in found)


def _parts(text: str, target: str) -> Iterator[JsonValue]:
    if text.lstrip().startswith("{"):
        try:
            yield json.loads(text)
        except ValueError as error:
            raise RejectedError(
                f"the query is no JSON: {error}",
                target=target,
                advice="Write one query of NOMAD's, such as "
                '{"results.material.elements:all": ["Si", "O"]}, or plain words.',
            ) from error
        return
    for word in text.split():
        # texts are matched by whole words; only a name's beginnings of words are found too
        yield {
            "or": [
                {"text_search_contents": word},
                {"entry_name.prefix": word},
                {"comment": word},
            ]
        }
