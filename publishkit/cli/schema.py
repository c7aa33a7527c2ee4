"""The command that prints schemas."""

from __future__ import annotations

import json
from pathlib import Path

import click

__all__ = ["schema"]


_KINDS = ("record", "mapping")
"""As `publishkit.verbs.schema` has them, which would take a while to import."""


@click.command()
@click.option(
    "--of",
    type=click.Choice(_KINDS),
    default=_KINDS[0],
    show_default=True,
    help="Of record_metadata.json, or of the mappings of `publishkit map`.",
)
@click.option(
    "--write",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Put it into this record folder instead, and name it in the metadata there.",
)
def schema(*, of: str, folder: Path | None) -> None:
    """Print the JSON Schema of record_metadata.json, or of another file that people write.

    Records that `publishkit init` made have it beside them already, so that editors complete and
    check what you write.
    """
    if folder and of != _KINDS[0]:
        raise click.UsageError("--write is for record_metadata.json.")
    if folder:
        from publishkit.cli.text import clean, near
        from publishkit.verbs.schema import write

        click.echo(f"Wrote {clean(near(write(folder)))}")
        return
    from publishkit.verbs.schema import schema as made

    click.echo(json.dumps(made(of), indent=2, ensure_ascii=False))
