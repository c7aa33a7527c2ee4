"""Which deposit is meant, and which is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit import plugins
from publishkit.errors import ConfigError
from publishkit.hooks import Backend, Target
from publishkit.ledger import LINKS_FILE
from publishkit.testing import MemoryRepository, write_record

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_and_an_id_of_one_name_are_not_mixed_up(
    records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (receipt,) = publishkit.push(records / "0", to="memory")
    write_record(tmp_path / "elsewhere" / receipt.id, {"data.csv": b"pulled"})
    monkeypatch.chdir(tmp_path / "elsewhere")
    page = receipt.links["self_html"]
    for verb in (publishkit.status, publishkit.delete):
        with pytest.raises(ConfigError, match=page):
            verb(receipt.id, to="memory")
    (found,) = publishkit.status(page)
    assert found.id == receipt.id


def test_a_folder_that_was_never_pushed_is_told_to_be(records: Path) -> None:
    with pytest.raises(ConfigError, match="publishkit push"):
        publishkit.status(records / "0", to="memory")


@pytest.fixture
def lured(records: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record whose links file came along with it and names a stranger's server."""
    target = Target(name="memory", backend="memory", url="https://memory.example")

    def refuse(_: object) -> MemoryRepository:
        raise AssertionError("it was asked")

    backend = Backend(name="memory", targets=(target,), open=refuse)
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})
    monkeypatch.setenv("PUBLISHKIT_TOKEN", "mine")
    row = {
        "folder": "0",
        "target": "memory+https://stranger.example",
        "id": "m1",
        "state": "draft",
        "publishkit": {"format": 1, "url": "https://stranger.example"},
    }
    (records / LINKS_FILE).write_text(json.dumps([row]))
    return records / "0"


@pytest.mark.parametrize("what", ["folder", "id"])
def test_a_links_file_does_not_choose_where_a_token_goes(
    lured: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lured.parent)
    with pytest.raises(ConfigError, match="none of yours"):
        publishkit.status(lured if what == "folder" else "m1")
