"""Archive files: of which NOMAD makes entries, and how these refer to one another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from publishkit.entryfiles import EntryFiles
from publishkit_nomad import schemas
from publishkit_nomad.entry import entry_id_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from publishkit.entryfiles import Definition
    from publishkit.errors import Problem

__all__ = ["ArchiveFiles"]


class ArchiveFiles(EntryFiles):
    """`*.archive.json`, whose `data` is a section of the definition that `m_def` names."""

    def data_file(self, name: str) -> str:
        """The name of an archive file, which NOMAD knows by its end."""
        return f"{name}.archive.json"

    def data(self, definition: str, fields: Mapping[str, JsonValue]) -> bytes:
        """An archive file: `{"data": {"m_def": ..., ...}}`."""
        data = {"m_def": definition, **fields}
        return (json.dumps({"data": data}, ensure_ascii=False, indent=2) + "\n").encode()

    def beside(self, file: str, section: str = "data") -> str:
        """A reference by the path of a main file in the same upload."""
        return f"../upload/archive/mainfile/{file}#/{section}"

    def elsewhere(self, deposit: str, entry: str, section: str = "data") -> str:
        """A reference by the ids of an upload and an entry."""
        return f"../uploads/{deposit}/archive/{entry}#/{section}"

    def entry_id(self, deposit: str, file: str) -> str:
        """Made of the upload's id and the main file's path."""
        return entry_id_of(deposit, file)

    def block(self) -> Mapping[str, JsonValue]:
        """No entry is to be made of the metadata."""
        return {"nomad": {"entry": False}}

    def place_of(self, definition: str) -> tuple[str, str] | None:
        """Of `FILE#NAME`, and of what NOMAD itself calls a section of a file in the upload."""
        return schemas.place_of(definition)

    def defined_in(self, file: str, name: str) -> str:
        """By the file's path in the upload."""
        return schemas.defined_in(file, name)

    def definitions(
        self, file: str, content: bytes
    ) -> tuple[Mapping[str, Definition], list[Problem]]:
        """Those of a schema file, YAML or JSON, with `definitions` in it."""
        return schemas.read_schema(file, content)
