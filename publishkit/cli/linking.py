"""The commands that say what deposits belong to: link, doi."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publishkit.cli import confirming, logs, options, running, shown
from publishkit.cli.groups import Group
from publishkit.cli.output import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from publishkit.hooks import Target

__all__ = ["doi", "link"]


@click.command()
@options.what
@options.at
@click.option("--collection", metavar="NAME", help="Put it into a collection, by name or id.")
@click.option("--to-record", metavar="OTHER", help="Relate it to a folder, id, DOI or URL.")
@click.option(
    "--relation", default="references", show_default=True, help="How: issupplementto, ..."
)
@click.option("--cross", is_flag=True, help="Let its deposits on several targets name each other.")
@options.recursive
@options.links
@options.as_json
@options.loudness
def link(
    *,
    what: str,
    to: str | None,
    collection: str | None,
    to_record: str | None,
    relation: str,
    cross: bool,
    recursive: bool,
    links: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Put deposits into a collection, or relate them to other works.

    WHAT is a record folder or a folder of them, an id, a DOI or the URL of a page.
    """
    from publishkit.verbs.link import link_each

    logs.configure(verbose)
    if not (collection or to_record or cross):
        raise click.UsageError("Say what to link to: --collection, --to-record or --cross.")
    made = link_each(
        what,
        to,
        collection=collection,
        to_record=to_record,
        relation=relation,
        cross=cross,
        recursive=recursive,
        links=links,
    )
    with running.naming_failures():
        for one in made:
            if as_json:
                print_json(one)
            elif not quiet:
                shown.show_link(one)


@click.group(cls=Group)
def doi() -> None:
    """Reserve or assign DOIs."""


@doi.command()
@options.what
@options.at
@options.links
@options.as_json
@options.loudness
def reserve(
    *, what: str, to: str | None, links: Path | None, as_json: bool, quiet: bool, verbose: int
) -> None:
    """Reserve the DOI that is registered when a draft is published."""
    from publishkit.verbs.doi import reserve_each

    logs.configure(verbose)
    reserved = reserve_each(what, to, links=links)
    running.show_each(reserved, as_json=as_json, quiet=quiet, verb="reserved")


@doi.command(short_help="Register a DOI for a published deposit or a collection.")
@options.what_if_any
@options.at
@click.option("--collection", metavar="NAME", help="Assign it to a collection; needs --to.")
@options.yes
@options.non_interactive
@options.links
@options.as_json
@options.loudness
def assign(
    *,
    what: str | None,
    to: str | None,
    collection: str | None,
    yes: bool,
    links: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Register a DOI for a published deposit, or for a collection; that cannot be undone."""
    from publishkit.verbs.doi import assign_collection_doi, assign_each

    logs.configure(verbose)

    def sure(targets: Sequence[Target]) -> None:
        confirming.registering(targets, yes=yes)

    if bool(what) == bool(collection):
        raise click.UsageError("Name a deposit, or a collection by --collection.")
    if what:
        assigned = assign_each(what, to, links=links, confirm=sure)
        running.show_each(assigned, as_json=as_json, quiet=quiet, verb="assigned")
    elif collection and to:
        found = assign_collection_doi(collection, to, confirm=sure)
        if as_json:
            print_json(found)
        elif not quiet:
            shown.show_collection(found, "assigned")
    else:
        raise click.UsageError("--collection needs --to.")
