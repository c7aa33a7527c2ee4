"""What one may not do with what is somebody else's, and what stays theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import responses

from publishkit.errors import AuthenticationError
from publishkit_nomad.calls import RightsError
from publishkit_nomad.entry import ENTRY, entry_id_of
from publishkit_nomad.manifest import MANIFEST
from publishkit_nomad.repository import NomadRepository
from tests.backends.nomad.conftest import LEONARD, ME, URL, FakeNomad, FakeUpload

if TYPE_CHECKING:
    from publishkit.hooks import Connection
    from tests.backends.nomad.conftest import MakeRecord

ID = "upload-1"
MINE = {"dataset_id": "id of mine", "dataset_name": "mine"}
THEIRS = {"dataset_id": "id of theirs", "dataset_name": "theirs"}
NO_ACCESS = "You do not have access to the specified upload."


@pytest.fixture
def shared(nomad: FakeNomad) -> FakeUpload:
    """Somebody else's upload, whose coauthor one is, in a dataset of each."""
    says: dict[str, Any] = {"upload_id": ID, "upload_name": "Resistivity", "main_author": LEONARD}
    says |= {"upload_create_time": "2026-01-31T00:00:00Z", "process_status": "SUCCESS"}
    upload = FakeUpload({**says, "coauthors": [ME]})
    entry = {"entry_id": entry_id_of(ID, ENTRY), "mainfile": ENTRY, "references": []}
    upload.entries[ENTRY] = {**entry, "datasets": [MINE, THEIRS]}
    nomad.uploads[ID] = upload
    nomad.datasets = {"mine": "id of mine"}
    return upload


# ---- datasets ----


def test_other_peoples_datasets_are_not_pulled(
    repository: NomadRepository, shared: FakeUpload
) -> None:
    assert repository.describe(ID)["nomad"] == {"datasets": ["mine"], "coauthors": [ME]}
    shared.entries[ENTRY]["datasets"] = [THEIRS]
    assert repository.describe(ID)["nomad"] == {"coauthors": [ME]}


@responses.activate
def test_who_is_not_signed_in_has_no_datasets_to_pull(connection: Connection) -> None:
    says = {"upload_id": ID, "upload_name": "Resistivity", "upload_create_time": "2026-01-31"}
    responses.get(f"{URL}/uploads/{ID}", json={"data": says})
    entry = {"entry_id": "e", "mainfile": "a.archive.json", "datasets": [MINE]}
    responses.post(f"{URL}/entries/query", json={"data": [entry]})
    responses.get(f"{URL}/users", json={"data": []})
    responses.get(f"{URL}/users/me", status=401, json={"detail": "Authentication required."})
    for name in ("record_metadata.json", MANIFEST):
        responses.get(f"{URL}/uploads/{ID}/raw/{name}", status=404)
    assert "nomad" not in NomadRepository(connection).describe(ID)


@pytest.mark.parametrize("called", ["theirs", "id of theirs"])
def test_an_entry_stays_in_other_peoples_datasets_and_none_is_made_of_their_name(
    repository: NomadRepository,
    nomad: FakeNomad,
    shared: FakeUpload,
    make_record: MakeRecord,
    called: str,
) -> None:
    repository.update(ID, make_record(block={"datasets": [called]}))
    assert shared.entries[ENTRY]["datasets"] == [THEIRS]
    repository.update(ID, make_record(block={"datasets": []}))
    assert shared.entries[ENTRY]["datasets"] == [THEIRS]
    assert nomad.datasets == {"mine": "id of mine"}


def test_ones_own_dataset_counts_though_somebody_elses_has_its_name(
    repository: NomadRepository, nomad: FakeNomad, shared: FakeUpload, make_record: MakeRecord
) -> None:
    nomad.datasets["theirs"] = "id of mine too"
    repository.update(ID, make_record(block={"datasets": ["theirs"]}))
    ids = {dataset["dataset_id"] for dataset in shared.entries[ENTRY]["datasets"]}
    assert ids == {"id of theirs", "id of mine too"}


def test_a_dataset_that_is_deleted_counts_as_nobodys_edit(
    repository: NomadRepository, shared: FakeUpload
) -> None:
    before = repository.get(ID).revision
    del shared.entries[ENTRY]["datasets"]
    assert repository.get(ID).revision == before


