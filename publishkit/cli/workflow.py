"""The commands that tie entries together as a workflow."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publishkit.cli import logs, options, shown
from publishkit.cli.groups import Group
from publishkit.cli.report import show_problems
from publishkit.cli.text import clean, near

if TYPE_CHECKING:
    from publishkit.verbs.workflow import Built
    from publishkit.workflows.model import Workflow

__all__ = ["workflow"]


@click.group(cls=Group)
def workflow() -> None:
    """Tie entries together as a workflow."""


@workflow.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--edge",
    "edges",
    multiple=True,
    metavar="FROM:TO",
    help="For a folder of records: what came out of FROM went into TO. Can be given several times.",
)
@click.option("--name", help="For a folder of records: what the workflow is called.")
@options.at
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The record that it goes into, instead of one of its own beside the others.",
)
@click.option("--title", help="Of a new record; the workflow's name unless given.")
@click.option(
    "--creator",
    "creators",
    multiple=True,
    metavar="WHO",
    help="Of a new record, as for `publishkit init`; who made the tasks' records unless given.",
)
@click.option(
    "--template",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Begin a new record with what this file has; it is written like record_metadata.json.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.svg",
    help="Draw the workflow into this file too.",
)
@options.links
@options.loudness
def build(
    *,
    source: Path,
    edges: tuple[str, ...],
    name: str | None,
    to: str | None,
    into: Path | None,
    title: str | None,
    creators: tuple[str, ...],
    template: Path | None,
    plot: Path | None,
    links: Path | None,
    quiet: bool,
    verbose: int,
) -> None:
    """Write a workflow as a record that can be pushed.

    SOURCE is a YAML file with tasks, or a folder of records whose edges are given by --edge. The
    target is asked whether the entries are there; nothing is sent.
    """
    from publishkit.verbs.workflow import build_workflow

    logs.configure(verbose)
    built = build_workflow(
        _of_folder(source, edges, name) if source.is_dir() else _of_file(source, edges, name),
        to,
        into=into,
        title=title or "",
        creators=creators,
        template=template,
        plot=plot,
        links=links,
    )
    show_problems(built.problems, quiet=quiet)
    if not quiet:
        _show(built)


def _of_file(source: Path, edges: tuple[str, ...], name: str | None) -> Path:
    if edges or name:
        raise click.UsageError("--edge and --name are for a folder of records; a file says both.")
    return source


def _of_folder(source: Path, edges: tuple[str, ...], name: str | None) -> Workflow:
    from publishkit.workflows.graphs import from_records

    pairs: list[tuple[str, str]] = []
    for edge in edges:
        one, _, other = edge.partition(":")
        if not (one and other) or ":" in other:
            raise click.UsageError(f"--edge {edge}: write FROM:TO, such as DFT-1:DFT-2.")
        pairs.append((one.rstrip("/"), other.rstrip("/")))
    return from_records(source, pairs, name=name or "")


def _show(built: Built) -> None:
    if built.begun:
        shown.show_line("written", near(built.begun.absolute()))
    shown.show_line("written" if built.changed else "unchanged", near(built.file.absolute()))
    if built.drawing:
        shown.show_line("drawn", near(built.drawing.absolute()))
    to = f" --to {built.target}" if built.target else ""
    folder = shlex.quote(near(built.folder.absolute()))
    click.echo(f"Next: {clean(f'publishkit push {folder}{to}')}")
