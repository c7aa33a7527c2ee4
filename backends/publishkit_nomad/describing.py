"""An upload as the `record_metadata.json` from which it could be pushed again."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from publishkit.errors import AuthenticationError
from publishkit.model import Record
from publishkit_nomad import manifest
from publishkit_nomad.check import other_licences
from publishkit_nomad.edits import Fields
from publishkit_nomad.entry import ENTRY
from publishkit_nomad.files import RECORD
from publishkit_nomad.manifest import MANIFEST
from publishkit_nomad.relations import comparable
from publishkit_nomad.targets import NAME
from publishkit_nomad.wishes import embargo_months, entry_wishes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from publishkit_nomad.answers import Entry, Person, Upload
    from publishkit_nomad.api import NomadApi
    from publishkit_nomad.datasets import Datasets
    from publishkit_nomad.manifest import Line
    from publishkit_nomad.people import People

__all__ = ["described"]

_OBJECT: Final[TypeAdapter[dict[str, JsonValue]]] = TypeAdapter(dict[str, JsonValue])
_SHORTEST: Final = 3
"""Characters that a title or a description must have."""
_RELATION: Final = "references"
"""What NOMAD's references become, since it keeps no kind of relation."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What there is to see of an upload."""

    upload: Upload
    entries: Sequence[Entry]
    own: frozenset[str]
    """The ids of one's own datasets, or none where the entries are in none."""
    lines: Mapping[str, Line]
    """The manifest; empty where publishkit did not send the files."""

    @property
    def references(self) -> Sequence[str] | None:
        """The works that the entries name; None where not all name the same."""
        named = {frozenset(map(comparable, entry.references)) for entry in self.entries}
        return None if len(named) != 1 else self.entries[0].references

    @property
    def comment(self) -> str | None:
        """What all the entries say; None where they differ."""
        said = {entry.comment or "" for entry in self.entries}
        return None if len(said) != 1 else said.pop()

    @property
    def datasets(self) -> Sequence[str]:
        """The names of one's own datasets; none where not all entries are in the same."""
        names = [
            {d.dataset_name for d in entry.datasets if d.dataset_id in self.own}
            for entry in self.entries
        ]
        return sorted(names[0]) if names and all(one == names[0] for one in names) else ()

    @property
    def months(self) -> int:
        """The embargo that is in force, or that a draft will get."""
        upload = self.upload
        return upload.embargo_length if upload.with_embargo or not upload.published else 0


def described(api: NomadApi, people: People, datasets: Datasets, upload_id: str) -> Fields:
    """What was sent, brought up to date; of what somebody else sent, what NOMAD knows.

    Files of a published upload never change, so that a title or links that were edited later are
    those of the upload and its entries. That in which entries differ is left out, since a record
    says it of all of them; and so are other people's datasets, which one cannot change.
    """
    upload = api.upload(upload_id)
    entries = list(api.entries(upload_id))
    own = _own(datasets) if any(entry.datasets for entry in entries) else frozenset()
    seen = _Seen(upload, entries, own, manifest.load(_raw(api, upload_id, MANIFEST)))
    body = _sent(_raw(api, upload_id, RECORD)) or _made(seen, people)
    block = _named(body, seen)
    record = _record(body)
    if record is not None:
        _bring_links(body, record, seen)
        _bring_access(body, record, seen)
    block |= _differing(_record(body), seen)
    return {**body, NAME: block} if block else body


def _own(datasets: Datasets) -> frozenset[str]:
    try:
        return frozenset(dataset.dataset_id for dataset in datasets.own())
    except AuthenticationError:  # nobody is signed in
        return frozenset()


def _raw(api: NomadApi, upload_id: str, path: str) -> bytes | None:
    try:
        return api.find_raw(upload_id, path)
    except AuthenticationError:  # under somebody else's embargo
        return None


def _sent(content: bytes | None) -> Fields | None:
    """The file as it was sent; None where it is no record."""
    try:
        body = _OBJECT.validate_json(content or b"")
    except ValidationError:
        return None
    metadata = body.get("metadata")
    return body if isinstance(metadata, dict) and "title" in metadata else None


def _record(body: Fields) -> Record | None:
    try:
        return Record.model_validate(body)
    except ValidationError:  # somebody's own, which may say more
        return None


