"""The conformance tests of `TokenExchange`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from publishkit.abilities import TokenExchange
from publishkit.errors import AuthenticationError
from publishkit.hooks import Credentials
from publishkit.testing.base import ConformanceTests, in_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from publishkit.repository import Repository

__all__ = ["TokenTests"]


class TokenTests(ConformanceTests):
    """A token in the place of a password."""

    @pytest.fixture
    def reopened(self) -> Callable[[Credentials], Repository] | None:
        """Gives the same repository for other credentials; None where they do not matter."""
        return None

    def test_a_token_for_a_password_lasts_until_it_is_revoked(
        self,
        repository: Repository,
        reopened: Callable[[Credentials], Repository] | None,
    ) -> None:
        if not isinstance(repository, TokenExchange):
            return
        token = repository.exchange("publishkit-test")
        try:
            assert token.value
            assert token.value not in repr(token)
            assert in_utc(token.expires)
            assert token.expires is None or token.expires > datetime.now(UTC) + timedelta(days=1)
            signed = reopened(Credentials(token=token.value)) if reopened else repository
            assert signed.whoami().id == repository.whoami().id
        finally:
            if token.id:
                repository.revoke_token(token.id)
        if reopened and token.id:
            with pytest.raises(AuthenticationError):
                reopened(Credentials(token=token.value)).whoami()

    def test_revoking_what_is_revoked_or_unknown_is_no_error(self, repository: Repository) -> None:
        if isinstance(repository, TokenExchange):
            token = repository.exchange("publishkit-test")
            for id_ in [*[token.id] * 2 * bool(token.id), "0123456789abcdef01234567"]:
                repository.revoke_token(id_)
