"""The record: the body of an InvenioRDM draft, and a block for each backend that wants one.

The models hold what the user wrote: a field that is not in the JSON is not in `Record.body()`.
They say what is possible at all; `publishkit.validation` says what is right, and is how JSON
that a person wrote becomes a `Record`. Field names and nesting are those of InvenioRDM's
draft body (services/schemas of invenio-rdm-records 20, which InvenioRDM 13.1.2 runs).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    InstanceOf,
    JsonValue,
    PrivateAttr,
    StrictBool,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

__all__ = [
    "Access",
    "Affiliation",
    "Award",
    "Contributor",
    "Creator",
    "Date",
    "Description",
    "Embargo",
    "Files",
    "Funder",
    "Funding",
    "Geometry",
    "Identifier",
    "Location",
    "Locations",
    "Metadata",
    "MultiPoint",
    "PersonOrOrg",
    "Pid",
    "Point",
    "Polygon",
    "Record",
    "Reference",
    "RelatedIdentifier",
    "Right",
    "RightProps",
    "Subject",
    "Term",
    "Title",
    "as_day",
]

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
Block = TypeVar("Block", bound=BaseModel)
Blocks = Mapping[str, InstanceOf[BaseModel]]
Text = Annotated[str, StringConstraints(min_length=1)]
"""Text that is not blank."""
Longer = Annotated[str, StringConstraints(min_length=3)]
"""Text of three characters or more, as InvenioRDM asks of titles and descriptions."""
Coordinate = Annotated[FiniteFloat, Field(strict=True)]
"""Degrees, or metres for a height."""
Position = Annotated[tuple[Coordinate, ...], Field(min_length=2, max_length=3)]
"""Longitude, latitude and, where wanted, a height: GeoJSON's order."""
ByLanguage = Mapping[str, str]
"""Text by language code: `{"en": "..."}`."""


def as_day(text: str) -> dt.date | None:
    """The day that `YYYY-MM-DD` means, or None if it is not one."""
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _day(value: object) -> dt.date:
    if type(value) is dt.date:
        return value
    day = as_day(value.strip()) if isinstance(value, str) else None
    if day is None:
        raise PydanticCustomError("day", "a day is written YYYY-MM-DD")
    return day


Day = Annotated[dt.date, BeforeValidator(_day)]
"""A day; in JSON `YYYY-MM-DD`."""


class _Model(BaseModel):
    # InvenioRDM strips blanks around text too.
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Term(_Model):
    """A term of a vocabulary; the vocabularies belong to each instance."""

    id: Text


class Embargo(_Model):
    """Until when files (or the record) stay closed."""

    active: StrictBool = False
    until: Day | None = None
    """The day on which it ends."""
    reason: str | None = None


class Access(_Model):
    """Who may see the record."""

    record: Literal["public", "restricted"] = "public"
    """The metadata and, if restricted, the files with it."""
    files: Literal["public", "restricted"] = "public"
    embargo: Embargo = Embargo()


class Files(_Model):
    """What the record says of its files as a whole."""

    enabled: StrictBool | None = None
    """Whether there are files; derived from the folder where the user does not say."""
    default_preview: Text | None = None
    """The key of the file that is shown first."""
    order: tuple[Text, ...] = ()
    """Keys in the order in which they are listed."""


class Identifier(_Model):
    """An identifier under one of the schemes that InvenioRDM knows (doi, orcid, ror ...)."""

    identifier: Text
    scheme: Text | None = None
    """Found out by the archive where it is not given."""


class PersonOrOrg(_Model):
    """A person or an organisation."""

    type: Literal["personal", "organizational"]
    name: Text | None = None
    """Of an organisation. InvenioRDM makes a person's of the two others."""
    given_name: str | None = None
    family_name: Text | None = None
    identifiers: tuple[Identifier, ...] = ()

    @property
    def display_name(self) -> str:
        """The name as InvenioRDM shows it: `Doe, Jane` for a person."""
        if self.type == "personal" and self.family_name:
            return ", ".join(part for part in (self.family_name, self.given_name) if part)
        return self.name or ""

    def identifier(self, scheme: str) -> str | None:
        """The identifier under `scheme` (`orcid`), bare, or None."""
        from publishkit import identifiers as ids  # seldom needed

        for one in self.identifiers:
            if scheme == (one.scheme or ids.detect(one.identifier, ids.PERSON_SCHEMES)):
                return ids.normalised(one.identifier, scheme)
        return None


