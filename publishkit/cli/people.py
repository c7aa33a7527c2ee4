"""The commands about what a target has beside deposits: collections and users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publishkit.cli import confirming, logs, options, shown
from publishkit.cli.columns import in_columns, show_columns
from publishkit.cli.groups import Group
from publishkit.cli.output import print_json
from publishkit.text import clean

if TYPE_CHECKING:
    from publishkit.abilities import Collection

__all__ = ["collections", "users"]

_to = options.to(multiple=False, default=None)
_name = click.argument("name")


@click.group(cls=Group)
def collections() -> None:
    """List, show, make and delete collections: NOMAD's datasets, InvenioRDM's communities."""


@collections.command("list", short_help="List the collections that you own or may submit to.")
@click.argument("query", default="")
@_to
@options.as_json
@options.loudness
def list_(*, query: str, to: str, as_json: bool, quiet: bool, verbose: int) -> None:
    """List the collections that you own or may submit to, whose names match QUERY."""
    from publishkit.verbs.collections import collections as look

    logs.configure(verbose)
    found = look(to, query)
    columns = in_columns(as_json=as_json, quiet=quiet)
    none = not (columns and show_columns(found))
    for one in found:
        none = False
        _show(one, as_json=as_json, quiet=quiet)
    if none and not (as_json or quiet):
        click.echo(clean(f"No collections on {to}{f' match {query}' if query else ''}."))


@collections.command()
@_name
@_to
@options.as_json
@options.loudness
def create(*, name: str, to: str, as_json: bool, quiet: bool, verbose: int) -> None:
    """Make a collection; yours of the same name is given instead."""
    from publishkit.verbs.collections import create_collection

    logs.configure(verbose)
    _show(create_collection(name, to), as_json=as_json, quiet=quiet)


@collections.command()
@_name
@_to
@options.as_json
@options.loudness
def show(*, name: str, to: str, as_json: bool, quiet: bool, verbose: int) -> None:
    """Show one collection, by its id or name."""
    from publishkit.verbs.collections import collection

    logs.configure(verbose)
    _show(collection(name, to), as_json=as_json, quiet=quiet)


@collections.command()
@_name
@_to
@options.yes
@options.non_interactive
@options.as_json
@options.loudness
def delete(*, name: str, to: str, yes: bool, as_json: bool, quiet: bool, verbose: int) -> None:
    """Delete a collection; the deposits in it stay."""
    from publishkit.verbs.collections import delete_collection

    logs.configure(verbose)
    confirming.destroying([f"the collection {name} on {to}"], yes=yes)
    found = delete_collection(name, to)
    if found:
        _show(found, as_json=as_json, quiet=quiet, verb="deleted")
    elif not (as_json or quiet):
        click.echo(clean(f"There is no collection {name} on {to}."))


def _show(collection: Collection, *, as_json: bool, quiet: bool, verb: str = "") -> None:
    if as_json:
        print_json(collection)
    elif not quiet:
        shown.show_collection(collection, verb)


@click.command()
@click.argument("query", default="")
@click.option("--id", "id_", metavar="ID", help="The one with this id.")
@_to
@options.as_json
@options.loudness
def users(
    *, query: str, id_: str | None, to: str, as_json: bool, quiet: bool, verbose: int
) -> None:
    """Look people up by name or e-mail address, as far as you may see them."""
    from publishkit.verbs.users import user
    from publishkit.verbs.users import users as look

    logs.configure(verbose)
    if bool(query.strip()) == bool(id_):
        raise click.UsageError("Give a name or a part of it, or an id by --id.")
    found = iter([user(id_, to)]) if id_ else look(query, to)
    columns = in_columns(as_json=as_json, quiet=quiet)
    none = not (columns and show_columns(found))
    for one in found:
        none = False
        if as_json:
            print_json(one)
        elif not quiet:
            shown.show_user(one)
    if none and not (as_json or quiet):
        click.echo(clean(f"Nobody on {to} matches {query}."))
