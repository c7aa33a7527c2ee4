"""The people who have accounts on a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.abilities import Users
from publishkit.finding import able, open_target
from publishkit.tables import streamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit.repository import User

__all__ = ["user", "users"]


@streamed
def users(query: str, to: str) -> Iterator[User]:
    """Everybody whose name, user name or e-mail address matches, as far as one may see.

    Args:
        query: The name, or a part of it.
        to: The name of the target.

    Raises:
        UnsupportedError: The target does not tell.
        AuthenticationError: It does not accept the credentials.
    """
    return _open(to).users(query)


def user(id: str, to: str) -> User:
    """The user with an id.

    Args:
        id: The id, as the target gives it.
        to: The name of the target.

    Raises:
        NotFoundError: There is none.
        UnsupportedError: The target does not tell.
    """
    return _open(to).user(id)


def _open(to: str) -> Users:
    setting, target, repository = open_target(to)
    people = able(repository, Users, target, "look people up")
    setting.sign_in()
    return people
