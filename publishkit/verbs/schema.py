"""The JSON Schemas of the files that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pydantic import JsonValue

__all__ = ["SCHEMAS", "schema", "write"]


def schema(of: str = "record") -> dict[str, JsonValue]:
    """The JSON Schema of a file that people write.

    Args:
        of: `record` for `record_metadata.json`, with the blocks of the installed backends;
            `mapping` for what `map_export` reads, with the transformations that are installed;
            `workflow` for what `build_workflow` reads.

    Returns:
        A schema of draft 2020-12, which refers to nothing outside of it.

    Raises:
        PluginError: A plugin cannot be loaded.
        ConfigError: There is no such schema.
    """
    if of not in SCHEMAS:
        raise ConfigError(
            f"there is no schema of {of}", advice=f"Name one of {', '.join(SCHEMAS)}."
        )
    return SCHEMAS[of]()


# each imports what takes a while when it is called


def _record() -> dict[str, JsonValue]:
    from publishkit.record_schema import record_schema
    from publishkit.setting import blocks

    return record_schema(blocks())


def _mapping() -> dict[str, JsonValue]:
    from publishkit.mapping.schema import mapping_schema

    return mapping_schema()


def _workflow() -> dict[str, JsonValue]:
    from publishkit.record_schema import model_schema
    from publishkit.workflows.model import Workflow

    return model_schema(Workflow, "A workflow: tasks, and what goes from one to the next.")


SCHEMAS: Final[Mapping[str, Callable[[], dict[str, JsonValue]]]] = {
    "record": _record,
    "mapping": _mapping,
    "workflow": _workflow,
}
"""What makes each schema, by what it is of."""


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
    from publishkit.downloading import on_disk
    from publishkit.metadata_file import edit
    from publishkit.schema_file import SCHEMA_FILE, place_schema
    from publishkit.setting import blocks

    known = blocks()
    change = edit(folder, {"$schema": SCHEMA_FILE}, known)
    with on_disk():
        place_schema(folder, known)
    if change:
        change.make()
    return folder / SCHEMA_FILE