class Affiliation(_Model):
    """Where a person works: an id of the archive's vocabulary, a name, or both."""

    id: Text | None = None
    name: Text | None = None


class Creator(_Model):
    """Who made the record; may have a role."""

    person_or_org: PersonOrOrg
    role: Term | None = None
    affiliations: tuple[Affiliation, ...] = ()


class Contributor(_Model):
    """Who helped; must have a role."""

    person_or_org: PersonOrOrg
    role: Term
    affiliations: tuple[Affiliation, ...] = ()


class Title(_Model):
    """A further title."""

    title: Longer
    type: Term
    lang: Term | None = None


class Description(_Model):
    """A further description; HTML, which InvenioRDM sanitises."""

    description: Longer
    type: Term
    lang: Term | None = None


class RightProps(_Model):
    """Where a licence of one's own is found."""

    url: Text | None = None
    scheme: Text | None = None


class Right(_Model):
    """A licence: an id of the vocabulary, or else a title of one's own."""

    id: Text | None = None
    title: ByLanguage = {}
    description: ByLanguage = {}
    link: Text | None = None
    props: RightProps | None = None


class Subject(_Model):
    """A keyword (`subject`), or a term of a classification (`id`)."""

    id: Text | None = None
    subject: Text | None = None


class Date(_Model):
    """A day, month, year or a span of them, and what happened then."""

    date: Text
    """EDTF level 0: `2024`, `2024-05`, `2024-05-17`, `2024-01/2024-03`."""
    type: Term
    description: str | None = None


class RelatedIdentifier(Identifier):
    """Something else that this record stands in a relation to."""

    relation_type: Term
    resource_type: Term | None = None


class Point(_Model):
    """A GeoJSON point."""

    type: Literal["Point"]
    coordinates: Position


class MultiPoint(_Model):
    """Several points."""

    type: Literal["MultiPoint"]
    coordinates: tuple[Position, ...]


class Polygon(_Model):
    """Closed rings, the first the outer one."""

    type: Literal["Polygon"]
    coordinates: tuple[tuple[Position, ...], ...]


Geometry = Annotated[Point | MultiPoint | Polygon, Field(discriminator="type")]
"""The GeoJSON geometries that InvenioRDM takes."""


class Location(_Model):
    """A place; at least one of its fields."""

    geometry: Geometry | None = None
    place: Text | None = None
    description: Text | None = None
    identifiers: tuple[Identifier, ...] = ()


class Locations(_Model):
    """The places, as GeoJSON features."""

    features: tuple[Location, ...] = ()


class Funder(_Model):
    """Who paid: an id of the archive's vocabulary, a name, or both."""

    id: Text | None = None
    name: Text | None = None


class Award(_Model):
    """The grant: an id of the archive's vocabulary, or a number or title."""

    id: Text | None = None
    number: Text | None = None
    title: ByLanguage = {}
    acronym: Text | None = None
    program: Text | None = None
    identifiers: tuple[Identifier, ...] = ()


class Funding(_Model):
    """Who paid, and by which grant."""

    funder: Funder
    award: Award | None = None


class Reference(_Model):
    """A work that is cited, as text."""

    reference: Text
    identifier: Text | None = None
    scheme: Text | None = None


class Metadata(_Model):
    """What the record is about."""

    resource_type: Term
    creators: Annotated[tuple[Creator, ...], Field(min_length=1)]
    title: Longer
    publication_date: Text
    """EDTF level 0, a date or an interval of dates."""
    additional_titles: tuple[Title, ...] = ()
    description: Longer | None = None
    """HTML, which InvenioRDM sanitises."""
    additional_descriptions: tuple[Description, ...] = ()
    rights: tuple[Right, ...] = ()
    copyright: Text | None = None
    """InvenioRDM 12 does not know it."""
    contributors: tuple[Contributor, ...] = ()
    subjects: tuple[Subject, ...] = ()
    languages: tuple[Term, ...] = ()
    dates: tuple[Date, ...] = ()
    version: str | None = None
    publisher: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    related_identifiers: tuple[RelatedIdentifier, ...] = ()
    sizes: tuple[Text, ...] = ()
    formats: tuple[Text, ...] = ()
    locations: Locations = Locations()
    funding: tuple[Funding, ...] = ()
    references: tuple[Reference, ...] = ()


