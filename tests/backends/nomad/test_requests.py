"""What is asked of NOMAD for what, and how the zip travels."""

from __future__ import annotations

import os
from threading import Event
from typing import TYPE_CHECKING

import pytest

from publishkit.errors import RejectedError
from publishkit.hooks import Connection, Credentials, Target
from publishkit_nomad.repository import NomadRepository
from publishkit_nomad.waiting import Patient

if TYPE_CHECKING:
    import requests
    from servers.api import NomadServer

    from tests.backends.nomad.conftest import Answer, Counter, FakeNomad, MakeFiles, MakeRecord

TEXT = b"".join(b"%d %d\n" % (i, i * i) for i in range(100_000))
NO_CHUNKS = (411, {"Content-Type": "text/html"}, b"<h1>411 Length Required</h1>")


class Headers:
    """What a NOMAD is told of the length of each zip."""

    def __init__(self, nomad: FakeNomad, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lengths: list[bool] = []
        answered = type(nomad).__call__

        def noted(fake: FakeNomad, request: requests.PreparedRequest) -> Answer:
            if request.method == "PUT":
                self.lengths.append("Content-Length" in request.headers)
            return answered(fake, request)

        monkeypatch.setattr(type(nomad), "__call__", noted)


def test_a_new_upload_is_looked_at_once_and_filled_by_one_request(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    id_ = repository.create("marker").id
    files = make_files({"a": b"1", "b": b"2", "sub/c": b"3"})
    for transfer in repository.transfers(id_, make_record(), files):
        transfer.run(meter)
    assert nomad.log == ["POST uploads", f"GET uploads/{id_}", f"PUT uploads/{id_}/raw/"]


def test_metadata_are_edited_and_read_back_and_that_tells_the_deposit(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    record = make_record({"description": "words"})
    id_ = repository.create("marker").id
    for transfer in repository.transfers(id_, record, make_files({"a": b"1"})):
        transfer.run(meter)
    nomad.log.clear()
    deposit = repository.update(id_, record)
    assert nomad.log == [
        f"GET uploads/{id_}",
        "POST entries/query",
        f"POST uploads/{id_}/edit",
        f"GET uploads/{id_}",
        "POST entries/query",
        f"GET uploads/{id_}/rawdir/",
        f"GET uploads/{id_}/entries",
    ]
    assert deposit == repository.settle(id_, meter)


def test_what_could_not_be_processed_is_in_what_an_update_gives(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    nomad.failing.add("b.archive.json")
    id_ = repository.create("marker").id
    for transfer in repository.transfers(id_, make_record(), make_files({"b.archive.json": b"{"})):
        transfer.run(meter)
    assert repository.update(id_, make_record()).failures == ("b.archive.json: it is broken",)


def test_an_upload_that_somebody_filled_is_listed_before_anything_is_sent(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord, meter: Counter
) -> None:
    id_ = repository.create("marker").id
    for transfer in repository.transfers(id_, make_record(), []):
        transfer.run(meter)
    nomad.log.clear()
    assert list(repository.transfers(id_, make_record(), [])) == []
    assert f"GET uploads/{id_}/rawdir/" in nomad.log


def test_who_is_signed_in_is_asked_once_for_all_that_needs_it(
    repository: NomadRepository, nomad: FakeNomad
) -> None:
    repository.whoami()
    repository.room()
    assert nomad.log.count("GET users/me") == 1


def test_a_proxy_that_wants_the_length_gets_it_and_the_files_arrive(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Headers(nomad, monkeypatch)
    repository.access.uplink.speed = 1e4
    id_ = repository.create("marker").id
    (transfer,) = repository.transfers(id_, make_record(), make_files({"a": TEXT}))
    nomad.next = [NO_CHUNKS]
    transfer.run(meter)
    assert told.lengths == [False, True]
    assert nomad.uploads[id_].files["a"] == TEXT
    assert meter.sent == len(TEXT)
    (transfer,) = repository.transfers(id_, make_record(), make_files({"b": TEXT}))
    transfer.run(meter)
    assert told.lengths == [False, True, True]  # remembered


def test_a_server_that_wants_more_than_the_length_is_not_asked_for_ever(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    id_ = repository.create("marker").id
    (transfer,) = repository.transfers(id_, make_record(), make_files({"a": TEXT}))
    nomad.next = [NO_CHUNKS, NO_CHUNKS]
    with pytest.raises(RejectedError):
        transfer.run(meter)
    assert nomad.log.count(f"PUT uploads/{id_}/raw/") == 2
    assert meter.sent == 0


@pytest.mark.live
def test_a_real_nomad_unpacks_what_was_compressed_on_the_way(
    nomad_server: NomadServer, make_record: MakeRecord, make_files: MakeFiles
) -> None:
    target = Target(name="nomad-live", backend="nomad", url=nomad_server.api)
    user = next(name for name in ("lhofstadter", *nomad_server.users) if name in nomad_server.users)
    credentials = Credentials(username=user, password=nomad_server.password)
    nomad = NomadRepository(Connection(target=target, credentials=credentials, stop=Event()))
    nomad.access.uplink.speed = 1e4
    meter = Patient(Event())
    contents = {"text": TEXT, "noise": os.urandom(1 << 20), "empty": b""}
    record, id_ = make_record(), nomad.create("made by a test of publishkit").id
    try:
        for transfer in nomad.transfers(id_, record, make_files(contents)):
            transfer.run(meter)
        nomad.settle(id_, meter)
        assert {key: nomad.api.find_raw(id_, key) for key in contents} == contents
        assert {key: file.size for key, file in nomad.files(id_).items()} == {
            key: len(content) for key, content in contents.items()
        }
    finally:
        nomad.delete(id_)
