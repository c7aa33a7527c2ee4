"""The repository: what publishkit wants, as calls to an InvenioRDM."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, ClassVar, Final

from publishkit.errors import (
    ConflictError,
    LostAnswerError,
    NotFoundError,
    Problem,
    RejectedError,
    TemporaryError,
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
    Transfer,
    User,
)
from publishkit_invenio.api import InvenioApi
from publishkit_invenio.block import block_of
from publishkit_invenio.check import check
from publishkit_invenio.files import announce, remote, transfer
from publishkit_invenio.metadata import Body, body_of, forces_files, holds, refusals, uses_of
from publishkit_invenio.resolve import Lookups, resolve
from publishkit_invenio.settings import InvenioSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.hooks import Connection
    from publishkit.model import Record
    from publishkit_invenio.answers import Deposited

__all__ = ["InvenioRepository"]

PAUSES: Final = (0.25, 0.25, 0.5, 0.5, 1.0, 1.0, 1.5, 2.0, 3.0)
"""Seconds between looks for a draft, 10 in all: the index was up to 1 s late on 13.1.2."""
PUTS: Final = 3
"""How often metadata is sent whose answer is lost."""
_INVALID_VALUE: Final = re.compile(r"^Invalid value (.+?)\.?$")
_NO_USE: Final = frozenset(
    {"access", "access_groups", "access_request", "access_users", "archive_media"}
    | {"communities-suggestions", "media_files", "requests"}
    | {"draft", "self_iiif_manifest", "self_iiif_sequence"}
)
"""Links that are the web pages' own machinery, or that answer 403 or 404 (13.1.2)."""
_STATES: Final[Mapping[str, State]] = {
    "draft": State.DRAFT,
    "new_version_draft": State.DRAFT,
    "draft_with_review": State.DRAFT,
    "in_review": State.IN_REVIEW,
    "declined": State.DECLINED,
    "expired": State.DECLINED,
    "published": State.PUBLISHED,
}


