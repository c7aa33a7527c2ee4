"""Mistakes of the local archive that were found by using its verbs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import publishkit
from publishkit.errors import PublishkitError
from publishkit.testing import write_record

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_payload_that_became_a_link_leads_no_push_out_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, outside = tmp_path / "archive", tmp_path / "outside"
    (tmp_path / "publishkit.toml").write_text(
        f'[targets.here]\nbackend = "local"\nurl = "{archive.as_uri()}"\n'
    )
    monkeypatch.chdir(tmp_path)
    record = write_record(tmp_path / "records" / "0", {"data.csv": b"1"})
    publishkit.push(record, to="here")
    (outside / "deep").mkdir(parents=True)
    (outside / "mine.txt").write_text("mine")
    (outside / "deep" / "mine.txt").write_text("mine")
    (bag,) = (archive / "drafts").iterdir()
    (bag / "data").rename(tmp_path / "moved")
    (bag / "data").symlink_to(outside, target_is_directory=True)
    with suppress(PublishkitError):
        publishkit.push(record, to="here", force=True)
    there = {path.relative_to(outside).as_posix() for path in outside.rglob("*")}
    assert there == {"mine.txt", "deep", "deep/mine.txt"}
