"""The repository: what publishkit wants, as calls to an InvenioRDM."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from publishkit.errors import (
    ConflictError,
    NotFoundError,
    Problem,
    RejectedError,
    RepositoryError,
)
from publishkit.repository import (
    DataFile,
    Deposit,
    Limits,
    Meter,
    RemoteFile,
    Repository,
    Resolved,
    State,
    Terms,
    Transfer,
    User,
)
from publishkit_invenio.block import block_of
from publishkit_invenio.catalogue import Listing
from publishkit_invenio.check import check
from publishkit_invenio.communities import Communities
from publishkit_invenio.deposits import state_of, whole_of
from publishkit_invenio.details import Details
from publishkit_invenio.dois import Dois
from publishkit_invenio.downloads import Downloads
from publishkit_invenio.files import announce, remote, transfer
from publishkit_invenio.metadata import (
    Body,
    body_of,
    forces_files,
    is_marked,
    marked,
    with_publisher,
)
from publishkit_invenio.relations import RelatedWorks
from publishkit_invenio.resolve import resolve
from publishkit_invenio.sharing import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from publishkit.hooks import Connection
    from publishkit.model import Record
    from publishkit_invenio.answers import Deposited

__all__ = ["InvenioRepository"]


class InvenioRepository(
    Details, RelatedWorks, Access, Communities, Dois, Listing, Downloads, Repository
):
    """One InvenioRDM, signed in.

    Args:
        connection: The target and how to sign in.

    Raises:
        ConfigError: The target's settings are wrong.
    """

    metadata_first: ClassVar[bool] = True
    overwrites: ClassVar[bool] = False
    lag: ClassVar[float] = 30.0

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.limits = Limits(
            files=self._settings.max_files,
            bytes=self._settings.max_bytes,
            file_bytes=self._settings.largest_file,
        )
        self._late: dict[str, float] = {}

    def whoami(self) -> User:
        """Who is signed in; a missing and a wrong token are 401 or 403."""
        try:
            me = self._api.me()
        except NotFoundError as error:
            raise RejectedError(
                f"there is no InvenioRDM at {self._api.base}",
                target=self._api.target,
                advice="Check the target's url: it is the archive's home page.",
            ) from error
        return User(me.id, me.username or me.email, me.email)

    def check(self, record: Record, files: Sequence[DataFile]) -> list[Problem]:
        """What this target would refuse, drop or change."""
        return check(record, files, self._settings)

    def resolve(self, record: Record) -> Resolved:
        """Ask for every vocabulary id and community that the record names, each once.

        The target's publisher is part of what comes of it, so that a draft that has it is not
        taken to say more than the folder.
        """
        return resolve(with_publisher(record, self._settings), self._lookups)

    # ---- the draft ----

    def terms(self, record: Record) -> Terms:
        """As the record says; in its communities, the first of which reviews it."""
        return replace(super().terms(record), collections=block_of(record).communities)

    def create(self, marker: str, record: Record | None = None) -> Deposit:
        """A draft of the record, if there is one; the marker stands at the end of its title."""
        if record is None:  # what it lacks is no refusal
            bare: Body = {"metadata": {"title": marker}, "files": {"enabled": True}}
            return whole_of(self._api.create(bare))
        body = marked(body_of(record, self._settings), marker)
        answer = self._created(body)
        try:
            self._require_all(body, answer)
        except RejectedError:
            with suppress(RepositoryError):  # else the next push finds it
                self._api.delete(answer.id)
            raise
        return whole_of(answer)

    def find(self, marker: str) -> Deposit | None:
        """The draft whose title is the marker, by the search over one's own drafts.

        The index may miss a new draft (for a second on 13.1.2), or show one that was deleted since.
        """
        for hit in self._api.own(f'metadata.title:"{marker}"'):
            found = self._look(hit.id) if is_marked(hit, marker) else None
            if found:
                return whole_of(found)
        return None

    def get(self, id: str, *, published: bool = False) -> Deposit:
        """The draft, or the record where there is no draft."""
        if published:
            with suppress(NotFoundError):
                return self._whole(id, self._api.record(id))
        return whole_of(self._existing(id))

    def _whole(self, id_: str, answer: Deposited) -> Deposit:
        return whole_of(self._asked_for(id_, answer))

    def settle(self, id: str, meter: Meter) -> Deposit:  # noqa: ARG002 - nothing to wait for
        """The same as `get`: an InvenioRDM is done when it answers."""
        return self.get(id)

    def delete(self, id: str) -> None:
        """Delete a draft; a record's own edit on the archive's pages is left alone."""
        found = self._look(id)
        if found is None:
            return
        if state_of(found) is State.PUBLISHED:
            raise RejectedError(
                f"{id} is published and cannot be deleted",
                target=self._api.target,
                advice="Ask the archive's curators.",
            )
        self._api.delete(id)

    # ---- metadata ----

    def update(self, id: str, record: Record, *, revision: str | None = None) -> Deposit | None:
        """Replace all metadata; an earlier record's files go if this one has none."""
        body = body_of(record, self._settings)
        answer = self._put(id, body, revision)
        if forces_files(body, answer):
            self.remove(id, [entry.key for entry in self._api.files(id)])
            answer = self._put(id, body, None)
        self._require_all(body, answer)
        self._refuse_foreign_doi(record, answer)
        preview = record.files.default_preview
        # a file can be shown first only once it is there
        return None if preview and preview not in answer.files.entries else self._whole(id, answer)

    def _refuse_foreign_doi(self, record: Record, answer: Deposited) -> None:
        """`pids` that is left out keeps what was there; sent empty it drops a reserved DOI too."""
        held = answer.pids.get("doi")
        if held and held.provider == "external" and not record.doi:
            raise ConflictError(
                f"the draft {answer.id} has the DOI {held.identifier}, which the record does "
                "not name",
                target=self._api.target,
                advice="Write it into pids, or take it out on the draft's page.",
            )

    # ---- files ----

    def files(self, id: str) -> Mapping[str, RemoteFile]:
        """The files, complete or only announced."""
        return {entry.key: remote(entry) for entry in self._api.files(id)}

    def transfers(
        self,
        id: str,
        record: Record,  # noqa: ARG002 - files do not depend on it
        files: Sequence[DataFile],
    ) -> Iterator[Transfer]:
        """Announce all files by one call, then one transfer each."""
        if not files:
            return
        complete = announce(self._api, id, [file.key for file in files])
        for file in files:
            known = file.key in complete
            yield transfer(self._api, id, file, complete=known, repeated=self._repeated(id))

    def remove(self, id: str, keys: Sequence[str]) -> None:
        """Remove files from a draft."""
        for key in keys:
            self._api.delete_file(id, key, self._repeated(id))

    def late(self, id: str) -> float:
        """Content that arrives once more for a complete file makes the server delete it."""
        return self._late.get(id, 0.0)

    def _repeated(self, id_: str) -> Callable[[], None]:
        def note() -> None:
            self._late[id_] = time.monotonic() + self.lag

        return note

    # ---- publishing ----

    def publish(self, id: str, record: Record, *, seen: Deposit | None = None) -> Deposit | None:
        """Publish, or submit to the review that the draft belongs to or the record asks for.

        A record asks for the first community that it names or, where it names none and the draft
        has no review, for the first that it was put into: a review that is cancelled leaves a
        draft that says nothing of it (13.1.2). Publishing a draft whose review was declined is a
        500 that publishes past the community, so only a draft without a review is published; a
        declined review is set anew. One with a review that was not submitted refuses (13.1.2).
        """
        alone = not (block_of(record).communities or record.collections)
        if seen and seen.state is State.DRAFT and alone:
            with suppress(RejectedError):  # a review that nobody has seen, or what is said below
                return self._whole(id, self._api.publish(id))
        found = self._existing(id)
        if state_of(found) in {State.PUBLISHED, State.IN_REVIEW}:
            return whole_of(found)
        community = self._reviewer(found, record)
        if community:
            self._set_review(id, community)
            self._api.submit_review(id)
            return None
        if found.status in {"draft", "new_version_draft"}:
            return self._whole(id, self._api.publish(id))
        raise RejectedError(
            f"the draft {id} belongs to a community's review ({found.status}), and the "
            "record names no community",
            target=self._api.target,
            advice='Write "invenio": {"communities": ["..."]} into record_metadata.json, or '
            "take the draft out of the review on its page.",
        )

    def _set_review(self, id_: str, community: str) -> None:
        try:
            self._api.set_review(id_, community)
        except NotFoundError as error:
            error.message = f"there is no community {community} that could review the draft {id_}"
            error.advice = 'Name one: "invenio": {"communities": ["..."]} in record_metadata.json.'
            raise

    def _reviewer(self, found: Deposited, record: Record) -> str:
        """The UUID of the community that must review a draft; '' for none."""
        if found.status == "new_version_draft":
            return ""  # those that follow are published by who has the record
        named = block_of(record).communities
        if named:
            return self._lookups.community(named[0])
        review = self._review_of(found)
        if found.status != "draft" and review:
            return review.receiver.community
        if block_of(record).names_none or not record.collections:
            return ""
        return record.collections[-1]
