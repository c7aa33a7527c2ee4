"""The command that prints the schemas of what people write."""

from __future__ import annotations

import json
from pathlib import Path

import click

from publishkit.verbs.schema import SCHEMAS

__all__ = ["schema"]


@click.command()
@click.option(
    "--of",
    type=click.Choice(list(SCHEMAS)),
    default="record",
    show_default=True,
    help="Of which file.",
)
@click.option(
    "--write",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Put it into this record folder instead, and name it in the metadata there.",
)
def schema(*, of: str, folder: Path | None) -> None:
    """Print the JSON Schema of record_metadata.json, or of another file that you write.

    Records that `publishkit init` made have it beside them already, so that editors complete and
    check what you write.
    """
    if folder and of != "record":
        raise click.UsageError("--write is for the schema of a record.")
    if folder:
        from publishkit.cli.text import clean, near
        from publishkit.verbs.schema import write

        click.echo(f"Wrote {clean(near(write(folder)))}")
        return
    from publishkit.verbs.schema import schema as made

    click.echo(json.dumps(made(of), indent=2, ensure_ascii=False))
