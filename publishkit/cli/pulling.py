"""The commands that get things: pull, the files of entries, raw requests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publishkit.cli import catalogue, completing, logs, options, report
from publishkit.cli.output import print_json
from publishkit.errors import (
    AuthenticationError,
    PublishkitError,
    RejectedError,
    TemporaryError,
)
from publishkit.text import clean, near, plural, size

if TYPE_CHECKING:
    from publishkit.abilities import Answer
    from publishkit.verbs.pull import Pulled

__all__ = ["pull", "pull_entry", "request"]

_SECRET_HEADERS = frozenset({"set-cookie", "authorization", "proxy-authorization", "cookie"})
_force = click.option("--force", is_flag=True, help="Overwrite files that differ.")
_folder = click.argument(
    "folder",
    metavar="[DIR]",
    required=False,
    type=click.Path(path_type=Path),
    shell_complete=completing.folders,
)


@click.command()
@options.what
@_folder
@options.at
@options.links
@_force
@click.option("--archives", is_flag=True, help="Get what was found in each entry, into .archives.")
@options.as_json
@options.loudness
def pull(
    *,
    what: str,
    folder: Path | None,
    to: str | None,
    links: Path | None,
    force: bool,
    archives: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Download a deposit into a record folder, from which it can be pushed again.

    WHAT is an id, a DOI, the URL of a page, or a record folder, which is then brought up to date.
    DIR is a new or empty folder, or a record's; by default one that is called like the id.
    Running the same command again goes on where it stopped. Your changes are not overwritten.
    """
    from publishkit.showing.receiving import Receiving
    from publishkit.verbs.pull import pull as get

    logs.configure(verbose)
    with Receiving(quiet=quiet or as_json) as watcher:
        pulled = get(
            what, folder, to=to, links=links, force=force, archives=archives, watcher=watcher
        )
    report.show_problems(pulled.problems, quiet=quiet)
    if as_json:
        print_json(pulled)
    elif not quiet:
        _show_pulled(pulled)
        if not pulled.known:
            where = _quoted(str(near(pulled.folder)))
            adopting = f"publishkit adopt {pulled.id} {where} --to {pulled.target}"
            click.echo(clean(f"If it is yours, and to push it from here: {adopting}"))


@catalogue.entries.command("pull", short_help="Download the raw files of an entry.")
@click.argument("id")
@_folder
@options.to(multiple=False, default=None)
@_force
@options.as_json
@options.loudness
def pull_entry(
    *,
    id: str,
    folder: Path | None,
    to: str,
    force: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Download the raw files of an entry into DIR; by default one that is called like its id."""
    from publishkit.showing.receiving import Receiving
    from publishkit.verbs.entries import pull_entry as get

    logs.configure(verbose)
    with Receiving(quiet=quiet or as_json) as watcher:
        pulled = get(id, folder, to, force=force, watcher=watcher)
    if as_json:
        print_json(pulled)
    elif not quiet:
        _show_pulled(pulled)


def _show_pulled(pulled: Pulled) -> None:
    got = f"{plural(pulled.files, 'file')}, {size(pulled.bytes)}"
    kept = f"; {pulled.kept} there already" if pulled.kept else ""
    folder = near(pulled.folder)
    click.echo(clean(f"pulled     {pulled.id} from {pulled.target} into {folder}: {got}{kept}"))
    for key in pulled.others:
        click.echo(clean(f"           left alone, since the deposit has it not: {key}"))


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


@click.command()
@click.argument("method")
@click.argument("path")
@options.to(multiple=False, default=None)
@click.option("--data", metavar="JSON", help="The body: as it is, @FILE, or - for standard input.")
@click.option(
    "--param",
    "params",
    metavar="NAME=VALUE",
    multiple=True,
    help="Of the query; as often as needed.",
)
@click.option("--content-type", default="application/json", show_default=True, help="Of the body.")
@catalogue.output
@click.option("-i", "--include", is_flag=True, help="Print the status and the headers too.")
@options.loudness
def request(
    *,
    method: str,
    path: str,
    to: str,
    data: str | None,
    params: tuple[str, ...],
    content_type: str,
    output: Path | None,
    include: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Send a signed request to a target's API and print the answer's body as it came.

    PATH is below the API's address, or a full URL of the same host.
    """
    from publishkit.verbs.request import request as send

    logs.configure(verbose)
    answer = send(
        method, path, to, params=_params(params), body=_body(data), content_type=content_type
    )
    if include:
        _show_head(answer)
    if output or not quiet:
        shown = answer.content if output else _readable(answer)
        catalogue.save_or_print(shown, output)
    failure = _failure(answer, f"{method.upper()} {path.partition('?')[0]}")
    if failure:
        if not (output or quiet or answer.content.endswith(b"\n")):
            click.echo(err=True)  # so that the error begins a line of its own
        raise failure


def _params(given: tuple[str, ...]) -> dict[str, str]:
    wrong = [one for one in given if "=" not in one]
    if wrong:
        raise click.UsageError(f"--param takes NAME=VALUE, not {', '.join(wrong)}")
    return dict(one.split("=", 1) for one in given)


def _body(data: str | None) -> bytes | None:
    if data is None:
        return None
    if data == "-":
        return sys.stdin.buffer.read()
    if not data.startswith("@"):
        return data.encode()
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{data[1:]} cannot be read: {error.strerror}") from error


def _show_head(answer: Answer) -> None:
    with catalogue.piped():
        click.echo(f"HTTP {answer.status}")
        for name, value in answer.headers.items():
            if name.lower() not in _SECRET_HEADERS:
                click.echo(clean(f"{name}: {value}"))
        click.echo()


def _readable(answer: Answer) -> bytes:
    """The body as it came; JSON indented where a person reads it."""
    import json

    if not (sys.stdout and sys.stdout.isatty()):
        return answer.content
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        return answer.content
    return (json.dumps(found, indent=2) + "\n").encode()


def _failure(answer: Answer, what: str) -> PublishkitError | None:
    """The error that a status means, for its exit code."""
    status = answer.status
    if status < 400:  # noqa: PLR2004 - where errors begin
        return None
    said = f"{what} answered {status}"
    if status in {401, 403}:
        return AuthenticationError(said)
    if status in {408, 425, 429} or status >= 500:  # noqa: PLR2004 - the server's own
        return TemporaryError(said, advice="Send it again if that does no harm.")
    return RejectedError(said, advice="The answer says why.")
