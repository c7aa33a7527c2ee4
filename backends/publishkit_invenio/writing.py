"""Metadata on its way into a draft: sent again only when that undoes nobody else's change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from publishkit.errors import ConflictError, LostAnswerError, RejectedError, TemporaryError
from publishkit_invenio.connected import Connected
from publishkit_invenio.metadata import Body, holds, refusals, uses_of

if TYPE_CHECKING:
    from publishkit_invenio.answers import Deposited

__all__ = ["Writing"]

PUTS: Final = 3
"""How often metadata is sent whose answer is lost."""
_INVALID_VALUE: Final = re.compile(r"^Invalid value (.+?)\.?$")


class Writing(Connected):
    """Replaces the metadata of drafts."""

    def _put(self, id_: str, body: Body, revision: str | None, left: int = PUTS) -> Deposited:
        """Send metadata; after a lost answer look whether it was taken before sending it again."""
        try:
            return self._put_once(id_, body, revision)
        except ConflictError as error:
            now = self._api.draft(id_) if left < PUTS else None
            if now and holds(body, now):  # an attempt before came late
                return now
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

    def _require_all(self, body: Body, answer: Deposited) -> None:
        """Raise RejectedError, with all that was refused or dropped, unless a body was taken."""
        said = refusals(body, answer)
        if said:
            raise RejectedError(
                "the archive did not take all of the metadata",
                target=self._api.target,
                answer="; ".join(said),
                advice="Correct the record (publishkit edit FOLDER) and run the command again.",
            )

    def _created(self, body: Body) -> Deposited:
        """A new draft. Raises RejectedError for a term that the archive does not know."""
        try:
            return self._api.create(body)
        except RejectedError as error:
            if value := _INVALID_VALUE.match(error.answer):
                error.message = _invalid(value.group(1), body)
            raise

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
        now = self._api.draft(id_) or self._existing(id_)
        if str(now.revision_id) != revision and not holds(body, now):
            raise self._conflict(id_)
        return str(now.revision_id)

    def _conflict(self, id_: str) -> ConflictError:
        return ConflictError(
            f"the metadata of {id_} was changed by somebody else meanwhile",
            target=self._api.target,
            advice="Look at its page; take the edit over by publishkit pull FOLDER, or "
            "overwrite it by --force.",
        )


def _invalid(value: str, body: Body) -> str:
    where = ", ".join(uses_of(value, body))
    return f"the archive does not know {value!r}" + (f" ({where})" if where else "")
