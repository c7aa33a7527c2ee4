"""The record: the body of an InvenioRDM draft, and a block for each backend that wants one.

The models hold what the user wrote: a field that is not in the JSON is not in `Record.body()`.
They say what is possible at all; `publishkit.validation` says what is right, and is how JSON
that a person wrote becomes a `Record`. Field names and nesting are those of InvenioRDM's
draft body (services/schemas of invenio-rdm-records 20, which InvenioRDM 13.1.2 runs).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    JsonValue,
    PrivateAttr,
    StrictBool,
)

from publishkit.fields import Day, Identifier, Longer, Model, Term, Text, as_day
from publishkit.places import Geometry, Location, Locations, MultiPoint, Point, Polygon

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

Block = TypeVar("Block", bound=BaseModel)
Blocks = Mapping[str, InstanceOf[BaseModel]]


class Embargo(Model):
    """Until when files (or the record) stay closed."""

    active: StrictBool = False
    """Whether there is one."""
    until: Day | None = None
    """The day on which it ends."""
    reason: str | None = None
    """Why, in words."""


class Access(Model):
    """Who may see the record."""

    record: Literal["public", "restricted"] = "public"
    """The metadata and, if restricted, the files with it."""
    files: Literal["public", "restricted"] = "public"
    """The data files; closed while an embargo lasts."""
    embargo: Embargo = Embargo()
    """Until when the files stay closed."""


class Files(Model):
    """What the record says of its files as a whole."""

    enabled: StrictBool | None = None
    """Whether there are files; derived from the folder where the user does not say."""
    default_preview: Text | None = None
    """The key of the file that is shown first."""
    order: tuple[Text, ...] = ()
    """Keys in the order in which they are listed."""


class PersonOrOrg(Model):
    """A person or an organisation."""

    type: Literal["personal", "organizational"]
    """A person, or an organisation."""
    name: Text | None = None
    """Of an organisation. InvenioRDM makes a person's of the two others."""
    given_name: str | None = None
    """Of a person."""
    family_name: Text | None = None
    """Of a person, who needs one."""
    identifiers: tuple[Identifier, ...] = ()
    """ORCID of a person, ROR of an organisation; also GND and ISNI."""

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


class Affiliation(Model):
    """Where a person works: an id of the archive's vocabulary, a name, or both."""

    id: Text | None = None
    """On many archives the ROR id, such as `02s376052`; sent by its name where it is not known."""
    name: Text | None = None
    """As it is to be shown."""


class Creator(Model):
    """Who made the record; may have a role."""

    person_or_org: PersonOrOrg
    """Who it is."""
    role: Term | None = None
    """What they did, such as `researcher`."""
    affiliations: tuple[Affiliation, ...] = ()
    """Where they work."""


class Contributor(Model):
    """Who helped; must have a role."""

    person_or_org: PersonOrOrg
    """Who it is."""
    role: Term
    """What they did, such as `datacollector`."""
    affiliations: tuple[Affiliation, ...] = ()
    """Where they work."""


class Title(Model):
    """A further title."""

    title: Longer
    """The text."""
    type: Term
    """What kind it is, such as `subtitle`."""
    lang: Term | None = None
    """Its language, such as `eng`."""


class Description(Model):
    """A further description; HTML, which InvenioRDM sanitises."""

    description: Longer
    """The text."""
    type: Term
    """What kind it is, such as `methods`."""
    lang: Term | None = None
    """Its language, such as `eng`."""


class RightProps(Model):
    """Where a licence of one's own is found."""

    url: Text | None = None
    """Its address."""
    scheme: Text | None = None
    """The list it is from, such as `spdx`."""


class Right(Model):
    """A licence: an id of the vocabulary, or else a title of one's own."""

    id: Text | None = None
    """SPDX id in lower case, such as `cc-by-4.0`; then nothing else is needed."""
    title: Mapping[str, str] = {}
    """Of a licence of your own: `{"en": "..."}`."""
    description: Mapping[str, str] = {}
    """What it allows: `{"en": "..."}`."""
    link: Text | None = None
    """Where its text is: a full URL."""
    props: RightProps | None = None
    """Where a licence of the archive's own list is found."""


class Subject(Model):
    """A keyword (`subject`), or a term of a classification (`id`)."""

    id: Text | None = None
    """A term of a classification that the archive has."""
    subject: Text | None = None
    """A keyword of your own."""


class Date(Model):
    """A day, month, year or a span of them, and what happened then."""

    date: Text
    """EDTF level 0: `2024`, `2024-05`, `2024-05-17`, `2024-01/2024-03`."""
    type: Term
    """What happened then, such as `collected`."""
    description: str | None = None
    """More about it, in words."""


