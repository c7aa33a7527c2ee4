"""Answers of real servers (nomad-lab 2.0.0 and 1.3.17)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import responses

from publishkit.errors import RejectedError, TemporaryError
from publishkit.repository import State
from publishkit_nomad.answers import FolderPage, ProcessedPage, UploadAnswer, Users, words
from publishkit_nomad.api import NomadApi
from publishkit_nomad.deposits import deposit_of, failures_of, reason_of_failure

if TYPE_CHECKING:
    from publishkit.hooks import Connection

URL = "https://nomad.example/api/v1"
DATA = Path(__file__).parent / "data"


def answer(name: str) -> bytes:
    return (DATA / f"{name}.json").read_bytes()


def test_an_upload_without_the_fields_of_later_versions_is_read() -> None:
    upload = UploadAnswer.model_validate_json(answer("upload_1.3.17")).data
    assert upload.upload_id
    assert not upload.process_running
    assert upload.doi is None


def test_the_doi_of_an_upload_is_read() -> None:
    upload = UploadAnswer.model_validate_json(answer("upload_doi_2.0.0")).data
    assert upload.published
    assert upload.doi is not None
    assert upload.doi.id == "10.83696/nomad.zjq3-fq40"


def test_why_an_upload_failed_is_the_last_line_of_the_traceback() -> None:
    upload = UploadAnswer.model_validate_json(answer("upload_failed_2.0.0")).data
    assert reason_of_failure(upload) == "ValueError: Bad archive."


def test_a_folder_is_read() -> None:
    page = FolderPage.model_validate_json(answer("rawdir_2.0.0"))
    assert [element.name for element in page.directory_metadata.content] == [
        "file.txt",
        "x.archive.json",
        "y.archive.json",
    ]
    assert page.pagination.total == 3


def test_a_user_found_by_a_prefix_has_no_address() -> None:
    (user,) = Users.model_validate_json(answer("users_prefix_2.0.0")).data
    assert (user.name, user.username, user.email) == ("Leonard Hofstadter", "lhofstadter", None)


@pytest.mark.parametrize("version", ["2.0.0", "1.3.17"])
@responses.activate
def test_failed_entries_are_told_in_nomads_words(connection: Connection, version: str) -> None:
    page = ProcessedPage.model_validate_json(answer(f"entries_failed_{version}"))
    assert page.processing_failed == 1
    upload = UploadAnswer.model_validate_json(answer("upload_1.3.17")).data
    responses.get(
        f"{URL}/uploads/{upload.upload_id}/entries", body=answer(f"entries_failed_{version}")
    )
    (told,) = failures_of(NomadApi(connection), upload)
    assert told.startswith("x.archive.json: ")
    assert "parser failed with exception" in told


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("limit_2.0.0", "Limit of unpublished uploads exceeded for user."),
        (
            "edit_refused_2.0.0",
            (
                "metadata.foo: Unknown quantity; "
                "metadata.references: Please enter a valid URL ...; "
                "metadata.coauthors: User reference not found: `nobody`"
            ),
        ),
        (
            "exception_1.3.17",
            "Unexpected exception while handling your request: 'User does not exist'",
        ),
    ],
)
def test_the_words_of_an_error_name_every_field_and_no_traceback(name: str, expected: str) -> None:
    assert words(json.loads(answer(name))) == expected


@pytest.mark.parametrize("other", [None, [], "text", {"detail": None}, {"detail": [1]}])
def test_what_is_no_error_answer_of_nomad_has_words_all_the_same(other: object) -> None:
    assert isinstance(words(other), str)  # type: ignore[arg-type]


@responses.activate
def test_the_upload_is_not_gone_when_only_its_files_cannot_be_listed(
    connection: Connection,
) -> None:
    api = NomadApi(connection)
    upload = UploadAnswer.model_validate_json(answer("upload_1.3.17")).data
    idle = upload.model_copy(update={"entries": 0})
    responses.get(f"{URL}/uploads/{idle.upload_id}/rawdir/", json={"detail": "?"}, status=404)
    with pytest.raises(TemporaryError, match="cannot be listed"):
        deposit_of(api, idle, "")
    busy = idle.model_copy(update={"process_running": True})
    assert deposit_of(api, busy, "").state is State.PROCESSING


@responses.activate
def test_json_of_something_else_than_nomad_is_told(connection: Connection) -> None:
    responses.get(f"{URL}/users/me", json={"hello": "world"})
    with pytest.raises(TemporaryError, match="not what NOMAD answers") as caught:
        NomadApi(connection).me()
    assert "/api/v1" in caught.value.advice


@responses.activate
def test_a_refused_edit_names_all_that_was_refused(connection: Connection) -> None:
    responses.post(f"{URL}/uploads/u/edit", body=answer("edit_refused_2.0.0"), status=422)
    with pytest.raises(RejectedError) as caught:
        NomadApi(connection).edit("u", {"metadata": {}})
    for field in ("foo", "references", "coauthors"):
        assert f"metadata.{field}" in str(caught.value)
