"""NOMAD's API v1: one typed method a call, nothing decided here."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, JsonValue, ValidationError

from publishkit.errors import AuthenticationError, NotFoundError, TemporaryError
from publishkit.http import Body, Client, NoAuth
from publishkit_nomad import answers
from publishkit_nomad.answers import (
    Dataset,
    Element,
    Entry,
    Folder,
    ProcessedPage,
    Upload,
    User,
)
from publishkit_nomad.auth import PasswordAuth, auth_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import requests

    from publishkit.hooks import Connection

__all__ = ["NomadApi"]

_ID: Final = re.compile(r"[\w-]{1,64}", re.ASCII)
PAGE: Final = 1000
FOLDER_PAGE: Final = 10_000
"""NOMAD lists a whole folder for each page of it, so that few large ones are faster."""
SEND_TIMEOUT: Final = 600.0
"""Seconds that the server may think after the last byte of a zip."""
_ENTRY_FIELDS: Final[list[JsonValue]] = [
    "entry_id",
    "mainfile",
    "comment",
    "references",
    "datasets.dataset_id",
    "datasets.dataset_name",
]

Answer = TypeVar("Answer", bound=BaseModel)


class NomadApi:
    """The calls to one NOMAD, signed.

    Thread-safe. Every method raises RepositoryError and its kin; `find_x` gives None, the others
    raise NotFoundError.
    """

    def __init__(self, connection: Connection) -> None:
        base = connection.target.url
        # NOMAD answers POST /uploads as plain text without the id unless Accept is exactly this
        headers = {"Accept": "application/json"}
        unsigned = Client(connection, base, auth=NoAuth(), words=answers.words, headers=headers)
        self._auth = auth_for(connection.credentials, unsigned)
        self._client = Client(
            connection, base, auth=self._auth, words=answers.words, headers=headers
        )
        self.base = self._client.base
        self.target = connection.target.name

    # ---- people ----

    def me(self) -> User:
        """Who is signed in."""
        return self._get(User, "users/me")

    def users(self, **query: str) -> tuple[User, ...]:
        """The users found by `user_id`, `username`, `email` or `prefix`.

        All but `user_id` find parts of names and addresses too.
        """
        return self._get(answers.Users, "users", query).data

    # ---- uploads ----

    def create_upload(self, name: str) -> Upload:
        """Make an empty upload; never repeated."""
        answer = self._send("POST", "uploads", repeat=False, params={"upload_name": name})
        return self._parse(answers.UploadAnswer, answer).data

    def upload(self, upload_id: str) -> Upload:
        """An upload as it is now."""
        return self._get(answers.UploadAnswer, _of(upload_id)).data

    def uploads_named(self, name: str) -> tuple[Upload, ...]:
        """One's own unpublished uploads of exactly this name."""
        query: dict[str, str | int] = {
            "upload_name": name,
            "is_owned": "true",
            "is_published": "false",
            "page_size": 100,
        }
        return self._get(answers.UploadPage, "uploads", query).data

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

    # ---- entries ----

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
        return self._entry_page(upload_id, {"page_size": count}).data

    def entries(self, upload_id: str) -> Iterator[Entry]:
        """All entries of an upload, by the name of their main files."""
        after: str | None = None
        while True:
            asked: dict[str, JsonValue] = {"page_size": PAGE}
            page = self._entry_page(
                upload_id, {**asked, "page_after_value": after} if after else asked
            )
            yield from page.data
            after = page.pagination.next_page_after_value
            if not after or not page.data:
                return

    def _entry_page(self, upload_id: str, asked: dict[str, JsonValue]) -> answers.EntryPage:
        query: dict[str, JsonValue] = {
            "owner": "visible",
            "query": {"upload_id": upload_id},
            "required": {"include": _ENTRY_FIELDS},
            "pagination": {"order_by": "mainfile", **asked},
        }
        answer = self._send("POST", "entries/query", repeat=True, json=query)
        return self._parse(answers.EntryPage, answer)

    # ---- raw files ----

    def root(self, upload_id: str) -> Folder:
        """The upload's root folder: its first elements, their number, the size of everything."""
        page = self._folder_page(upload_id, "", 1, 100)
        listing = page.directory_metadata
        return Folder(size=listing.size, total=page.pagination.total, first=listing.content)

    def folder(self, upload_id: str, path: str) -> Iterator[Element]:
        """What is directly in a folder."""
        number = 1
        while True:
            page = self._folder_page(upload_id, path, number, FOLDER_PAGE)
            yield from page.directory_metadata.content
            if number * FOLDER_PAGE >= page.pagination.total:
                return
            number += 1

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

    def put_zip(self, upload_id: str, body: Callable[[], Body]) -> None:
        """Send a zip that is unpacked over what is there; zips inside it stay as they are."""
        self._send(
            "PUT",
            f"{_of(upload_id)}/raw/",
            repeat=True,
            params={"file_name": "publishkit.zip"},
            body=body,
            # without it, or as a form, the upload stays empty
            headers={"Content-Type": "application/zip"},
            timeout=SEND_TIMEOUT,
        )

    def delete_raw(self, upload_id: str, path: str) -> None:
        """Delete a file or a folder; what is missing is no error."""
        where = f"{_of(upload_id)}/raw/{quote(path)}"
        self._send("DELETE", where, repeat=True, accept=(HTTPStatus.NOT_FOUND,))

    # ---- datasets ----

    def datasets_named(self, name: str, user_id: str) -> tuple[Dataset, ...]:
        """The datasets of a user that have exactly this name."""
        query: dict[str, str | int] = {"dataset_name": name, "user_id": user_id, "page_size": PAGE}
        found = self._get(answers.DatasetPage, "datasets/", query).data
        return tuple(d for d in found if d.dataset_name == name and d.user_id == user_id)

    def create_dataset(self, name: str) -> str:
        """Make a dataset and give its id; its name must be new among one's own."""
        body: dict[str, JsonValue] = {"dataset_name": name, "dataset_type": "owned"}
        answer = self._send("POST", "datasets/", repeat=False, json=body)
        return self._parse(answers.NewDataset, answer).dataset_id

    # ---- sending ----

    def _get(
        self,
        model: type[Answer],
        path: str,
        params: Mapping[str, str | int] | None = None,
    ) -> Answer:
        return self._parse(model, self._send("GET", path, repeat=True, params=params))

    def _parse(self, model: type[Answer], answer: requests.Response) -> Answer:
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise TemporaryError(
                f"the answer is not what NOMAD answers ({where}: {first['msg']})",
                target=self.target,
                method=answer.request.method or "",
                url=answer.url,
                status=answer.status_code,
                advice="Check the target's URL, which ends in /api/v1; if it is right, try later.",
            ) from None

    def _send(
        self,
        method: str,
        path: str,
        *,
        repeat: bool,
        params: Mapping[str, str | int] | None = None,
        json: JsonValue = None,
        body: Callable[[], Body] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
        timeout: float | None = None,
    ) -> requests.Response:
        def once() -> requests.Response:
            more = {} if timeout is None else {"timeout": timeout}
            return self._client.send(
                method,
                path,
                repeat=repeat,
                params=params,
                json=json,
                body=body,
                headers=headers,
                accept=accept,
                **more,
            )

        try:
            return once()
        except AuthenticationError as error:
            if not self._renewed(error):
                raise
            return once()

    def _renewed(self, error: AuthenticationError) -> bool:
        """Whether a token that the server calls expired was dropped for a new one."""
        expired = (
            error.status == HTTPStatus.UNAUTHORIZED and "expired token" in error.answer.lower()
        )
        if expired and isinstance(self._auth, PasswordAuth):
            self._auth.forget()
            return True
        return False


def _of(upload_id: str) -> str:
    """An upload's path; what cannot be an id must not lead anywhere else."""
    if not _ID.fullmatch(upload_id):
        raise NotFoundError(f"{upload_id!r} is no id of an upload")
    return f"uploads/{upload_id}"
