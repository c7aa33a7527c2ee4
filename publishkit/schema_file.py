"""The schema beside a record's metadata, where the user's editor finds it.

A hidden file of the folder: it is never sent, it moves along with the folder, and no network is
needed to read it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from publishkit.record_schema import record_schema
from publishkit.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import BaseModel

__all__ = ["SCHEMA_FILE", "place_schema"]

SCHEMA_FILE: Final = ".record_metadata.schema.json"
"""Its name, which is also what `$schema` says: editors read that as seen from the metadata."""


def place_schema(folder: Path, blocks: Mapping[str, type[BaseModel]]) -> None:
    """Write the schema into a folder, unless this very one lies there.

    Args:
        folder: The record's folder.
        blocks: The models of the backends' blocks by name.

    Raises:
        OSError: It cannot be written.
    """
    path = folder / SCHEMA_FILE
    content = json.dumps(record_schema(blocks), ensure_ascii=False).encode() + b"\n"
    if not _holds(path, content):
        path.unlink(missing_ok=True)  # a symbolic link would lead elsewhere
        write_whole(path, content)


def _holds(path: Path, content: bytes) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != len(content):
        return False
    return path.read_bytes() == content
