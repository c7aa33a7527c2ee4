"""What one is told before anything is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import publishkit
from publishkit.ledger import LINKS_FILE
from publishkit.repository import Terms
from publishkit.testing import MemoryRepository, metadata
from publishkit.verbs.preview import FileChange, MetadataChange

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import JsonValue


def say(folder: Path, **changes: JsonValue) -> None:
    """Change a record's metadata."""
    path = folder / "record_metadata.json"
    content = json.loads(path.read_text())
    content["metadata"].update(changes)
    path.write_text(json.dumps(content))


def test_a_new_record_sends_all_its_files(records: Path, memory: MemoryRepository) -> None:
    (found,) = publishkit.preview(records / "0", "memory", publish=True)
    assert (found.action, found.id, found.publishes) == ("create", "", True)
    assert found.files == (FileChange("data.csv", 1, "new"), FileChange("sub/more.txt", 4, "new"))
    assert found.bytes == 5
    assert memory.shelves == {}
    assert not (records / LINKS_FILE).exists()


def test_an_unchanged_record_has_nothing_to_tell(records: Path) -> None:
    publishkit.push(records / "0", "memory")
    (found,) = publishkit.preview(records / "0", "memory")
    assert (found.action, found.files, found.metadata, found.terms) == ("nothing", (), (), None)


def test_what_changed_is_named_with_what_it_was(records: Path, memory: MemoryRepository) -> None:
    publishkit.push(records / "0", "memory")
    (shelf,) = memory.shelves.values()
    before = shelf.edits
    title = str(
        json.loads((records / "0" / "record_metadata.json").read_text())["metadata"]["title"]
    )
    say(records / "0", title="Another title", version="2")
    (records / "0" / "data.csv").write_text("other")
    (records / "0" / "sub" / "more.txt").unlink()
    (records / "0" / "new.txt").write_text("new")
    (found,) = publishkit.preview(records / "0", "memory")
    assert found.action == "update"
    assert found.files == (
        FileChange("data.csv", 5, "changed"),
        FileChange("new.txt", 3, "new"),
        FileChange("sub/more.txt", 4, "removed"),
    )
    assert found.bytes == 8
    assert set(found.metadata) == {
        MetadataChange("metadata.title", title, "Another title"),
        MetadataChange("metadata.version", None, "2"),
    }
    assert shelf.edits == before


def test_one_that_is_published_is_refused_with_the_way_to_go(
    records: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    publishkit.push(records / "0", "memory", publish=True)
    (records / "0" / "data.csv").write_text("other")
    (found,) = publishkit.preview(records / "0", "memory", publish=True)
    assert not found.publishes
    assert "publishkit new-version" in str(found.refusal)
    code, out, _ = run("push", records / "0", "--to", "memory", "--dry-run")
    assert code == 0
    assert "because" in out
    assert "differs     1 file, 5 B: data.csv (5 B, changed)" in out
    assert "1 refused. Nothing was sent." in out


def test_a_new_version_sends_only_what_changed(
    records: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    publishkit.push(records / "0", "memory", publish=True)
    (records / "0" / "data.csv").write_text("other")
    code, out, _ = run("new-version", records / "0", "--dry-run", "--publish")
    assert code == 0
    assert "sends       1 file, 5 B: data.csv (5 B, changed)" in out
    assert "1 new versions; 1 file to send, 5 B; 1 would be published." in out


def test_one_that_is_gone_is_refused(records: Path, memory: MemoryRepository) -> None:
    publishkit.push(records / "0", "memory")
    memory.shelves.clear()
    say(records / "0", title="Another title")
    (found,) = publishkit.preview(records / "0", "memory")
    assert "--recreate" in str(found.refusal)
    (found,) = publishkit.preview(records / "0", "memory", recreate=True)
    assert (found.action, found.refusal) == ("create", None)


def test_an_edit_on_the_web_is_told_before_it_stops_the_push(
    records: Path, memory: MemoryRepository
) -> None:
    publishkit.push(records / "0", "memory")
    (shelf,) = memory.shelves.values()
    shelf.change()
    say(records / "0", title="Another title")
    (found,) = publishkit.preview(records / "0", "memory")
    assert "edited on the web" in str(found.refusal)
    (found,) = publishkit.preview(records / "0", "memory", force=True)
    assert found.refusal is None


def test_the_licence_and_who_may_see_it_are_told(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    content = metadata()
    day = (datetime.now(UTC) + timedelta(days=400)).date()
    content["access"] = {
        "record": "public",
        "files": "restricted",
        "embargo": {"active": True, "until": day.isoformat()},
    }
    said = content["metadata"]
    assert isinstance(said, dict)
    said["rights"] = [{"id": "cc-by-4.0"}, {"title": {"en": "House rules"}}]
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "record_metadata.json").write_text(json.dumps(content))
    (found,) = publishkit.preview(folder, "memory")
    licences = ("cc-by-4.0", "House rules")
    assert found.terms == Terms(licences=licences, files="restricted", embargo=day)
    _, out, _ = run("push", folder, "--to", "memory", "--dry-run")
    assert "licence     cc-by-4.0, House rules" in out
    assert f"metadata public, files closed until {day}" in out


def test_a_group_is_compared_as_a_whole(records: Path) -> None:
    publishkit.push(records, "memory", group="All")
    (records / "1" / "data.csv").write_text("other")
    (found,) = publishkit.preview(records, "memory", group="All")
    assert found.records == tuple(str(records / name) for name in ("0", "1", "10"))
    assert found.files == (FileChange("1/data.csv", 5, "changed"),)


def test_many_files_are_named_only_when_asked_for(
    records: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    for number in range(7):
        (records / "0" / f"more{number}").write_text("x")
    _, out, _ = run("push", records / "0", "--to", "memory", "--dry-run")
    assert "and 4 more" in out
    _, out, _ = run("push", records / "0", "--to", "memory", "--dry-run", "-v")
    assert "and 4 more" not in out
    assert "more6" in out


def test_what_a_title_or_file_name_says_does_not_steer_the_terminal(
    records: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    publishkit.push(records / "0", "memory")
    say(records / "0", version="\u202etxt.exe")
    _, out, _ = run("push", records / "0", "--to", "memory", "--dry-run")
    assert "metadata.version" in out
    assert "\u202e" not in out


def test_what_only_the_links_file_names_is_no_difference(
    records: Path,
) -> None:
    publishkit.push(records / "0", "memory")
    publishkit.link(records / "0", "memory", to_record="10.1234/abc")
    say(records / "0", version="2")
    (found,) = publishkit.preview(records / "0", "memory")
    assert [change.path for change in found.metadata] == ["metadata.version"]
