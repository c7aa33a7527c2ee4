"""InvenioRDM's REST API: one typed method a call, nothing decided here."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from publishkit.errors import AuthenticationError, LimitError, RejectedError
from publishkit_invenio.access import AccessApi
from publishkit_invenio.answers import (
    Community,
    CommunityHits,
    Deposited,
    Entry,
    FileList,
    HitList,
    Hits,
    Inclusion,
    Me,
    Person,
    PersonHits,
    Request,
    RequestHits,
    Review,
)
from publishkit_invenio.sending import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from pydantic import JsonValue

    from publishkit.bodies import Body

__all__ = ["InvenioApi"]

PAGE: Final = 100
"""How many hits a page has; Zenodo gives no more."""
_DIRECT: Final = frozenset({"affiliations", "awards", "funders", "subjects"})
"""Vocabularies with an address of their own; all others are below `/vocabularies`."""


class InvenioApi(AccessApi):
    """The calls to one InvenioRDM, signed.

    Thread-safe. Every method raises RepositoryError and its kin; an answer's `errors` are the
    caller's to read.
    """

    # ---- people, collections and vocabularies ----

    def me(self) -> Me:
        """Who is signed in."""
        return self._get(Me, "me")

    def community(self, slug: str) -> Community:
        """A community, by slug or UUID."""
        return self._get(Community, f"communities/{quoted(slug)}")

    def communities(self, path: str, query: str, page: int) -> tuple[Community, ...]:
        """A page of `communities` or, those that one belongs to, `user/communities`."""
        params = _page(query, page)
        return self._get(CommunityHits, path, params).hits.hits

    def people(self, query: str, page: int = 1) -> tuple[Person, ...]:
        """A page of the people who can be seen and match any word of a query."""
        return self._get(PersonHits, "users", _page(query, page)).hits.hits

    def person(self, id_: str) -> Person:
        """Somebody by their number."""
        return self._get(Person, f"users/{quoted(id_)}")

    def has_term(self, vocabulary: str, term: str) -> bool:
        """Whether a vocabulary has a term."""
        below = vocabulary if vocabulary in _DIRECT else f"vocabularies/{vocabulary}"
        answer = self._client.send("GET", f"{below}/{quoted(term)}", repeat=True, accept={404, 410})
        return answer.ok

    # ---- drafts and records ----

    def own(self, query: str) -> tuple[Deposited, ...]:
        """One's own drafts and records; the index lags by about a second."""
        return self._get(Hits, "user/records", {"q": query}).hits.hits

    def records(self, path: str, params: dict[str, str]) -> HitList:
        """A page of `records`, `user/records` or a community's records."""
        return self._get(Hits, path, params).hits

    def draft(self, id_: str) -> Deposited | None:
        """A draft, or the edit of a published record; None where there is neither."""
        answer = self._client.send("GET", _draft(id_), repeat=True, accept={404, 410})
        return self._parsed(Deposited, answer) if answer.ok else None

    def record(self, id_: str) -> Deposited:
        """A published record; that of the latest version for an id of all versions.

        The id of all versions is 410 from when a draft of the next version is deleted until one
        is published (13.1.2).
        """
        return self._get(Deposited, f"records/{quoted(id_)}")

    def latest(self, id_: str) -> Deposited:
        """The latest published version, by the id of any published one."""
        return self._get(Deposited, f"records/{quoted(id_)}/versions/latest")

    def versions(self, id_: str) -> tuple[Deposited, ...]:
        """Published versions, by the id of any or of a draft; served by the search."""
        return self._get(Hits, f"records/{quoted(id_)}/versions").hits.hits

    def create(self, body: JsonValue) -> Deposited:
        """A new draft. Never repeated."""
        return self._parsed(
            Deposited, self._client.send("POST", "records", repeat=False, json=body)
        )

    def put(self, id_: str, body: JsonValue, revision: str | None, *, repeat: bool) -> Deposited:
        """Replace a draft's metadata.

        `revision` goes out as it is: the quoted form that HTTP asks for is a 400.
        """
        headers = {"If-Match": revision} if revision else {}
        answer = self._client.send("PUT", _draft(id_), repeat=repeat, json=body, headers=headers)
        return self._parsed(Deposited, answer)

    def delete(self, id_: str) -> None:
        """Delete a draft."""
        self._client.send("DELETE", _draft(id_), repeat=True, accept={404, 410})

    def publish(self, id_: str) -> Deposited:
        """Publish a draft. Never repeated: a second time is 404, and a 500 can have published."""
        path = f"{_draft(id_)}/actions/publish"
        return self._parsed(Deposited, self._client.send("POST", path, repeat=False, slow=True))

    def edit(self, id_: str) -> Deposited:
        """Begin to edit a published record, or go on with the edit that is open."""
        return self._post(Deposited, _draft(id_))

    def new_version(self, id_: str) -> Deposited:
        """The draft that follows a published record; asked again it is the same one."""
        return self._post(Deposited, f"records/{quoted(id_)}/versions")

    def import_files(self, id_: str) -> None:
        """Take over the earlier version's files; where there are files already it is a 400."""
        path = f"{_draft(id_)}/actions/files-import"
        self._client.send("POST", path, repeat=True, slow=True)

    def reserve_doi(self, id_: str) -> Deposited:
        """Give a draft a DOI. Never repeated: a server without DOIs answers 500."""
        answer = self._client.send("POST", f"{_draft(id_)}/pids/doi", repeat=False)
        return self._parsed(Deposited, answer)

    # ---- reviews and requests ----

    def review(self, id_: str) -> Review | None:
        """The review that a draft belongs to, None where there is none."""
        answer = self._client.send("GET", f"{_draft(id_)}/review", repeat=True, accept={404, 410})
        return self._parsed(Review, answer) if answer.ok else None

    def set_review(self, id_: str, community: str) -> None:
        """Let a community, by its UUID, review a draft; not yet submitted."""
        body: JsonValue = {"type": "community-submission", "receiver": {"community": community}}
        self._client.send("PUT", f"{_draft(id_)}/review", repeat=True, json=body)

    def submit_review(self, id_: str) -> None:
        """Submit a draft to the review that was set. Never repeated: a second time is 500."""
        path = f"{_draft(id_)}/actions/submit-review"
        self._client.send("POST", path, repeat=False, json={}, slow=True)

    def include(self, id_: str, community: str) -> Request | None:
        """Ask a community, by UUID, to take a published record; a second time is a 400."""
        body: JsonValue = {"communities": [{"id": community}]}
        answer = self._post(Inclusion, f"records/{quoted(id_)}/communities", body)
        return answer.processed[0].request if answer.processed else None

    def requests(self, id_: str) -> tuple[Request, ...]:
        """The open requests about a record; served by the search, so it may lag."""
        path = f"records/{quoted(id_)}/requests"
        params = {"size": "100", "is_open": "true"}
        return self._get(RequestHits, path, params).hits.hits

    def accept(self, request: str) -> None:
        """Accept a request. Never repeated: a second time is a 400."""
        self._client.send(
            "POST", f"requests/{quoted(request)}/actions/accept", repeat=False, json={}
        )

    # ---- files ----

    def files(self, id_: str) -> tuple[Entry, ...]:
        """The files of a draft or, where there is none, of the published record."""
        answer = self._client.send("GET", f"{_draft(id_)}/files", repeat=True, accept={404, 410})
        if answer.ok:
            return self._parsed(FileList, answer).entries
        return self.published_files(id_)

    def file(self, id_: str, key: str) -> Entry:
        """One file of a draft."""
        return self._get(Entry, _file(id_, key))

    def init(self, id_: str, keys: Sequence[str]) -> FileList:
        """Announce files, all in one call; a key that is there already is a 400 for all of them.

        InvenioRDM 12 refuses `transfer`, and the others `[]`: neither is sent.
        """
        body: JsonValue = [{"key": key} for key in keys]
        path = f"{_draft(id_)}/files"
        with _plainly():
            answer = self._client.send("POST", path, repeat=True, json=body, slow=True)
        return self._parsed(FileList, answer)

    def content(
        self,
        id_: str,
        key: str,
        body: Callable[[], Body],
        size: int,
        repeated: Callable[[], None],
    ) -> Entry:
        """Send a file's content; harmless to repeat until it is committed."""
        with _plainly():
            answer = self._client.send(
                "PUT",
                f"{_file(id_, key)}/content",
                repeat=True,
                body=body,
                headers={"Content-Type": "application/octet-stream"},
                slow=True,
                digests=size,
                repeated=repeated,
            )
        return self._parsed(Entry, answer)

    def commit(self, id_: str, key: str, size: int) -> Entry:
        """Complete a file; 200 for one that is complete."""
        path = f"{_file(id_, key)}/commit"
        answer = self._client.send("POST", path, repeat=True, slow=True, digests=size)
        return self._parsed(Entry, answer)

    def published_files(self, id_: str) -> tuple[Entry, ...]:
        """The files of a published record."""
        return self._get(FileList, f"records/{quoted(id_)}/files").entries

    def download(
        self, id_: str, key: str, *, draft: bool
    ) -> AbstractContextManager[Iterator[bytes]]:
        """A file's content in blocks."""
        above = _draft(id_) if draft else f"records/{quoted(id_)}"
        return self._client.stream(f"{above}/files/{quoted(key)}/content")

    def delete_file(self, id_: str, key: str, repeated: Callable[[], None] | None = None) -> None:
        """Delete a file, complete or not; a missing one is fine."""
        with _plainly():
            self._client.send(
                "DELETE", _file(id_, key), repeat=True, accept={404, 410}, repeated=repeated
            )


