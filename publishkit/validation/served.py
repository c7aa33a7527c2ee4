"""The keys that an archive adds to a record, so that JSON downloaded from one can be pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit import model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel, JsonValue

__all__ = ["added_beside_id", "added_keys", "is_served"]

_RECORD = frozenset(
    {
        "created",
        "deletion_status",
        "errors",
        "expires_at",
        "id",
        "internal_notes",
        "is_draft",
        "is_published",
        "links",
        "media_files",
        "parent",
        "revision",
        "revision_id",
        "stats",
        "status",
        "swh",
        "tombstone",
        "ui",
        "updated",
        "versions",
    }
)
_TERM = frozenset({"description", "icon", "props", "tags", "title", "title_l10n", "type"})
_ORGANISATION = frozenset(
    {
        "acronym",
        "aliases",
        "country",
        "country_name",
        "identifiers",
        "location_name",
        "pid",
        "props",
        "scheme",
        "status",
        "title",
        "title_l10n",
        "types",
    }
)
# From the GET answers of InvenioRDM 13.1.2, and the fields that the schemas of
# invenio-rdm-records 20 and invenio-vocabularies 9 write but do not read.
_ALWAYS: Mapping[type[BaseModel], frozenset[str]] = {
    model.Record: _RECORD,
    model.Access: frozenset({"status"}),
    model.Files: frozenset({"count", "entries", "total_bytes", "types"}),
    model.Term: _TERM,
    model.Right: frozenset({"icon", "title_l10n", "description_l10n"}),
    model.Subject: frozenset({"identifiers", "props", "scheme", "synonyms", "title"}),
    model.Affiliation: _ORGANISATION,
    model.Funder: _ORGANISATION,
    model.Award: frozenset(
        {"end_date", "funder", "organizations", "props", "start_date", "subjects", "title_l10n"}
    ),
}
# A licence of the vocabulary comes back with its texts; sent so, it is refused.
_BESIDE_ID: Mapping[type[BaseModel], frozenset[str]] = {
    model.Right: frozenset({"description", "link", "props", "title"}),
}


def is_served(kind: type[BaseModel], key: str, beside: Mapping[str, JsonValue]) -> bool:
    """Whether an archive adds `key` to an object of this kind.

    Args:
        kind: The model of the object.
        key: A key in it.
        beside: The whole object.
    """
    if key in _ALWAYS.get(kind, ()):
        # The keys of a term mean something only next to its id.
        return kind is not model.Term or "id" in beside
    if key in _BESIDE_ID.get(kind, ()):
        return bool(beside.get("id"))
    return kind is model.PersonOrOrg and key == "name" and _is_made(beside)


def added_keys(kind: type[BaseModel]) -> frozenset[str]:
    """The keys that an archive adds to objects of this kind, and that are left out."""
    return _ALWAYS.get(kind, frozenset())


def added_beside_id(kind: type[BaseModel]) -> frozenset[str]:
    """The keys of its own that an archive fills in where such an object has an id."""
    return _BESIDE_ID.get(kind, frozenset())


def _is_made(person: Mapping[str, JsonValue]) -> bool:
    """InvenioRDM makes a person's name of the family and the given name."""
    return person.get("type") == "personal" and bool(person.get("family_name"))
