"""Who may see a deposit: people by grants, and whoever has a secret link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from publishkit.abilities import LinkSharing, Permission, Share, Sharing
from publishkit.errors import LostAnswerError, RejectedError
from publishkit.repository import State
from publishkit_invenio.deposits import links_of, state_of
from publishkit_invenio.people import People, named_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from publishkit_invenio.answers import Deposited, Grant, SecretLink

__all__ = ["Access"]

_ORDER: Final = tuple(Permission)
_USER: Final = "user:"


class Access(People, Sharing, LinkSharing):
    """Gives and takes access; below `/records/{id}/access` it is the same for drafts.

    All versions of a record share their grants and secret links.
    """

    permissions: ClassVar[tuple[Permission, ...]] = _ORDER
    link_permissions: ClassVar[tuple[Permission, ...]] = _ORDER[:3]
    """A `view` link opens nothing until the draft is published (403)."""

    # ---- people ----

    def shares(self, id: str) -> list[Share]:
        """The grants, of groups too, and the secret links."""
        found = self._existing(id)
        grants = [_granted(grant) for grant in self._api.grants(id)]
        return [*grants, *(_linked(link, found) for link in self._api.secret_links(id))]

    def grant(self, id: str, people: Sequence[str], permission: Permission) -> list[Share]:
        """Give people access; who may do less than this may do this afterwards."""
        persons = [person.id for person in self._resolved(people)]
        held = self._granted_to(id)
        new = [person for person in persons if person not in held]
        if new:
            self._grant_new(id, new, permission)
        for person in persons:
            if person in held and _less(held[person], permission):
                self._api.regrant(id, person, permission)
        wanted = {f"{_USER}{person}" for person in persons}
        return [share for share in map(_granted, self._api.grants(id)) if share.id in wanted]

    def _grant_new(self, id_: str, people: Sequence[str], permission: Permission) -> None:
        try:
            self._api.grant(id_, people, permission)
        except RejectedError as error:
            if "already exists" not in error.answer:
                raise
            held = self._granted_to(id_)  # a repeated request whose first answer was lost
            left = [person for person in people if person not in held]
            if left:
                self._api.grant(id_, left, permission)

    def _granted_to(self, id_: str) -> dict[str, str]:
        """What each person may do, by their number."""
        grants = self._api.grants(id_)
        return {one.subject.id: one.permission for one in grants if one.subject.type == "user"}

    def revoke(self, id: str, share: str) -> None:
        """Delete a grant, by its id or the person's name, or a secret link by its id."""
        grants = self._api.grants(id)
        meant = [one for one in grants if share == _granted(one).id]
        meant = meant or [one for one in grants if _is_of(one, share)]
        if len(meant) > 1:
            raise self._unclear_share(share, meant)
        if meant:
            kind = "users" if meant[0].subject.type == "user" else "groups"
            self._api.revoke(id, kind, meant[0].subject.id)
        elif any(link.id == share for link in self._api.secret_links(id)):
            self._api.delete_secret_link(id, share)

    def _unclear_share(self, name: str, meant: Sequence[Grant]) -> RejectedError:
        shown = ", ".join(f"{one.who} ({one.id})" for one in map(_granted, meant))
        return RejectedError(
            f"{name!r} is more than one who has access: {shown}",
            target=self._api.target,
            advice="Write the id, which is in parentheses.",
        )

    # ---- links ----

    def share_link(self, id: str, permission: Permission, expires: datetime | None) -> Share:
        """A secret link; a moment becomes the first midnight in UTC that is not before it.

        A secret link ends with a day: a time of day is refused (13.1.2).
        """
        until = self._day(expires)
        if permission not in self.link_permissions:
            raise RejectedError(
                f"a secret link cannot give the permission to {permission}",
                target=self._api.target,
                advice=f"Choose one of {', '.join(self.link_permissions)}, or name the people.",
            )
        found = self._existing(id)
        try:
            link = self._same_link(id, permission, until)
            return _linked(link or self._api.make_secret_link(id, permission, until), found)
        except LostAnswerError:
            link = self._same_link(id, permission, until)
            if link is None:
                raise
            return _linked(link, found)

    def _same_link(self, id_: str, permission: str, until: date | None) -> SecretLink | None:
        for link in self._api.secret_links(id_):
            end = link.expires_at.date() if link.expires_at else None
            if (link.permission, end) == (permission, until) and link.token:
                return link
        return None

    def _day(self, expires: datetime | None) -> date | None:
        if expires is None:
            return None
        if expires.tzinfo is None or expires <= datetime.now(UTC):
            wrong = "has no time zone" if expires.tzinfo is None else "is over"
            raise RejectedError(
                f"the end of the secret link, {expires.isoformat()}, {wrong}",
                target=self._api.target,
                advice="Give a time to come, with its zone.",
            )
        moment = expires.astimezone(UTC)
        day = moment.date()
        whole = moment == datetime(day.year, day.month, day.day, tzinfo=UTC)
        return day if whole else day + timedelta(days=1)


def _less(held: str, permission: Permission) -> bool:
    return held in _ORDER and _ORDER.index(Permission(held)) < _ORDER.index(permission)


def _permission(name: str) -> Permission:
    """A permission of a newer server that is not known here is at least the least one."""
    return Permission(name) if name in _ORDER else Permission.VIEW


def _granted(grant: Grant) -> Share:
    person = grant.expanded.subject
    return Share(
        id=f"{grant.subject.type}:{grant.subject.id}",
        permission=_permission(grant.permission),
        who=person.name if person else grant.subject.id,
    )


def _is_of(grant: Grant, name: str) -> bool:
    person = grant.expanded.subject
    return name == grant.subject.id or (person is not None and named_by(name, person))


def _linked(link: SecretLink, found: Deposited) -> Share:
    return Share(
        id=link.id,
        permission=_permission(link.permission),
        expires=link.expires_at,
        url=_page(link, found),
    )


def _page(link: SecretLink, found: Deposited) -> str:
    """The page that a link opens: a draft's own to edit it, its preview, or the record's."""
    links = links_of(found)
    page = links.get("record_html") or links.get("self_html") or links.get("self", "")
    if not (link.token and page):
        return ""
    if state_of(found) is not State.PUBLISHED:
        if link.permission == Permission.PREVIEW:
            return f"{page}?preview=1&token={link.token}"
        if link.permission == Permission.EDIT:
            page = links.get("self_html", page)
    return f"{page}?token={link.token}"