class RelatedIdentifier(Identifier):
    """Something else that this record stands in a relation to."""

    relation_type: Term
    """How this record relates to it, such as `issupplementto` or `cites`."""
    resource_type: Term | None = None
    """What it is, such as `publication-article`."""


class Funder(Model):
    """Who paid: an id of the archive's vocabulary, a name, or both."""

    id: Text | None = None
    """The ROR id, such as `00k4n6c32`; sent by its name where it is not known."""
    name: Text | None = None
    """As it is to be shown."""


class Award(Model):
    """The grant: an id of the archive's vocabulary, or a number or title."""

    id: Text | None = None
    """As the archive's vocabulary of grants has it."""
    number: Text | None = None
    """The grant's number."""
    title: Mapping[str, str] = {}
    """`{"en": "..."}`."""
    acronym: Text | None = None
    """Its short name."""
    program: Text | None = None
    """The funder's programme."""
    identifiers: tuple[Identifier, ...] = ()
    """A DOI or URL of the grant."""


class Funding(Model):
    """Who paid, and by which grant."""

    funder: Funder
    """Who paid."""
    award: Award | None = None
    """By which grant."""


class Reference(Model):
    """A work that is cited, as text."""

    reference: Text
    """As it would stand in a list of references."""
    identifier: Text | None = None
    """Its DOI or the like."""
    scheme: Text | None = None
    """What kind of identifier that is, such as `doi`."""


class Metadata(Model):
    """What the record is about."""

    resource_type: Term
    """What it is, such as `dataset` or `software`."""
    creators: Annotated[tuple[Creator, ...], Field(min_length=1)]
    """Who made it, in the order in which they are cited."""
    title: Longer
    """The name by which it is found and cited."""
    publication_date: Text
    """EDTF level 0, a date or an interval of dates: `2024-05-17`, `2024-05`, `2024-01/2024-03`."""
    additional_titles: tuple[Title, ...] = ()
    """Subtitles, translations and other names."""
    description: Longer | None = None
    """What it is and how it was made; HTML, which InvenioRDM sanitises."""
    additional_descriptions: tuple[Description, ...] = ()
    """Methods, technical information and the like."""
    rights: tuple[Right, ...] = ()
    """Licences: what others may do with it."""
    copyright: Text | None = None
    """Who holds the copyright, and since when; InvenioRDM 12 does not know it."""
    contributors: tuple[Contributor, ...] = ()
    """Who helped, and how."""
    subjects: tuple[Subject, ...] = ()
    """Keywords, and terms of classifications."""
    languages: tuple[Term, ...] = ()
    """By three letters, such as `eng`."""
    dates: tuple[Date, ...] = ()
    """Further dates, such as when it was collected."""
    version: str | None = None
    """Of the data, such as `1.0`."""
    publisher: str | None = None
    """Who publishes it; mostly the archive says."""
    identifiers: tuple[Identifier, ...] = ()
    """Other identifiers of the same record."""
    related_identifiers: tuple[RelatedIdentifier, ...] = ()
    """Articles, software and data that belong to it."""
    sizes: tuple[Text, ...] = ()
    """Such as `11 pages`."""
    formats: tuple[Text, ...] = ()
    """Such as `text/csv`."""
    locations: Locations = Locations()
    """Where it was measured or is about."""
    funding: tuple[Funding, ...] = ()
    """Who paid for it."""
    references: tuple[Reference, ...] = ()
    """Works that are cited."""


class Pid(Model):
    """A persistent identifier of the record as a whole."""

    identifier: Text
    """Bare, such as `10.1234/abc`."""
    provider: Text
    """`external` for a DOI that somebody else registered."""
    client: Text | None = None
    """The account by which the archive registers it."""


class Record(Model):
    """One record: what `record_metadata.json` says, checked.

    To change one, copy it: `record.model_copy(update={"metadata": ...})`.
    """

    # Text in custom fields stays as it is; all other text lies in models of its own.
    model_config = ConfigDict(str_strip_whitespace=False)

    access: Access = Access()
    """Who may see it; everybody unless given."""
    files: Files = Files()
    """About the files as a whole; seldom needed."""
    metadata: Metadata
    """What it is about."""
    pids: Mapping[str, Pid] = {}
    """By kind; `doi` is the one that archives take."""
    custom_fields: Mapping[str, JsonValue] = {}
    """By namespaced name, such as `journal:journal`; kept as they are."""
    blocks: Blocks = Field(default={}, exclude=True)
    """The backends' own blocks, by backend name."""

    _linked: tuple[RelatedIdentifier, ...] = PrivateAttr(())
    _collections: tuple[str, ...] = PrivateAttr(())

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
