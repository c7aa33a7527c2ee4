"""Users, found by what people call them, each exactly one.

NOMAD itself takes the first user whose name, user name or address contains what is asked for
(seen on 1.3.17 to 2.0.0), so that `s` makes a stranger a coauthor.
"""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING, Final

from publishkit.repository import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publishkit_nomad.answers import Person
    from publishkit_nomad.api import NomadApi

__all__ = ["People", "UnclearUserError", "shown", "user_of"]

_USER_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_NAMED_AT_MOST: Final = 5


class UnclearUserError(Exception):
    """Not exactly one user has the name."""


def shown(user: Person) -> str:
    """A user as a person recognises them: name, user name, affiliation."""
    more = ", ".join(text for text in (user.username, user.affiliation) if text)
    return f"{user.name} ({more})" if more else user.name


def user_of(person: Person) -> User:
    """A person as every repository tells of them."""
    return User(
        id=person.user_id,
        name=person.name,
        email=person.email or "",
        username=person.username or "",
        affiliation=person.affiliation or "",
    )


class People:
    """The users of one NOMAD; remembers those found."""

    def __init__(self, api: NomadApi) -> None:
        self._api = api
        self._known: dict[str, Person] = {}
        self._me: Person | None = None
        self._lock = Lock()

    def me(self) -> Person:
        """Who is signed in."""
        with self._lock:
            if self._me is None:
                self._me = self._api.me()
            return self._me

    def signed_in(self) -> Person:
        """Who is signed in, asked anew."""
        found = self._api.me()
        with self._lock:
            self._me = found
        return found

    def find(self, called: str) -> Person:
        """The one user with this id, user name, e-mail address or full name.

        Raises:
            UnclearUserError: There is none, or more than one; says who comes near.
        """
        with self._lock:
            known = self._known.get(called)
        if known is None:
            known = self._ask(called)
            with self._lock:
                self._known[called] = known
        return known

    def by_id(self, user_id: str) -> Person | None:
        """The user with exactly this id; remembered.

        By the list, since `/users/{id}` answers 500 to an id that nobody has.
        """
        with self._lock:
            known = self._known.get(user_id)
        if known is not None and known.user_id == user_id:
            return known
        near = self._api.users(user_id=user_id)
        found = next((user for user in near if user.user_id == user_id), None)
        if found is not None:
            with self._lock:
                self._known[user_id] = found
        return found

    def matching(self, query: str) -> Iterator[Person]:
        """Everybody of whom NOMAD finds every word of the query in a name or an address."""
        words = query.replace(",", " ").split()
        found = [{u.user_id: u for u in self._api.users(prefix=word)} for word in words]
        for user_id, user in (found[0] if found else {}).items():
            if all(user_id in others for others in found[1:]):
                yield user

    def _ask(self, called: str) -> Person:
        if _USER_ID.fullmatch(called):
            near = self._api.users(user_id=called)
            return _only(called, (u for u in near if u.user_id.lower() == called.lower()), near)
        near = self._near(called)
        exact = [u for u in near if (u.username or "").casefold() == called.casefold()]
        if not exact and _EMAIL.fullmatch(called):
            # addresses are never shown, so that a whole one can only be trusted to find its owner
            exact = list(_distinct((*near, *self._api.users(email=called))))
        if not exact:
            exact = [u for u in near if _words(u.name) == _words(called)]
        return _only(called, exact, near)

    def _near(self, called: str) -> tuple[Person, ...]:
        """Who has any part of it: how a name of several words is searched for is not defined."""
        words = called.replace(",", " ").split()
        asked = dict.fromkeys((called, *words))
        found = [user for text in asked for user in self._api.users(prefix=text)]
        return tuple(_distinct(found))


def _words(name: str) -> list[str]:
    """A name's words in any order, so that `Doe, Jane` is `Jane Doe`."""
    return sorted(name.replace(",", " ").casefold().split())


def _distinct(users: Iterable[Person]) -> Iterable[Person]:
    return {user.user_id: user for user in users}.values()


def _only(called: str, exact: Iterable[Person], near: Iterable[Person]) -> Person:
    found = list(_distinct(exact))
    if len(found) == 1:
        return found[0]
    names = [shown(user) for user in found or near][:_NAMED_AT_MOST]
    listed = "; ".join(names)
    if found:
        raise UnclearUserError(f"several users are called {called}: {listed}")
    hint = f"; near it: {listed}" if listed else ""
    raise UnclearUserError(f"no user of this NOMAD is called {called}{hint}")
