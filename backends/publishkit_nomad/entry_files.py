"""Archive files: of which NOMAD makes entries, and how these refer to one another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from publishkit.entryfiles import EntryFiles
from publishkit_nomad import schemas
from publishkit_nomad.entry import entry_id_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.entryfiles import Definition, Offer, SectionLink, TaskLink
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
        """No entry made of the metadata beside the record's own."""
        return {"nomad": {"entry": False}}

    def workflow_file(self, name: str) -> str:
        """The name of an archive file with a workflow, as NOMAD's examples have it."""
        return f"{name}.workflow.archive.yaml"

    def workflow(
        self,
        name: str,
        *,
        inputs: Sequence[SectionLink],
        outputs: Sequence[SectionLink],
        tasks: Sequence[TaskLink],
    ) -> bytes:
        """An archive file: `{"workflow2": {"tasks": [...], ...}}`."""
        from publishkit_nomad.flows import workflow_bytes

        return workflow_bytes(name, inputs, outputs, tasks)

    def offer(self, file: str, content: bytes, sections: Sequence[str] = ()) -> Offer | None:
        """What an archive file offers; what other files are made into only NOMAD's parsers know.

        A name with `#` or `?` cannot be referred to, quoted or not (NOMAD 1.3.17 and 2.0.0).
        """
        from publishkit_nomad import flows

        if {"#", "?"} & set(file):
            raise ValueError("NOMAD cannot refer to a file with # or ? in its name")
        archive = flows.read_archive(content) if flows.is_archive(file) else None
        if archive is None:
            return None
        missing = [one for one in sections if not flows.has(archive, one)]
        return flows.offer_of(archive, missing, lambda reference: self._own(file, reference))

    def _own(self, file: str, reference: str) -> str:
        own, _, section = reference.partition("#")
        return reference if own else self.beside(file, section.strip("/"))

    def anywhere(self, deposit: str, entry: str, reference: str) -> str:
        """A reference of an entry's own as one that holds in other uploads too.

        Processed archives refer to their own sections by `#/...`, and to other entries of their
        upload by `../upload/archive/ENTRY#/...` (NOMAD 1.3.17 and 2.0.0).
        """
        place, _, section = reference.partition("#")
        section = section.strip("/")
        if not place:
            return self.elsewhere(deposit, entry, section)
        within = place.removeprefix("../upload/archive/")
        if within == place:
            return reference
        file = within.removeprefix("mainfile/")
        other = within if file == within else self.entry_id(deposit, file)
        return self.elsewhere(deposit, other, section)

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
