"""The commands that take deposits away: delete, discard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publishkit.cli import confirming, logs, options, running, shown
from publishkit.cli.output import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from publishkit.finding import Found

__all__ = ["delete", "discard"]


@click.command()
@options.what
@options.at
@options.non_interactive
@click.option("--yes", is_flag=True, help="Destroy it without asking, also where it could be kept.")
@options.recursive
@options.links
@options.as_json
@options.loudness
def delete(
    *,
    what: str,
    to: str | None,
    yes: bool,
    recursive: bool,
    links: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Delete drafts; the folder stays. What can be kept aside is, unless --yes is given.

    WHAT is a record folder or a folder of them, an id or the URL of a page.
    """
    from publishkit.verbs.delete import delete_each

    logs.configure(verbose)

    def sure(found: Sequence[Found]) -> None:
        confirming.destroying([f"{one.name} on {one.target.name}" for one in found], yes=yes)

    none = True
    gone = delete_each(what, to, destroy=yes, recursive=recursive, links=links, confirm=sure)
    with running.naming_failures():
        for one in gone:
            none = False
            if as_json:
                print_json(one)
            elif not quiet:
                shown.show_deleted(one)
    if none and not (as_json or quiet):
        shown.show_line("nothing", f"{what} has no deposit")


@click.command()
@options.what
@options.at
@options.recursive
@options.links
@options.as_json
@options.loudness
def discard(
    *,
    what: str,
    to: str | None,
    recursive: bool,
    links: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Throw away the open edit, or the new version's draft, of what is published.

    WHAT is a record folder or a folder of them, an id, a DOI or the URL of a page.
    """
    from publishkit.verbs.delete import discard_each

    logs.configure(verbose)
    discarded = discard_each(what, to, recursive=recursive, links=links)
    running.show_each(discarded, as_json=as_json, quiet=quiet, verb="discarded")
