"""The commands."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from publishkit.cli import completing, logs, options, report, running
from publishkit.errors import RecordError, Severity

__all__ = ["adopt", "new_version", "push", "targets", "validate"]


@click.command()
@options.records
@options.to(multiple=True)
@click.option("--publish", is_flag=True, help="Publish, which cannot be undone.")
@click.option("--yes", is_flag=True, help="Publish without asking.")
@options.non_interactive
@click.option("--dry-run", is_flag=True, help="Show what would happen, and send nothing.")
@options.recursive
@options.links
@click.option("--skip-invalid", is_flag=True, help="Leave records out that are not valid.")
@click.option("--group", metavar="NAME", default="", help="Put all records into one deposit.")
@click.option(
    "--cross", is_flag=True, help="Let a record's deposits on these targets name each other."
)
@click.option(
    "--publish-now",
    is_flag=True,
    help="With --cross: do not wait until an archive has accepted what others name.",
)
@click.option("--force", is_flag=True, help="Overwrite metadata that was edited on the web.")
@click.option("--recreate", is_flag=True, help="Make deposits anew that are gone.")
@click.option("--resubmit", is_flag=True, help="Submit again what a review declined.")
@click.option(
    "--allow-failed-entries",
    is_flag=True,
    help="Publish although not everything could be processed.",
)
@click.option(
    "--wait-timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for processing; without it, as long as it takes.",
)
@click.option("--no-wait", is_flag=True, help="Do not wait for processing.")
@click.option(
    "--workers",
    type=click.IntRange(1, 32),
    metavar="N",
    default=8,  # as publishkit.hooks.WORKERS, which would take a while to import
    show_default=True,
    help="How many records, and how many files, are sent at once.",
)
@options.allow_secrets
@options.as_json
@options.loudness
def push(
    *,
    records: tuple[Path, ...],
    to: tuple[str, ...],
    publish: bool,
    yes: bool,
    dry_run: bool,
    recursive: bool,
    links: Path | None,
    skip_invalid: bool,
    group: str,
    cross: bool,
    publish_now: bool,
    force: bool,
    recreate: bool,
    resubmit: bool,
    allow_failed_entries: bool,
    wait_timeout: float | None,
    no_wait: bool,
    workers: int,
    allow_secrets: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Create or bring up to date a deposit for each record folder, and keep its links.

    RECORDS are record folders (with a record_metadata.json) or folders of them. Nothing is
    published unless --publish says so. Running the same command again goes on where it
    stopped and sends only what changed.
    """
    from publishkit.job import Choices
    from publishkit.setting import Options
    from publishkit.verbs.push import plan

    logs.configure(verbose)
    chosen = Options(
        publish=publish,
        recursive=recursive,
        links=links,
        skip_invalid=skip_invalid,
        group=group,
        cross=cross,
        publish_now=publish_now,
        wait_timeout=0.0 if no_wait else wait_timeout,
        workers=workers,
        allow_secrets=allow_secrets,
        choices=Choices(
            force=force,
            recreate=recreate,
            resubmit=resubmit,
            allow_failed_entries=allow_failed_entries,
        ),
    )
    making = partial(plan, records, to, chosen)
    how = running.How(dry_run=dry_run, yes=yes, as_json=as_json, quiet=quiet, every=verbose > 0)
    running.push(making, how)


@click.command("new-version")
@options.what
@options.at
@click.option("--publish", is_flag=True, help="Publish the new version, which cannot be undone.")
@options.yes
@options.non_interactive
@click.option("--dry-run", is_flag=True, help="Show what would happen, and send nothing.")
@options.links
@click.option(
    "--allow-failed-entries",
    is_flag=True,
    help="Publish although not everything could be processed.",
)
@options.allow_secrets
@options.as_json
@options.loudness
def new_version(
    *,
    what: str,
    to: str | None,
    publish: bool,
    yes: bool,
    dry_run: bool,
    links: Path | None,
    allow_failed_entries: bool,
    allow_secrets: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Send what changed since WHAT was published, as a new version of it.

    WHAT is a record folder, or an id, DOI or page of its deposit. Nothing is published unless
    --publish says so. A folder that is as it was published is left alone.
    """
    from publishkit.job import Choices
    from publishkit.setting import Options
    from publishkit.verbs.version import plan_new_version

    logs.configure(verbose)
    choices = Choices(new_version=True, allow_failed_entries=allow_failed_entries)
    chosen = Options(publish=publish, links=links, allow_secrets=allow_secrets, choices=choices)
    making = partial(plan_new_version, what, to, chosen)
    how = running.How(dry_run=dry_run, yes=yes, as_json=as_json, quiet=quiet, every=verbose > 0)
    running.push(making, how)


@click.command()
@options.records
@options.to(multiple=True)
@options.recursive
@options.allow_secrets
@options.loudness
def validate(
    *,
    records: tuple[Path, ...],
    to: tuple[str, ...],
    recursive: bool,
    allow_secrets: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Check record folders against the rules of targets, offline."""
    from publishkit.verbs.validate import validate as check

    logs.configure(verbose)
    problems = check(records, to, recursive=recursive, allow_secrets=allow_secrets)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise RecordError(problems)
    report.show_problems(problems, quiet=quiet)
    if not quiet:
        click.echo(f"Valid for {', '.join(to)}.")


@click.command()
def targets() -> None:
    """List the targets that are configured."""
    report.show_targets()


@click.command()
@click.argument("id")
@click.argument("folder", type=click.Path(path_type=Path), shell_complete=completing.folders)
@options.at
@options.links
@click.option("--force", is_flag=True, help="Replace the deposit that the folder has there.")
@options.loudness
def adopt(
    *,
    id: str,
    folder: Path,
    to: str | None,
    links: Path | None,
    force: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Record that the deposit ID, made elsewhere, belongs to FOLDER; push takes up there.

    ID may be a DOI or the address of a page too; then its target need not be named.
    """
    from publishkit.verbs.adopt import adopt as take_over

    logs.configure(verbose)
    receipt = take_over(id, folder, to, links=links, force=force)
    if not quiet:
        report.show_receipt(receipt, "adopted")
