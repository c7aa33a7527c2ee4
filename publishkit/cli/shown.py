"""What the command line prints of deposits: one line each, and what there is to add below."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from publishkit.showing.ink import Ink
from publishkit.text import clean, plural, size

if TYPE_CHECKING:
    from pydantic import JsonValue

    from publishkit.abilities import Collection, Share
    from publishkit.repository import User
    from publishkit.verbs.delete import Deleted
    from publishkit.verbs.link import Linkage
    from publishkit.verbs.status import Status

__all__ = [
    "show_collection",
    "show_deleted",
    "show_line",
    "show_link",
    "show_share",
    "show_status",
    "show_user",
]

_BELOW = " " * 11
_COLOURS = {"failed": "red", "gone": "red", "declined": "red", "processing": "yellow"}
_MOST = 20  # lines of one kind


def show_line(verb: str, text: str, *, colour: str | None = None, err: bool = False) -> None:
    """Print one line: what was done, to what."""
    ink = Ink.of(sys.stderr if err else sys.stdout)
    click.echo(f"{ink.paint(f'{verb:<10}', colour)} {clean(text)}", err=err, color=True)


def show_status(status: Status) -> None:
    """Print how a deposit stands."""
    where = f"{status.name} on {status.target}"
    known = [f"id {status.id}"] * (status.id != status.name)
    total = sum(file.size for file in status.files.values())
    if status.state != "gone":
        known.append(f"{plural(len(status.files), 'file')}, {size(total)}")
    ink = Ink.of(sys.stdout)
    verb = ink.paint(f"{status.state.value:<10}", _COLOURS.get(status.state.value))
    parts = [f"{verb} {clean(where)}: {clean(', '.join(known))}"]
    if status.doi:
        parts.append(ink.link(clean(status.doi), f"https://doi.org/{status.doi}"))
    if status.page:
        parts.append(ink.link(clean(status.page), status.page))
    click.echo("  ".join(parts), color=True)
    if status.title:
        _below(f"title: {status.title}")
    incomplete = [key for key, file in status.files.items() if not file.complete]
    _below_each("not complete", incomplete)
    _below_each("not processed", status.failures)
    for name, value in status.details.items():
        if value and (text := _in_words(value)):  # nothing, no and zero are not worth a line
            _below(f"{name.replace('_', ' ')}: {text}")


def _in_words(value: JsonValue) -> str:
    """A detail in one line: text as it is, objects by their fields, of long lists the number."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, Mapping):
        each = {key: _in_words(one) for key, one in value.items()}
        return ", ".join(f"{key.replace('_', ' ')} {words}" for key, words in each.items() if words)
    if isinstance(value, Sequence) and not isinstance(value, str):
        plain = all(not isinstance(one, Mapping | list) for one in value)
        return (
            ", ".join(map(_in_words, value)) if plain and len(value) <= _MOST else f"{len(value)}"
        )
    return str(value)


def _below_each(what: str, items: Sequence[str]) -> None:
    for item in items[:_MOST]:
        _below(f"{what}: {item}")
    if len(items) > _MOST:
        _below(f"{what}: {len(items) - _MOST} more")


def _below(text: str) -> None:
    click.echo(f"{_BELOW}{clean(text)}")


def show_share(where: str, share: Share, *, verb: str = "shared") -> None:
    """Print who may do what; of a secret link not its address."""
    whom = f"with {share.who}" if share.who else "by a secret link"
    end = f", until {share.expires:%Y-%m-%d %H:%M} UTC" if share.expires else ""
    show_line(verb, f"{where} {whom}: {share.permission}{end} (id {share.id})")


def show_link(linkage: Linkage) -> None:
    """Print what a deposit belongs to now."""
    where = f"{linkage.name} on {linkage.target}"
    if linkage.link:
        show_line("linked", f"{where}: {linkage.link.relation} {linkage.link.identifier}")
    if linkage.collection:
        name = linkage.collection.name or linkage.collection.id
        verb = "asked" if linkage.waiting else "linked"
        waits = " once it is published" if linkage.draft else ""
        waits = ", once its curators accept it" if linkage.waiting else waits
        show_line(verb, f"{where}: in {name}{waits}", colour="yellow" if linkage.waiting else None)


def show_deleted(deleted: Deleted) -> None:
    """Print what is gone, and where it is kept."""
    known = f" ({deleted.id})" if deleted.id != deleted.name else ""
    if deleted.already:
        show_line("gone", f"{deleted.name} on {deleted.target}{known}: deleted before")
        return
    kept = f", kept in {deleted.kept_at}" if deleted.kept_at else ""
    show_line("deleted", f"{deleted.name} on {deleted.target}{known}{kept}")


def show_collection(collection: Collection, verb: str = "") -> None:
    """Print a collection."""
    name = collection.name or collection.slug
    known = ", ".join(filter(None, [f"id {collection.id}", collection.slug]))
    made = f"made {collection.created:%Y-%m-%d}" if collection.created else ""
    text = "  ".join(filter(None, [f"{name} ({known})", made, collection.doi, collection.page]))
    if verb:
        show_line(verb, text)
    else:
        click.echo(clean(text))


def show_user(user: User) -> None:
    """Print a user."""
    mail = f"<{user.email}>" if user.email else ""
    text = [user.name or user.username, mail, f"(id {user.id})", user.username, user.affiliation]
    click.echo(clean("  ".join(filter(None, dict.fromkeys(text)))))
