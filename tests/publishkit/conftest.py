"""Targets in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publishkit import plugins
from publishkit.testing import MemoryRepository, memory_backend, write_record

if TYPE_CHECKING:
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
