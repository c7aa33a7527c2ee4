"""What an upload says of itself can be sent back without taking anything from anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publishkit_nomad.entry import ENTRY, entry_id_of
from tests.backends.nomad.conftest import LEONARD, ME, FakeNomad, FakeUpload

if TYPE_CHECKING:
    from publishkit_nomad.repository import NomadRepository
    from tests.backends.nomad.conftest import MakeRecord

ID = "upload-1"
OTHER = "other.archive.json"


def upload_of(nomad: FakeNomad, **says: object) -> FakeUpload:
    """An upload with the generated entry and another one."""
    upload = FakeUpload({"upload_id": ID, "upload_name": "Resistivity", **says})
    upload.says |= {"process_status": "SUCCESS", "upload_create_time": "2026-01-31T00:00:00Z"}
    for mainfile in (ENTRY, OTHER):
        upload.files[mainfile] = b"{}"
        entry: dict[str, Any] = {"entry_id": entry_id_of(ID, mainfile), "mainfile": mainfile}
        upload.entries[mainfile] = {**entry, "upload_id": ID, "references": []}
    nomad.uploads[ID] = upload
    return upload


def send_back(repository: NomadRepository, make_record: MakeRecord) -> None:
    """Change the comment of what the upload says of itself, as `update ID --set` does."""
    said = dict(repository.describe(ID))
    block, metadata = said.pop("nomad", {}), said.pop("metadata")
    assert isinstance(block, dict)
    assert isinstance(metadata, dict)
    record = make_record(metadata, {**block, "comment": "changed"}, **said)
    repository.update(ID, repository.resolve(record).record)


def test_a_coauthor_who_updates_an_upload_stays_its_coauthor(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    upload = upload_of(nomad, main_author=LEONARD, coauthors=[ME])
    send_back(repository, make_record)
    assert upload.entries[ENTRY]["comment"] == "changed"
    assert upload.says["coauthors"] == [ME]


def test_an_update_by_id_takes_no_entry_out_of_its_datasets(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    both = {name: {"dataset_id": f"id of {name}", "dataset_name": name} for name in ("A", "B")}
    nomad.datasets = {name: one["dataset_id"] for name, one in both.items()}
    upload = upload_of(nomad, main_author=ME)
    upload.entries[ENTRY]["datasets"] = [both["A"]]
    upload.entries[OTHER]["datasets"] = [both["A"], both["B"]]
    send_back(repository, make_record)
    assert {one["dataset_name"] for one in upload.entries[OTHER]["datasets"]} == {"A", "B"}


def test_an_update_by_id_leaves_the_references_of_other_entries(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord
) -> None:
    upload = upload_of(nomad, main_author=ME)
    upload.entries[ENTRY]["references"] = ["https://doi.org/10.5072/one"]
    upload.entries[OTHER]["references"] = ["https://doi.org/10.5072/other"]
    send_back(repository, make_record)
    assert "https://doi.org/10.5072/other" in upload.entries[OTHER]["references"]
