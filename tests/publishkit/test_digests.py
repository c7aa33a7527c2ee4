"""The digests of local files: read once, and never wrong."""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from publishkit import digests
from publishkit.digests import DigestCache, cache_folder
from publishkit.errors import Cancelled, IntegrityError
from publishkit.repository import DataFile, Digests, Meter


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hear the library's log, whatever a command that ran before did to it."""
    monkeypatch.setattr(logging.getLogger("publishkit"), "propagate", True)
    caplog.set_level(logging.WARNING, "publishkit")


def data_file(path: Path) -> DataFile:
    found = path.stat()
    return DataFile(path.name, path, found.st_size, found.st_mtime_ns)


def expected(content: bytes) -> Digests:
    return Digests(
        hashlib.md5(content, usedforsecurity=False).hexdigest(),
        hashlib.sha256(content).hexdigest(),
    )


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour later, so that files just written are no longer fresh."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 3_600_000_000_000)


@pytest.fixture
def old(tmp_path: Path, later: None) -> Path:
    """A file that was not changed for an hour."""
    path = tmp_path / "data.bin"
    path.write_bytes(b"hello")
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are read."""
    done: list[Path] = []
    read = digests._read  # noqa: SLF001 - to count

    def counted(path: Path, meter: Meter | None) -> Digests:
        done.append(path)
        return read(path, meter)

    monkeypatch.setattr(digests, "_read", counted)
    return done


@pytest.mark.parametrize("content", [b"", b"hello", b"x" * 3_000_001])
def test_both_digests_are_those_of_the_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)

    assert DigestCache().digests(data_file(path)) == expected(content)


def test_an_unchanged_file_is_read_once_even_by_the_next_run(old: Path, reads: list[Path]) -> None:
    for _ in range(3):
        cache = DigestCache()
        assert cache.digests(data_file(old)) == expected(b"hello")
        assert cache.digests(data_file(old)) == expected(b"hello")
        cache.close()

    assert reads == [old]


def test_a_renamed_file_is_not_read_again_but_a_copy_is(old: Path, reads: list[Path]) -> None:
    DigestCache().digests(data_file(old))
    copy = old.with_name("copy")
    copy.write_bytes(old.read_bytes())
    folder = old.with_name("folder")
    folder.mkdir()

    assert DigestCache().digests(data_file(copy)) == expected(b"hello")
    assert reads == [old, copy]


def test_a_changed_file_is_read_again(old: Path, reads: list[Path]) -> None:
    DigestCache().digests(data_file(old))
    old.write_bytes(b"jello")

    assert DigestCache().digests(data_file(old)) == expected(b"jello")
    assert reads == [old, old]


def test_a_change_that_keeps_size_and_time_is_noticed(old: Path) -> None:
    DigestCache().digests(data_file(old))
    before = old.stat()
    old.write_bytes(b"jello")
    os.utime(old, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert DigestCache().digests(data_file(old)) == expected(b"jello")


def test_a_file_that_was_just_written_is_not_remembered(tmp_path: Path, reads: list[Path]) -> None:
    path = tmp_path / "fresh"
    path.write_bytes(b"hello")
    DigestCache().digests(data_file(path))
    DigestCache().digests(data_file(path))

    assert reads == [path, path]


# ---- what transfers computed ----


def test_what_a_transfer_computed_need_not_be_read(old: Path, reads: list[Path]) -> None:
    DigestCache().remember(data_file(old), expected(b"hello"))

    assert DigestCache().digests(data_file(old)) == expected(b"hello")
    assert reads == []


def test_digests_of_a_file_that_changed_during_its_transfer_are_not_kept(
    old: Path, reads: list[Path]
) -> None:
    file = data_file(old)
    old.write_bytes(b"jello")
    DigestCache().remember(file, expected(b"hello"))

    assert DigestCache().digests(data_file(old)) == expected(b"jello")
    assert reads == [old]


def test_digests_of_a_file_of_unknown_time_are_not_kept(old: Path, reads: list[Path]) -> None:
    DigestCache().remember(DataFile("a", old, 5), expected(b"other"))

    assert DigestCache().digests(data_file(old)) == expected(b"hello")
    assert reads == [old]


def test_remembering_a_file_that_is_gone_does_no_harm(old: Path) -> None:
    file = data_file(old)
    old.unlink()

    DigestCache().remember(file, expected(b"hello"))


# ---- files that do not hold still ----


def test_a_file_that_is_not_the_one_that_was_listed_is_an_integrity_error(old: Path) -> None:
    file = data_file(old)
    old.write_bytes(b"longer than before")

    with pytest.raises(IntegrityError, match=r"data.bin changed .* Run the same command again"):
        DigestCache().digests(file)


def test_a_file_that_is_gone_is_an_integrity_error(old: Path) -> None:
    file = data_file(old)
    old.unlink()

    with pytest.raises(IntegrityError, match="can no longer be read: No such file"):
        DigestCache().digests(file)


class Growing:
    """A meter in whose course the file grows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def advance(self, nbytes: int) -> None:
        assert nbytes == 0
        with self.path.open("ab") as stream:
            stream.write(b"more" * (self.path.stat().st_size == 5))

    def wait(self, seconds: float) -> None:
        raise AssertionError(seconds)


