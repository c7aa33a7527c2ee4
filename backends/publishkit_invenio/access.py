"""The calls about who may see a record: grants and secret links.

They are below `/records/{id}/access` for drafts too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit_invenio.answers import (
    Grant,
    GrantHits,
    SecretLink,
    SecretLinkHits,
)
from publishkit_invenio.sending import Sender, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pydantic import JsonValue

__all__ = ["AccessApi"]


class AccessApi(Sender):
    """The calls to one InvenioRDM about access to one record."""

    def grants(self, id_: str) -> tuple[Grant, ...]:
        """Who has been given access, with what can be seen of them."""
        params = {"expand": "true"}
        return self._get(GrantHits, f"{_access(id_)}/grants", params).hits.hits

    def grant(self, id_: str, people: Sequence[str], permission: str) -> None:
        """Give people access, by their numbers; one who has some already is a 400 for all."""
        grants: JsonValue = [
            {"subject": {"type": "user", "id": person}, "permission": permission}
            for person in people
        ]
        path, body = f"{_access(id_)}/grants", {"grants": grants}
        self._client.send("POST", path, repeat=True, json=body)

    def regrant(self, id_: str, person: str, permission: str) -> None:
        """Change what somebody who has access may do."""
        path = f"{_access(id_)}/users/{quoted(person)}"
        self._client.send("PATCH", path, repeat=True, json={"permission": permission})

    def revoke(self, id_: str, kind: str, subject: str) -> None:
        """Take access back from a person (`users`) or a group (`groups`); none is fine."""
        path = f"{_access(id_)}/{kind}/{quoted(subject)}"
        self._client.send("DELETE", path, repeat=True, accept={404, 410})

    def secret_links(self, id_: str) -> tuple[SecretLink, ...]:
        """The secret links, with their tokens."""
        return self._get(SecretLinkHits, f"{_access(id_)}/links").hits.hits

    def make_secret_link(self, id_: str, permission: str, until: date | None) -> SecretLink:
        """A new secret link. Never repeated: there would be two.

        It ends when `until` begins (13.1.2); a time of day is a 400.
        """
        body: dict[str, JsonValue] = {"permission": permission}
        if until:
            body["expires_at"] = until.isoformat()
        answer = self._client.send("POST", f"{_access(id_)}/links", repeat=False, json=body)
        return self._parsed(SecretLink, answer)

    def delete_secret_link(self, id_: str, link: str) -> None:
        """Delete a secret link; a missing one is fine."""
        path = f"{_access(id_)}/links/{quoted(link)}"
        self._client.send("DELETE", path, repeat=True, accept={404, 410})


def _access(id_: str) -> str:
    return f"records/{quoted(id_)}/access"