class InvenioRepository(Repository):
    """One InvenioRDM, signed in.

    Args:
        connection: The target and how to sign in.

    Raises:
        ConfigError: The target's settings are wrong.
    """

    metadata_first: ClassVar[bool] = True
    overwrites: ClassVar[bool] = False

    def __init__(self, connection: Connection) -> None:
        self._settings = InvenioSettings.of(connection.target)
        self._api = InvenioApi(connection)
        self._lookups = Lookups(self._api)
        self.limits = Limits(
            files=self._settings.max_files,
            bytes=self._settings.max_bytes,
            file_bytes=self._settings.largest_file,
        )

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
        """Ask for every vocabulary id and community that the record names, each once."""
        return resolve(record, self._lookups)

    # ---- the draft ----

    def create(self, marker: str) -> Deposit:
        """A draft with nothing but the marker as its title; what it lacks is no refusal."""
        body: JsonValue = {"metadata": {"title": marker}, "files": {"enabled": True}}
        return _deposit(self._api.create(body))

    def find(self, marker: str, meter: Meter) -> Deposit | None:
        """The draft whose title is the marker, by the search over one's own drafts.

        The index may miss a new draft, or show one that was deleted since.
        """
        for pause in (0.0, *PAUSES):
            if pause:
                meter.wait(pause)
            for hit in self._api.own(f'metadata.title:"{marker}"'):
                found = self._look(hit.id) if hit.metadata.get("title") == marker else None
                if found:
                    return _deposit(found)
        return None

    def get(self, id: str) -> Deposit:
        """The draft, or the record where there is no draft."""
        return _deposit(self._existing(id))

    def settle(self, id: str, meter: Meter) -> Deposit:  # noqa: ARG002 - nothing to wait for
        """The same as `get`: an InvenioRDM is done when it answers."""
        return self.get(id)

    def delete(self, id: str) -> None:
        """Delete a draft; a record's own edit on the archive's pages is left alone."""
        found = self._look(id)
        if found is None:
            return
        if _state(found) is State.PUBLISHED:
            raise RejectedError(
                f"{id} is published and cannot be deleted",
                target=self._api.target,
                advice="Ask the archive's curators.",
            )
        self._api.delete(id)

    # ---- metadata ----

    def update(self, id: str, record: Record, *, revision: str | None = None) -> str:
        """Replace all metadata; an earlier record's files go if this one has none."""
        body = body_of(record, self._settings)
        answer = self._put(id, body, revision)
        if forces_files(body, answer):
            self.remove(id, [entry.key for entry in self._api.files(id)])
            answer = self._put(id, body, None)
        said = refusals(body, answer)
        if said:
            raise RejectedError(
                "the archive did not take all of the metadata",
                target=self._api.target,
                answer="; ".join(said),
            )
        self._refuse_foreign_doi(record, answer)
        # a file to show first is named once more when it was announced
        return "" if record.files.default_preview else str(answer.revision_id)

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

    def _put(self, id_: str, body: Body, revision: str | None, left: int = PUTS) -> Deposited:
        """Send metadata; after a lost answer look whether it was taken before sending it again."""
        try:
            return self._put_once(id_, body, revision)
        except ConflictError as error:
            raise self._conflict(id_) from error
        except LostAnswerError as error:
            if left == 1:
                raise TemporaryError(
                    error.message,
                    target=error.target,
                    method=error.method,
                    url=error.url,
                    status=error.status,
                    answer=error.answer,
                ) from error
        return self._put(id_, body, self._revision_after(id_, body, revision), left - 1)

    def _put_once(self, id_: str, body: Body, revision: str | None) -> Deposited:
        try:
            return self._api.put(id_, body, revision, repeat=revision is None)
        except RejectedError as error:
            value = _INVALID_VALUE.match(error.answer)
            if value is None:
                raise
        try:  # said of a known term too, when two requests change a draft at once
            return self._api.put(id_, body, revision, repeat=revision is None)
        except RejectedError as error:
            error.message = _invalid(value.group(1), body)
            raise

    def _revision_after(self, id_: str, body: Body, revision: str | None) -> str | None:
        """The revision to send metadata against again. Raises ConflictError if it is another's."""
        if revision is None:
            return None
        now = self._existing(id_)
        if str(now.revision_id) != revision and not holds(body, now):
            raise self._conflict(id_)
        return str(now.revision_id)

    def _conflict(self, id_: str) -> ConflictError:
        return ConflictError(
            f"the metadata of {id_} was changed by somebody else meanwhile",
            target=self._api.target,
            advice="Look at the draft's page; running the command again overwrites it.",
        )

    # ---- files ----

    def files(self, id: str) -> Mapping[str, RemoteFile]:
        """The files, complete or only announced."""
        return {entry.key: remote(entry) for entry in self._api.files(id)}

    def transfers(
        self,
        id: str,
        record: Record,
        files: Sequence[DataFile],
    ) -> Iterator[Transfer]:
        """Announce all files by one call, then one transfer each."""
        if not files:
            return
        complete = announce(self._api, id, [file.key for file in files])
        if record.files.default_preview in {file.key for file in files}:
            self.update(id, record)  # a file can be shown first only once it was announced
        for file in files:
            yield transfer(self._api, id, file, complete=file.key in complete)

    def remove(self, id: str, keys: Sequence[str]) -> None:
        """Remove files from a draft."""
        for key in keys:
            self._api.delete_file(id, key)

    # ---- publishing ----

    def publish(self, id: str, record: Record) -> None:
        """Publish, or submit to the review of the first community that the record names.

        Publishing a draft whose review was declined is a 500 that publishes past the community,
        so only a draft without a review is published.
        """
        found = self._existing(id)
        state = _state(found)
        if state in {State.PUBLISHED, State.IN_REVIEW}:
            return
        communities = block_of(record).communities
        if found.status == "new_version_draft" or (found.status == "draft" and not communities):
            self._api.publish(id)
        elif communities:
            self._api.set_review(id, self._lookups.community(communities[0]))
            self._api.submit_review(id)
        else:
            raise RejectedError(
                f"the draft {id} belongs to a community's review ({found.status}), and the "
                "record names no community",
                target=self._api.target,
                advice='Write "invenio": {"communities": ["..."]} into record_metadata.json, or '
                "take the draft out of the review on its page.",
            )

    # ---- looking ----

    def _look(self, id_: str) -> Deposited | None:
        """The draft or record, None where there is neither.

        A published record may have a draft too, its edit on the archive's pages: that is not
        what it is.
        """
        draft = self._api.draft(id_)
        if draft and not draft.is_published:
            return draft
        try:
            return self._api.record(id_)
        except NotFoundError:
            return None

    def _existing(self, id_: str) -> Deposited:
        found = self._look(id_)
        if found is None:
            raise NotFoundError(f"there is no {id_}", target=self._api.target)
        return found


def _state(found: Deposited) -> State:
    if found.is_published:
        return State.PUBLISHED
    return _STATES.get(found.status, State.DRAFT)


def _deposit(found: Deposited) -> Deposit:
    doi = found.pids.get("doi")
    return Deposit(
        id=found.id,
        state=_state(found),
        revision=str(found.revision_id),
        contents=_contents(found),
        links=_links(found),
        doi=(doi.identifier if doi else "") or None,
        title=str(found.metadata.get("title") or ""),
        extra={"parent": found.parent.id} if found.parent.id else {},
    )


def _contents(found: Deposited) -> str:
    """A hash of what the files are: `revision_id` stays the same when files come and go."""
    entries = sorted((e.key, e.size, e.checksum) for e in found.files.entries.values())
    text = json.dumps([found.files.enabled, entries])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _links(found: Deposited) -> dict[str, str]:
    """The server's links; a published record's own are called as a draft calls them too."""
    links = {
        name: link
        for name, link in found.links.items()
        if isinstance(link, str) and name not in _NO_USE
    }
    if _state(found) is State.PUBLISHED:
        for name, own in (("record", "self"), ("record_html", "self_html")):
            if own in links:
                links.setdefault(name, links[own])
    return links


def _invalid(value: str, body: Body) -> str:
    where = ", ".join(uses_of(value, body))
    return f"the archive does not know {value!r}" + (f" ({where})" if where else "")
