"""What there is: one's own deposits, and what the search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from publishkit.abilities import Catalogue, Query, Search
from publishkit.errors import LimitError, RejectedError
from publishkit_invenio.connected import Connected
from publishkit_invenio.deposits import deposit_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit.repository import Deposit
    from publishkit_invenio.answers import Deposited

__all__ = ["Listing"]

PAGE: Final = 100
"""Hits a page; Zenodo gives no more."""
PAGES: Final = 100
"""How many pages a search gives: beyond 10,000 hits it answers 400."""


class Listing(Connected, Catalogue, Search):
    """Reads the search's pages to the last; the index is about a second late."""

    owners: ClassVar[tuple[str, ...]] = ("public", "user")

    def deposits(self) -> Iterator[Deposit]:
        """Drafts and records of one's own, each as its latest version is."""
        return map(deposit_of, self._newest("user/records", ""))

    def search(self, query: Query) -> Iterator[Deposit]:
        """The best matches first or, without words, the newest."""
        if query.owner not in self.owners:
            raise RejectedError(
                f"nothing can be searched by the owner {query.owner!r}",
                target=self._api.target,
                advice=f"Choose one of {', '.join(self.owners)}.",
            )
        path, text = self._where(query)
        found = self._best(path, text) if query.text.strip() else self._newest(path, text)
        return map(deposit_of, found)

    def _where(self, query: Query) -> tuple[str, str]:
        text = query.text.strip()
        if not query.collection:
            return ("records" if query.owner == "public" else "user/records"), text
        community = self._lookups.community(query.collection)
        if query.owner == "public":
            return f"communities/{community}/records", text
        inside = f'parent.communities.ids:"{community}"'
        return "user/records", f"({text}) AND {inside}" if text else inside

    def _best(self, path: str, text: str) -> Iterator[Deposited]:
        for hits in self._pages(path, text, "bestmatch"):
            yield from hits

    def _newest(self, path: str, text: str) -> Iterator[Deposited]:
        """All, a search of 10,000 after the other: the next one begins where the last one ended."""
        seen: set[str] = set()
        query = text
        while True:
            before, last = len(seen), None
            try:
                for hits in self._pages(path, query, "newest"):
                    yield from (hit for hit in hits if hit.id not in seen)
                    seen |= {hit.id for hit in hits}
                    last = hits[-1].created
            except LimitError:
                if last is None or len(seen) == before:
                    raise
            else:
                return
            until = f'created:["*" TO "{last.isoformat()}"]'
            query = f"({text}) AND {until}" if text else until

    def _pages(self, path: str, text: str, sort: str) -> Iterator[tuple[Deposited, ...]]:
        """The pages, each with a hit or more. Raises LimitError where the server shows no more."""
        count = 0
        for page in range(1, PAGES + 1):
            params = {"sort": sort, "page": str(page), "size": str(PAGE)}
            found = self._api.records(path, {"q": text, **params} if text else params)
            if found.hits:
                yield found.hits
            count += len(found.hits)
            if not found.hits or count >= found.total:
                return
        raise self._too_many()

    def _too_many(self) -> LimitError:
        return LimitError(
            f"the archive shows the first {PAGE * PAGES:,} of what was found",
            target=self._api.target,
            advice="Search for more words, or a shorter time.",
        )
