"""What an upload holds, and what of it must be sent."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from publishkit.abilities import Member
from publishkit_nomad.files import Remote, Sending, plan
from publishkit_nomad.manifest import MANIFEST, Line
from publishkit_nomad.wishes import Layout

if TYPE_CHECKING:
    from publishkit.model import Record
    from publishkit.repository import DataFile
    from tests.backends.nomad.conftest import MakeFiles, MakeRecord

NOTHING = Remote({}, {})
OWN = {"publishkit.archive.json", "record_metadata.json"}


def one(record: Record) -> Layout:
    return Layout("name", (Member("", record),))


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sending(record: Record, files: list[DataFile], remote: Remote = NOTHING) -> Sending:
    planned = plan(one(record), remote, files)
    assert planned
    return planned


def held(record: Record, contents: dict[str, bytes]) -> Remote:
    """An upload that holds the record with these files."""
    generated = sending(record, []).generated
    lines = {key: Line(sha(c), len(c), generated=True) for key, c in generated.items()}
    lines |= {key: Line(sha(content), len(content)) for key, content in contents.items()}
    return Remote({MANIFEST: 1, **{key: line.size for key, line in lines.items()}}, lines)


def test_an_upload_that_is_up_to_date_needs_nothing(make_record: MakeRecord) -> None:
    record = make_record()
    assert plan(one(record), held(record, {"a": b"1"}), []) is None


def test_other_metadata_sends_the_generated_files_only(make_record: MakeRecord) -> None:
    remote = held(make_record(), {"a": b"1"})
    planned = sending(make_record({"title": "Other"}), [], remote)
    assert set(planned.generated) == OWN
    assert set(planned.standing) == {"a", *OWN}


def test_a_changed_file_is_sent_without_the_others(
    make_record: MakeRecord, make_files: MakeFiles
) -> None:
    record = make_record()
    remote = held(record, {"a": b"1", "b": b"2"})
    planned = sending(record, make_files({"a": b"3"}), remote)
    assert [file.key for file in planned.files] == ["a"]
    assert planned.generated == {}
    assert set(planned.standing) == {"a", "b", *OWN}


def test_a_generated_file_that_was_deleted_on_the_web_is_sent_again(
    make_record: MakeRecord,
) -> None:
    record = make_record()
    remote = held(record, {})
    sizes = {k: s for k, s in remote.sizes.items() if k != "record_metadata.json"}
    assert set(sending(record, [], Remote(sizes, remote.lines)).generated) == {
        "record_metadata.json"
    }


def test_the_manifest_forgets_files_that_are_gone(make_record: MakeRecord) -> None:
    record = make_record()
    remote = held(record, {"a": b"1", "b": b"2"})
    sizes = {key: size for key, size in remote.sizes.items() if key != "b"}
    planned = sending(record, [], Remote(sizes, remote.lines))
    assert set(planned.standing) == {"a", *OWN}
    assert planned.files == ()


def test_without_an_entry_only_the_metadata_goes_along(make_record: MakeRecord) -> None:
    planned = sending(make_record(block={"entry": False}), [])
    assert set(planned.generated) == {"record_metadata.json"}


def test_the_block_with_its_addresses_stays_at_home(make_record: MakeRecord) -> None:
    planned = sending(make_record(block={"coauthors": ["jane@example.org"]}), [])
    assert b"jane@example.org" not in planned.generated["record_metadata.json"]


def test_a_potcar_that_nomad_put_away_counts_as_there(make_record: MakeRecord) -> None:
    record = make_record()
    remote = held(record, {"sub/POTCAR": b"secret"})
    sizes = {**remote.sizes, "sub/POTCAR.stripped": 9}
    del sizes["sub/POTCAR"]
    stripped = Remote(sizes, remote.lines)
    assert plan(one(record), stripped, []) is None
    assert stripped.is_own("sub/POTCAR.stripped")


def test_a_stripped_file_of_the_users_own_stays_theirs() -> None:
    remote = Remote({"POTCAR.stripped": 1}, {"POTCAR.stripped": Line(sha(b"1"), 1)})
    assert not remote.is_own("POTCAR.stripped")
