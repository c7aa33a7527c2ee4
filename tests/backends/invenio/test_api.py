"""How requests are made, and what refusals mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publishkit.errors import AuthenticationError, LimitError, RejectedError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable

    import responses
    from pydantic import JsonValue

    from publishkit.errors import RepositoryError
    from publishkit.repository import DataFile
    from publishkit_invenio.repository import InvenioRepository

    Open = Callable[..., InvenioRepository]

API = "https://archive.example/api"
ME = {"id": 7, "email": "jane@example.org", "roles": []}


@pytest.mark.parametrize("path", ["", "/", "/api", "/api/"])
def test_a_target_is_named_by_its_home_page_or_its_api(
    open_repository: Open, web: responses.RequestsMock, path: str
) -> None:
    web.get(f"{API}/me", json=ME)
    account = open_repository(url=f"https://archive.example{path}").whoami()
    assert (account.id, account.name) == ("7", "jane@example.org")


def test_requests_are_signed_by_the_token(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/me", json=ME)
    repository.whoami()
    assert web.calls[0].request.headers["Authorization"] == "Bearer s3cr3t"


def test_without_a_token_nothing_is_signed(
    open_repository: Open, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/me", status=401, json={"status": 401, "message": "No."})
    with pytest.raises(AuthenticationError):
        open_repository(token=None).whoami()
    assert "Authorization" not in web.calls[0].request.headers


def test_a_wrong_token_is_403_and_said_to_be_that(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/me", status=403, json={"status": 403, "message": "Permission denied."})
    with pytest.raises(AuthenticationError) as caught:
        repository.whoami()
    assert "s3cr3t" not in str(caught.value)


def test_a_host_that_is_no_inveniordm_is_told_of(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/me", status=404, body="<html>")
    with pytest.raises(RejectedError, match=r"no InvenioRDM at https://archive\.example/api"):
        repository.whoami()


def test_an_answer_of_another_kind_names_the_url_as_the_likely_fault(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(f"{API}/me", body="<html>Welcome</html>")
    with pytest.raises(TemporaryError, match="Check the target's URL"):
        repository.whoami()


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (
            400,
            "Uploading selected files will result in exceeding the max amount per record.",
            LimitError,
        ),
        (403, "Files are not enabled.", RejectedError),
        (403, "Permission denied.", AuthenticationError),
        (400, "Nonsense.", RejectedError),
    ],
)
def test_a_refused_announcement_of_files_is_of_the_kind_that_it_means(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    make_file: Callable[..., DataFile],
    make_record: Callable[..., object],
    status: int,
    said: str,
    kind: type[RepositoryError],
) -> None:
    answer: JsonValue = {"status": status, "message": said}
    web.post(f"{API}/records/1/draft/files", status=status, json=answer)
    if kind is RejectedError and status == 400:
        web.get(f"{API}/records/1/draft/files", json={"entries": []})
    elif kind is RejectedError:
        web.get(f"{API}/records/1/draft/files", json={"enabled": False})
    with pytest.raises(kind) as caught:
        list(repository.transfers("1", make_record(), [make_file("a.txt")]))  # type: ignore[arg-type] # a record
    assert type(caught.value) is kind
    assert said.rstrip(".") in str(caught.value)
