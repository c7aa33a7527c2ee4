"""The commands that list: deposits, what a search finds, entries."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publishkit.cli import logs, options
from publishkit.cli.columns import in_columns, show_columns
from publishkit.cli.groups import Group
from publishkit.cli.output import print_json
from publishkit.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publishkit.abilities import Entry
    from publishkit.repository import Deposit

__all__ = ["entries", "list_deposits", "output", "piped", "save_or_print", "search"]

_limit = click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Stop after so many."
)
output = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to a file instead of the screen.",
)


@contextmanager
def piped() -> Iterator[None]:
    """Let a command end quietly when nobody reads its output any more, as `| head` does."""
    with suppress(BrokenPipeError):
        yield


@click.command("list")
@options.to(multiple=False)
@_limit
@options.as_json
@options.loudness
def list_deposits(*, to: str, limit: int | None, as_json: bool, quiet: bool, verbose: int) -> None:
    """List your own deposits on a target, drafts and published, the newest first."""
    from publishkit.verbs.catalogue import deposits as ask

    logs.configure(verbose)
    _show(islice(ask(to), limit), as_json=as_json, quiet=quiet)


@click.command()
@click.argument("text", metavar="[QUERY]", default="")
@options.to(multiple=False)
@click.option(
    "--owner",
    default="public",
    show_default=True,
    metavar="WHOSE",
    help="What belongs to whom; which there are differs between targets.",
)
@click.option("--collection", metavar="NAME", default="", help="What is in a collection.")
@_limit
@options.as_json
@options.loudness
def search(
    *,
    text: str,
    to: str,
    owner: str,
    collection: str,
    limit: int | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Search a target.

    QUERY is words, or the archive's own query language; without it, everything matches.
    """
    from publishkit.verbs.catalogue import search as ask

    logs.configure(verbose)
    found = ask(text, to, owner=owner, collection=collection)
    _show(islice(found, limit), as_json=as_json, quiet=quiet)


@click.group(cls=Group)
def entries() -> None:
    """Look at what an archive made of the files of a deposit."""


@entries.command("list", short_help="List the entries of a deposit, or of all your own.")
@options.what_if_any
@options.at
@_limit
@options.as_json
@options.loudness
def list_entries(
    *,
    what: str | None,
    to: str | None,
    limit: int | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """List the entries of WHAT: a record folder, an id, a DOI or the URL of a page.

    Without WHAT, those of all your own deposits on a target.
    """
    from publishkit.verbs.entries import entries as ask

    logs.configure(verbose)
    if what is None and to is None:
        raise click.UsageError("Name a deposit, or a target by --to.")
    _show(islice(ask(what, to), limit), as_json=as_json, quiet=quiet)


@entries.command()
@click.argument("id")
@options.to(multiple=False, default=None)
@options.as_json
@options.loudness
def show(*, id: str, to: str, as_json: bool, quiet: bool, verbose: int) -> None:
    """Show the metadata of an entry."""
    from publishkit.verbs.entries import entry as ask

    logs.configure(verbose)
    found = ask(id, to)
    if as_json:
        print_json(found)
    elif not quiet:
        for name, value in _details(found):
            click.echo(f"{name:<12}{clean(value)}")


@entries.command()
@click.argument("id")
@options.to(multiple=False, default=None)
@output
@options.loudness
def archive(*, id: str, to: str, output: Path | None, quiet: bool, verbose: int) -> None:
    """Print what the archive found in an entry, as JSON."""
    import json

    from publishkit.verbs.entries import archive as ask

    logs.configure(verbose)
    text = json.dumps(ask(id, to), indent=2) + "\n"
    if output or not quiet:
        save_or_print(text.encode(), output)


def save_or_print(data: bytes, output: Path | None) -> None:
    """Write bytes to a file, or to standard output.

    Raises:
        ConfigError: The file cannot be written.
    """
    from publishkit.errors import ConfigError

    if output is None:
        with piped():
            click.echo(_for_people(data) if _seen() else data, nl=False)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise ConfigError(
            f"{output} cannot be written: {error.strerror}", advice="Give another file."
        ) from error


def _seen() -> bool:
    return bool(sys.stdout and sys.stdout.isatty())


def _for_people(data: bytes) -> str:
    """What came, for a terminal, which must not take anything in it for a command."""
    lines = data.decode(errors="replace").split("\n")
    return "\n".join(map(clean, lines))


def _show(found: Iterable[Deposit | Entry], *, as_json: bool, quiet: bool) -> None:
    """Print each as it comes."""
    from publishkit.abilities import Entry

    with piped():
        if in_columns(as_json=as_json, quiet=quiet):
            show_columns(found)
            return
        for one in found:
            if as_json:
                print_json(one)
            elif not quiet:
                click.echo(_of_entry(one) if isinstance(one, Entry) else _of_deposit(one))


def _of_deposit(one: Deposit) -> str:
    day = (one.updated or one.created or None) and f"{one.updated or one.created:%Y-%m-%d}"
    fixed = f"{one.id:<22} {one.state.value:<10} {day or '-':<10}"
    return clean("  ".join(filter(None, [fixed, one.title, one.doi])).rstrip())


def _of_entry(one: Entry) -> str:
    name = one.name if one.name != one.mainfile else ""
    fixed = f"{one.id:<28} {one.deposit:<22} {one.state:<10}"
    return clean("  ".join(filter(None, [fixed, one.mainfile, name, one.type])).rstrip())


def _details(one: Entry) -> Iterator[tuple[str, str]]:
    """What is known of an entry, by name."""
    yield from (("id", one.id), ("deposit", one.deposit), ("file", one.mainfile))
    texts = {"name": one.name, "type": one.type, "comment": one.comment, "page": one.page}
    yield from ((name, text) for name, text in texts.items() if text)
    yield "processed", "yes" if one.processed else "no"
    yield "published", "yes" if one.published else "no"
    if one.created:
        yield "created", f"{one.created:%Y-%m-%d %H:%M:%S} UTC"
    yield from (("reference", reference) for reference in one.references)
    yield from (("collection", f"{c.name} ({c.id})") for c in one.collections)
    yield from (("error", error) for error in one.errors)
