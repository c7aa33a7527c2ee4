"""The commands for those who come from another tool, and for what they go on with."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import click

from publishkit.cli import logs, options, shown
from publishkit.cli.catalogue import output as to_file
from publishkit.cli.catalogue import save_or_print
from publishkit.cli.output import plain
from publishkit.cli.text import near
from publishkit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from publishkit.verbs.links import Linked

__all__ = ["convert", "links"]

_COLUMNS: Final = ("name", "target", "state", "id", "title", "doi", "page")


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


@click.command()
@options.records
@options.at
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "csv", "json", "pids"]),
    default="text",
    show_default=True,
    help="How: for people, for a README or paper, or as the PIDs.json of NOMAD's tutorials.",
)
@to_file
@options.recursive
@options.links
@options.loudness
def links(
    *,
    records: tuple[Path, ...],
    to: str | None,
    form: str,
    output: Path | None,
    recursive: bool,
    links: Path | None,
    quiet: bool,
    verbose: int,
) -> None:
    """Print the links of records as a table, or as other tools want them.

    RECORDS are record folders or folders of them. They are taken from records_links.json; only for
    the ids of entries that it does not have NOMAD is asked. With --format pids, what an existing
    --output FILE has beside them is kept.
    """
    from publishkit.verbs.links import links as look
    from publishkit.verbs.links import pids

    logs.configure(verbose)
    if form == "pids":
        found = pids(records, to, links=links, recursive=recursive)
        text = _json(_merged(_read(output), found) if output else found)
    else:
        text = _FORMS[form](look(records, to, links=links, recursive=recursive))
    if output:
        _write(output, text)
    elif not quiet:
        save_or_print(text.encode(), None)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=plain) + "\n"


def _csv(found: Sequence[Linked]) -> str:
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([getattr(one, column) for column in _COLUMNS] for one in found)
    return made.getvalue()


def _markdown(found: Sequence[Linked]) -> str:
    lines = ["| record | title | archive | link | state |", "| --- | --- | --- | --- | --- |"]
    for one in found:
        link = (
            f"[{one.doi}](https://doi.org/{one.doi})" if one.doi else one.page and f"<{one.page}>"
        )
        cells = (_cell(one.name), _cell(one.title), one.target, link, one.state)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _link(one: Linked) -> str:
    """What to click on, with nothing in it that would end the cell."""
    address = quote(f"https://doi.org/{one.doi}" if one.doi else one.page, safe=":/?#[]@!$&'*+,;=%")
    return f"[{_cell(one.doi)}]({address})" if one.doi else address and f"<{address}>"


def _cell(text: str) -> str:
    """Text that Markdown takes for text."""
    escaped = "".join(f"\\{char}" if char in r"\|`*_[]<>#" else char for char in text)
    return " ".join(escaped.split())


def _text(found: Sequence[Linked]) -> str:
    rows = [(one.name, one.target, one.state, one.doi or one.page or one.id) for one in found]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ("  ".join((*map(str.ljust, row, widths), row[3])).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


_FORMS: Final = {"text": _text, "markdown": _markdown, "csv": _csv, "json": _json}


def _read(path: Path) -> dict[str, JsonValue]:
    """What an earlier file has, which somebody may have added to by hand."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "") or "it is not JSON"
        raise ConfigError(
            f"{path} is there and cannot be added to: {why}", advice="Name another file."
        ) from error
    if isinstance(found, dict):
        return found
    raise ConfigError(f"{path} is there and holds something else", advice="Name another file.")


def _merged(old: dict[str, JsonValue], new: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Both; the new where both say something."""
    result = dict(old)
    for key, value in new.items():
        before = result.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            result[key] = _merged(before, value)
        elif value or not before:
            result[key] = value
    return result


def _write(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", advice="Give another file."
        ) from error
