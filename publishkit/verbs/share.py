"""Give people access to deposits, or make secret links to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit.abilities import LinkSharing, Permission, Share, Sharing
from publishkit.errors import ConfigError, UnsupportedError
from publishkit.expiry import as_time
from publishkit.finding import Found, Keeper, able, find, keeping
from publishkit.tables import tabled
from publishkit.verbs.working import as_path, collected, distinct, each, sign_in, whole

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.repository import Deposit

__all__ = ["share", "share_each", "shares", "shares_each", "unshare", "unshare_each"]

_SHARES: Final = "share deposits"


@tabled
def share(
    what: str | Path,
    to: str | None = None,
    *,
    people: str | Sequence[str] = (),
    link: bool = False,
    permission: Permission | str | None = None,
    expires: str | dt.date | dt.datetime | None = None,
    links: str | Path | None = None,
    save_secret_links: bool = False,
) -> list[Share]:
    """Give people access to a deposit, make a secret link to it, or both; again is success.

    Args:
        what: A record folder or a folder of them, an id, a DOI or the URL of a page.
        to: The name of the target; for a folder that is on several, all of them by default.
        people: Each by id, user name, e-mail address or full name.
        link: Whether to make a secret link.
        permission: What they may do; by default to see it, as a draft too.
        expires: When the link ends: a day, a time with its zone, or `30d`.
        links: The links file, instead of the one that knows the folder.
        save_secret_links: Whether the links file keeps the link's address, by which anybody who
            reads that file can see the record.

    Raises:
        UnsupportedError: The target cannot share, or not so.
        RejectedError: Somebody is not exactly one user; nobody was given access.
        ConfigError: There is nobody to share with, or the folder has no deposit.
        PartialError: Some of several deposits were not shared; `done` has the shares of the others.
    """
    found = share_each(
        what,
        to,
        people=people,
        link=link,
        permission=permission,
        expires=expires,
        links=links,
        save_secret_links=save_secret_links,
    )
    return collected(one for _, made in found for one in made)


def share_each(
    what: str | Path,
    to: str | None = None,
    *,
    people: str | Sequence[str] = (),
    link: bool = False,
    permission: Permission | str | None = None,
    expires: str | dt.date | dt.datetime | None = None,
    links: str | Path | None = None,
    save_secret_links: bool = False,
) -> Iterator[tuple[Found, list[Share]]]:
    """Share as `share` does, deposit by deposit."""
    names = (people,) if isinstance(people, str) else tuple(people)
    if not names and not link:
        raise ConfigError("there is nobody to share with", advice="Name people, or ask for a link.")
    if expires and not link:
        raise ConfigError("only a secret link can expire", advice="Ask for one, or leave that out.")
    until = as_time(expires) if expires else None
    found = whole(find(what, to, links=as_path(links)), "share")
    makers = {id(one): _makers(one, names, permission, until, found, link=link) for one in found}
    sign_in(found)

    def shared(one: Found) -> Iterator[tuple[Found, list[Share]]]:
        with keeping(one) as keeper:
            before = one.repository.get(one.id)
            made = [share for make in makers[id(one)] for share in make()]
            _keep(one, keeper, before, made, whole=save_secret_links)
        yield one, made

    yield from each(found, shared)


def _makers(
    found: Found,
    people: Sequence[str],
    permission: Permission | str | None,
    until: dt.datetime | None,
    among: Sequence[Found],
    *,
    link: bool,
) -> list[Callable[[], list[Share]]]:
    """What gives access to one deposit, after a look at whether it can be given."""
    makers: list[Callable[[], list[Share]]] = []
    target, id_ = found.target, found.id
    if people:
        sharing = able(found.repository, Sharing, target, "give people access", among)
        kind = _permission(permission, sharing.permissions, f"give people on {target.name}")
        makers.append(lambda: sharing.grant(id_, people, kind))
    if link:
        linking = able(found.repository, LinkSharing, target, "make secret links", among)
        how = _permission(permission, linking.link_permissions, f"give by a link on {target.name}")
        makers.append(lambda: [linking.share_link(id_, how, until)])
    return makers


def _permission(
    wanted: Permission | str | None, known: Sequence[Permission], where: str
) -> Permission:
    if wanted is None:
        return Permission.PREVIEW if Permission.PREVIEW in known else known[0]
    if wanted in set(known):
        return Permission(wanted)
    raise UnsupportedError(
        f"one cannot {where} the permission {wanted}",
        advice=f"Choose one of {', '.join(known)}.",
    )


def _keep(
    found: Found, keeper: Keeper, before: Deposit, made: Sequence[Share], *, whole: bool
) -> None:
    row = keeper.row
    if row is None:
        return
    kept = {str(one.get("id", "")): dict(one) for one in row.shares}
    for share in made:
        if not share.who:
            old = kept.get(share.id, {})
            kept[share.id] = {**old, **_noted(share, whole=whole)}
    keeper.keep(found.repository.get(found.id), before=before, shares=tuple(kept.values()))


def _noted(share: Share, *, whole: bool) -> dict[str, JsonValue]:
    noted: dict[str, JsonValue] = {"id": share.id, "permission": share.permission.value}
    if share.expires:
        noted["expires"] = share.expires.isoformat().replace("+00:00", "Z")
    if whole and share.url:
        noted["url"] = share.url
    return noted


@tabled
def shares(
    what: str | Path, to: str | None = None, *, links: str | Path | None = None
) -> list[Share]:
    """Everybody who was given access to a deposit, and every secret link.

    Args:
        what: As for `share`.
        to: As for `share`.
        links: As for `share`.

    Raises:
        UnsupportedError: The target cannot share.
    """
    return collected(one for _, kept in shares_each(what, to, links=links) for one in kept)


def shares_each(
    what: str | Path, to: str | None = None, *, links: str | Path | None = None
) -> Iterator[tuple[Found, list[Share]]]:
    """List as `shares` does, deposit by deposit."""
    yield from each(_sharable(what, to, links), lambda one: [(one, _sharing(one).shares(one.id))])


@tabled
def unshare(
    what: str | Path,
    whom: str,
    to: str | None = None,
    *,
    links: str | Path | None = None,
) -> list[Share]:
    """Take access back; that nobody has it is success.

    Args:
        what: As for `share`.
        whom: The id of a share, or the person as `shares` names them.
        to: As for `share`.
        links: As for `share`.

    Returns:
        What was taken back; nothing where nobody of that name or id had access.

    Raises:
        UnsupportedError: The target cannot share.
        PartialError: It was not taken back everywhere; `done` has what was.
    """
    return collected(one for _, gone in unshare_each(what, whom, to, links=links) for one in gone)


def unshare_each(
    what: str | Path,
    whom: str,
    to: str | None = None,
    *,
    links: str | Path | None = None,
) -> Iterator[tuple[Found, list[Share]]]:
    """Take access back as `unshare` does, deposit by deposit."""

    def unshared(one: Found) -> Iterator[tuple[Found, list[Share]]]:
        sharing = _sharing(one)
        with keeping(one) as keeper:
            before, had = one.repository.get(one.id), sharing.shares(one.id)
            sharing.revoke(one.id, whom)
            left = {share.id for share in sharing.shares(one.id)}
            row = keeper.row
            kept = tuple(s for s in (row.shares if row else ()) if s.get("id") != whom)
            keeper.keep(one.repository.get(one.id), before=before, shares=kept)
        yield one, [share for share in had if share.id not in left]

    yield from each(_sharable(what, to, links), unshared)


def _sharable(what: str | Path, to: str | None, links: str | Path | None) -> list[Found]:
    """The deposits that are meant, all of which can be shared."""
    found = distinct(find(what, to, links=as_path(links)))
    for one in found:
        able(one.repository, Sharing, one.target, _SHARES, found)
    sign_in(found)
    return found


def _sharing(found: Found) -> Sharing:
    return able(found.repository, Sharing, found.target, _SHARES)
