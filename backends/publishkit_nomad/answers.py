"""What NOMAD answers, as models: what is needed of it, tolerant of whatever else is there."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue

__all__ = [
    "Dataset",
    "DatasetPage",
    "Entry",
    "EntryPage",
    "Folder",
    "FolderPage",
    "NewDataset",
    "ProcessedPage",
    "Upload",
    "UploadAnswer",
    "UploadPage",
    "User",
    "Users",
    "words",
]


def _or_empty(value: object) -> object:
    return () if value is None else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_or_empty)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Pagination(_Answer):
    """Where a page stands in a list."""

    total: int = 0
    next_page_after_value: str | None = None


class User(_Answer):
    """A person with an account; the e-mail address is only given for oneself."""

    user_id: str
    name: str = ""
    username: str | None = None
    affiliation: str | None = None
    email: str | None = None
    is_admin: bool = False


class Users(_Answer):
    """Some users."""

    data: tuple[User, ...] = ()


class Doi(_Answer):
    """The DOI of an upload (NOMAD 2.0)."""

    id: str


class Upload(_Answer):
    """An upload and its last process."""

    upload_id: str
    upload_name: str | None = None
    process_running: bool = False
    process_status: str = ""
    current_process: str | None = None
    complete_time: str | None = None
    """When the last process ended; NOMAD 1.4.3 does not say."""
    last_status_message: str | None = None
    errors: Texts = ()
    published: bool = False
    main_author: str = ""
    coauthors: Texts = ()
    reviewers: Texts = ()
    embargo_length: int = 0
    entries: int = 0
    doi: Doi | None = None


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


class NewDataset(_Answer):
    """A dataset that was created."""

    dataset_id: str


class DatasetPage(_Answer):
    """A page of datasets."""

    data: tuple[Dataset, ...] = ()
    pagination: Pagination = Pagination()


class Entry(_Answer):
    """What the search index says of an entry's editable metadata."""

    entry_id: str
    mainfile: str = ""
    comment: str | None = None
    references: Texts = ()
    datasets: Annotated[tuple[Dataset, ...], BeforeValidator(_or_empty)] = ()


class EntryPage(_Answer):
    """A page of entries."""

    data: tuple[Entry, ...] = ()
    pagination: Pagination = Pagination()


class Processing(_Answer):
    """What the search index says of an entry's processing."""

    processing_errors: Texts = ()


class Processed(_Answer):
    """An entry's processing."""

    mainfile: str
    process_status: str = ""
    errors: Texts = ()
    entry_metadata: Processing | None = None


class ProcessedPage(_Answer):
    """A page of entries with how their processing went."""

    data: tuple[Processed, ...] = ()
    processing_failed: int = 0
    pagination: Pagination = Pagination()


class Element(_Answer):
    """A file or folder; a folder's size is that of all files below it."""

    name: str
    size: int = 0
    is_file: bool


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
