"""The commands about how deposits stand: status, publish, update."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TextIO

import click

from publishkit.cli import confirming, logs, options, running, shown
from publishkit.cli.output import print_json
from publishkit.errors import RecordError
from publishkit.text import clean, near

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.hooks import Target

__all__ = ["publish", "status", "update"]


@click.command()
@options.what
@options.at
@options.recursive
@options.links
@options.as_json
@options.loudness
def status(
    *,
    what: str,
    to: str | None,
    recursive: bool,
    links: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Show how deposits stand: state, files, review, DOI, what could not be processed.

    WHAT is a record folder or a folder of them, an id, a DOI or the URL of a page.
    """
    from publishkit.verbs.status import status as look

    logs.configure(verbose)
    for one in look(what, to, links=links, recursive=recursive):
        if as_json:
            print_json(one)
        elif not quiet:
            shown.show_status(one)


@click.command()
@options.what
@options.at
@click.option(
    "--embargo", metavar="UNTIL", help="Keep the files closed: a day, or a number of months."
)
@click.option("--restricted", is_flag=True, help="Keep the record closed, its metadata included.")
@click.option("--resubmit", is_flag=True, help="Submit again what a review declined.")
@click.option(
    "--allow-failed-entries",
    is_flag=True,
    help="Publish although not everything could be processed.",
)
@options.yes
@options.non_interactive
@options.recursive
@options.links
@running.wait_timeout
@options.allow_secrets
@options.as_json
@options.loudness
def publish(
    *,
    what: str,
    to: str | None,
    embargo: str | None,
    restricted: bool,
    resubmit: bool,
    allow_failed_entries: bool,
    yes: bool,
    recursive: bool,
    links: Path | None,
    wait_timeout: float | None,
    allow_secrets: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Publish deposits, or submit them for review; that cannot be undone.

    WHAT is a record folder or a folder of them, which is pushed as it is now to where it was
    pushed before; or an id, a DOI or the URL of a page, whose deposit is published as it stands.
    --embargo and --restricted are written into the folder's record_metadata.json first.
    """
    from publishkit.job import Choices
    from publishkit.setting import Options
    from publishkit.verbs.publish import access_of, prepare

    logs.configure(verbose)

    def sure(targets: Sequence[Target]) -> None:
        confirming.publishing(targets, yes=yes)

    chosen = Choices(resubmit=resubmit, allow_failed_entries=allow_failed_entries)
    made = prepare(
        what,
        to,
        Options(
            publish=True,
            links=links,
            wait_timeout=wait_timeout,
            allow_secrets=allow_secrets,
            choices=chosen,
        ),
        access=access_of(embargo, restricted=restricted),
        recursive=recursive,
        confirm=sure,
    )
    running.say_changed(made.changed, quiet=quiet or as_json)
    running.carry_out(made.plans, made.standing, as_json=as_json, quiet=quiet)


@click.command()
@options.what
@options.at
@click.option(
    "--set", "assignments", multiple=True, metavar="PATH=VALUE", help="metadata.title=TEXT, ..."
)
@click.option(
    "--metadata",
    "file",
    type=click.File(encoding="utf-8-sig"),
    help="A file of JSON whose keys replace those of the record; null takes one out.",
)
@click.option("--force", is_flag=True, help="Overwrite metadata that was edited on the web.")
@options.recursive
@options.links
@running.wait_timeout
@options.allow_secrets
@options.as_json
@options.loudness
def update(
    *,
    what: str,
    to: str | None,
    assignments: tuple[str, ...],
    file: TextIO | None,
    force: bool,
    recursive: bool,
    links: Path | None,
    wait_timeout: float | None,
    allow_secrets: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Bring the metadata of deposits up to date, published ones included.

    WHAT is a record folder or a folder of them, an id, a DOI or the URL of a page. What --set and
    --metadata say is written into the folder's record_metadata.json first. VALUE is JSON, else
    text; null takes the key out.
    """
    from publishkit.job import Choices
    from publishkit.setting import Options
    from publishkit.verbs.update import prepare

    logs.configure(verbose)
    chosen = Options(
        links=links,
        wait_timeout=wait_timeout,
        allow_secrets=allow_secrets,
        choices=Choices(force=force),
    )
    patch = _patch_of(file)
    prepared = partial(prepare, what, to, chosen, recursive=recursive)
    changes = _changes(patch, assignments)
    try:
        made = prepared(changes=changes)
    except RecordError as error:
        paths = {problem.path for problem in error.problems}
        texts = _changes(patch, assignments, as_text=paths)
        if texts == changes:
            raise
        made = prepared(changes=texts)
    running.say_changed(made.changed, quiet=quiet or as_json)
    running.carry_out(made.plans, made.others, as_json=as_json, quiet=quiet)
    for other in made.others:
        if other.behind and not quiet:
            folder = near(other.behind)
            said = f"{folder} does not say this: its next update overwrites it."
            click.echo(clean(said), err=True)


def _json(text: str) -> JsonValue:
    """JSON, not too deep. Raises ValueError."""
    import pydantic

    adapter: pydantic.TypeAdapter[JsonValue] = pydantic.TypeAdapter(pydantic.JsonValue)
    return adapter.validate_json(text)


def _patch_of(file: TextIO | None) -> dict[str, JsonValue]:
    if not file:
        return {}
    try:
        found = _json(file.read())
    except ValueError as error:
        raise click.UsageError(f"{file.name} is no JSON that can be used.") from error
    if not isinstance(found, dict):
        raise click.UsageError(f"{file.name} does not hold a JSON object.")
    return found


def _changes(
    patch: dict[str, JsonValue], assignments: Iterable[str], as_text: Collection[str] = ()
) -> dict[str, JsonValue]:
    """The merge patch that was asked for; numbers at the paths `as_text` are taken as text."""
    for assignment in assignments:
        patch = _both(patch, _assigned(assignment, as_text))
    return patch


def _both(patch: Mapping[str, JsonValue], more: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """One merge patch that does what two do, one after the other; nulls stay."""
    result = dict(patch)
    for key, new in more.items():
        old = result.get(key)
        result[key] = _both(old, new) if isinstance(old, dict) and isinstance(new, dict) else new
    return result


def _assigned(assignment: str, as_text: Collection[str]) -> dict[str, JsonValue]:
    path, equals, text = assignment.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise click.UsageError(f"--set {assignment}: write it as metadata.title=TEXT.")
    try:
        value = _json(text)
    except ValueError:
        value = text
    if isinstance(value, int | float) and path.strip() in as_text:
        value = text
    for key in reversed(keys):
        value = {key: value}
    return value if isinstance(value, dict) else {}
