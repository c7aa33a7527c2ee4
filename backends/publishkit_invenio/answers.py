"""What InvenioRDM answers, as models: what is needed of it, tolerant of whatever else is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    NonNegativeInt,
    StrictBool,
)

__all__ = [
    "Community",
    "CommunityHits",
    "Deposited",
    "Entry",
    "FieldError",
    "FileList",
    "Grant",
    "GrantHits",
    "HitList",
    "Hits",
    "Inclusion",
    "Me",
    "Person",
    "PersonHits",
    "Request",
    "RequestHits",
    "Review",
    "SecretLink",
    "SecretLinkHits",
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


def _moment(value: object) -> datetime | None:
    """A time in UTC; None for what is no time.

    Times have a zone but for a draft's `expires_at` (`2026-11-21 07:22:58.45` on 12.1.0, without
    a zone on 13.1.2 and with one on 14.0.5) and days; what has none is in UTC.
    """
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day there are, in another zone
        return None


Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class Entry(_Answer):
    """A file of a draft or record."""

    key: str
    status: str = ""
    """`pending` until it is committed; '' in what a draft or record says of its files."""
    size: NonNegativeInt | None = None
    checksum: str | None = None
    """`md5:...`; None until the file is committed."""
    errors: Errors = ()

    @property
    def complete(self) -> bool:
        """Whether it was committed; only then is there a checksum (13.1.2)."""
        return self.status == "completed" if self.status else self.checksum is not None


class FileList(_Answer):
    """The answer of `/files`; `entries` is missing where files are not enabled."""

    entries: tuple[Entry, ...] = ()
    errors: Errors = ()


class FileSummary(_Answer):
    """The `files` of a draft or record; pending entries have neither size nor checksum."""

    enabled: StrictBool = True
    default_preview: str | None = None
    count: NonNegativeInt = 0
    entries: Annotated[Mapping[str, Entry], BeforeValidator(_or_empty)] = {}


class Pid(_Answer):
    """A persistent identifier."""

    identifier: str = ""
    provider: str = ""


class Access(_Answer):
    """Who may submit to a community; 12.1.0 calls it `record_policy`."""

    record_submission_policy: str = ""
    record_policy: str = ""


class _Titled(_Answer):
    title: str = ""


class Community(_Answer):
    """A community."""

    id: str
    """Its UUID, which a review asks for; the slug is 404 there."""
    slug: str = ""
    metadata: Annotated[_Titled, BeforeValidator(_or_empty)] = _Titled()
    access: Annotated[Access, BeforeValidator(_or_empty)] = Access()
    links: Mapping[str, JsonValue] = {}
    created: Moment = None

    @property
    def title(self) -> str:
        """What people call it."""
        return self.metadata.title or self.slug

    @property
    def is_open(self) -> bool:
        """Whether everybody may submit to it."""
        return "open" in {self.access.record_submission_policy, self.access.record_policy}


class CommunityRefs(_Answer):
    """The communities that a record is in."""

    ids: tuple[str, ...] = ()
    """UUIDs."""
    entries: tuple[Community, ...] = ()
    """The same, where the server tells more."""


class Receiver(_Answer):
    """Who decides about a request."""

    community: str = ""
    """A UUID."""


class Request(_Answer):
    """A request to a community, such as to take a record."""

    id: str = ""
    status: str = ""
    is_open: StrictBool = False
    receiver: Annotated[Receiver, BeforeValidator(_or_empty)] = Receiver()
    links: Mapping[str, JsonValue] = {}

    @property
    def acceptable(self) -> bool:
        """Whether who is signed in may accept it now."""
        actions = self.links.get("actions")
        return isinstance(actions, dict) and "accept" in actions


class Review(Request):
    """The review that a draft belongs to; in the draft itself it has no links."""


class Parent(_Answer):
    """What all versions have in common."""

    id: str = ""
    communities: Annotated[CommunityRefs, BeforeValidator(_or_empty)] = CommunityRefs()
    review: Review | None = None


class Versions(_Answer):
    """Which version a record is."""

    index: int = 0
    """1 for the first; 0 where the server does not say."""
    is_latest: StrictBool = False
    is_latest_draft: StrictBool = True
    """False where a next version was begun; not said to those who may not change it (13.1.2)."""


class Deposited(_Answer):
    """A draft or a record."""

    id: str
    status: str = ""
    is_published: StrictBool = False
    """Also of the draft in which a published record is edited."""
    revision_id: int = 0
    created: Moment = None
    updated: Moment = None
    expires_at: Moment = None
    """When a draft that nobody touches may be deleted."""
    versions: Annotated[Versions, BeforeValidator(_or_empty)] = Versions()
    links: Mapping[str, JsonValue] = {}
    parent: Annotated[Parent, BeforeValidator(_or_empty)] = Parent()
    pids: Annotated[Mapping[str, Pid], BeforeValidator(_or_empty)] = {}
    access: Mapping[str, JsonValue] = {}
    metadata: Annotated[Mapping[str, JsonValue], BeforeValidator(_or_empty)] = {}
    custom_fields: Annotated[Mapping[str, JsonValue], BeforeValidator(_or_empty)] = {}
    files: FileSummary = FileSummary()
    errors: Errors = ()
    """What was not taken; in answers of 200 and 201 too."""


class HitList(_Answer):
    """The records of a page."""

    hits: tuple[Deposited, ...]
    total: int = 0
    """On all pages together."""


class Hits(_Answer):
    """A page of a search."""

    hits: HitList


class Me(_Answer):
    """Who is signed in."""

    id: str
    email: str = ""
    username: str | None = None


class CommunityList(_Answer):
    """The communities of a page."""

    hits: tuple[Community, ...]


class CommunityHits(_Answer):
    """A page of communities."""

    hits: CommunityList


class RequestList(_Answer):
    """The requests of a page."""

    hits: tuple[Request, ...]


class RequestHits(_Answer):
    """A page of requests."""

    hits: RequestList


class _Processed(_Answer):
    request: Request = Request()


class Inclusion(_Answer):
    """What became of asking communities to take a record."""

    processed: tuple[_Processed, ...] = ()


class Profile(_Answer):
    """What a person says of themselves."""

    full_name: str | None = None
    affiliations: str | None = None


class Person(_Answer):
    """Somebody with an account; the e-mail address only where they show it."""

    id: str
    username: str | None = None
    email: str | None = None
    profile: Annotated[Profile, BeforeValidator(_or_empty)] = Profile()

    @property
    def name(self) -> str:
        """What people call them."""
        return self.profile.full_name or self.username or self.email or self.id


class PersonList(_Answer):
    """The people of a page."""

    hits: tuple[Person, ...]


class PersonHits(_Answer):
    """A page of people."""

    hits: PersonList


class Subject(_Answer):
    """Who has a grant: a person or a group."""

    id: str
    type: str = "user"


class _Expanded(_Answer):
    subject: Person | None = None


class Grant(_Answer):
    """What somebody may do with a record."""

    permission: str
    subject: Subject
    expanded: Annotated[_Expanded, BeforeValidator(_or_empty)] = _Expanded()


class GrantList(_Answer):
    """The grants of a page."""

    hits: tuple[Grant, ...]


class GrantHits(_Answer):
    """The grants of a record."""

    hits: GrantList


class SecretLink(_Answer):
    """A secret link; its token is part of every listing."""

    id: str
    permission: str
    expires_at: Moment = None
    token: str = Field(default="", repr=False)


class SecretLinkList(_Answer):
    """The secret links of a page."""

    hits: tuple[SecretLink, ...]


class SecretLinkHits(_Answer):
    """The secret links of a record."""

    hits: SecretLinkList


_BROWSERS: Final = "The server could not verify that you are authorized"
"""How what InvenioRDM 13.1.2 says of every token that it does not know begins: about browsers."""


def words(answer: JsonValue) -> str:
    """The server's own words in the JSON of an error answer, fields named.

    Mostly `{"status", "message"}`, with `errors` when fields are at fault.
    """
    if not isinstance(answer, dict):
        return ""
    message = " ".join(_text(answer.get("message") or "").split())
    message = "" if message.startswith(_BROWSERS) else message
    fields = "; ".join(str(error) for error in _errors(answer.get("errors")))
    return f"{message.rstrip('.')}: {fields}" if message and fields else message or fields
