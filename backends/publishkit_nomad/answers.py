"""What NOMAD answers, as models: what is needed of it, tolerant of whatever else is there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    NonNegativeInt,
    StrictBool,
)

__all__ = [
    "AppToken",
    "ArchiveAnswer",
    "Dataset",
    "DatasetAnswer",
    "DatasetPage",
    "Entry",
    "EntryAnswer",
    "EntryPage",
    "Folder",
    "FolderPage",
    "NewDataset",
    "NewPersonalToken",
    "Package",
    "Packages",
    "Person",
    "Processed",
    "ProcessedAnswer",
    "ProcessedPage",
    "Quantity",
    "Section",
    "Upload",
    "UploadAnswer",
    "UploadPage",
    "Users",
    "words",
]


def _or_empty(value: object) -> object:
    return () if value is None else value


def _in_utc(time: datetime) -> datetime:
    """NOMAD's times without a zone are in UTC (all of 1.3's, and datasets' in 2.0)."""
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError as error:  # the first and the last day there are, in another zone
        raise ValueError("no time that UTC knows") from error


Moment = Annotated[datetime, AfterValidator(_in_utc)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_or_empty)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Pagination(_Answer):
    """Where a page stands in a list."""

    total: int = 0
    next_page_after_value: str | None = None


class Person(_Answer):
    """A person with an account; the e-mail address is only given for oneself."""

    user_id: str
    name: str = ""
    first_name: str | None = None
    last_name: str | None = None
    username: str | None = None
    affiliation: str | None = None
    email: str | None = None
    is_admin: StrictBool = False


class Users(_Answer):
    """Some users."""

    data: tuple[Person, ...] = ()


class Doi(_Answer):
    """The DOI of an upload (NOMAD 1.4 on)."""

    id: str


class Upload(_Answer):
    """An upload and its last process."""

    upload_id: str
    upload_name: str | None = None
    upload_create_time: Moment | None = None
    publish_time: Moment | None = None
    process_running: StrictBool = False
    process_status: str = ""
    current_process: str | None = None
    complete_time: str | None = None
    """When the last process ended; NOMAD 1.4.3 does not say."""
    last_status_message: str | None = None
    errors: Texts = ()
    published: StrictBool = False
    main_author: str = ""
    coauthors: Texts = ()
    reviewers: Texts = ()
    coauthor_groups: Texts = ()
    reviewer_groups: Texts = ()
    with_embargo: StrictBool = False
    """Whether an embargo is in force; false for a draft."""
    embargo_length: int = 0
    """Months; it stays when the embargo has ended."""
    license: str = ""
    entries: int = 0
    doi: Doi | None = None

    @property
    def untouched(self) -> bool:
        """Whether nothing was ever put into it, as nothing was processed (1.3.17 and 2.0.0)."""
        return self.process_status == "READY" and not (self.current_process or self.complete_time)

    @property
    def changed(self) -> datetime | None:
        """When it was last made, processed or published."""
        try:
            ended = _in_utc(datetime.fromisoformat(self.complete_time or ""))
        except ValueError:
            ended = None
        times = (self.upload_create_time, self.publish_time, ended)
        return max((time for time in times if time), default=None)


class UploadAnswer(_Answer):
    """One upload."""

    data: Upload


class UploadPage(_Answer):
    """A page of uploads."""

    data: tuple[Upload, ...] = ()
    pagination: Pagination = Pagination()


class Dataset(_Answer):
    """A dataset."""

    dataset_id: str
    dataset_name: str = ""
    user_id: str = ""
    doi: str | None = None
    dataset_create_time: Moment | None = None


class DatasetAnswer(_Answer):
    """One dataset."""

    data: Dataset


class NewDataset(_Answer):
    """A dataset that was created."""

    dataset_id: str


class DatasetPage(_Answer):
    """A page of datasets."""

    data: tuple[Dataset, ...] = ()
    pagination: Pagination = Pagination()


class Entry(_Answer):
    """What the search index says of an entry."""

    entry_id: str
    upload_id: str = ""
    mainfile: str = ""
    entry_name: str | None = None
    entry_type: str | None = None
    published: StrictBool = False
    processed: StrictBool = True
    processing_errors: Texts = ()
    upload_create_time: Moment | None = None
    comment: str | None = None
    references: Texts = ()
    datasets: Annotated[tuple[Dataset, ...], BeforeValidator(_or_empty)] = ()


