"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

__all__ = [
    "allow_secrets",
    "as_json",
    "at",
    "links",
    "loudness",
    "records",
    "recursive",
    "to",
    "what",
    "whats",
    "yes",
]

Command = Callable[..., Any]

records = click.argument("records", nargs=-1, required=True, type=click.Path(path_type=Path))
recursive = click.option(
    "--recursive", is_flag=True, help="Look for records in deeper folders too."
)
links = click.option(
    "--links",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The links file to use, instead of records_links.json beside the records.",
)


def to(*, multiple: bool, default: str | None = "local") -> Callable[[Command], Command]:
    """Where to; a command may take several targets. Without a default it must be said."""
    option = partial(
        click.option,
        "--to",
        "to",
        metavar="TARGET",
        multiple=multiple,
        help="Where to: see `publishkit targets`, or ad hoc, BACKEND+https://host.",
    )
    if default is None:  # click takes a default of None for an answer, required or not
        return option(required=True)
    return option(default=(default,) if multiple else default, show_default=True)


def loudness(command: Command) -> Command:
    """How much a command says."""
    command = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")(command)
    return click.option(
        "-v", "--verbose", count=True, help="Say each request (-v), what is in them too (-vv)."
    )(command)


what = click.argument("what")
"""A record folder, an id with `--to`, a DOI or the URL of a page."""
whats = click.argument("what", nargs=-1, required=True)
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line, for machines."
)
allow_secrets = click.option(
    "--allow-secrets", is_flag=True, help="Send files too that look like credentials."
)
yes = click.option("--yes", is_flag=True, help="Do it without asking.")


def at(command: Command) -> Command:
    """The target of what is named by a folder, DOI or URL too, so that it is seldom needed."""
    return click.option(
        "--to",
        "to",
        metavar="TARGET",
        help="Where it is; needed for an id, and where a folder is in several places.",
    )(command)