# ---- differing entries ----


def test_what_entries_differ_in_is_not_pulled(
    repository: NomadRepository, shared: FakeUpload
) -> None:
    shared.entries[ENTRY] |= {"comment": "one", "references": ["https://example.org/one"]}
    other = {**shared.entries[ENTRY], "entry_id": "other", "mainfile": "other.archive.json"}
    shared.entries["other.archive.json"] = other
    said = repository.describe(ID)
    assert isinstance(said["metadata"], dict)
    assert said["metadata"]["description"] == "one"
    assert "related_identifiers" in said["metadata"]
    assert said["nomad"] == {"datasets": ["mine"], "coauthors": [ME]}
    other |= {"comment": "other", "references": [], "datasets": []}
    said = repository.describe(ID)
    assert isinstance(said["metadata"], dict)
    assert {"description", "related_identifiers"}.isdisjoint(said["metadata"])
    assert said["nomad"] == {"coauthors": [ME]}


# ---- rights ----


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, NO_ACCESS),
        (403, "Only main author has permissions for this operation."),
        (401, NO_ACCESS),  # NOMAD 1.3
        (401, "The dataset can only be edited by the user who created the dataset."),
    ],
)
@responses.activate
def test_lacking_rights_are_not_blamed_on_the_credentials(
    connection: Connection, status: int, words: str
) -> None:
    responses.get(f"{URL}/uploads/{ID}", status=status, json={"detail": words})
    with pytest.raises(RightsError, match=r"may not do this: .*Ask whose it is") as caught:
        NomadRepository(connection).get(ID)
    assert (caught.value.status, caught.value.answer) == (status, words)
    assert "token or password" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Could not validate credentials. The given token is invalid."),
        (401, "Authentication required."),
        (403, "Missing scopes: [<Scope.TOKENS_CREATE: 'tokens:create'>]"),
        (403, ""),
    ],
)
@responses.activate
def test_credentials_that_are_not_accepted_are_named(
    connection: Connection, status: int, words: str
) -> None:
    responses.get(f"{URL}/uploads/{ID}", status=status, json={"detail": words})
    with pytest.raises(AuthenticationError, match="Check the token or password"):
        NomadRepository(connection).get(ID)


# ---- leaving ----


@pytest.mark.parametrize("status", [401, 403])
@responses.activate
def test_a_coauthor_can_leave_though_the_upload_is_closed_to_him_then(
    connection: Connection, status: int
) -> None:
    """NOMAD 1.3 answers 401, later ones 403."""
    says = {"upload_id": ID, "main_author": LEONARD, "coauthors": [ME]}
    me = {"user_id": ME, "name": "Sheldon Cooper"}
    for _ in range(2):
        responses.get(f"{URL}/uploads/{ID}", json={"data": says})
    responses.get(f"{URL}/uploads/{ID}", status=status, json={"detail": NO_ACCESS})
    edit = responses.post(f"{URL}/uploads/{ID}/edit", json={"upload_id": ID})
    responses.get(f"{URL}/users", json={"data": [me]})
    responses.get(f"{URL}/users/me", json=me)
    NomadRepository(connection).revoke(ID, ME)
    assert edit.call_count == 1


@pytest.mark.parametrize("share", [ME, LEONARD])
@responses.activate
def test_access_that_one_may_not_take_back_is_told(connection: Connection, share: str) -> None:
    says = {"upload_id": ID, "main_author": "3", "coauthors": [LEONARD], "reviewers": [ME]}
    people = [{"user_id": ME, "name": "Sheldon"}, {"user_id": LEONARD, "name": "Leonard"}]
    responses.get(f"{URL}/uploads/{ID}", json={"data": says})
    words = "You do not have write access to the specified upload."
    responses.post(f"{URL}/uploads/{ID}/edit", status=403, json={"detail": words})
    responses.get(f"{URL}/users", json={"data": people})
    responses.get(f"{URL}/users/me", json=people[0])
    with pytest.raises(RightsError, match="write access"):
        NomadRepository(connection).revoke(ID, share)
