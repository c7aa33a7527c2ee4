"""Published deposits: their metadata edited, or a new version made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit.abilities import Editing, Link, Versions
from publishkit.errors import ConflictError, LostAnswerError, NotFoundError, RejectedError
from publishkit.repository import Deposit, Meter, State
from publishkit_invenio.deposits import deposit_of, state_of
from publishkit_invenio.described import resembles, same
from publishkit_invenio.metadata import Body, body_of
from publishkit_invenio.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from publishkit.model import Record
    from publishkit_invenio.answers import Deposited, Entry

__all__ = ["Editions"]

_NAMED: Final = 5
"""How many files a refusal names."""


class Editions(Writing, Editing, Versions):
    """Changes what is published, by a draft beside it that is published in its place."""

    # ---- editing ----

    def edit(self, id: str, record: Record) -> Deposit:
        """Replace the metadata; a DOI that the record does not name stays."""
        published = self._published(id)
        body = body_of(record, self._settings)
        if record.undated:
            body = {**body, "metadata": _as_dated(body["metadata"], published)}
        return self._change(published, {**body, "files": _files(published, record)})

    def discard(self, id: str) -> Deposit:
        """Delete the draft in which a published record is edited, and no other draft."""
        draft = self._api.draft(id)
        if draft is None or not draft.is_published:
            return deposit_of(self._existing(id))
        self._api.delete(id)
        return deposit_of(self._api.record(id))

    def _change(self, published: Deposited, body: Body) -> Deposit:
        """Put a body in the place of what is published.

        The edit is left as it is only when the process is killed; the next call takes it up,
        since it holds what was published before or what was to be.
        """
        id_ = published.id
        edit = self._api.edit(id_)
        if not (same(edit, published) or resembles(body, edit)):
            raise self._open(id_)
        try:
            self._require_all(body, self._put(id_, body, str(edit.revision_id)))
        except ConflictError:  # somebody began to change it at this very moment
            raise
        except RejectedError:
            self._api.delete(id_)
            raise
        self._publish_edit(id_)
        return deposit_of(self._api.record(id_))

    def _publish_edit(self, id_: str) -> None:
        try:
            self._api.publish(id_)
        except (LostAnswerError, NotFoundError):
            if self._api.draft(id_) is not None:
                raise

    def _open(self, id_: str) -> ConflictError:
        return ConflictError(
            f"an edit of {id_} with other metadata is open on the archive's pages: somebody's, "
            "or publishkit's own that was broken off before the record was changed",
            target=self._api.target,
            advice="Throw it away with publishkit discard, or publish it there if it is to be "
            "kept; then run the command again.",
        )

    def _published(self, id_: str) -> Deposited:
        found = self._existing(id_)
        if state_of(found) is not State.PUBLISHED:
            raise RejectedError(
                f"{id_} is not published",
                target=self._api.target,
                advice="Change the draft with publishkit push, or publish it first.",
            )
        return found

    # ---- versions ----

    def new_version(self, id: str, marker: str, meter: Meter) -> Deposit:  # noqa: ARG002 - the server knows
        """The draft of the next version, with the files of the last one.

        A record has at most one such draft and gives it again whenever it is asked, also one that
        was begun on the archive's pages: that is left alone if it has files of its own.
        """
        known = self._published(id).id
        draft = self._api.new_version(known)
        held = self._api.files(draft.id) if draft.files.enabled else ()
        if held:
            self._require_no_others(draft, held, self._api.latest(known).id)
        elif draft.files.enabled:
            self._import_files(draft.id)
            draft = self._api.draft(draft.id) or draft
        return deposit_of(draft)

    def _require_no_others(self, draft: Deposited, held: Sequence[Entry], last: str) -> None:
        """Raise ConflictError if a next version has files that the last one has not.

        The last one's are there when an earlier call was killed; all others somebody put there.
        """
        known = {one.key: one.checksum for one in self._api.published_files(last)}
        others = [one.key for one in held if not one.complete or known.get(one.key) != one.checksum]
        if not others:
            return
        target = self._api.target
        named = ", ".join(others[:_NAMED]) + (" ..." if len(others) > _NAMED else "")
        raise ConflictError(
            f"a new version of {last} was begun on the archive's pages as {draft.id}, with "
            f"files that the last version has not: {named}",
            target=target,
            advice=f"Publish it there or throw it away (publishkit delete {draft.id} --to "
            f"{target}), then run the command again; or take it over: publishkit adopt "
            f"{draft.id} FOLDER --to {target} --force",
        )

    def _import_files(self, id_: str) -> None:
        try:
            self._api.import_files(id_)
        except RejectedError:
            # said when they are there already: a repeated request whose first answer was lost
            if not self._api.files(id_):
                raise

    def follows(self, id: str) -> tuple[Link, ...]:  # noqa: ARG002 - the same for all
        """Nothing: the archive itself ties versions together."""
        return ()


def _as_dated(metadata: JsonValue, published: Deposited) -> JsonValue:
    """The metadata with the day on which the record was published."""
    date = published.metadata.get("publication_date")
    return {**metadata, "publication_date": date} if isinstance(metadata, dict) else metadata


def _files(published: Deposited, record: Record) -> Body:
    """Published files stay; which of them is shown first may change."""
    files: Body = {"enabled": published.files.enabled}
    preview = record.files.default_preview
    if preview and preview in published.files.entries:
        files["default_preview"] = preview
    return files
