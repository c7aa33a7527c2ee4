"""The generated entry: what the metadata says, where NOMAD has no field of its own for it.

`BasicEln` works on NOMAD 1.3.17, 1.4.3 and 2.0.0; its name, tags, lab_id and description can be
searched for (`results.eln`).
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from typing import TYPE_CHECKING, Final

from publishkit.markup import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publishkit.model import (
        Award,
        Contributor,
        Creator,
        Funding,
        Identifier,
        Metadata,
        Record,
        Right,
    )

__all__ = ["ENTRY", "archive_of", "entry_id_of"]

ENTRY: Final = "publishkit.archive.json"
"""The main file of the generated entry."""

_ORCID: Final = "https://orcid.org/"


def entry_id_of(upload_id: str, mainfile: str) -> str:
    """The id that NOMAD gives the entry of a main file, known before any file is sent."""
    digest = hashlib.sha512((upload_id + mainfile).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:28]


def archive_of(record: Record) -> bytes:
    """The main file of the record's entry; the same bytes for the same record."""
    metadata = record.metadata
    tags = [subject.subject or subject.id for subject in metadata.subjects]
    data: dict[str, object] = {
        "m_def": "nomad.datamodel.metainfo.eln.BasicEln",
        "name": metadata.title,
        "description": description_of(record),
    }
    if tags:
        data["tags"] = tags
    if record.doi:
        data["lab_id"] = record.doi
    return (json.dumps({"data": data}, ensure_ascii=False, indent=2) + "\n").encode()


def description_of(record: Record) -> str:
    """The metadata as HTML: the description, then a heading and a list for each kind."""
    metadata = record.metadata
    parts = [clean(metadata.description)] if metadata.description else []
    parts += [
        f"<h4>{_term(more.type.id)}</h4>{clean(more.description)}"
        for more in metadata.additional_descriptions
    ]
    for heading, items in _sections(record):
        listed = "".join(f"<li>{item}</li>" for item in items)
        if listed:
            parts.append(f"<h4>{heading}</h4><ul>{listed}</ul>")
    return "\n".join(parts)


def _sections(record: Record) -> Iterator[tuple[str, Iterable[str]]]:
    metadata = record.metadata
    yield "Further titles", (escape(title.title) for title in metadata.additional_titles)
    yield "Creators", (_person(creator) for creator in metadata.creators)
    yield "Contributors", (_person(contributor) for contributor in metadata.contributors)
    yield "Licence", (_right(right) for right in metadata.rights)
    yield "Copyright", [escape(metadata.copyright)] if metadata.copyright else []
    yield "Publication", _publication(metadata)
    yield "Dates", _dates(metadata)
    yield "Identifiers", _identifiers(record)
    yield "Related works", _related(metadata)
    yield "Funding", (_funding(funding) for funding in metadata.funding)
    yield "References", _references(metadata)
    yield "Places", _places(metadata)
    yield "Sizes and formats", (escape(x) for x in (*metadata.sizes, *metadata.formats))


def _publication(metadata: Metadata) -> Iterator[str]:
    yield f"Date: {escape(metadata.publication_date)}"
    yield f"Type: {_term(metadata.resource_type.id)}"
    if metadata.publisher:
        yield f"Publisher: {escape(metadata.publisher)}"
    if metadata.version:
        yield f"Version: {escape(metadata.version)}"
    if metadata.languages:
        yield f"Languages: {escape(', '.join(language.id for language in metadata.languages))}"


def _dates(metadata: Metadata) -> Iterator[str]:
    for day in metadata.dates:
        note = f" ({escape(day.description)})" if day.description else ""
        yield f"{_term(day.type.id)}: {escape(day.date)}{note}"


def _identifiers(record: Record) -> Iterator[str]:
    if record.doi:
        yield f"DOI: {_link(f'https://doi.org/{record.doi}', record.doi)}"
    for identifier in record.metadata.identifiers:
        yield _identifier(identifier)


def _related(metadata: Metadata) -> Iterator[str]:
    for related in metadata.related_identifiers:
        yield f"{_term(related.relation_type.id)}: {_identifier(related)}"


def _references(metadata: Metadata) -> Iterator[str]:
    for reference in metadata.references:
        known = f" ({escape(reference.identifier)})" if reference.identifier else ""
        yield f"{escape(reference.reference)}{known}"


def _places(metadata: Metadata) -> Iterator[str]:
    for place in metadata.locations.features:
        said = [text for text in (place.place, place.description) if text]
        if place.geometry:
            said.append(json.dumps(place.geometry.model_dump(mode="json")["coordinates"]))
        if said:
            yield escape(": ".join(said), quote=False)


def _person(person: Creator | Contributor) -> str:
    who = person.person_or_org
    text = escape(who.display_name)
    for identifier in who.identifiers:
        if identifier.scheme == "orcid":
            orcid = identifier.identifier.removeprefix(_ORCID)
            text += f", ORCID {_link(_ORCID + orcid, orcid)}"
        else:
            text += f", {_identifier(identifier)}"
    places = [place.name or place.id for place in person.affiliations]
    if places:
        text += f" ({escape('; '.join(place for place in places if place))})"
    return text + (f", {_term(person.role.id)}" if person.role else "")


def _right(right: Right) -> str:
    title = right.title.get("en") or next(iter(right.title.values()), "") or right.id or ""
    link = right.link or (right.props.url if right.props else None)
    return _link(link, title) if link else escape(title)


def _funding(funding: Funding) -> str:
    funder = escape(funding.funder.name or funding.funder.id or "")
    return f"{funder}, {_award(funding.award)}" if funding.award else funder


def _award(award: Award) -> str:
    title = award.title.get("en") or next(iter(award.title.values()), "")
    said = (award.number, award.acronym, title)
    return escape(", ".join(text for text in said if text) or award.id or "")


def _identifier(identifier: Identifier) -> str:
    text = identifier.identifier
    if text.startswith(("http://", "https://")):
        return _link(text, text)
    if identifier.scheme == "doi":
        return f"DOI {_link(f'https://doi.org/{text}', text)}"
    return escape(f"{identifier.scheme} {text}" if identifier.scheme else text)


def _link(url: str, text: str) -> str:
    if not url.startswith(("http://", "https://")):
        return escape(f"{text} ({url})")
    return f'<a href="{escape(url)}">{escape(text)}</a>'


def _term(identifier: str) -> str:
    """A vocabulary id as words: `issupplementto` cannot be told apart, `data-manager` can."""
    return escape(identifier.replace("-", " ").replace("_", " ").capitalize())