def _metadata(body: Fields) -> Fields:
    metadata = body["metadata"]
    return metadata if isinstance(metadata, dict) else {}


# ---- bringing it up to date ----


def _named(body: Fields, seen: _Seen) -> Fields:
    """The upload's name where it is not the title; else the title follows the name."""
    own = body.pop(NAME, None)
    asked = own.get("upload_name") if isinstance(own, dict) else None
    name, metadata = seen.upload.upload_name or "", _metadata(body)
    if not name or name == metadata.get("title"):
        return {}
    sent_by_us = RECORD in seen.lines and seen.lines[RECORD].generated
    if asked == name or not sent_by_us or len(name) < _SHORTEST:
        return {"upload_name": name}
    metadata["title"] = name
    return {}


def _bring_links(body: Fields, record: Record, seen: _Seen) -> None:
    """Add the works that only the upload names."""
    there = {comparable(url) for url in entry_wishes(record).references or ()}
    added: list[JsonValue] = [
        {
            "identifier": comparable(url),
            "scheme": "url" if comparable(url) == url else "doi",
            "relation_type": {"id": _RELATION},
        }
        for url in seen.references or ()
        if comparable(url) not in there
    ]
    metadata = _metadata(body)
    related = metadata.get("related_identifiers")
    if added:
        metadata["related_identifiers"] = [*(related if isinstance(related, list) else ()), *added]


def _bring_access(body: Fields, record: Record, seen: _Seen) -> None:
    """Take out an embargo that has ended."""
    access = body.get("access")
    if isinstance(access, dict) and record.access.embargo.active and not seen.months:
        access["embargo"] = {"active": False}
        access["files"] = "public"


def _differing(record: Record | None, seen: _Seen) -> Fields:
    """What the upload says now that does not follow from the rest of the record."""
    upload, block = seen.upload, Fields()
    comment, references, named = "", set[str](), seen.references
    day = upload.publish_time.date() if upload.publish_time else None
    if record is not None:
        wishes = entry_wishes(record)
        comment = wishes.comment or ""
        references = {comparable(url) for url in wishes.references or ()}
    if seen.comment not in {None, comment}:
        block["comment"] = seen.comment
    if named is not None and {comparable(url) for url in named} != references:
        block["references"] = [*named]
    lists = {
        "datasets": seen.datasets,
        "coauthors": upload.coauthors,
        "reviewers": upload.reviewers,
    }
    block |= {name: [*values] for name, values in lists.items() if values}
    if seen.months != (embargo_months([record], day) if record else 0):
        block["embargo_length"] = seen.months
    if seen.lines and ENTRY not in seen.lines:
        block["entry"] = False
    if record is not None and any(other_licences(record)):
        block["accept_license"] = True
    return block


# ---- made of what NOMAD knows ----


def _made(seen: _Seen, people: People) -> Fields:
    upload = seen.upload
    name = upload.upload_name or ""
    title = name if len(name) >= _SHORTEST else f"NOMAD upload {name or upload.upload_id}"
    day = upload.publish_time or upload.upload_create_time or upload.changed
    authors = dict.fromkeys((upload.main_author, *upload.coauthors))
    metadata: Fields = {
        "title": title,
        "creators": [_creator(people.by_id(user_id), user_id) for user_id in authors],
        "publication_date": day.date().isoformat() if day else "",
        "resource_type": {"id": "dataset"},
        "rights": [{"id": "cc-by-4.0"}],
    }
    comment = seen.comment or ""
    if len(comment) >= _SHORTEST:
        metadata["description"] = escape(comment, quote=False).replace("\n", "<br>")
    return {"access": {"record": "public", "files": "public"}, "metadata": metadata}


def _creator(person: Person | None, user_id: str) -> JsonValue:
    given, family = (person.first_name or "", person.last_name or "") if person else ("", "")
    if person and not family:
        given, _, family = person.name.rpartition(" ")
    if not person or not family:
        return {"person_or_org": {"type": "organizational", "name": f"NOMAD user {user_id}"}}
    who: Fields = {"type": "personal", "family_name": family}
    if given:
        who["given_name"] = given
    creator: Fields = {"person_or_org": who}
    if person.affiliation:
        creator["affiliations"] = [{"name": person.affiliation}]
    return creator
