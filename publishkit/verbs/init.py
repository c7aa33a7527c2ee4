"""Start a record: write its metadata file."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit import starting
from publishkit.datafiles import METADATA_FILE
from publishkit.downloading import on_disk
from publishkit.errors import ConfigError, RecordError
from publishkit.metadata_file import parsed
from publishkit.schema_file import place_schema
from publishkit.setting import blocks
from publishkit.starting import Template
from publishkit.whole_files import write_new

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["begin", "init", "refuse_existing", "template_of"]


def init(
    folder: str | Path,
    *,
    title: str = "",
    creators: str | Sequence[str] = (),
    description: str = "",
    license: str = "",  # noqa: A002 - the word of the command line
    keywords: str | Sequence[str] = (),
    date: str = "",
    resource_type: str = "",
    template: str | Path | None = None,
) -> Path:
    """Write a `record_metadata.json` into a folder, which is made where it is missing.

    Args:
        folder: The record's folder.
        title: Its title; needed unless the template has one.
        creators: Each as `Doe, Jane; 0000-0002-1825-0097; Example Institute`: family and given
            name, then in any order an ORCID and affiliations, by name, ROR id or both. An
            organisation is `org: Example Institute`. One is needed unless the template has one.
        description: Plain text or HTML.
        license: An SPDX id, such as `cc-by-4.0`.
        keywords: One or several.
        date: When it is published; today unless given.
        resource_type: What it is; `dataset` unless given.
        template: A file like `record_metadata.json` with what records have in common.

    Returns:
        The file that was written.

    Raises:
        RecordError: Names all that is missing or wrong, here or in the template.
        ConfigError: The folder has one already, or cannot be written.
    """
    given = {
        "title": [title],
        "creators": [creators] if isinstance(creators, str) else creators,
        "description": [description],
        "license": [license],
        "keywords": [keywords] if isinstance(keywords, str) else keywords,
        "date": [date],
        "resource_type": [resource_type],
    }
    place = Path(folder)
    refuse_existing(place)
    said = {name: [text for text in texts if text] for name, texts in given.items()}
    metadata, problems = starting.compose(said, template_of(template))
    if problems:
        raise RecordError(problems, "the record cannot be begun", advice="Give what is missing.")
    return begin(place, metadata)


def template_of(path: str | Path | None) -> Template:
    """The template in a file, or one that says nothing; raises as `init`."""
    return Template.read(Path(path), blocks()) if path else Template({})


def refuse_existing(folder: Path) -> None:
    """Refuse a folder that has metadata, or is none.

    Raises:
        ConfigError: Says what to do instead.
    """
    path = folder / METADATA_FILE
    if path.exists() or path.is_symlink():
        raise ConfigError(
            f"{path} is there already, and is left as it is",
            advice=f"Change it: publishkit edit {shlex.quote(str(folder))}",
        )
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder", advice="Give a folder, there or not yet.")


def begin(folder: Path, metadata: Mapping[str, object]) -> Path:
    """Write a new record's metadata, and the schema beside it; raises as `init`."""
    known = blocks()
    text = json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"
    parsed(json.loads(text), str(folder), known)  # what comes from here can be sent
    path = folder / METADATA_FILE
    with on_disk():
        folder.mkdir(parents=True, exist_ok=True)
        place_schema(folder, known)
        try:
            write_new(path, text.encode())
        except FileExistsError:
            refuse_existing(folder)
            raise
    return path
