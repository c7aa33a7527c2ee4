"""What `--json` prints while a push goes on: one event a line, as docs/events.md describes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

__all__ = [
    "Deposit",
    "Event",
    "Failure",
    "FileChange",
    "Finished",
    "MetadataChange",
    "Planned",
    "Previewed",
    "ProblemFound",
    "Progress",
    "Retried",
    "Started",
    "Summary",
    "Target",
    "UnderWay",
    "Warned",
    "schema",
]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )


class _Event(_Model):
    event: str
    time: datetime = Field(default_factory=lambda: datetime.now(UTC))
    """When it happened, in UTC."""


class Target(_Model):
    """Where records go."""

    name: str
    backend: str
    url: str
    sandbox: bool


class Deposit(_Model):
    """One deposit of a plan."""

    names: list[str]
    """The records in it: one, or those of a group."""
    target: str
    action: Literal["create", "update", "new version", "nothing"]
    state: str
    """As it was last seen; empty where there is none."""
    files: int
    bytes: int


class Failure(_Model):
    """Why something did not go through."""

    kind: str
    """The exception's name in Python."""
    message: str
    advice: str
    exit_code: int


class FileChange(_Model):
    """A file that would be sent or removed."""

    key: str
    size: int
    change: Literal["new", "changed", "removed"]


class MetadataChange(_Model):
    """A part of the metadata that would be another than the deposit has."""

    path: str
    before: JsonValue
    after: JsonValue


class Previewed(_Event):
    """What would happen to one deposit; in a dry run."""

    event: Literal["preview"] = "preview"
    names: list[str]
    target: str
    action: Literal["create", "update", "new version", "nothing"]
    id: str
    state: str | None
    files: list[FileChange]
    metadata: list[MetadataChange]
    publishes: bool
    terms: JsonValue
    """Licence, embargo and people; null where nothing would happen."""
    refusal: Failure | None
    """Why it would be left as it is."""


class Planned(_Event):
    """What will be done; the first event of a push whose records are valid."""

    event: Literal["plan"] = "plan"
    publish: bool
    dry_run: bool
    targets: list[Target]
    deposits: list[Deposit]
    skipped: list[str]
    """Records that are not valid and are left out."""


class ProblemFound(_Event):
    """Something in a record that is wrong, or should be known."""

    event: Literal["problem"] = "problem"
    severity: Literal["error", "warning", "notice"]
    name: str
    """The record."""
    path: str
    """Where in its record_metadata.json, or which file."""
    message: str
    advice: str


class Started(_Event):
    """A record is worked on; with `publish`, a second time when its turn to be published comes."""

    event: Literal["started"] = "started"
    name: str
    target: str


class UnderWay(_Model):
    """A deposit that is worked on now."""

    name: str
    target: str
    state: str
    doing: str
    """looking, creating, describing, sending, checking, processing, linking or publishing."""
    files: int
    files_sent: int
    bytes: int
    bytes_sent: int


class Progress(_Event):
    """How it stands; once a second while something changes."""

    event: Literal["progress"] = "progress"
    done: int
    """Records, each target counted."""
    failed: int
    total: int
    bytes: int
    """Known to be sent in all, as far as that is known by now."""
    bytes_sent: int
    speed: float
    """Bytes a second of late."""
    seconds_left: float | None
    under_way: list[UnderWay]


class Retried(_Event):
    """A request failed and will be sent again."""

    event: Literal["retry"] = "retry"
    target: str
    method: str
    url: str
    status: int
    """0 when there was no answer."""
    message: str
    seconds: float
    """Until it is sent again."""


class Warned(_Event):
    """Something else that should be known."""

    event: Literal["warning"] = "warning"
    message: str


class Finished(_Event):
    """A record is done on a target, as the other commands' --json print it too."""

    event: Literal["finished"] = "finished"
    folder: str
    name: str
    target: str
    outcome: Literal["created", "updated", "unchanged", "failed", "skipped"]
    id: str
    state: str | None
    published_now: bool
    held: bool
    waiting: str
    doi: str | None
    page: str
    """The page to look at; empty where there is none."""
    links: dict[str, str]
    files_sent: int
    bytes_sent: int
    failures: list[str]
    """What the archive could not process."""
    error: Failure | None


class Summary(_Event):
    """How it ended; always the last event."""

    event: Literal["summary"] = "summary"
    exit_code: int
    counts: dict[str, int]
    """Records by what was done: `created`, `updated`, `unchanged`, `published`, `submitted`,
    `skipped`, `failed`; those that are 0 are left out."""
    files_sent: int
    bytes_sent: int
    seconds: float
    links_files: list[str]
    error: Failure | None
    """Why the exit code is not 0."""


Event = Annotated[
    Planned | Previewed | ProblemFound | Started | Progress | Retried | Warned | Finished | Summary,
    Field(discriminator="event"),
]


def schema() -> str:
    """The JSON Schema of a line."""
    adapter: TypeAdapter[Event] = TypeAdapter(Event)
    found = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of publishkit push --json",
        **adapter.json_schema(mode="serialization"),
    }
    return json.dumps(found, indent=2) + "\n"