def _page(query: str, page: int) -> dict[str, str]:
    params = {"page": str(page), "size": str(PAGE)}
    return {"q": query, **params} if query else params


def _draft(id_: str) -> str:
    return f"records/{quoted(id_)}/draft"


def _file(id_: str, key: str) -> str:
    return f"{_draft(id_)}/files/{quoted(key)}"


_MEANINGS: Final[tuple[tuple[str, type[RejectedError], str], ...]] = (
    ("max amount per record", LimitError, "Put files together into a zip archive."),
    ("quota exceeded", LimitError, "Leave files out, or ask the archive for more room."),
    ("capacity limit", LimitError, "Leave files out, or ask the archive for more room."),
    ("locked for modifications", RejectedError, "Files of a published record cannot be changed."),
    ("not enabled", RejectedError, "Files are switched off on this draft; switch them on first."),
)


@contextmanager
def _plainly() -> Iterator[None]:
    """Refusals of files as what they mean; the status alone is 400 or 403 for most."""
    try:
        yield
    except (AuthenticationError, RejectedError) as error:
        for said, kind, advice in _MEANINGS:
            if said in error.answer:
                raise kind(
                    "refused" if kind is RejectedError else "too much for this archive",
                    advice=advice,
                    target=error.target,
                    method=error.method,
                    url=error.url,
                    status=error.status,
                    answer=error.answer,
                ) from error
        raise
