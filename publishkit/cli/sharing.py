"""The command that shares deposits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publishkit.cli import logs, options, running, shown
from publishkit.cli.output import print_json
from publishkit.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from publishkit.abilities import Share
    from publishkit.finding import Found

__all__ = ["share"]


@click.command()
@options.what
@options.at
@click.option("--with", "people", multiple=True, metavar="WHO", help="Give somebody access.")
@click.option("--link", is_flag=True, help="Make a secret link.")
@click.option(
    "--permission",
    type=click.Choice(["view", "preview", "edit", "manage"]),
    help="What may be done; without it, seeing it, as a draft too.",
)
@click.option("--expires", metavar="WHEN", help="When the link ends: 2026-12-31, or 30d.")
@click.option("--revoke", metavar="WHO", help="Take access back, by a person or a share's id.")
@click.option(
    "--save-secret-links",
    is_flag=True,
    help="Keep the link's address in the links file, for everybody who reads that.",
)
@options.links
@options.as_json
@options.loudness
def share(
    *,
    what: str,
    to: str | None,
    people: tuple[str, ...],
    link: bool,
    permission: str | None,
    expires: str | None,
    revoke: str | None,
    save_secret_links: bool,
    links: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Give people access, or make a secret link; without either, show who has access.

    WHAT is a record folder or a folder of them, an id, a DOI or the URL of a page. WHO is somebody
    by id, user name, e-mail address or full name; --with can be given several times.
    """
    from publishkit.verbs.share import share_each, shares_each, unshare_each

    logs.configure(verbose)
    told = permission or expires or save_secret_links
    _refuse_combination(gives=bool(people or link), revokes=bool(revoke), told=bool(told))
    if revoke:
        gone = unshare_each(what, revoke, to, links=links)
        nobody = ("unchanged", f": nobody of that name has access ({revoke})")
        _show_shares(gone, as_json=as_json, quiet=quiet, verb="unshared", nobody=nobody)
    elif people or link:
        made = share_each(
            what,
            to,
            people=people,
            link=link,
            permission=permission,
            expires=expires,
            links=links,
            save_secret_links=save_secret_links,
        )
        _show_shares(made, as_json=as_json, quiet=quiet, secret=True)
    else:
        _show_shares(shares_each(what, to, links=links), as_json=as_json, quiet=quiet)


def _refuse_combination(*, gives: bool, revokes: bool, told: bool) -> None:
    if revokes and gives:
        raise click.UsageError("Give access, or take it back by --revoke: one at a time.")
    if told and not gives:
        raise click.UsageError(
            "--permission, --expires and --save-secret-links go with --with or --link."
        )


def _show_shares(
    each: Iterable[tuple[Found, Sequence[Share]]],
    *,
    as_json: bool,
    quiet: bool,
    secret: bool = False,
    verb: str = "shared",
    nobody: tuple[str, str] = ("shared", " with nobody"),
) -> None:
    """Print shares; with `secret` the addresses of links too, and `nobody` where there is none."""
    with running.naming_failures():
        for found, shares in each:
            where = f"{found.name} on {found.target.name}"
            for one in shares:
                if as_json:
                    print_json(one)
                    continue
                if not quiet:
                    shown.show_share(where, one, verb=verb)
                if secret and one.url:
                    _show_url(one, quiet=quiet)
            if not shares and not (as_json or quiet):
                shown.show_line(nobody[0], where + nobody[1])


def _show_url(share: Share, *, quiet: bool) -> None:
    click.echo(clean(share.url))
    if not quiet:
        can = "see" if share.permission in {"view", "preview"} else "change"
        click.echo(f"Anybody who has this link can {can} the record.", err=True)
