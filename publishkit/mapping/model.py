"""What a mapping file says: where things are in an export, and what becomes of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from publishkit.fields import Text

__all__ = [
    "Links",
    "MappingFile",
    "Part",
    "ProcessRules",
    "RecordRules",
    "Rules",
    "Source",
    "StepRules",
]

From = Text | Annotated[tuple[Text, ...], Field(min_length=1)]


class Part(BaseModel):
    """The base of every part of a mapping: frozen, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Source(Part):
    """Where things are in an export. Paths are dotted: `params.speed`, `layers[0].name`."""

    process: Text | None = None
    """JSON: where the object with the process's own fields is, or a list of them; the whole
    document unless given."""
    steps: Text = "steps"
    """JSON: where in a process the list of its steps is."""
    parameters: Text | None = None
    """Where in a step the object with its parameters is; they can then be named directly."""
    type: Text = "type"
    """The field of a step that names its type."""
    name: Text | None = None
    """The field of a step with what it is called, for file names and titles."""
    group: Text | None = None
    """The field of a process that tells it from others; in tables it says which rows belong
    together."""
    sheet: Text | None = None
    """Spreadsheets: the sheet with a row for each step; needed where there are several."""
    process_sheet: Text | None = None
    """Spreadsheets: the sheet with a row for each process."""
    query: Text | None = None
    """Databases: a SELECT that gives a row for each step, in the order of the steps."""
    process_query: Text | None = None
    """Databases: a SELECT that gives a row for each process."""
    delimiter: Annotated[
        str | None, StringConstraints(strip_whitespace=False, min_length=1, max_length=1)
    ] = None
    """CSV: what stands between two cells; found out from the first line unless given."""
    encoding: Text = "utf-8"
    """CSV: the encoding of the file."""


class Rules(Part):
    """How the fields of something are made."""

    mapping: dict[Text, From] = Field(default_factory=dict)
    """By field: where its value comes from. A list gives a list of values. Fields may be dotted
    for what is nested, and numbered: `layers[0].name`."""
    constants: dict[Text, JsonValue] = Field(default_factory=dict)
    """By field: a value that is always the same."""
    transformations: dict[Text, JsonValue] = Field(default_factory=dict)
    """By field of `mapping`: what is done to its value; a name, a name with arguments, or a list of
    these that are done one after the other."""


class RecordRules(Rules):
    """How record_metadata.json is made; its fields are paths such as `metadata.title`."""

    folder: From | None = None
    """Where the name of the record's folder comes from; the group, or what the export is called,
    unless given."""
    template: Text | None = None
    """A file written like record_metadata.json with what the records have in common, as seen from
    the mapping file."""


class Links(Part):
    """How a process refers to its steps."""

    field: Text
    """The field with the list of steps."""
    reference: Text | None = None
    """The field of each item that refers to the step; without it the items are references."""
    name: Text | None = None
    """The field of each item with what the step is called."""


class ProcessRules(Rules):
    """How the entry of a process is made."""

    m_def: Text
    """The definition of what its fields mean, in the repository's words."""
    steps: Links
    """How it refers to its steps."""


class StepRules(Rules):
    """How the entry of a step of one type is made."""

    m_def: Text
    """The definition of what its fields mean, in the repository's words."""


class MappingFile(Part):
    """A mapping: how an export becomes records."""

    schema_: Text | None = Field(default=None, alias="$schema")
    """The file that holds the schema of this one; for editors."""
    source: Source = Source()
    """Where things are in the export."""
    files: tuple[Text, ...] = ()
    """Files that go along with every record, such as definitions; as seen from the mapping file."""
    record: RecordRules = RecordRules()
    """What record_metadata.json says."""
    process: ProcessRules
    """The entry of the process, which refers to those of its steps."""
    steps: Annotated[dict[Text, StepRules], Field(min_length=1)]
    """By the type of a step: its entry."""
