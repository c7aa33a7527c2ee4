"""The command that opens a record's metadata in the user's editor."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publishkit.cli import logs, options, report
from publishkit.cli.confirming import may_ask
from publishkit.cli.text import clean, near, plural
from publishkit.errors import Problem, PublishkitError, RecordError, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishkit.verbs.edit import Editing

__all__ = ["edit"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "to",
    metavar="TARGET",
    multiple=True,
    help="For which targets it must be valid: those that it is on, or local, unless given.",
)
@options.links
@options.non_interactive
@options.loudness
def edit(
    *,
    folder: Path,
    to: tuple[str, ...],
    links: Path | None,
    quiet: bool,
    verbose: int,
) -> None:
    """Open DIR/record_metadata.json in your editor, and check it before it is saved.

    The editor is $VISUAL or $EDITOR. You work on a copy; every problem is shown, until there is
    none or you give up. The copy is kept then, and the next edit goes on with it.
    """
    from publishkit.verbs.edit import begin

    logs.configure(verbose)
    if folder.name == "record_metadata.json" and folder.is_file():
        folder = folder.parent
    if not may_ask():
        raise click.UsageError(
            f"publishkit edit needs a terminal. Change {folder / 'record_metadata.json'} by other "
            f"means, and check it: publishkit validate {shlex.quote(str(folder))}"
        )
    editing = begin(folder, to, links=links, go_on=_earlier(folder))
    try:
        _edit(editing, quiet=quiet)
    except PublishkitError:
        raise
    except BaseException:
        click.echo(f"What you wrote is kept in {clean(near(editing.copy))}", err=True)
        raise


def _edit(editing: Editing, *, quiet: bool) -> None:
    while True:
        _open(editing)
        data, problems = _written(editing)
        if data == editing.before:
            editing.copy.unlink(missing_ok=True)
            report.show_problems([one for one in problems if _is_error(one)], quiet=quiet)
            _say("Nothing was changed.", quiet=quiet)
            return
        report.show_problems(problems, quiet=quiet)
        if data is not None and not any(map(_is_error, problems)):
            editing.save(data)
            valid = ", ".join(target.name for target in editing.setting.targets)
            _say(f"Saved {near(editing.path)}, which is valid for {valid}.", quiet=quiet)
            return
        _again_or_give_up(editing, problems)


def _open(editing: Editing) -> None:
    from publishkit.cli.editors import run_editor

    try:
        run_editor(editing.copy)
    except PublishkitError as error:
        try:
            changed = editing.read() != editing.before
        except OSError:
            changed = editing.copy.exists()
        if changed:
            error.message += f"; what you wrote is kept in {near(editing.copy)}"
        else:
            editing.copy.unlink(missing_ok=True)
        raise


def _written(editing: Editing) -> tuple[bytes | None, Sequence[Problem]]:
    """What the user wrote, and what is wrong with it."""
    try:
        data = editing.read()
    except FileNotFoundError:
        raise PublishkitError(
            "the editor left no file, so nothing was changed", advice="Run the command again."
        ) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        return None, [Problem(editing.copy.name, f"cannot be read: {why}", "save a small file")]
    return data, editing.check(data)


def _again_or_give_up(editing: Editing, problems: Sequence[Problem]) -> None:
    count = plural(sum(map(_is_error, problems)), "error")
    try:
        again = click.confirm(f"{count}, so it is not saved. Edit again?", default=True, err=True)
    except click.Abort:
        click.echo(err=True)
        again = False
    if not again:
        raise RecordError(
            [],
            f"given up; {near(editing.path)} is as it was, what you wrote is in "
            f"{near(editing.copy)}",
            advice=f"Go on with it: publishkit edit {shlex.quote(near(editing.path.parent))}",
        )


def _earlier(folder: Path) -> Path | None:
    """The copy of an earlier edit, if the user wants to go on with it."""
    from publishkit.verbs.edit import left_behind

    found = left_behind(folder)
    if found is None:
        return None
    when = datetime.fromtimestamp(found.stat().st_mtime).astimezone()
    click.echo(
        f"An edit of {when:%Y-%m-%d %H:%M} did not end, or is still open: {clean(near(found))}",
        err=True,
    )
    path = folder / "record_metadata.json"
    older = path.exists() and found.stat().st_mtime < path.stat().st_mtime
    if older:
        click.echo("record_metadata.json was changed since; going on undoes that.", err=True)
    return found if click.confirm("Go on with it?", default=not older, err=True) else None


def _is_error(problem: Problem) -> bool:
    return problem.severity is Severity.ERROR


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        click.echo(clean(text))
