"""Several records in one upload."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from publishkit.abilities import Member
from publishkit.repository import Deposit, Repository, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishkit.repository import DataFile
    from publishkit_nomad.repository import NomadRepository
    from tests.backends.nomad.conftest import Counter, FakeNomad, MakeFiles, MakeRecord


@pytest.fixture
def members(make_record: MakeRecord) -> list[Member]:
    """Three records, the second of them in a dataset."""
    return [
        Member(f"r{n}", make_record({"title": f"Title {n}"}, block={"comment": f"comment {n}"}))
        for n in (0, 2)
    ] + [
        Member("r1", make_record(block={"comment": "comment 1", "datasets": ["One"]})),
    ]


def push(
    group: Repository,
    members: Sequence[Member],
    files: Sequence[DataFile],
    meter: Counter,
    id_: str | None = None,
) -> Deposit:
    """An upload that holds the members."""
    record = members[0].record
    id_ = id_ or group.create("marker").id
    for transfer in group.transfers(id_, record, files):
        transfer.run(meter)
    group.update(id_, record)
    return group.settle(id_, meter)


def test_each_record_has_its_own_folder_entry_and_metadata(
    repository: NomadRepository,
    nomad: FakeNomad,
    members: list[Member],
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    group = repository.group("All", members)
    deposit = push(group, members, make_files({"r0/a": b"1", "r1/sub/b": b"2"}), meter)
    upload = nomad.uploads[deposit.id]
    assert upload.says["upload_name"] == "All"
    assert {name for name in upload.files if name.startswith("r1/")} == {
        "r1/sub/b",
        "r1/nomad.yaml",
        "r1/publishkit.archive.json",
        "r1/record_metadata.json",
    }
    comments = {name: entry["comment"] for name, entry in upload.entries.items()}
    assert comments == {f"r{n}/publishkit.archive.json": f"comment {n}" for n in range(3)}
    in_dataset = [name for name, entry in upload.entries.items() if entry.get("datasets")]
    assert in_dataset == ["r1/publishkit.archive.json"]
    assert json.loads(upload.files["r1/nomad.yaml"]) == {
        "comment": "comment 1",
        "datasets": ["One"],
    }


def test_datasets_exist_before_the_files_that_name_them(
    repository: NomadRepository, nomad: FakeNomad, members: list[Member], meter: Counter
) -> None:
    push(repository.group("All", members), members, [], meter)
    order = [line for line in nomad.log if line.startswith(("POST datasets", "PUT"))]
    assert order[0] == "POST datasets/"


def test_only_the_users_files_are_listed(
    repository: NomadRepository, members: list[Member], make_files: MakeFiles, meter: Counter
) -> None:
    group = repository.group("All", members)
    files = make_files({"r0/a": b"1", "r2/nomad.yaml": b"comment: mine"})
    deposit = push(group, members, files, meter)
    assert set(group.files(deposit.id)) == {"r0/a", "r2/nomad.yaml"}
    assert set(repository.files(deposit.id)) == {"r0/a", "r2/nomad.yaml"}


def test_the_users_nomad_yaml_is_not_replaced(
    repository: NomadRepository,
    nomad: FakeNomad,
    members: list[Member],
    make_files: MakeFiles,
    meter: Counter,
) -> None:
    group = repository.group("All", members)
    deposit = push(group, members, make_files({"r2/nomad.yaml": b"comment: mine"}), meter)
    assert nomad.uploads[deposit.id].files["r2/nomad.yaml"] == b"comment: mine"
    assert list(group.transfers(deposit.id, members[0].record, [])) == []


def test_a_later_edit_concerns_one_member_only(
    repository: NomadRepository,
    nomad: FakeNomad,
    members: list[Member],
    make_record: MakeRecord,
    meter: Counter,
) -> None:
    deposit = push(repository.group("All", members), members, [], meter)
    nomad.edits.clear()
    members[1] = Member("r2", make_record(block={"comment": "new"}))
    again = push(repository.group("All", members), members, [], meter, deposit.id)
    (edit,) = nomad.edits
    entry = nomad.uploads[deposit.id].entries["r2/publishkit.archive.json"]
    assert edit == {
        "metadata": {"comment": "new"},
        "query": {"entry_id:any": [entry["entry_id"]]},
        "owner": "user",
    }
    assert again.revision != deposit.revision


def test_a_member_has_an_id_and_links_of_its_own(
    repository: NomadRepository, nomad: FakeNomad, members: list[Member], meter: Counter
) -> None:
    nomad.failing = {"r1/publishkit.archive.json"}
    deposit = push(repository.group("All", members), members, [], meter)
    member = repository.member(deposit, "r1")
    entry = nomad.uploads[deposit.id].entries["r1/publishkit.archive.json"]["entry_id"]
    assert member.id == f"{deposit.id}/{entry}"
    assert repository.group_id(member.id) == deposit.id
    assert member.state is State.DRAFT
    assert member.links["self_html"].endswith(f"/entry/id/{entry}")
    assert member.links["files"].endswith("/rawdir/r1")
    assert member.failures == ("r1/publishkit.archive.json: it is broken",)
    assert repository.member(deposit, "r0").failures == ()


def test_the_embargo_is_the_longest_that_a_member_asks_for(
    repository: NomadRepository, nomad: FakeNomad, make_record: MakeRecord, meter: Counter
) -> None:
    members = [
        Member("a", make_record(block={"embargo_length": 2})),
        Member("b", make_record(block={"embargo_length": 5})),
    ]
    group = repository.group("All", members)
    deposit = push(group, members, [], meter)
    group.publish(deposit.id, members[0].record)
    assert nomad.uploads[deposit.id].says["embargo_length"] == 5


def test_checking_a_group_tells_whose_problem_it_is(
    repository: NomadRepository, make_record: MakeRecord, make_files: MakeFiles
) -> None:
    members = [Member("a", make_record()), Member("b", make_record({"rights": [{"id": "mit"}]}))]
    files = make_files({"a/publishkit.archive.json": b"1", "b/fine": b"1"})
    found = repository.group("All", members).check(members[0].record, files)
    assert [(p.record, p.path) for p in found] == [
        ("a", "publishkit.archive.json"),
        ("b", "metadata.rights[0]"),
    ]
    assert repository.check_group(members) == []
