"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any, Final

import click

from publishkit.cli import completing

__all__ = [
    "allow_secrets",
    "as_json",
    "at",
    "links",
    "loudness",
    "non_interactive",
    "records",
    "recursive",
    "target",
    "to",
    "what",
    "what_if_any",
    "whats",
    "yes",
]

Command = Callable[..., Any]
NEVER_ASK: Final = "publishkit.never_ask"
"""The key under which click's context knows that nobody may be asked."""

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
        help="A name that `publishkit targets` lists, or ad hoc, BACKEND+https://host."
        + " Can be given several times." * multiple,
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


def target(command: Command) -> Command:
    """The one target that a command is about: an argument, or `--to` as everywhere else."""

    def chosen(*, target: str | None, to: str | None, **more: Any) -> Any:  # noqa: ANN401 - click's
        if target and to and target != to:
            raise click.UsageError(f"{target} and --to {to} are two targets: name one.")
        named = target or to
        if not named:
            raise click.UsageError("Missing argument 'TARGET': see publishkit targets.")
        return command(to=named, **more)

    known = completing.targets
    argument = click.argument("target", required=False, shell_complete=known)
    taking = argument(update_wrapper(chosen, command))
    return click.option(
        "--to", "to", metavar="TARGET", shell_complete=known, help="The same as TARGET."
    )(taking)


def _never_ask(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    if value:
        context.meta[NEVER_ASK] = True


non_interactive = click.option(
    "--non-interactive",
    is_flag=True,
    expose_value=False,
    callback=_never_ask,
    envvar="PUBLISHKIT_NON_INTERACTIVE",
    help="Never ask: end with exit code 2 instead.",
)
"""For every command that may ask a question; see `confirming.may_ask`."""
