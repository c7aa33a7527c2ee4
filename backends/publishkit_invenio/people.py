"""People with an account, and which of them a name means."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from publishkit.abilities import Users
from publishkit.errors import AuthenticationError, NotFoundError, RejectedError
from publishkit.repository import User
from publishkit_invenio.connected import Connected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publishkit_invenio.answers import Person

__all__ = ["People", "escaped", "named_by"]

_SPECIAL: Final = re.compile(r'([+\-=&|><!(){}\[\]^"~?:\\/])')
"""What means something in a query; `*` may stay, it stands for the rest of a word."""
_NUMBER: Final = re.compile(r"[0-9]{1,10}")
_LARGEST: Final = 2**31 - 1
_NEAR: Final = 5
"""How many people a refusal names."""


class People(Connected, Users):
    """Looks people up.

    An archive shows those who let themselves be seen, and the e-mail addresses of fewer; the
    search does not find an address that is not shown, but whoever resembles its parts (13.1.2).
    """

    def users(self, query: str) -> Iterator[User]:
        """Those that the archive shows, the best match first; no more than 10 on 13.1.2."""
        for person in self._people(query):
            yield _user(person)

    def user(self, id: str) -> User:
        """The user with a number."""
        person = self._numbered(id)
        if person is None:
            raise NotFoundError(
                f"there is no user {id} that you may see",
                target=self._api.target,
                advice="Look for the name with publishkit users NAME.",
            )
        return _user(person)

    def _people(self, query: str) -> Iterator[Person]:
        """Page by page; 13.1.2 has one page only and gives it again for every number."""
        seen: set[str] = set()
        text, page = escaped(query), 1
        while new := [one for one in self._api.people(text, page) if one.id not in seen]:
            yield from new
            seen |= {one.id for one in new}
            page += 1

    def _resolved(self, names: Sequence[str]) -> list[Person]:
        """Whom names mean, each one user; everybody who is not is named in one error."""
        found = {name: self._candidates(name.strip()) for name in dict.fromkeys(names)}
        wrong = [
            _unclear(name, exact, near) for name, (exact, near) in found.items() if len(exact) != 1
        ]
        if wrong:
            raise RejectedError(
                "; ".join(wrong),
                target=self._api.target,
                advice="Write a user name or a number; publishkit users NAME finds them.",
            )
        return list({exact[0].id: exact[0] for exact, _ in found.values()}.values())

    def _candidates(self, name: str) -> tuple[list[Person], list[Person]]:
        """Those whom a name means, and those who only come near."""
        near = list(self._people(name)) if name else []
        if all(one.id != name for one in near) and (person := self._numbered(name)):
            near.append(person)
        return [one for one in near if named_by(name, one)], near[:_NEAR]

    def _numbered(self, number: str) -> Person | None:
        """Whoever has a number; anything else asked for is a 500 on PostgreSQL (13.1.2)."""
        if not (_NUMBER.fullmatch(number) and int(number) <= _LARGEST):
            return None
        with suppress(NotFoundError, AuthenticationError):
            return self._api.person(number)
        return None


def escaped(query: str) -> str:
    """Words as they are, for the search's query language."""
    return _SPECIAL.sub(r"\\\1", query.strip())


def named_by(name: str, person: Person) -> bool:
    """Whether a name is a person's number, user name, e-mail address or full name."""
    own = (person.id, person.username, person.email, person.profile.full_name)
    return name.casefold() in {one.casefold() for one in own if one}


def _unclear(name: str, exact: Sequence[Person], near: Sequence[Person]) -> str:
    if exact:
        return f"{name!r} is more than one user: {_shown(exact)}"
    hidden = " (or does not show it)" if "@" in name else ""
    nobody = f"nobody is called {name!r}{hidden}"
    return f"{nobody}; near it: {_shown(near)}" if near else nobody


def _shown(people: Sequence[Person]) -> str:
    return ", ".join(f"{one.name} ({one.username or 'user'}, number {one.id})" for one in people)


def _user(person: Person) -> User:
    return User(
        id=person.id,
        name=person.name,
        email=person.email or "",
        username=person.username or "",
        affiliation=person.profile.affiliations or "",
    )
