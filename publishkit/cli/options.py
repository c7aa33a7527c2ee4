"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from publishkit.cli import completing

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
    "what_if_any",
    "whats",
    "yes",
]

Command = Callable[..., Any]

records = click.argument(
    "records",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    shell_complete=completing.folders,
)
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
        shell_complete=completing.targets,
        help="Where to: see `publishkit targets`, or ad hoc, BACKEND+https://host.",
    )
    if default is None:  # click takes a default of None for an answer, required or not
        return option(required=True)
    return option(default=(default,) if multiple else default, show_default=True)


def loudness(command: Command) -> Command:
    """How much a command says."""
    command = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")(command)
    return click.option(
        "-v", "--verbose", count=True, help="Say what is repeated (-v), every request (-vv)."
    )(command)


what = click.argument("what", shell_complete=completing.folders)
"""A record folder, an id with `--to`, a DOI or the URL of a page."""
what_if_any = click.argument("what", required=False, shell_complete=completing.folders)
whats = click.argument("what", nargs=-1, required=True, shell_complete=completing.folders)
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
        shell_complete=completing.targets,
        help="Where it is; needed for an id, and where a folder is in several places.",
    )(command)
