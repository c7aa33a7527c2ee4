"""Targets in memory."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from publishkit import cli, plugins
from publishkit.testing import (
    MemoryRepository,
    PlainRepository,
    memory_backend,
    write_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def memory() -> MemoryRepository:
    """The repository behind the target `memory`."""
    return MemoryRepository("https://memory.example")


@pytest.fixture
def other() -> MemoryRepository:
    """The repository behind the target `other`."""
    return MemoryRepository("https://other.example")


@pytest.fixture(autouse=True)
def targets(
    memory: MemoryRepository, other: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only targets there are: `memory` and `other`."""
    backend = memory_backend({"memory": memory, "other": other})
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A folder of three records: `0`, `1` and `10`."""
    folder = tmp_path / "records"
    for name in ("0", "1", "10"):
        write_record(folder / name, {"data.csv": name.encode(), "sub/more.txt": b"more"})
    return folder


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> str:
    """The only target, whose repository has no ability."""
    backend = memory_backend({"plain": PlainRepository("https://plain.example")})
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})
    return "plain"


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Run the command line: its exit code, standard output and standard error."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["publishkit", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)
