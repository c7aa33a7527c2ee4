"""The zip, made while it is sent."""

from __future__ import annotations

import hashlib
import io
import math
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from publishkit.abilities import Member
from publishkit.errors import Cancelled, IntegrityError
from publishkit_nomad import manifest
from publishkit_nomad.files import Remote, Sending, plan
from publishkit_nomad.manifest import MANIFEST, Line
from publishkit_nomad.uplink import Uplink
from publishkit_nomad.wishes import Layout
from publishkit_nomad.zipping import SizedZip, ZipBody, zip_body

if TYPE_CHECKING:
    from publishkit.repository import DataFile
    from tests.backends.nomad.conftest import Counter, MakeFiles, MakeRecord

OWN = {"publishkit.archive.json", "record_metadata.json"}
TEXT = b"".join(b"%d %d\n" % (i, i * i) for i in range(100_000))
NOISE = os.urandom(3 << 20)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def uplink(speed: float) -> Uplink:
    made = Uplink()
    made.speed = speed
    return made


SLOW = 1e4
"""Bytes a second that no processor is slower than."""


@pytest.fixture
def sending(make_record: MakeRecord, make_files: MakeFiles) -> Sending:
    """Text, noise, and nothing."""
    return of(make_record, make_files({"noise": NOISE, "sub/ü.txt": TEXT, "empty": b""}))


def of(make_record: MakeRecord, files: list[DataFile]) -> Sending:
    planned = plan(Layout("name", (Member("", make_record()),)), Remote({}, {}), files)
    assert planned
    return planned


def unzipped(sent: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("kind", [ZipBody, SizedZip])
@pytest.mark.parametrize("zip64_from", [1 << 31, 1000])
def test_the_zip_holds_every_file_and_a_manifest_of_them_last(
    sending: Sending,
    meter: Counter,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[ZipBody],
    zip64_from: int,
) -> None:
    monkeypatch.setattr("zipstream.ng.ZIP64_LIMIT", zip64_from)
    body = kind(sending, meter, uplink(SLOW))
    held = unzipped(b"".join(body))
    contents = {"noise": NOISE, "sub/ü.txt": TEXT, "empty": b""}
    assert {key: held[key] for key in contents} == contents
    assert set(held) == OWN | set(contents) | {MANIFEST}
    assert list(held)[-1] == MANIFEST
    lines = manifest.load(held.pop(MANIFEST))
    assert lines == {
        key: Line(sha(content), len(content), generated=key in OWN) for key, content in held.items()
    }
    assert {key: digests.sha256 for key, digests in body.digests.items()} == {
        key: sha(content) for key, content in contents.items()
    }
    assert meter.sent == sum(map(len, contents.values()))


def test_on_a_slow_line_what_can_be_compressed_is_and_nothing_else(
    sending: Sending, meter: Counter
) -> None:
    body = zip_body(sending, meter, uplink(SLOW))
    assert not hasattr(body, "__len__")  # so that it is sent in chunks
    sent = b"".join(body)
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        assert archive.getinfo("sub/ü.txt").compress_size < len(TEXT) / 2
        assert archive.getinfo("noise").compress_type == zipfile.ZIP_STORED
    assert len(sent) < len(NOISE) + len(TEXT) / 2


def test_on_a_line_faster_than_compressing_the_length_of_the_zip_is_known(
    sending: Sending, meter: Counter
) -> None:
    body = zip_body(sending, meter, uplink(math.inf))
    assert isinstance(body, SizedZip)
    sent = b"".join(body)
    assert len(sent) == len(body)
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())


def test_where_nothing_can_be_compressed_the_length_of_the_zip_is_known(
    make_record: MakeRecord, make_files: MakeFiles, meter: Counter
) -> None:
    files = make_files({"a": NOISE, "b": TEXT[:1000]})
    assert isinstance(zip_body(of(make_record, files[:1]), meter, uplink(SLOW)), SizedZip)
    assert isinstance(zip_body(of(make_record, files[1:]), meter, uplink(SLOW)), SizedZip)


def test_what_is_learned_of_the_line_holds_for_the_next_file(
    make_record: MakeRecord, make_files: MakeFiles, meter: Counter
) -> None:
    files = make_files({"first": TEXT, "then": TEXT + TEXT})
    line = uplink(SLOW)
    body = zip_body(of(make_record, files), meter, line)
    sent = [next(body)]
    while b"first" not in sent[-1]:
        sent.append(next(body))
    line.speed = math.inf
    with zipfile.ZipFile(io.BytesIO(b"".join([*sent, *body]))) as archive:
        assert archive.getinfo("first").compress_type == zipfile.ZIP_DEFLATED
        assert archive.getinfo("then").compress_type == zipfile.ZIP_STORED


def test_looking_at_files_is_no_progress(sending: Sending, meter: Counter) -> None:
    zip_body(sending, meter, uplink(SLOW))
    assert meter.sent == 0


def test_small_files_leave_in_few_pieces(
    make_record: MakeRecord, make_files: MakeFiles, meter: Counter
) -> None:
    files = make_files({f"{i:03}": NOISE[i * 1000 : i * 1000 + 1000] for i in range(500)})
    body = zip_body(of(make_record, files), meter, Uplink())
    assert sum(1 for _ in body) < 12


def test_an_inner_zip_is_carried_as_it_is(
    make_record: MakeRecord, make_files: MakeFiles, meter: Counter
) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x", "1")
    files = make_files({"inner.zip": inner.getvalue()})
    sent = b"".join(zip_body(of(make_record, files), meter, Uplink()))
    assert unzipped(sent)["inner.zip"] == inner.getvalue()


@pytest.mark.parametrize("kind", [ZipBody, SizedZip])
def test_a_file_that_grows_while_it_is_read_is_an_integrity_error(
    make_record: MakeRecord, make_files: MakeFiles, meter: Counter, kind: type[ZipBody]
) -> None:
    (file,) = make_files({"a": NOISE})
    body = kind(of(make_record, [file]), meter, Uplink())
    while meter.sent < len(NOISE) / 2:
        next(body)
    with file.path.open("ab") as more:
        more.write(b"more")
    with pytest.raises(IntegrityError, match="changed while it was read"):
        b"".join(body)
    assert meter.sent > 0
    body.undo()
    assert meter.sent == 0


def test_a_file_that_vanished_is_not_taken_for_a_broken_connection(
    make_record: MakeRecord, make_files: MakeFiles, meter: Counter
) -> None:
    (small, large) = make_files({"a": b"1", "b": NOISE})
    body = zip_body(of(make_record, [small]), meter, Uplink())
    small.path.unlink()
    large.path.unlink()
    with pytest.raises(IntegrityError, match="cannot be read"):
        b"".join(body)
    with pytest.raises(IntegrityError, match="cannot be read"):
        zip_body(of(make_record, [large]), meter, Uplink())


def test_cancelling_ends_the_zip(make_record: MakeRecord, make_files: MakeFiles) -> None:
    class Stopped:
        def advance(self, nbytes: int) -> None:
            if nbytes:
                raise Cancelled("stopped")

        def wait(self, seconds: float) -> None: ...

    body = zip_body(of(make_record, make_files({"a": b"1"})), Stopped(), Uplink())
    with pytest.raises(Cancelled):
        b"".join(body)
