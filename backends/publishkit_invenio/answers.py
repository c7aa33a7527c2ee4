"""What InvenioRDM answers, as models: what is needed of it, tolerant of whatever else is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue

__all__ = [
    "Community",
    "Deposited",
    "Entry",
    "FieldError",
    "FileList",
    "Hits",
    "Me",
    "words",
]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class FieldError(_Answer):
    """What the server says of one field."""

    field: str = ""
    """With dots, list positions too: `metadata.creators.0.role`; empty for the whole."""
    messages: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = " ".join(self.messages)
        return f"{self.field}: {said}" if self.field else said


def _errors(value: JsonValue) -> tuple[FieldError, ...]:
    """The `errors` of any answer: a text (files), or a list of objects."""
    if value is None or isinstance(value, str):
        return (FieldError(messages=(value,)),) if value else ()
    return tuple(_error(item) for item in (value if isinstance(value, list) else [value]))


def _error(item: JsonValue) -> FieldError:
    if not isinstance(item, dict):
        return FieldError(messages=(_text(item),))
    # the communities of a record have errors of a form of their own
    field = item.get("field") or item.get("community_id") or ""
    said = item.get("messages") or item.get("message") or ""
    messages = said if isinstance(said, list) else [said]
    return FieldError(field=_text(field), messages=tuple(_text(message) for message in messages))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


Errors = Annotated[tuple[FieldError, ...], BeforeValidator(_errors)]


def _or_empty(value: object) -> object:
    return {} if value is None else value


class Entry(_Answer):
    """A file of a draft or record."""

    key: str
    status: str = ""
    """`pending` until it is committed; only in answers of `/files`."""
    size: int | None = None
    checksum: str | None = None
    """`md5:...`; None until the file is committed."""
    errors: Errors = ()

    @property
    def complete(self) -> bool:
        """Whether it was committed."""
        return self.status == "completed"


class FileList(_Answer):
    """The answer of `/files`; `entries` is missing where files are not enabled."""

    entries: tuple[Entry, ...] = ()
    errors: Errors = ()


class FileSummary(_Answer):
    """The `files` of a draft or record; pending entries have neither size nor checksum."""

    enabled: bool = True
    entries: Annotated[Mapping[str, Entry], BeforeValidator(_or_empty)] = {}


class Pid(_Answer):
    """A persistent identifier."""

    identifier: str = ""
    provider: str = ""


class Parent(_Answer):
    """What all versions have in common."""

    id: str = ""


class Deposited(_Answer):
    """A draft or a record."""

    id: str
    status: str = ""
    is_published: bool = False
    """Also of the draft in which a published record is edited."""
    revision_id: int = 0
    links: Mapping[str, JsonValue] = {}
    parent: Parent = Parent()
    pids: Annotated[Mapping[str, Pid], BeforeValidator(_or_empty)] = {}
    access: Mapping[str, JsonValue] = {}
    metadata: Annotated[Mapping[str, JsonValue], BeforeValidator(_or_empty)] = {}
    custom_fields: Annotated[Mapping[str, JsonValue], BeforeValidator(_or_empty)] = {}
    files: FileSummary = FileSummary()
    errors: Errors = ()
    """What was not taken; in answers of 200 and 201 too."""


class HitList(_Answer):
    """The records of a page."""

    hits: tuple[Deposited, ...] = ()


class Hits(_Answer):
    """A page of a search."""

    hits: HitList = HitList()


class Me(_Answer):
    """Who is signed in."""

    id: str
    email: str = ""
    username: str | None = None


class Community(_Answer):
    """A community."""

    id: str
    """Its UUID, which a review asks for; the slug is 404 there."""
    slug: str = ""


def words(answer: JsonValue) -> str:
    """The server's own words in the JSON of an error answer, fields named.

    Mostly `{"status", "message"}`, with `errors` when fields are at fault.
    """
    if not isinstance(answer, dict):
        return ""
    message = " ".join(_text(answer.get("message") or "").split())
    fields = "; ".join(str(error) for error in _errors(answer.get("errors")))
    return f"{message.rstrip('.')}: {fields}" if message and fields else message or fields
