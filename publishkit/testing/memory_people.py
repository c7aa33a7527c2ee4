"""Who may see a deposit in memory, and how they sign in."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, ClassVar

from publishkit.abilities import (
    LinkSharing,
    Permission,
    Share,
    Sharing,
    Token,
    TokenExchange,
    Users,
)
from publishkit.errors import NotFoundError, RejectedError
from publishkit.repository import User
from publishkit.testing.plain import PlainRepository

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

__all__ = ["PEOPLE", "MemorySharing", "MemoryTokens"]

PEOPLE = (
    User("1", "Josiah Carberry", "carberry@example.org", "josiah"),
    User("2", "Ada Lovelace", "ada@example.org", "ada"),
    User("3", "John Doe", "john@example.org", "john"),
    User("4", "John Doe", "jd@example.org", "jd"),
)
_ORDER = list(Permission)


class MemoryTokens(PlainRepository, TokenExchange):
    """Tokens for passwords."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.tokens: dict[str, str] = {}
        """The values of those that are in force, by id."""
        self._made = itertools.count(1)

    def exchange(self, name: str) -> Token:
        with self._lock:
            id_ = f"token-{next(self._made)}"
            self.tokens[id_] = f"{self.url}/{id_}/value"
            return Token(self.tokens[id_], None, id_)

    def revoke_token(self, id: str) -> None:
        with self._lock:
            self.tokens.pop(id, None)


class MemorySharing(PlainRepository, Sharing, LinkSharing, Users):
    """People and secret links."""

    permissions: ClassVar[tuple[Permission, ...]] = tuple(Permission)
    link_permissions: ClassVar[tuple[Permission, ...]] = (
        Permission.VIEW,
        Permission.PREVIEW,
        Permission.EDIT,
    )

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.users_known: list[User] = list(PEOPLE)
        """Everybody with an account; two have one name."""
        self._numbers = itertools.count(1)

    def shares(self, id: str) -> list[Share]:
        with self._lock:
            return list(self._shelf(id).shares)

    def grant(self, id: str, people: Sequence[str], permission: Permission) -> list[Share]:
        with self._lock:
            shelf = self._shelf(id)
            found = {name: self._called(name) for name in people}
            unclear = [name for name, users in found.items() if len(users) != 1]
            if unclear:
                raise RejectedError(f"not exactly one user: {', '.join(unclear)}")
            users = {user.id: user for (user,) in found.values()}.values()
            given = [self._grant(shelf.shares, user, permission) for user in users]
            kept = [share for share in shelf.shares if share.id not in {g.id for g in given}]
            shelf.shares = [*kept, *given]
            return given

    def _grant(self, held: Sequence[Share], user: User, permission: Permission) -> Share:
        before = [share.permission for share in held if share.id == f"user-{user.id}"]
        most = max([*before, permission], key=_ORDER.index)
        return Share(f"user-{user.id}", most, user.name)

    def revoke(self, id: str, share: str) -> None:
        with self._lock:
            shelf = self._shelf(id)
            ids = {share, *(f"user-{user.id}" for user in self._called(share))}
            shelf.shares = [one for one in shelf.shares if one.id not in ids and one.who != share]

    def share_link(self, id: str, permission: Permission, expires: datetime | None) -> Share:
        with self._lock:
            shares = self._shelf(id).shares
            for share in shares:
                if share.url and (share.permission, share.expires) == (permission, expires):
                    return share
            number = next(self._numbers)
            url = f"{self.url}/{id}?token=secret{number}"
            shares.append(Share(f"link-{number}", permission, expires=expires, url=url))
            return shares[-1]

    def users(self, query: str) -> Iterator[User]:
        for user in self.users_known:
            known_as = f"{user.name} {user.username} {user.email}".lower()
            if query.lower() in known_as:
                yield user

    def user(self, id: str) -> User:
        for user in self.users_known:
            if user.id == id:
                return user
        raise NotFoundError(f"there is no user {id}")

    def _called(self, name: str) -> list[User]:
        return [u for u in self.users_known if name in {u.id, u.username, u.email, u.name}]
