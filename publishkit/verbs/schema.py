"""The JSON Schema of `record_metadata.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.downloading import on_disk
from publishkit.setting import blocks

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

__all__ = ["schema", "write"]


def schema() -> dict[str, JsonValue]:
    """The JSON Schema of `record_metadata.json`, with the blocks of the installed backends.

    Returns:
        A schema of draft 2020-12, which refers to nothing outside of it.

    Raises:
        PluginError: A backend cannot be loaded.
    """
    from publishkit.record_schema import record_schema  # takes a while to import

    return record_schema(blocks())


def write(folder: Path) -> Path:
    """Put the schema beside a record's metadata, and name it there.

    Args:
        folder: The record's folder.

    Returns:
        The file that was written.

    Raises:
        RecordError: The metadata is not valid; nothing was written.
        ConfigError: The folder cannot be written.
    """
    from publishkit.metadata_file import edit
    from publishkit.schema_file import SCHEMA_FILE, place_schema

    known = blocks()
    change = edit(folder, {"$schema": SCHEMA_FILE}, known)
    with on_disk():
        place_schema(folder, known)
    if change:
        change.make()
    return folder / SCHEMA_FILE
