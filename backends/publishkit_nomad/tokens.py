"""A user name and password, exchanged for a token that lasts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from publishkit.abilities import Token, TokenExchange
from publishkit.errors import RejectedError, TemporaryError
from publishkit_nomad.auth import end_of
from publishkit_nomad.uploads import UploadRepository

__all__ = ["NomadTokens"]

SCOPES: Final[tuple[str, ...]] = (
    *("uploads:read", "uploads:write", "uploads:publish", "uploads:process", "uploads:assign_doi"),
    *("datasets:read", "datasets:write", "datasets:delete", "datasets:assign_doi"),
    *("entries:read", "entries:write", "users:read", "groups:read", "info:read"),
    *("graph:read", "materials:read", "metainfo:read", "schemas:read", "suggestions:read"),
    *("systems:read", "actions:read", "apps:read"),
)
"""Of a personal access token: all that a verb needs, and to read what anybody may read. NOMAD 2.0.0
lets no such token make or revoke tokens."""
_DAYS: Final = re.compile(r"(?:lifetime is|allowed \()\s*(\d{1,6}) days")
"""How NOMAD 2.0.0 says how long a personal access token may last at most."""
_SECONDS: Final = re.compile(r"less than or equal to (\d{1,10})")
"""How NOMAD says how long an app token may last at most."""
_ASKED: Final = 4
"""Times, until what NOMAD says of its limits leads nowhere."""
_MONTH: Final = 30 * 24 * 3600
"""Seconds that an app token may last unless the installation says otherwise (1.3.17 to 2.0.0)."""


class NomadTokens(UploadRepository, TokenExchange):
    """Personal access tokens (from NOMAD 2.0 on), or app tokens."""

    def exchange(self, name: str) -> Token:
        """A personal access token, for as long as NOMAD lets it last; else an app token."""
        return self._personal(name) or self._app()

    def revoke_token(self, id: str) -> None:
        """NOMAD 2.0.0 answers 404 to an id that it does not know, and 204 to a revoked one."""
        self.api.revoke_personal_token(id)

    def _personal(self, name: str) -> Token | None:
        """None where NOMAD has no such tokens, or gives this account no more of them."""
        days: int | None = None  # for ever, where that is allowed
        scopes = SCOPES
        for _ in range(_ASKED):
            try:
                made = self.api.make_personal_token(name, scopes, days)
                return Token(made.raw_token, made.pat.expired_at, made.pat.id)
            except RejectedError as error:
                unknown = {one for one in scopes if f"'{one}'" in error.answer}
                longest = _DAYS.search(error.answer)
            if longest and days != int(longest[1]):
                days = int(longest[1])
            elif unknown:  # in another version of NOMAD
                scopes = tuple(one for one in scopes if one not in unknown)
            else:
                return None
        return None

    def _app(self) -> Token:
        seconds = _MONTH
        for _ in range(_ASKED):
            try:
                value = self.api.make_app_token(seconds)
            except RejectedError as error:
                longest = _SECONDS.search(error.answer)
                if not longest or int(longest[1]) >= seconds:
                    raise
                seconds = int(longest[1])
                continue
            if "*" not in value:
                return Token(value, _time_of(value))
            # One that is known from before is hidden: NOMAD gives an account the same one again
            # for the same second (seen on 1.3.17 and 2.0.0).
            seconds -= 1
        raise TemporaryError("the server gave no token of its own", target=self.api.target)


def _time_of(token: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(end_of(token), UTC)
    except (OverflowError, ValueError, OSError):  # none is known, or beyond the calendar
        return None
