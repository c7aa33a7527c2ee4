"""Files whose entries refer to others go when NOMAD has processed these."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING

import pytest

from publishkit.errors import Cancelled, RejectedError
from publishkit.progress import RunMeter
from publishkit_nomad import manifest
from publishkit_nomad.manifest import MANIFEST
from publishkit_nomad.stages import stages
from publishkit_nomad.zipping import Unmetered

if TYPE_CHECKING:
    from publishkit.repository import DataFile, Transfer
    from publishkit_nomad.repository import NomadRepository
    from tests.backends.nomad.conftest import Counter, FakeNomad, MakeFiles, MakeRecord


def referring(*files: str) -> bytes:
    """An archive file with references to the entries of others."""
    steps = [{"activity": f"../upload/archive/mainfile/{file}#/data"} for file in files]
    return json.dumps({"data": {"m_def": "Experiment", "steps": steps}}).encode()


def keys(make_files: MakeFiles, contents: dict[str, bytes]) -> list[set[str]]:
    return [{file.key for file in group} for group in stages(make_files(contents), Unmetered())]


STEPS = {f"steps/{n}.archive.json": referring() for n in range(3)}


def test_files_that_refer_to_nothing_go_together(make_files: MakeFiles) -> None:
    assert keys(make_files, {"a.csv": b"1", **STEPS}) == [{"a.csv", *STEPS}]
    assert stages([], Unmetered()) == [()]


def test_an_entry_goes_after_those_that_it_refers_to(make_files: MakeFiles) -> None:
    process = {"process.archive.json": referring(*STEPS)}
    workflow = {"w.workflow.archive.yaml": referring("process.archive.json", "run/out.xml")}
    parsed = {"run/out.xml": b"<xml/>"}
    found = keys(make_files, {**workflow, **process, **parsed, **STEPS})
    assert found == [{*STEPS, *parsed}, set(process), set(workflow)]


@pytest.mark.parametrize("start", ["../upload", "/upload"])
def test_references_are_found_however_they_are_written(make_files: MakeFiles, start: str) -> None:
    yaml = f"workflow2:\n  tasks:\n  - task: {start}/archive/mainfile/größe 1.archive.json#/data\n"
    escaped = json.dumps({"data": {"to": f"{start}/archive/mainfile/größe 1.archive.json#/data"}})
    target = {"größe 1.archive.json": b"{}"}
    for name, content in (("w.archive.yaml", yaml), ("w.archive.json", escaped)):
        assert keys(make_files, {name: content.encode(), **target}) == [set(target), {name}]


def test_what_is_not_sent_with_it_is_not_waited_for(make_files: MakeFiles) -> None:
    files = {
        "own.archive.json": referring("own.archive.json"),
        "there.archive.json": referring("sent/before.archive.json"),
        "notes.json": referring("own.archive.json"),
        "broken.archive.json": b"{upload",
        "list.archive.json": b'["upload"]',
    }
    assert keys(make_files, files) == [set(files)]


def test_files_that_refer_to_one_another_go_together(make_files: MakeFiles) -> None:
    both = {"a.archive.json": referring("b.archive.json"), "b.archive.json": b""}
    both["b.archive.json"] = referring("a.archive.json", "c.archive.json")
    assert keys(make_files, both) == [set(both)]
    found = keys(make_files, {**both, "c.archive.json": b"{}"})
    assert found == [{"c.archive.json"}, set(both)]


def test_a_long_chain_is_not_sent_one_by_one(make_files: MakeFiles) -> None:
    names = [f"{n}.archive.json" for n in range(50)]
    chain = {name: referring(*names[n - 1 : n]) for n, name in enumerate(names)}
    found = keys(make_files, chain)
    assert found == [set(names[:47]), {names[47]}, {names[48]}, {names[49]}]


def test_what_needs_files_that_refer_to_one_another_goes_after_them(make_files: MakeFiles) -> None:
    ring = {"a.archive.json": referring("b.archive.json")}
    ring["b.archive.json"] = referring("a.archive.json")
    steps = {f"steps/{n}.archive.json": referring("a.archive.json") for n in range(3)}
    process = {"process.archive.json": referring(*steps, "b.archive.json")}
    assert keys(make_files, {**process, **steps, **ring}) == [set(ring), set(steps), set(process)]


def test_definitions_are_there_when_an_entry_is_made_by_them(make_files: MakeFiles) -> None:
    made_by = b'{"data": {"m_def": "../upload/raw/sample.archive.json#/definitions/0"}}'
    files = {
        "sample.archive.json": referring("lot.archive.json"),
        "lot.archive.json": b"{}",
        "other.archive.json": made_by,
    }
    first = {"lot.archive.json"}
    assert keys(make_files, files) == [first, files.keys() - first]
    schema = {"sample.archive.json": b"{}", "other.archive.json": made_by}
    assert keys(make_files, schema) == [set(schema)]


@pytest.mark.timeout(30)
def test_many_files_and_long_chains_are_looked_at_quickly(make_files: MakeFiles) -> None:
    names = [f"{n}.archive.json" for n in range(3000)]
    (one,) = make_files({"one": b"1"})
    many = [replace(one, key=f"{n}.csv") for n in range(60_000)]
    chain = make_files({name: referring(*names[n - 1 : n]) for n, name in enumerate(names)})
    assert [len(group) for group in stages([*many, *chain], Unmetered())] == [62_997, 1, 1, 1]


@pytest.mark.parametrize(
    "value", ["!!bool x", "!!int ''", "!!timestamp x", "2020-13-45", "1" + ":00" * 200 + ".0"]
)
def test_values_that_no_yaml_has_are_left_to_nomad(make_files: MakeFiles, value: str) -> None:
    odd = {"a.archive.yaml": f"upload: {value}\n".encode()}
    assert keys(make_files, odd) == [set(odd)]


def test_the_look_into_the_files_can_be_stopped(make_files: MakeFiles) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        stages(make_files(STEPS), RunMeter(stop, Unmetered().advance))


def test_a_section_in_many_places_is_looked_at_once(make_files: MakeFiles) -> None:
    nested = ["a0: &a0 ['../upload/archive/mainfile/t.archive.json#/data']"]
    nested += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    bomb = "\n".join([*nested, "own: &own [*own]"]).encode()
    files = {"bomb.archive.yaml": bomb, "t.archive.json": b"{}"}
    assert keys(make_files, files) == [{"t.archive.json"}, {"bomb.archive.yaml"}]


def test_a_file_that_is_gone_is_told_when_it_is_sent(make_files: MakeFiles) -> None:
    (file,) = make_files({"a.archive.json": referring()})
    file.path.unlink()
    assert stages([file], Unmetered()) == [(file,)]


def test_nomad_gets_the_second_zip_when_the_first_is_processed(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    contents = {"process.archive.json": referring(*STEPS), **STEPS}
    files = make_files(contents)
    id_ = repository.create("marker").id
    (transfer,) = repository.transfers(id_, make_record(), files)
    nomad.slow = 3
    nomad.log.clear()
    digests = transfer.run(meter)
    put, look = f"PUT uploads/{id_}/raw/", f"GET uploads/{id_}"
    assert nomad.log == [put, *[look] * 4, put]
    assert set(digests) == set(contents)
    assert meter.sent == sum(file.size for file in files)
    held = nomad.uploads[id_].files
    assert {key: held[key] for key in contents} == contents
    lines = manifest.load(held[MANIFEST])
    assert {key: lines[key].sha256 for key in contents} == {
        key: found.sha256 for key, found in digests.items()
    }


@dataclass(frozen=True)
class Changed:
    """An upload that holds OLD, and what sends NEW to it."""

    id: str
    files: list[DataFile]
    transfer: Transfer


OLD = {"process.archive.json": referring(*STEPS), **STEPS}
NEW = {key: content.replace(b"Experiment", b"Experience") for key, content in OLD.items()}


def sums(contents: dict[str, bytes]) -> dict[str, str]:
    return {k: f"sha256:{hashlib.sha256(content).hexdigest()}" for k, content in contents.items()}


@pytest.fixture
def changed(
    repository: NomadRepository, make_record: MakeRecord, make_files: MakeFiles, meter: Counter
) -> Changed:
    id_ = repository.create("marker").id
    (transfer,) = repository.transfers(id_, make_record(), make_files(OLD))
    transfer.run(meter)
    meter.sent = 0
    files = make_files(NEW)
    (transfer,) = repository.transfers(id_, make_record(), files)
    return Changed(id_, files, transfer)


def test_what_broke_off_between_two_zips_is_gone_on_with(
    repository: NomadRepository,
    nomad: FakeNomad,
    make_record: MakeRecord,
    meter: Counter,
    changed: Changed,
) -> None:
    nomad.next = [None, (400, {}, b'{"detail": "no"}')]
    with pytest.raises(RejectedError):
        changed.transfer.run(meter)
    assert meter.sent == 0
    told = {key: file.checksum for key, file in repository.files(changed.id).items()}
    left = [file for file in changed.files if told[file.key] == sums(OLD)[file.key]]
    assert [file.key for file in left] == ["process.archive.json"]
    assert {key: told[key] for key in STEPS} == {key: sums(NEW)[key] for key in STEPS}
    (transfer,) = repository.transfers(changed.id, make_record(), left)
    transfer.run(meter)
    held = nomad.uploads[changed.id].files
    assert {key: held[key] for key in NEW} == NEW


def test_nothing_follows_a_zip_that_nomad_could_not_unpack(
    repository: NomadRepository,
    nomad: FakeNomad,
    meter: Counter,
    changed: Changed,
) -> None:
    nomad.next = [(200, {}, json.dumps({"data": nomad.uploads[changed.id].says}).encode())]
    nomad.uploads[changed.id].says |= {"process_status": "FAILURE", "errors": ["Bad archive."]}
    with pytest.raises(RejectedError, match="could not process"):
        changed.transfer.run(meter)
    assert meter.sent == 0
    assert {key: f.checksum for key, f in repository.files(changed.id).items()} == sums(OLD)
