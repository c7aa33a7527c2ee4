"""The commands for those who come from another tool, and for other tools: convert."""

from __future__ import annotations

from pathlib import Path

import click

from publishkit.cli import logs, options, shown
from publishkit.cli.text import near

__all__ = ["convert"]


@click.command()
@options.records
@click.option(
    "--metadata-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The other tool's file, where it is not called or placed as usual.",
)
@options.recursive
@options.loudness
def convert(
    *,
    records: tuple[Path, ...],
    metadata_file: Path | None,
    recursive: bool,
    quiet: bool,
    verbose: int,
) -> None:
    """Write record_metadata.json from the metadata file of another tool.

    RECORDS are folders with data files, or folders of them. Pushing needs no conversion; it is for
    what the other file has no words for.
    """
    from publishkit.verbs.convert import convert as write

    logs.configure(verbose)
    for path in write(records, metadata_file=metadata_file, recursive=recursive):
        if not quiet:
            shown.show_line("written", near(path.absolute()))
