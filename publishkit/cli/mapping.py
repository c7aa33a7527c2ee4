"""The commands that make records of what a lab's database exports."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from publishkit.cli import completing, confirming, logs, options, report, running, shown
from publishkit.cli.catalogue import output as to_file
from publishkit.cli.catalogue import save_or_print
from publishkit.cli.text import clean, near, plural
from publishkit.errors import PartialError, RecordError, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from publishkit.errors import Problem
    from publishkit.plan import Plan
    from publishkit.receipts import Receipt
    from publishkit.verbs.mapping import Mapped
    from publishkit.verbs.submit import Submitted

__all__ = ["MapGroup", "map_", "run_lims"]

_RUN: Final = "run"
_BELOW: Final = " " * 11
_MOST: Final = 20
"""Lines of one kind."""


class _Unnamed(click.Context):
    """Of a command that is called by nothing but its group's name."""

    @property
    def command_path(self) -> str:
        """As it was typed."""
        return self.parent.command_path if self.parent else super().command_path


class _Default(click.Command):
    context_class = _Unnamed


class MapGroup(click.Group):
    """`map EXPORT` as well as `map import-cams FILE`: what is no command's name is an export."""

    @property
    def default(self) -> click.Command:
        """The command that is meant where none is named."""
        return self.commands[_RUN]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Name the default command where no other is."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_RUN, *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say how either is called."""
        formatter.write_usage(ctx.command_path, "EXPORT --mapping MAPPING [OPTIONS]")
        formatter.write_usage(ctx.command_path, "import-cams FILE [OPTIONS]")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options of the default command, and the other commands."""
        click.Command.format_options(self.default, ctx, formatter)
        self.format_commands(ctx, formatter)


def _params(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """The values of a query's names."""
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise click.BadParameter(f'"{one}" is not like run=17')
        found[name] = value
    return found


