"""Files on their way, and the digests computed meanwhile."""

from __future__ import annotations

import hashlib
import os
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from publishkit.bodies import BLOCK, FileBody
from publishkit.errors import Cancelled, IntegrityError
from publishkit.hashing import LARGE, Hashing
from publishkit.repository import DataFile, Digests
from publishkit.testing import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOISE = os.urandom(3 * LARGE)


def digests_of(content: bytes) -> Digests:
    return Digests(
        hashlib.md5(content, usedforsecurity=False).hexdigest(), hashlib.sha256(content).hexdigest()
    )


def helpers() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("publishkit-md5")]


def made(tmp_path: Path, content: bytes) -> DataFile:
    path = tmp_path / "data"
    path.write_bytes(content)
    return DataFile("data", path, len(content), path.stat().st_mtime_ns)


@pytest.mark.parametrize("size", [0, 1, BLOCK, LARGE - 1, LARGE, 3 * LARGE])
def test_the_digests_are_those_of_what_was_sent(tmp_path: Path, size: int) -> None:
    content = NOISE[:size]
    body = FileBody(made(tmp_path, content), NoMeter())
    assert b"".join(body) == content
    body.close()
    assert body.digests == digests_of(content)
    assert helpers() == []


def test_a_body_that_is_read_like_a_file_has_the_same_digests(tmp_path: Path) -> None:
    body = FileBody(made(tmp_path, NOISE), NoMeter())
    sent = b""
    while block := body.read(70_000):
        sent += block
    body.close()
    assert sent == NOISE
    assert body.digests == digests_of(NOISE)


def test_no_thread_is_started_for_a_small_file(tmp_path: Path) -> None:
    body = FileBody(made(tmp_path, NOISE[: LARGE - 1]), NoMeter())
    body.read(BLOCK)
    assert helpers() == []
    body.close()


def test_the_thread_of_a_large_file_ends_with_its_body(tmp_path: Path) -> None:
    body = FileBody(made(tmp_path, NOISE), NoMeter())
    body.read(BLOCK)
    assert len(helpers()) == 1
    body.close()
    assert helpers() == []
    body.close()  # once more does no harm
    with pytest.raises(IntegrityError):
        _ = body.digests


def test_a_stopped_run_leaves_no_thread_behind(tmp_path: Path) -> None:
    class Stopping(NoMeter):
        def advance(self, nbytes: int) -> None:
            raise Cancelled("stopped")

    body = FileBody(made(tmp_path, NOISE), Stopping())
    with pytest.raises(Cancelled):
        body.read(BLOCK)
    body.close()
    assert helpers() == []


def test_a_large_file_that_changes_while_it_is_read_is_an_integrity_error(tmp_path: Path) -> None:
    file = made(tmp_path, NOISE)
    body = FileBody(file, NoMeter())
    body.read(BLOCK)
    file.path.write_bytes(NOISE + b"more")
    with pytest.raises(IntegrityError, match="changed while it was read"):
        b"".join(body)
    assert helpers() == []


class Task(partial[None]):
    """Is done when its result is asked for."""

    left = most = 0

    def result(self) -> None:
        Task.left -= 1
        self()


class Lazy:
    """A pool whose threads never get their turn."""

    def __init__(self, *_: object) -> None: ...

    def submit(self, do: Callable[[bytes], None], block: bytes) -> Task:
        Task.left += 1
        Task.most = max(Task.most, Task.left)
        return Task(do, block)

    def shutdown(self) -> None: ...


def test_few_blocks_are_held_though_hashing_is_slower_than_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("publishkit.hashing.ThreadPoolExecutor", Lazy)
    hashing = Hashing(LARGE)
    for start in range(0, LARGE, 1000):
        hashing.update(NOISE[start : start + 1000])
    assert 1 < Task.most < 12
    assert hashing.digests() == digests_of(NOISE[: LARGE + 1000 - LARGE % 1000])
    assert Task.left == 0