class Pid(_Model):
    """A persistent identifier of the record as a whole."""

    identifier: Text
    provider: Text
    """`external` for a DOI that somebody else registered."""
    client: Text | None = None


class Record(_Model):
    """One record: what `record_metadata.json` says, checked.

    To change one, copy it: `record.model_copy(update={"metadata": ...})`.
    """

    # Text in custom fields stays as it is; all other text lies in models of its own.
    model_config = ConfigDict(str_strip_whitespace=False)

    access: Access = Access()
    files: Files = Files()
    metadata: Metadata
    pids: Mapping[str, Pid] = {}
    """By kind; `doi` is the one that archives take."""
    custom_fields: Mapping[str, JsonValue] = {}
    """By namespaced name, such as `journal:journal`; kept as they are."""
    blocks: Blocks = Field(default={}, exclude=True)
    """The backends' own blocks, by backend name."""

    _linked: tuple[RelatedIdentifier, ...] = PrivateAttr(())
    _collections: tuple[str, ...] = PrivateAttr(())
    _undated: bool = PrivateAttr(default=False)

    @property
    def undated(self) -> bool:
        """Whether `publication_date` is only today's: what is published keeps the date it has."""
        return self._undated

    @property
    def linked(self) -> tuple[RelatedIdentifier, ...]:
        """The related works that `with_links` added; they are in `metadata` too."""
        return self._linked

    @property
    def collections(self) -> tuple[str, ...]:
        """The ids of collections that its deposit was put into, beyond those of its block."""
        return self._collections

    def with_links(self, links: Mapping[str, str], collections: tuple[str, ...] = ()) -> Record:
        """This record, with what `publishkit link` and `--cross` add.

        Args:
            links: Relations (`isidenticalto`) by identifier, a DOI or a full URL.
            collections: The ids of collections.
        """
        from publishkit.identifiers import as_doi  # seldom needed

        there = {_named(one) for one in self.metadata.related_identifiers}
        added = tuple(
            RelatedIdentifier(
                identifier=as_doi(identifier) or identifier,
                scheme="doi" if as_doi(identifier) else "url",
                relation_type=Term(id=relation),
            )
            for identifier, relation in links.items()
        )
        new = tuple(one for one in added if _named(one) not in there)
        metadata = self.metadata
        if new:
            related = (*metadata.related_identifiers, *new)
            metadata = metadata.model_copy(update={"related_identifiers": related})
        copy = self.model_copy(update={"metadata": metadata})
        copy._linked, copy._collections = added, collections  # noqa: SLF001 - its own
        return copy

    def body(self) -> dict[str, JsonValue]:
        """A new InvenioRDM draft body: what was given or derived, without backends' blocks.

        Empty `pids` are left out: sent, they drop a DOI that was reserved (seen on InvenioRDM
        13.1.2).
        """
        body: dict[str, JsonValue] = self.model_dump(mode="json", exclude_unset=True)
        if not self.pids:
            body.pop("pids", None)
        return body

    def block(self, model: type[Block]) -> Block | None:
        """The block that is an instance of `model`, or None where the record has none."""
        return next((b for b in self.blocks.values() if isinstance(b, model)), None)

    @property
    def doi(self) -> str | None:
        """The DOI in `pids`, bare (`10.1234/abc`), or None."""
        pid = self.pids.get("doi")
        if pid is None:
            return None
        from publishkit.identifiers import normalised  # seldom needed

        return normalised(pid.identifier, "doi")


def _named(related: RelatedIdentifier) -> tuple[str, str]:
    from publishkit.identifiers import as_doi

    return as_doi(related.identifier) or related.identifier, related.relation_type.id