def _mapping(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every command that maps takes."""
    for option in (
        click.option(
            "--param",
            "params",
            multiple=True,
            metavar="NAME=VALUE",
            callback=_params,
            help="What stands for :NAME in the query of a database. Can be given several times.",
        ),
        click.option(
            "--separate",
            is_flag=True,
            help="Make each step a record of its own, which the process then refers to.",
        ),
        click.option(
            "--mapping",
            required=True,
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="What becomes of what, as YAML or JSON.",
        ),
    ):
        command = option(command)
    return click.argument("export")(command)


@click.group("map", cls=MapGroup)
def map_() -> None:
    """Make records of what a lab's database exports, by a mapping.

    EXPORT is a .json, .csv, .tsv or .xlsx file, or the URL of a database.
    """


@map_.command(_RUN, cls=_Default, hidden=True)
@_mapping
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("records"),
    show_default=True,
    metavar="DIR",
    help="The folder for the records.",
)
@click.option(
    "--to",
    metavar="TARGET",
    shell_complete=completing.targets,
    help="The target that they are for; what the mapping names is looked up there.",
)
@click.option("--strict", is_flag=True, help="Write nothing where something cannot be mapped.")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; say what cannot be mapped, what is never used and what no rule takes.",
)
@options.loudness
def run(
    *,
    export: str,
    mapping: Path,
    params: dict[str, str],
    separate: bool,
    out: Path,
    to: str | None,
    strict: bool,
    check: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Make records of what a lab's database exports, by a mapping.

    EXPORT is a .json, .csv, .tsv or .xlsx file, or the URL of a database. Steps that cannot be
    mapped are named and left out. Nothing is sent: `publishkit push` does that.
    """
    from publishkit.verbs.mapping import check_mapping, map_export

    logs.configure(verbose)
    if check:
        _show_check(check_mapping(export, mapping, to, params=params), quiet=quiet)
        return
    try:
        made: Sequence[object] = map_export(
            export, mapping, out, to, strict=strict, separate=separate, params=params
        )
    except PartialError as error:
        _show_all(_mapped(error.done), to, quiet=quiet)
        raise
    _show_all(_mapped(made), to, quiet=quiet)


def _mapped(found: Iterable[object]) -> list[Mapped]:
    from publishkit.verbs.mapping import Mapped

    return [one for one in found if isinstance(one, Mapped)]


def _show_check(problems: Sequence[Problem], *, quiet: bool) -> None:
    wrong = [one for one in problems if one.severity is Severity.ERROR]
    report.show_problems([one for one in problems if one not in wrong], quiet=quiet)
    if wrong:
        raise RecordError(wrong, f"{plural(len(wrong), 'error')}, nothing was written")
    if not quiet:
        counts = Counter(one.severity for one in problems)
        unused = plural(counts[Severity.WARNING], "rule")
        left = plural(counts[Severity.NOTICE], "notice")
        click.echo(f"All of it can be mapped. {unused} never used, {left}. Nothing was written.")


def _show_all(found: Sequence[Mapped], to: str | None, *, quiet: bool) -> None:
    report.show_problems(_problems(found), quiet=quiet)
    if quiet:
        return
    for one in found:
        _show(one)
    _show_next(found, to)


def _problems(found: Iterable[Mapped]) -> list[Problem]:
    return list(dict.fromkeys(problem for one in found for problem in one.problems))


def _show(one: Mapped) -> None:
    where = near((one.step_folder if one.outcome == "waiting" else one.folder) or one.folder)
    entries = plural(len(one.steps), "step")
    refused = one.outcome == "refused"
    said = "see above" if refused else entries
    shown.show_line(one.outcome.value, f"{where}: {said}", colour="red" if refused else None)
    for name in one.left_out[:_MOST]:
        click.echo(f"{_BELOW}left out: {clean(name)}")
    if len(one.left_out) > _MOST:
        click.echo(f"{_BELOW}left out: {len(one.left_out) - _MOST} more")


def _show_next(found: Sequence[Mapped], to: str | None) -> None:
    """What to do with what was written."""
    target = shlex.quote(to) if to else "TARGET"
    waiting = [one.step_folder for one in found if one.outcome == "waiting" and one.step_folder]
    if waiting:
        steps = " ".join(shlex.quote(near(one)) for one in waiting)
        click.echo(f"Next: publishkit push {clean(steps)} --to {target}")
        click.echo("      then run this command again, so that the process can refer to its steps")
        return
    folders = [one.folder for one in found if one.outcome != "refused"]
    if folders:
        records = " ".join(shlex.quote(near(one)) for one in folders[:_MOST])
        click.echo(f"Next: publishkit push {clean(records)} --to {target}")


@map_.command("import-cams", short_help="Make a mapping of a cams2nomad dictionary.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@to_file
@options.loudness
def import_cams(*, file: Path, output: Path | None, quiet: bool, verbose: int) -> None:
    """Make a mapping of a cams2nomad dictionary that was saved as JSON.

    What were functions in it is named: the mapping can be used once it is replaced.
    """
    from publishkit.verbs.import_cams import import_cams as take_over

    logs.configure(verbose)
    made = take_over(file)
    save_or_print(made.text.encode(), output)
    if quiet:
        return
    for one in made.left:
        where = f"{clean(one.path)}: {clean(one.message)}"
        click.echo(f"replace: {where}; {one.advice}", err=True)
    click.echo("Fill in record and process: such a dictionary says nothing of them.", err=True)


@click.command("run-lims")
@_mapping
@options.to(multiple=False, default=None)
@click.option("--publish", is_flag=True, help="Publish, which cannot be undone.")
@click.option("--yes", is_flag=True, help="Publish without asking.")
@options.non_interactive
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the records and their links are kept; without it, in a folder of this user.",
)
@click.option(
    "--ids",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file for all ids, instead of ids.json in that folder.",
)
@click.option("--skip-invalid", is_flag=True, help="Leave steps out that cannot be mapped.")
@click.option("--cleanup", is_flag=True, help="Remove the records once everything is published.")
@running.wait_timeout
@options.loudness
def run_lims(
    *,
    export: str,
    mapping: Path,
    params: dict[str, str],
    separate: bool,
    to: str,
    publish: bool,
    yes: bool,
    folder: Path | None,
    ids: Path | None,
    skip_invalid: bool,
    cleanup: bool,
    wait_timeout: float | None,
    quiet: bool,
    verbose: int,
) -> None:
    """Map an export, push it, wait, collect the ids of its entries, and publish.

    EXPORT is as for `publishkit map`. Running the same command again goes on where it stopped.
    """
    from publishkit.setting import Options
    from publishkit.verbs.submit import Submission

    logs.configure(verbose)
    submission = Submission(
        export=export,
        mapping=mapping,
        to=to,
        folder=folder,
        ids=ids,
        separate=separate,
        strict=not skip_invalid,
        cleanup=cleanup,
        params=params,
        options=Options(publish=publish, wait_timeout=wait_timeout),
    )
    submitted = submission.carry_out(lambda plan: _push(plan, yes=yes, quiet=quiet))
    report.show_problems(submitted.problems, quiet=quiet)
    if not quiet:
        _show_submitted(submitted)
    left_out = [name for one in submitted.processes for name in one.left_out]
    if not submitted.ok:
        steps = f"{plural(len(left_out), 'step')} left out: {', '.join(left_out[:_MOST])}"
        raise PartialError(
            submitted.receipts,
            steps if left_out else "a part of the export was left out",
            advice="Correct what is named above and run the same command again.",
        )


def _push(plan: Plan, *, yes: bool, quiet: bool) -> Sequence[Receipt]:
    from publishkit.showing.reporting import Reporter
    from publishkit.verbs.push import carry_out

    report.show_problems(plan.problems, quiet=quiet)
    confirming.publishing([step.target for step in plan.irreversible], yes=yes)
    with Reporter(quiet=quiet) as watcher:
        return carry_out(plan, watcher)


def _show_submitted(submitted: Submitted) -> None:
    for one in submitted.processes:
        entries = plural(len(one.steps), "step")
        shown.show_line("entries", f"{one.name}: {one.entry.id} and those of {entries}")
    click.echo(f"Ids: {clean(near(submitted.ids))}")
    if submitted.kept:
        click.echo(f"Not cleaned up: {clean(submitted.kept)}.")
