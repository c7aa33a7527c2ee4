"""The draft body that is sent, and what the server made of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import JsonValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publishkit.model import Record
    from publishkit_invenio.answers import Deposited, FieldError
    from publishkit_invenio.settings import InvenioSettings

__all__ = [
    "Body",
    "body_of",
    "forces_files",
    "holds",
    "is_doi",
    "is_marked",
    "marked",
    "refusals",
    "same_doi",
    "uses_of",
    "with_publisher",
]

Body = dict[str, JsonValue]
"""The body of a draft."""


def body_of(record: Record, settings: InvenioSettings) -> Body:
    """The draft body for one target."""
    body = with_publisher(record, settings).body()
    metadata = dict(_mapping(body["metadata"]))
    _leave_out(metadata)
    _place_doi(record, settings, body, metadata)
    return {
        **body,
        "metadata": metadata,
        "access": _access(record),
        "files": _files(record),
    }


def with_publisher(record: Record, settings: InvenioSettings) -> Record:
    """The record with the target's publisher where it names none; else the same object."""
    if record.metadata.publisher or not settings.publisher:
        return record
    metadata = record.metadata.model_copy(update={"publisher": settings.publisher})
    return record.model_copy(update={"metadata": metadata})


def marked(body: Body, marker: str) -> Body:
    """The body of a draft that is still to be filled: the marker stands behind the title."""
    metadata = _mapping(body["metadata"])
    return {**body, "metadata": {**metadata, "title": f"{metadata.get('title')} [{marker}]"}}


def is_marked(found: Deposited, marker: str) -> bool:
    """Whether a draft has a marker in its title."""
    title = str(found.metadata.get("title") or "")
    return title == marker or title.endswith(f"[{marker}]")


def _leave_out(metadata: Body) -> None:
    """Take out what InvenioRDM 13.1.2 documents and then answers 500 to."""
    if metadata.get("rights"):
        metadata["rights"] = [_right(_mapping(item)) for item in _sequence(metadata["rights"])]
    if metadata.get("funding"):
        metadata["funding"] = [_funding(_mapping(item)) for item in _sequence(metadata["funding"])]


def _right(right: Mapping[str, JsonValue]) -> JsonValue:
    url = _mapping(right.get("props")).get("url")
    link: Body = {} if _empty(url) else {"link": url}
    return {**link, **{key: value for key, value in right.items() if key != "props"}}


def _funding(funding: Mapping[str, JsonValue]) -> JsonValue:
    award = _mapping(funding.get("award"))
    if not award:
        return dict(funding)
    kept: Body = {key: value for key, value in award.items() if key not in {"acronym", "program"}}
    return {**funding, "award": kept}


def _place_doi(record: Record, settings: InvenioSettings, body: Body, metadata: Body) -> None:
    """A server without DOIs answers 500 to one in `pids`, so it goes there only if it is known.

    Elsewhere `pids` is left out: sent empty, it would drop a DOI that was reserved.
    """
    pids = {kind: pid for kind, pid in _mapping(body.pop("pids", None)).items() if kind != "doi"}
    external: JsonValue
    external = {"identifier": record.doi, "provider": "external"} if record.doi else None
    if external and settings.dois == "on":
        body["pids"] = {**pids, "doi": external}
        return
    if pids:
        body["pids"] = pids
    listed = _sequence(metadata.get("identifiers"))
    there = any(is_doi(item.identifier, item.scheme) for item in record.metadata.identifiers)
    if record.doi and not there:
        metadata["identifiers"] = [*listed, {"identifier": record.doi, "scheme": "doi"}]


def is_doi(identifier: str, scheme: str | None) -> bool:
    """Whether an identifier is a DOI, by its scheme or else by its looks."""
    return scheme == "doi" if scheme else _bare_doi(identifier).startswith("10.")


def same_doi(one: str, other: str) -> bool:
    """Whether two DOIs are the same, however they are written."""
    return _bare_doi(one) == _bare_doi(other)


def _bare_doi(doi: str) -> str:
    return re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", doi.strip().lower())


def _access(record: Record) -> Body:
    access: Body = record.access.model_dump(mode="json", exclude_unset=True)
    access["record"] = record.access.record
    closed = record.access.record == "restricted"
    access["files"] = "restricted" if closed else record.access.files
    return access


def _files(record: Record) -> Body:
    """`order` is left out: the server passes over it."""
    files: Body = {"enabled": record.files.enabled is not False}
    if record.files.default_preview:
        files["default_preview"] = record.files.default_preview
    return files


def forces_files(body: Body, answer: Deposited) -> bool:
    """Whether a draft kept its files although the record has none: they must go first."""
    return not _mapping(body["files"])["enabled"] and answer.files.enabled


def refusals(body: Body, answer: Deposited) -> list[str]:
    """All that the server did not take of `body`, in its words where it has any."""
    said = [error for error in answer.errors if not _only_not_yet(error, body, answer)]
    fields = tuple(error.field for error in said)
    silent = [
        f"{path}: was dropped without a word"
        for path in _dropped(body, answer)
        if not any(path.startswith(field) or field.startswith(path) for field in fields if field)
    ]
    return [*(str(error) for error in said), *silent]


def holds(body: Body, found: Deposited) -> bool:
    """Whether a draft holds what `body` says, as far as can be told."""
    title = _mapping(body["metadata"]).get("title")
    return found.metadata.get("title") == title and not refusals(body, found)


def _only_not_yet(error: FieldError, body: Body, answer: Deposited) -> bool:
    """Whether an error only says that files are still to come."""
    files = _mapping(body["files"])
    if error.field == "files.enabled":
        return bool(files["enabled"]) and not answer.files.entries
    preview = files.get("default_preview")
    return error.field == "files.default_preview" and preview not in answer.files.entries


def _dropped(body: Body, answer: Deposited) -> Iterator[str]:
    yield from _missing(body["metadata"], dict(answer.metadata), "metadata")
    yield from _missing(body.get("custom_fields"), dict(answer.custom_fields), "custom_fields")
    held = answer.pids.get("doi")
    wanted = _mapping(_mapping(body.get("pids")).get("doi")).get("identifier")
    if wanted and not (held and same_doi(held.identifier, str(wanted))):
        yield "pids.doi"
    for field in ("record", "files"):
        if (
            answer.access.get(field, _mapping(body["access"])[field])
            != _mapping(body["access"])[field]
        ):
            yield f"access.{field}"


def _missing(sent: JsonValue, held: JsonValue, path: str) -> Iterator[str]:
    """The paths of what was sent and is not there; values may come back in another form."""
    if _empty(sent):
        return
    if _empty(held):
        yield path
    elif isinstance(sent, dict):
        inside = _mapping(held)
        if "id" in sent and sent["id"] == inside.get("id"):
            return  # a term: what it is called is the archive's
        for key, value in sent.items():
            yield from _missing(value, inside.get(key), f"{path}.{key}")
    elif isinstance(sent, list):
        items = _sequence(held)
        if len(items) < len(sent):
            yield path
        else:
            for number, value in enumerate(sent):
                yield from _missing(value, items[number], f"{path}.{number}")


def _empty(value: JsonValue) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def uses_of(value: str, body: JsonValue, path: str = "") -> Iterator[str]:
    """The paths of every `id` in a body that is `value`."""
    if isinstance(body, dict):
        for key, item in body.items():
            where = f"{path}.{key}" if path else key
            if key == "id" and item == value:
                yield where
            else:
                yield from uses_of(value, item, where)
    elif isinstance(body, list):
        for number, item in enumerate(body):
            yield from uses_of(value, item, f"{path}[{number}]")


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _sequence(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
