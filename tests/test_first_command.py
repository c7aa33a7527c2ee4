"""The README's first command: no account, no network, the local archive."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(sys.executable).parent


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(SCRIPTS / arguments[0]), *arguments[1:]]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("options", [[], ["--publish"]], ids=["drafts", "published"])
def test_every_example_becomes_a_bag_that_the_validator_accepts(
    folder: Path, options: list[str]
) -> None:
    done = run(folder, "publishkit", "push", "records/", *options)
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads((folder / "records/records_links.json").read_text())
    bags = [Path(row["self"].removeprefix("file://")) for row in rows]
    assert len(bags) == 3
    checked = run(folder, "bagit.py", "--validate", *map(str, bags))
    assert checked.returncode == 0, checked.stderr
    assert all((bag / "index.html").exists() for bag in bags)
    assert (Path.home() / "publishkit-archive" / "index.html").exists()


def test_a_second_push_has_nothing_to_do(folder: Path) -> None:
    run(folder, "publishkit", "push", "records/", "--publish")
    before = (folder / "records/records_links.json").read_bytes()
    done = run(folder, "publishkit", "push", "records/", "--publish")
    assert "3 unchanged" in done.stdout
    assert (folder / "records/records_links.json").read_bytes() == before
