"""Signing in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Token", "TokenExchange"]


@dataclass(frozen=True, slots=True)
class Token:
    """What one signs in with from now on."""

    value: str = field(repr=False)
    expires: datetime | None = None
    """In UTC; None where it never ends or that is not known."""
    id: str = ""
    """Under which it can be revoked; '' where it cannot."""


class TokenExchange(ABC):
    """A user name and password can be exchanged for a token that lasts.

    Both methods are called on a repository that is signed in by user name and password.
    """

    @abstractmethod
    def exchange(self, name: str) -> Token:
        """A new token, of those that the repository gives the one that lasts longest.

        It may do everything that the repository's methods need. `name` is what lists of tokens
        call it. Raises AuthenticationError for a wrong password.
        """

    @abstractmethod
    def revoke_token(self, id: str) -> None:
        """End a token by its id; a missing one, or one that ended, is no error."""
