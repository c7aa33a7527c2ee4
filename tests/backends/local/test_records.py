"""The example records, in the local archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bagit
import pytest

from publishkit import folder as folders
from publishkit.testing import Bench
from publishkit_invenio.block import InvenioBlock
from publishkit_nomad.block import NomadBlock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel

    from publishkit_local.repository import LocalRepository

RECORDS = Path(__file__).parents[3] / "records"
BLOCKS: Mapping[str, type[BaseModel]] = {"invenio": InvenioBlock, "nomad": NomadBlock}
EXAMPLES = sorted(path.parent.name for path in RECORDS.glob("*/record_metadata.json"))


def test_there_are_three_examples() -> None:
    assert EXAMPLES == ["0", "1", "2"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_wrong_with_an_example(name: str, repository: LocalRepository) -> None:
    loaded = folders.load(RECORDS / name, name, BLOCKS)
    assert list(loaded.problems) == []
    assert loaded.record is not None
    assert repository.check(loaded.record, loaded.files) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_becomes_a_valid_bag(
    name: str, repository: LocalRepository, bags: Callable[[], list[Path]], tmp_path: Path
) -> None:
    folder = tmp_path / "records" / name
    for path in (RECORDS / name).rglob("*"):
        if path.is_file():
            copy = folder / path.relative_to(RECORDS / name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    Bench(repository, folder).push(publish_it=True)
    (bag,) = bags()
    assert bagit.Bag(str(bag)).validate()


def test_the_third_example_has_folders_a_picture_and_both_blocks() -> None:
    loaded = folders.load(RECORDS / "2", "2", BLOCKS)
    assert loaded.record is not None
    assert loaded.record.blocks.keys() == {"invenio", "nomad"}
    keys = {file.key for file in loaded.files}
    assert "measurement.archive.json" in keys
    assert any(key.endswith(".png") and "/" in key for key in keys)
    picture = next(f.path for f in loaded.files if f.key.endswith(".png"))
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
