"""NOMAD's API v1: one typed method a call, nothing decided here."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

from publishkit.errors import NotFoundError, TemporaryError
from publishkit_nomad import answers
from publishkit_nomad.answers import (
    AppToken,
    Dataset,
    Element,
    Entry,
    Folder,
    NewPersonalToken,
    Package,
    Person,
    Processed,
    ProcessedPage,
    Upload,
)
from publishkit_nomad.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from pydantic import JsonValue

    from publishkit.bodies import Body

__all__ = ["NomadApi"]

Item = TypeVar("Item")

_DEFINED: Final = "section_definitions"
_ID: Final = re.compile(r"[\w-]{1,64}", re.ASCII)
PAGE: Final = 1000
FOLDER_PAGE: Final = 10_000
"""NOMAD lists a whole folder for each page of it, so that few large ones are faster."""
UPLOADS_PAGE: Final = 100
_EDITABLE: Final = (
    "entry_id",
    "mainfile",
    "comment",
    "references",
    "datasets.dataset_id",
    "datasets.dataset_name",
)
_ENTRY_FIELDS: Final = (
    *_EDITABLE,
    "upload_id",
    "entry_name",
    "entry_type",
    "published",
    "processed",
    "processing_errors",
    "upload_create_time",
)


class NomadApi(Calls):
    """The calls to one NOMAD, signed.

    Thread-safe. Every method raises RepositoryError and its kin; `find_x` gives None, the others
    raise NotFoundError.
    """

    # ---- people ----

    def me(self) -> Person:
        """Who is signed in."""
        return self._get(Person, "users/me")

    def users(self, **query: str) -> tuple[Person, ...]:
        """The users found by `user_id`, `username`, `email` or `prefix`.

        All but `user_id` find parts of names and addresses too.
        """
        return self._get(answers.Users, "users", query).data

    # ---- tokens ----

    def make_personal_token(
        self, name: str, scopes: Sequence[str], days: int | None
    ) -> NewPersonalToken:
        """Make a personal access token (NOMAD 2.0 on; 404 before); never repeated.

        Args:
            name: What NOMAD's list calls it.
            scopes: What it may do.
            days: How long it lasts; None is for ever.
        """
        body: dict[str, JsonValue] = {
            "metadata": {"name": name, "scopes": [*scopes]},
            "expires_in_days": days,
        }
        answer = self._send("POST", "auth/pats", repeat=False, json=body)
        return self._parse(NewPersonalToken, answer)

    def revoke_personal_token(self, token_id: str) -> None:
        """Revoke a personal access token; a missing one is no error."""
        where = f"auth/pats/{_safe(token_id, 'a token')}"
        self._send("DELETE", where, repeat=True, accept=(HTTPStatus.NOT_FOUND,))

    def make_app_token(self, seconds: int) -> str:
        """An app token that lasts so long; nothing lists or revokes it."""
        return self._get(AppToken, "auth/app_token", {"expires_in": seconds}).app_token

    # ---- uploads ----

    def create_upload(self, name: str) -> Upload:
        """Make an empty upload; never repeated."""
        answer = self._send("POST", "uploads", repeat=False, params={"upload_name": name})
        return self._parse(answers.UploadAnswer, answer).data

    def upload(self, upload_id: str) -> Upload:
        """An upload as it is now."""
        found = self._get(answers.UploadAnswer, _of(upload_id)).data
        if found.upload_id != upload_id:  # which must not end up in a links file
            raise TemporaryError(
                f"asked for the upload {upload_id}, the server answered about {found.upload_id}",
                target=self.target,
                advice="Try again later; if it goes on, tell its operators.",
            )
        return found

    def uploads_named(self, name: str) -> tuple[Upload, ...]:
        """One's own unpublished uploads of exactly this name."""
        query: dict[str, str | int] = {
            "upload_name": name,
            "is_owned": "true",
            "is_published": "false",
            "page_size": 100,
        }
        return self._get(answers.UploadPage, "uploads", query).data

    def own_uploads(self) -> Iterator[Upload]:
        """All uploads that one is the main author of, the newest first."""
        query: dict[str, str | int] = {
            "is_owned": "true",
            "order_by": "upload_create_time",
            "order": "desc",
            "page_size": UPLOADS_PAGE,
        }

        def page(number: int) -> tuple[tuple[Upload, ...], int]:
            found = self._get(answers.UploadPage, "uploads", {**query, "page": number})
            return found.data, found.pagination.total

        seen = set[str]()
        for upload in self._all(page, UPLOADS_PAGE):
            if upload.upload_id not in seen:  # one made meanwhile moves the others on
                yield upload
            seen.add(upload.upload_id)

    def count_unpublished(self) -> int:
        """How many unpublished uploads one is the main author of."""
        query: dict[str, str | int] = {
            "is_published": "false",
            "is_owned": "true",
            "page_size": 1,
        }
        return self._get(answers.UploadPage, "uploads", query).pagination.total

    def delete_upload(self, upload_id: str) -> None:
        """Delete an upload; NOMAD 1.3 answers before it is gone."""
        self._send("DELETE", _of(upload_id), repeat=True)

    def publish(self, upload_id: str, embargo_length: int) -> None:
        """Publish; never repeated. The answer shows the upload as it was before."""
        self._send(
            "POST",
            f"{_of(upload_id)}/action/publish",
            repeat=False,
            params={"embargo_length": embargo_length},
        )

    def edit(self, upload_id: str, request: Mapping[str, JsonValue]) -> None:
        """Edit metadata; NOMAD 1.3 answers while it is at it."""
        self._send("POST", f"{_of(upload_id)}/edit", repeat=True, json=dict(request))

    def assign_upload_doi(self, upload_id: str) -> None:
        """Register a DOI for a published upload (NOMAD 1.4 on); never repeated."""
        self._send("POST", f"{_of(upload_id)}/action/assign-doi", repeat=False)

    # ---- definitions ----

    def packages(self, name: str) -> Iterator[Package]:
        """The package of a name, under its own name where this one is an alias; or none.

        NOMAD 2.0.0 then answers under both, with nothing below the alias.
        """
        query: dict[str, JsonValue] = {"metainfo": {name: {"m_request": {"directive": "plain"}}}}
        answer = self._send("POST", "graph/query", repeat=True, json=query)
        for key, found in self._parse(answers.Packages, answer).metainfo.items():
            if not key.startswith("m_") and isinstance(found, dict) and _DEFINED in found:
                yield self._model(Package, found, answer)

    # ---- entries ----

    def entry(self, entry_id: str) -> Entry:
        """What the search index says of an entry."""
        return self._get(answers.EntryAnswer, _entry(entry_id)).data

    def archive(self, entry_id: str) -> dict[str, JsonValue]:
        """The processed archive of an entry."""
        return self._get(answers.ArchiveAnswer, f"{_entry(entry_id)}/archive").data.archive

    def archive_parts(
        self, entry_id: str, required: Mapping[str, JsonValue]
    ) -> dict[str, JsonValue]:
        """Parts of the processed archive of an entry."""
        path, parts = f"{_entry(entry_id)}/archive/query", dict(required)
        answer = self._send("POST", path, repeat=True, json={"required": parts})
        return self._parse(answers.ArchiveAnswer, answer).data.archive

    def processed_entry(self, upload_id: str, entry_id: str) -> Processed:
        """How one entry's processing went."""
        where = f"{_of(upload_id)}/{_entry(entry_id)}"
        return self._get(answers.ProcessedAnswer, where).data

    def all_processed(self, upload_id: str) -> Iterator[Processed]:
        """All entries of an upload with how their processing went, by main file."""
        query: dict[str, str | int] = {"page_size": PAGE, "order_by": "mainfile"}

        def page(number: int) -> tuple[tuple[Processed, ...], int]:
            where = f"{_of(upload_id)}/entries"
            found = self._get(ProcessedPage, where, {**query, "page": number})
            return found.data, found.pagination.total

        return self._all(page, PAGE)

    def processed(self, upload_id: str, *, page: int = 1, page_size: int = 1) -> ProcessedPage:
        """How the entries' processing went, the failed ones first."""
        query: dict[str, str | int] = {
            "page": page,
            "page_size": page_size,
            "order_by": "process_status",
        }
        return self._get(ProcessedPage, f"{_of(upload_id)}/entries", query)

    def first_entries(self, upload_id: str, count: int) -> tuple[Entry, ...]:
        """The first entries by the name of their main files."""
        query: dict[str, JsonValue] = {
            "owner": "visible",
            "query": {"upload_id": upload_id},
            "required": {"include": [*_EDITABLE]},
            "pagination": {"order_by": "mainfile", "page_size": count},
        }
        return self._entry_page(query).data

    def entries(self, upload_id: str) -> Iterator[Entry]:
        """What may be edited of all entries of an upload, by the name of their main files."""
        return self._paged(
            {
                "owner": "visible",
                "query": {"upload_id": upload_id},
                "required": {"include": [*_EDITABLE]},
            },
            {"order_by": "mainfile"},
        )

    def search(self, owner: str, query: JsonValue) -> Iterator[Entry]:
        """All entries that match a query in NOMAD's own language, the newest uploads first."""
        return self._paged(
            {"owner": owner, "query": query, "required": {"include": [*_ENTRY_FIELDS]}},
            {"order_by": "upload_create_time", "order": "desc"},
        )

    def _paged(self, request: dict[str, JsonValue], order: dict[str, JsonValue]) -> Iterator[Entry]:
        """Page by page, since NOMAD gives no more than 10,000 at once."""
        after: str | None = None
        while True:
            more: dict[str, JsonValue] = {"page_after_value": after} if after else {}
            page = self._entry_page({**request, "pagination": {"page_size": PAGE, **order, **more}})
            yield from page.data
            before, after = after, page.pagination.next_page_after_value
            if not after or not page.data:
                return
            if after == before:
                raise self._endless()

    def _entry_page(self, request: dict[str, JsonValue]) -> answers.EntryPage:
        answer = self._send("POST", "entries/query", repeat=True, json=request)
        return self._parse(answers.EntryPage, answer)

    # ---- raw files ----

    def root(self, upload_id: str) -> Folder:
        """The upload's root folder: its first elements, their number, the size of everything."""
        page = self._folder_page(upload_id, "", 1, 100)
        listing = page.directory_metadata
        return Folder(size=listing.size, total=page.pagination.total, first=listing.content)

    def folder(self, upload_id: str, path: str) -> Iterator[Element]:
        """What is directly in a folder."""

        def page(number: int) -> tuple[tuple[Element, ...], int]:
            found = self._folder_page(upload_id, path, number, FOLDER_PAGE)
            return found.directory_metadata.content, found.pagination.total

        return self._all(page, FOLDER_PAGE)

    def _folder_page(
        self, upload_id: str, path: str, page: int, page_size: int
    ) -> answers.FolderPage:
        query: dict[str, str | int] = {"page": page, "page_size": page_size}
        return self._get(answers.FolderPage, f"{_of(upload_id)}/rawdir/{quote(path)}", query)

    def find_raw(self, upload_id: str, path: str) -> bytes | None:
        """The content of a small file, None where there is none."""
        try:
            where = f"{_of(upload_id)}/raw/{quote(path)}"
            # a file is sent as what it is, whatever the client accepts
            return self._send("GET", where, repeat=True).content
        except NotFoundError:
            return None

    def open_raw(
        self, upload_id: str, path: str, offset: int
    ) -> AbstractContextManager[Iterator[bytes]]:
        """The content of a file from an offset on; nothing from its end on."""
        return self._stream(f"{_of(upload_id)}/raw/{quote(path)}", {"offset": offset})

    def open_zip(
        self, upload_id: str, folder: str, pattern: str
    ) -> AbstractContextManager[Iterator[bytes]]:
        """A zip of those files in and below a folder whose path in the upload fits a pattern."""
        asked = {"compress": "true", "re_pattern": pattern}
        return self._stream(f"{_of(upload_id)}/raw/{quote(folder)}", asked)

    def put_zip(self, upload_id: str, body: Callable[[], Body]) -> None:
        """Send a zip that is unpacked over what is there; zips inside it stay as they are."""
        answer = self._send(
            "PUT",
            f"{_of(upload_id)}/raw/",
            repeat=True,
            params={"file_name": "publishkit.zip"},
            body=body,
            # without it, or as a form, the upload stays empty
            headers={"Content-Type": "application/zip"},
            slow=True,
        )
        self._parse(answers.UploadAnswer, answer)  # a page of a proxy is no sign that it arrived

    def delete_raw(self, upload_id: str, path: str) -> None:
        """Delete a file or a folder; what is missing is no error."""
        where = f"{_of(upload_id)}/raw/{quote(path)}"
        self._send("DELETE", where, repeat=True, accept=(HTTPStatus.NOT_FOUND,))

    # ---- pages ----

    def _all(self, page: Callable[[int], tuple[Sequence[Item], int]], size: int) -> Iterator[Item]:
        """What is on all pages, of which `page` gives one by its number, and how much is on all."""
        number, before = 1, tuple[Item, ...]()
        while True:
            items, total = page(number)
            if items and items == before:
                raise self._endless()
            yield from items
            if not items or number * size >= total:
                return
            number, before = number + 1, tuple(items)

    def _endless(self) -> TemporaryError:
        return TemporaryError(
            "the server gives the same page of a list again and again", target=self.target
        )

    # ---- datasets ----

    def dataset(self, dataset_id: str) -> Dataset:
        """A dataset, anybody's."""
        return self._get(answers.DatasetAnswer, _dataset(dataset_id)).data

    def datasets_named(self, name: str, user_id: str) -> tuple[Dataset, ...]:
        """The datasets of a user that have exactly this name."""
        query: dict[str, str | int] = {"dataset_name": name, "user_id": user_id, "page_size": PAGE}
        found = self._get(answers.DatasetPage, "datasets/", query).data
        return tuple(d for d in found if d.dataset_name == name and d.user_id == user_id)

    def datasets(self, **query: str) -> Iterator[Dataset]:
        """All datasets found by `user_id` or `doi`."""

        def page(number: int) -> tuple[tuple[Dataset, ...], int]:
            asked: dict[str, str | int] = {**query, "page": number, "page_size": PAGE}
            found = self._get(answers.DatasetPage, "datasets/", asked)
            return found.data, found.pagination.total

        return self._all(page, PAGE)

    def delete_dataset(self, dataset_id: str) -> None:
        """Delete a dataset; a missing one is no error."""
        where = _dataset(dataset_id)
        self._send("DELETE", where, repeat=True, accept=(HTTPStatus.NOT_FOUND,))

    def assign_dataset_doi(self, dataset_id: str) -> None:
        """Register a DOI for a dataset; never repeated.

        NOMAD 1.3.17 deletes a dataset whose DOI it could not register, when asked again.
        """
        self._send("POST", f"{_dataset(dataset_id)}/action/doi", repeat=False)

    def create_dataset(self, name: str) -> str:
        """Make a dataset and give its id; its name must be new among one's own."""
        body: dict[str, JsonValue] = {"dataset_name": name, "dataset_type": "owned"}
        answer = self._send("POST", "datasets/", repeat=False, json=body)
        return self._parse(answers.NewDataset, answer).dataset_id


def _of(upload_id: str) -> str:
    """An upload's path; what cannot be an id must not lead anywhere else."""
    return f"uploads/{_safe(upload_id, 'an upload')}"


def _entry(entry_id: str) -> str:
    return f"entries/{_safe(entry_id, 'an entry')}"


def _dataset(dataset_id: str) -> str:
    return f"datasets/{_safe(dataset_id, 'a dataset')}"


def _safe(id_: str, of_what: str) -> str:
    if not _ID.fullmatch(id_):
        raise NotFoundError(f"{id_!r} is no id of {of_what}")
    return id_