class EntryPage(_Answer):
    """A page of entries."""

    data: tuple[Entry, ...] = ()
    pagination: Pagination = Pagination()


class EntryAnswer(_Answer):
    """One entry."""

    data: Entry


class Processed(_Answer):
    """An entry's processing."""

    mainfile: str
    entry_id: str = ""
    process_status: str = ""
    process_running: StrictBool = False
    errors: Texts = ()
    entry_metadata: Entry | None = None
    """What the search index says of it; nothing before it is processed."""


class ProcessedAnswer(_Answer):
    """One entry's processing."""

    data: Processed


class ArchiveData(_Answer):
    """An entry's processed archive, and ids."""

    archive: dict[str, JsonValue]


class ArchiveAnswer(_Answer):
    """The archive of one entry."""

    data: ArchiveData


class ProcessedPage(_Answer):
    """A page of entries with how their processing went."""

    data: tuple[Processed, ...] = ()
    processing_failed: int = 0
    pagination: Pagination = Pagination()


class Element(_Answer):
    """A file or folder; a folder's size is that of all files below it."""

    name: str
    size: NonNegativeInt = 0
    is_file: StrictBool


class Listing(_Answer):
    """A folder's content."""

    size: int = 0
    content: tuple[Element, ...] = ()


class FolderPage(_Answer):
    """A page of a folder."""

    directory_metadata: Listing = Listing()
    pagination: Pagination = Pagination()


class Folder(_Answer):
    """The beginning of a folder's content, and how much there is."""

    size: int
    total: int
    first: tuple[Element, ...]


class PersonalToken(_Answer):
    """What is told of a personal access token."""

    id: str
    expired_at: Moment | None = None


class NewPersonalToken(_Answer):
    """A personal access token that was made just now; its value is never shown again."""

    pat: PersonalToken
    raw_token: str = Field(repr=False, min_length=1)


class AppToken(_Answer):
    """An app token."""

    app_token: str = Field(repr=False, min_length=1)


class TypeOf(_Answer):
    """The type of a quantity; the data of one that is listed are its words."""

    type_data: JsonValue = None


class Quantity(_Answer):
    """A quantity of a section."""

    name: str
    type: TypeOf | None = None
    unit: str | None = None


class SubSection(_Answer):
    """What a section holds of another one, by a reference."""

    name: str
    sub_section: str = ""


class Section(_Answer):
    """The definition of a section."""

    name: str
    base_sections: Texts = ()
    quantities: tuple[Quantity, ...] = ()
    sub_sections: tuple[SubSection, ...] = ()


class Package(_Answer):
    """A package of definitions."""

    name: str = ""
    aliases: Texts = ()
    section_definitions: tuple[Section, ...] = ()

    def section(self, name: str) -> Section | None:
        """The section of a name."""
        return next((one for one in self.section_definitions if one.name == name), None)


class Packages(_Answer):
    """Packages by name; one that is not known is not there, or there is an `m_errors` (2.0.0)."""

    metainfo: dict[str, JsonValue] = {}


def words(answer: JsonValue) -> str:
    """The server's own words in the JSON of an error answer, fields named.

    `detail` is a text, a list of `{"msg", "loc"}`, or, of an unexpected exception, an object
    with a traceback that is left out.
    """
    detail = answer.get("detail") if isinstance(answer, dict) else None
    if isinstance(detail, str):
        return " ".join(detail.split())
    if isinstance(detail, dict):
        said = (detail.get("reason"), detail.get("exception"))
        return ": ".join(str(part) for part in said if part)
    if isinstance(detail, list):
        return "; ".join(_field_error(item) for item in detail)
    return ""


def _field_error(item: JsonValue) -> str:
    if not isinstance(item, dict):
        return str(item)
    loc = item.get("loc")
    where = ".".join(str(part) for part in loc) if isinstance(loc, list) else ""
    said = str(item.get("msg", ""))
    return f"{where}: {said}" if where else said
