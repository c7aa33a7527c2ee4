"""A deposit brought back: its metadata as it can be pushed again, and its files."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from publishkit.abilities import Answer, Download, RawRequests, Source
from publishkit.errors import RejectedError
from publishkit.model import Metadata
from publishkit.repository import State
from publishkit_invenio.connected import Connected
from publishkit_invenio.deposits import state_of
from publishkit_invenio.described import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

    from publishkit_invenio.answers import Deposited, Entry

__all__ = ["Downloads"]


class Downloads(Connected, Download, RawRequests):
    """Gives back what was deposited, and any answer of the API as it is."""

    def describe(self, id: str) -> Mapping[str, JsonValue]:
        """The metadata without what the archive added: texts of terms, DOIs of its own.

        Fields that only a newer server knows are left out.
        """
        found = self._existing(id)
        body = written(found)
        metadata = body["metadata"]
        if isinstance(metadata, dict):
            body["metadata"] = {k: v for k, v in metadata.items() if k in Metadata.model_fields}
        if found.files.default_preview:
            body["files"] = {"default_preview": found.files.default_preview}
        doi = found.pids.get("doi")
        if doi and doi.provider == "external":
            body["pids"] = {"doi": {"identifier": doi.identifier, "provider": "external"}}
        slugs = self._slugs(found)
        return {**body, "invenio": {"communities": slugs}} if slugs else body

    def _slugs(self, found: Deposited) -> list[JsonValue]:
        """The communities that it is in or is reviewed by, as far as they can be seen."""
        known = {one.id: one.slug for one in found.parent.communities.entries if one.slug}
        review = None if state_of(found) is State.PUBLISHED else self._review_of(found)
        ids = [*found.parent.communities.ids, *([review.receiver.community] if review else [])]
        slugs = {one: known.get(one) or self._lookups.slug(one) for one in ids if one}
        return [slug for one, slug in slugs.items() if slug != one]

    def sources(self, id: str) -> Iterator[Source]:
        """The complete files, with their MD5; a download begins at the beginning (13.1.2)."""
        found = self._existing(id)
        draft = state_of(found) is not State.PUBLISHED
        entries = self._api.files(found.id) if draft else self._api.published_files(found.id)
        return (self._source(found.id, entry, draft=draft) for entry in entries if entry.complete)

    def _source(self, id_: str, entry: Entry, *, draft: bool) -> Source:
        @contextmanager
        def content(offset: int) -> Iterator[Iterator[bytes]]:
            if offset:
                raise RejectedError(
                    f"a download of {entry.key} cannot begin in the middle",
                    target=self._api.target,
                    advice="Download it from its beginning.",
                )
            with self._api.download(id_, entry.key, draft=draft) as blocks:
                yield blocks

        return Source(entry.key, entry.size, entry.checksum, content)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """One signed request; a path may begin with `/api/` or without it."""
        if "://" not in path:
            path = path.lstrip("/").removeprefix("api/")
        answer = self._api.raw(method, path, params=params, body=body, content_type=content_type)
        return Answer(answer.status_code, dict(answer.headers), answer.content)
