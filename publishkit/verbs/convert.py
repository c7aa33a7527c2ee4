"""Write `record_metadata.json` from the metadata file of another tool."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit import folder as folders
from publishkit.datafiles import METADATA_FILE
from publishkit.errors import ConfigError
from publishkit.foreign import foreign_of
from publishkit.metadata_file import conversion, making
from publishkit.setting import blocks
from publishkit.verbs.push import paths_of

if TYPE_CHECKING:
    from publishkit.foreign import Foreign
    from publishkit.verbs.push import Paths

__all__ = ["convert"]


def convert(
    records: Paths, *, metadata_file: str | Path | None = None, recursive: bool = False
) -> list[Path]:
    """Write a `record_metadata.json` into each folder for which another tool's file stands.

    The other tool's file stays as it is, and no longer counts. For a record that is published,
    `pull` does better: it writes what the archive has, with the date of publishing.

    Args:
        records: Folders with data, or folders of them.
        metadata_file: The other tool's file, where it has a name or place of its own; then there
            is one folder.
        recursive: Whether to look for records in deeper folders too.

    Returns:
        The files that were written.

    Raises:
        ConfigError: A folder has a `record_metadata.json` already, or no other tool's file.
        RecordError: Such a file is not valid; nothing was written.
    """
    paths, file = paths_of(records), Path(metadata_file) if metadata_file else None
    if file:
        found = [_only(paths)]
    else:
        found = [one for p in paths for one in folders.find_records(p, recursive=recursive)]
    edits = [conversion(one, _foreign(one, file), blocks()) for one in dict.fromkeys(found)]
    with making(edits):
        return [edit.path for edit in edits]


def _only(paths: list[Path]) -> Path:
    if len(paths) == 1 and paths[0].is_dir():
        return paths[0]
    raise ConfigError(
        "a metadata file goes into one folder", advice="Name the folder with its data files."
    )


def _foreign(folder: Path, file: Path | None) -> Foreign:
    if os.path.lexists(folder / METADATA_FILE):
        raise ConfigError(
            f"{folder} has a {METADATA_FILE} already",
            advice="Change that one, or move it away first.",
        )
    found = foreign_of(folder, file)
    if found:
        return found
    raise ConfigError(
        f"{file or folder} is no metadata file that publishkit knows of another tool",
        advice=f"Write {folder / METADATA_FILE} yourself.",
    )