def test_a_file_that_grows_while_it_is_read_is_an_integrity_error(old: Path) -> None:
    with pytest.raises(IntegrityError, match="changed"):
        DigestCache().digests(data_file(old), Growing(old))


class Stopping:
    """A meter that is stopped at the second megabyte."""

    def __init__(self) -> None:
        self.asked = 0

    def advance(self, nbytes: int) -> None:
        assert nbytes == 0
        self.asked += 1
        if self.asked == 2:
            raise Cancelled("stopped")

    def wait(self, seconds: float) -> None:
        raise AssertionError(seconds)


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 5_000_000)
    meter = Stopping()

    with pytest.raises(Cancelled):
        DigestCache().digests(data_file(path), meter)
    assert meter.asked == 2


# ---- a cache that is not as it should be ----


def test_the_cache_lies_where_the_environment_says(tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "cache"
    assert DigestCache().path.parent == tmp_path / "cache"


def test_the_cache_lies_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUBLISHKIT_CACHE_DIR")

    assert cache_folder().is_relative_to(Path.home())
    assert cache_folder().name == "publishkit"


def test_deleting_the_cache_costs_only_reading(old: Path, reads: list[Path]) -> None:
    cache = DigestCache()
    cache.digests(data_file(old))
    cache.close()
    cache.path.unlink()

    assert DigestCache().digests(data_file(old)) == expected(b"hello")
    assert reads == [old, old]


@pytest.mark.parametrize("garbage", [b"not a database" * 100, b"\0" * 4096])
def test_a_damaged_cache_is_made_anew(old: Path, reads: list[Path], garbage: bytes) -> None:
    path = DigestCache().path
    path.parent.mkdir()
    path.write_bytes(garbage)

    for _ in range(2):
        assert DigestCache().digests(data_file(old)) == expected(b"hello")
    assert reads == [old]


def test_a_cache_that_is_damaged_inside_is_given_up_and_made_anew(
    old: Path, reads: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    cache = DigestCache()
    cache.digests(data_file(old))
    cache.close()
    content = bytearray(cache.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)  # all pages but the schema's
    cache.path.write_bytes(content)

    for _ in range(3):
        assert DigestCache().digests(data_file(old)) == expected(b"hello")
    assert reads == [old, old]
    assert len(caplog.records) == 1


def test_a_cache_that_breaks_while_it_is_open_is_given_up_and_made_anew(
    old: Path, reads: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    cache = DigestCache()
    cache.digests(data_file(old))
    cache.path.write_bytes(b"not a database" * 1000)

    for _ in range(2):
        assert cache.digests(data_file(old)) == expected(b"hello")
    assert reads == [old, old, old]
    assert len(caplog.records) == 1
    cache.close()

    for _ in range(2):
        assert DigestCache().digests(data_file(old)) == expected(b"hello")
    assert reads == [old] * 4


@pytest.mark.parametrize("place", ["a file/digests", "."])
def test_a_cache_that_cannot_be_written_fails_nothing_and_is_mentioned_once(
    old: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    (tmp_path / "a file").touch()
    cache = DigestCache(tmp_path / place)

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert cache.digests(data_file(old)) == expected(b"hello")

    assert len(caplog.records) == 1
    assert "files are read again" in caplog.text


def test_a_row_with_half_a_digest_is_not_believed(old: Path) -> None:
    cache = DigestCache()
    cache.digests(data_file(old))
    with sqlite3.connect(cache.path) as connection:
        connection.execute("UPDATE digests_1 SET sha256 = 'abc'")
    connection.close()

    assert DigestCache().digests(data_file(old)) == expected(b"hello")


def test_entries_that_were_not_renewed_for_half_a_year_are_dropped(
    old: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    DigestCache().digests(data_file(old))
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 200 * 86_400)

    DigestCache().digests(data_file(old))

    assert reads == [old, old]


# ---- several at once ----


def test_threads_share_a_cache(tmp_path: Path, later: None) -> None:
    files = []
    for number in range(50):
        (tmp_path / str(number)).write_bytes(str(number).encode())
        files.append(data_file(tmp_path / str(number)))
    cache = DigestCache()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(cache.digests, files * 3))

    assert found == [expected(file.key.encode()) for file in files * 3]


DIGEST_ALL = """
import sys
from pathlib import Path
from publishkit.digests import DigestCache
from publishkit.repository import DataFile

cache = DigestCache()
for name in sys.argv[1:] * 3:
    path = Path(name)
    found = path.stat()
    print(cache.digests(DataFile(path.name, path, found.st_size, found.st_mtime_ns)).md5)
"""


def test_processes_share_a_cache(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(20)]
    hour_ago = time.time_ns() - 3_600_000_000_000
    for path in paths:
        path.write_bytes(path.name.encode())
        os.utime(path, ns=(hour_ago, hour_ago))

    command = [sys.executable, "-c", DIGEST_ALL, *map(str, paths)]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [other.communicate(timeout=60)[0].split() for other in others]

    assert said == [[expected(path.name.encode()).md5 for path in paths * 3]] * 3


# ---- what is known already ----


def test_what_is_known_is_given_without_reading(old: Path, reads: list[Path]) -> None:
    cache = DigestCache()
    made = cache.digests(data_file(old))
    reads.clear()
    assert cache.known([data_file(old)]) == {"data.bin": made}
    assert reads == []


def test_nothing_is_given_unless_all_is_known(old: Path, reads: list[Path]) -> None:
    cache, other = DigestCache(), old.with_name("other.bin")
    other.write_bytes(b"other")
    cache.digests(data_file(old))
    reads.clear()
    assert cache.known([data_file(old), data_file(other)]) is None
    assert reads == []


def test_a_file_that_is_not_as_it_was_found_is_not_known(old: Path) -> None:
    cache, found = DigestCache(), data_file(old)
    cache.digests(found)
    old.write_bytes(b"longer than before")
    assert cache.known([found]) is None
    old.unlink()
    assert cache.known([found]) is None


def test_a_file_changed_lately_is_read_once_by_a_run_and_again_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new"
    path.write_bytes(b"1")
    found = path.stat()
    file = DataFile("new", path, found.st_size, found.st_mtime_ns)
    reads: list[Path] = []
    real = digests._read  # noqa: SLF001 - to count its calls

    def read(path: Path, meter: Meter | None) -> Digests:
        reads.append(path)
        return real(path, meter)

    monkeypatch.setattr("publishkit.digests._read", read)
    for _ in range(2):
        run = DigestCache(tmp_path / "cache.sqlite3")
        assert run.digests(file) == run.digests(file)
    assert len(reads) == 2
