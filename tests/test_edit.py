"""`publishkit edit`: a user, an editor, and a file that is never lost."""

from __future__ import annotations

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from terminal import COMMAND, CTRL_C, Terminal

from publishkit.testing import write_record

if TYPE_CHECKING:
    from pathlib import Path

FILE = "record_metadata.json"
COPY = ".record_metadata.edit.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The current folder of the user."""
    return tmp_path / "work"


@pytest.fixture
def record(folder: Path) -> Path:
    """A record of the user's."""
    return write_record(folder / "records" / "0", {"data.csv": b"1,2"})


def editor(folder: Path, *lines: str) -> str:
    """An editor that does the same each time; `$1` is the file that it is given."""
    path = folder / "my editor.sh"
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return shlex.quote(str(path))


def changes(folder: Path, *texts: str) -> str:
    """An editor that saves one text after the other, each time it is opened."""
    for number, text in enumerate(texts):
        (folder / f"text{number}").write_text(text)
    here = shlex.quote(str(folder))
    return editor(
        folder,
        f"n=$(cat {here}/count 2>/dev/null || echo 0)",
        f'cat {here}/text$n > "$1"',
        f"echo $((n + 1)) > {here}/count",
    )


def edit(folder: Path, command: str, *options: str, what: object = "records/0") -> Terminal:
    return Terminal("edit", what, *options, folder=folder, EDITOR=command, VISUAL="")


def with_title(record: Path, title: Any) -> str:  # noqa: ANN401 - JSON
    value = json.loads((record / FILE).read_text())
    value["metadata"]["title"] = title
    return json.dumps(value, indent=1)


def title_of(record: Path) -> str:
    return str(json.loads((record / FILE).read_text())["metadata"]["title"])


# ---- what usually happens ----


def test_what_is_saved_in_the_editor_is_checked_and_saved(folder: Path, record: Path) -> None:
    (record / FILE).chmod(0o640)
    with edit(folder, changes(folder, with_title(record, "Better"))) as terminal:
        code = terminal.end()
    assert (code, title_of(record)) == (0, "Better")
    assert "Saved records/0/record_metadata.json, which is valid for local." in terminal.seen
    assert stat.S_IMODE((record / FILE).stat().st_mode) == 0o640
    assert not (record / COPY).exists()


def test_nothing_is_written_when_nothing_was_changed(folder: Path, record: Path) -> None:
    before = (record / FILE).stat()
    with edit(folder, "true") as terminal:
        assert terminal.end() == 0
        assert terminal.seen == "Nothing was changed.\n"
    after = (record / FILE).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not (record / COPY).exists()


def test_every_problem_is_shown_with_its_line_until_there_is_none(
    folder: Path, record: Path
) -> None:
    value = json.loads((record / FILE).read_text())
    wrong_id = {"identifier": "0000", "scheme": "orcid"}
    value["metadata"]["creators"][0]["person_or_org"]["identifiers"] = [wrong_id]
    value["metadata"] |= {"titel": "x", "publication_date": "17.5.2024"}
    wrong = json.dumps(value, indent=2)
    lines = {
        word: number
        for number, line in enumerate(wrong.splitlines(), 1)
        for word in ("0000", "titel", "17.5.2024")
        if f'"{word}"' in line
    }
    with edit(folder, changes(folder, wrong, '{"a": 1,\n "b": }', with_title(record, "Good"))) as t:
        shown = t.until("Edit again? [Y/n]: ")
        assert f"line {lines['titel']}: metadata.titel: unknown key; did you mean title?" in shown
        assert f"error: line {lines['17.5.2024']}: metadata.publication_date" in shown
        assert f"line {lines['0000']}: metadata.creators[0].person_or_org.identifiers[0]" in shown
        assert "3 errors, so it is not saved." in shown
        t.type("")
        assert "not valid JSON at line 2, column 7" in t.until("Edit again? [Y/n]: ")
        code = t.type("y").end()
    assert (code, title_of(record)) == (0, "Good")


def test_what_is_given_up_is_kept_and_gone_on_with(folder: Path, record: Path) -> None:
    before = (record / FILE).read_bytes()
    bad, good = with_title(record, ""), with_title(record, "Good")
    with edit(folder, changes(folder, bad)) as terminal:
        terminal.until("Edit again? [Y/n]: ")
        code = terminal.type("n").end()
    assert (code, (record / FILE).read_bytes()) == (4, before)
    assert f"what you wrote is in records/0/{COPY}" in terminal.seen
    assert "Go on with it: publishkit edit records/0" in terminal.seen
    assert (record / COPY).read_text() == bad
    (folder / "good").write_text(good)
    looks = editor(folder, f'cp "$1" {folder}/seen', f'cat {folder}/good > "$1"')
    with edit(folder, looks) as terminal:
        terminal.until("Go on with it? [Y/n]: ")
        code = terminal.type("").end()
    assert (code, title_of(record)) == (0, "Good")
    assert (folder / "seen").read_text() == bad
    assert not (record / COPY).exists()


def test_an_earlier_copy_that_is_not_wanted_stays_where_it_is(folder: Path, record: Path) -> None:
    (record / COPY).write_text("old")
    with edit(folder, changes(folder, with_title(record, "New"))) as terminal:
        terminal.until("Go on with it?")
        code = terminal.type("n").end()
    assert (code, title_of(record), (record / COPY).read_text()) == (0, "New", "old")


def test_the_file_itself_may_be_named(folder: Path, record: Path) -> None:
    command = changes(folder, with_title(record, "Better"))
    with edit(folder, command, what=record / FILE) as terminal:
        assert terminal.end() == 0
    assert title_of(record) == "Better"


def test_a_broken_file_can_be_mended(folder: Path, record: Path) -> None:
    good = with_title(record, "Mended")
    (record / FILE).write_bytes(b'{"metadata": \xff')
    with edit(folder, changes(folder, good)) as terminal:
        assert terminal.end() == 0
    assert title_of(record) == "Mended"


def test_it_must_be_valid_for_the_targets_that_the_record_is_on(folder: Path, record: Path) -> None:
    value = json.loads((record / FILE).read_text()) | {"access": {"record": "restricted"}}
    command = changes(folder, json.dumps(value), json.dumps(value))
    row = {"folder": "0", "target": "nomad-test", "id": "x", "state": "draft"}
    row["publishkit"] = {"format": 1, "url": "https://nomad-lab.eu/prod/v1/test/api/v1"}  # type: ignore[assignment]
    (folder / "records" / "records_links.json").write_text(json.dumps([row]))
    with edit(folder, command) as terminal:
        assert "access.record: NOMAD shows the metadata" in terminal.until("Edit again?")
        terminal.type("n").end()
    (record / COPY).unlink()
    with edit(folder, command, "--to", "local") as terminal:
        terminal.end()
        assert "valid for local" in terminal.seen


def test_what_is_wrong_with_data_files_does_not_stop_the_editing(
    folder: Path, record: Path
) -> None:
    os.mkfifo(record / "pipe")
    (record / ("x" * 200)).write_text("")
    with edit(folder, changes(folder, with_title(record, "Better")), "--to", "zenodo-sandbox") as t:
        assert t.end() == 0
    assert title_of(record) == "Better"


# ---- editors ----


def test_an_editor_may_have_arguments_and_save_by_a_new_file(folder: Path, record: Path) -> None:
    (folder / "new").write_text(with_title(record, "New"))
    command = editor(folder, 'test "$1" = --wait || exit 1', f'mv {folder}/new "$2"')
    both = {"EDITOR": "false", "VISUAL": f"{command} --wait"}
    with Terminal("edit", "records/0", folder=folder, **both) as terminal:
        assert terminal.end() == 0
    assert title_of(record) == "New"


def test_a_folder_may_have_any_name(folder: Path, record: Path) -> None:
    odd = record.rename(record.with_name("$(touch x) 'a' \"b\" ; é"))
    command = changes(folder, with_title(odd, "New"))
    with edit(folder, command, what=odd) as terminal:
        assert terminal.end() == 0
    assert title_of(odd) == "New"
    assert not list(folder.rglob("x"))


def test_an_editor_that_is_not_there_is_named(folder: Path, record: Path) -> None:
    with edit(folder, "no-such-editor --wait") as terminal:
        code = terminal.end()
    assert code == 3
    assert "the editor no-such-editor cannot be run" in terminal.seen
    assert not (record / COPY).exists()


def test_an_editor_that_fails_saves_nothing_and_loses_nothing(folder: Path, record: Path) -> None:
    before = (record / FILE).read_bytes()
    with edit(folder, editor(folder, 'echo x >> "$1"', "exit 3")) as terminal:
        code = terminal.end()
    assert (code, (record / FILE).read_bytes()) == (1, before)
    assert (
        f"ended with an error (3), so nothing was saved; what you wrote is kept in records/0/{COPY}"
        in terminal.seen
    )
    assert (record / COPY).read_bytes() == before + b"x\n"


def test_an_editor_that_takes_the_file_away_changes_nothing(folder: Path, record: Path) -> None:
    before = (record / FILE).read_bytes()
    with edit(folder, editor(folder, 'rm "$1"')) as terminal:
        code = terminal.end()
    assert (code, (record / FILE).read_bytes()) == (1, before)
    assert "left no file" in terminal.seen


def test_ctrl_c_is_the_editors_own(folder: Path, record: Path) -> None:
    (folder / "new").write_text(with_title(record, "After Ctrl-C"))
    command = editor(
        folder,
        f"trap 'cp {folder}/new \"$1\"; exit 0' INT",
        "echo open",
        "while :; do sleep 0.1; done",
    )
    with edit(folder, command) as terminal:
        terminal.until("open")
        assert terminal.press(CTRL_C).end() == 0
    assert title_of(record) == "After Ctrl-C"


# ---- when things go wrong ----


def test_nothing_is_lost_when_it_is_killed_while_the_editor_is_open(
    folder: Path, record: Path
) -> None:
    before = (record / FILE).read_bytes()
    text = with_title(record, "Typed before the kill")
    (folder / "new").write_text(text)
    command = editor(folder, f'cp {folder}/new "$1"', "echo saved", "read line")
    with edit(folder, command) as terminal:
        terminal.until("saved")
        os.killpg(terminal.process.pid, signal.SIGKILL)
        assert terminal.end() == -signal.SIGKILL
    assert (record / FILE).read_bytes() == before
    with edit(folder, "true") as terminal:
        terminal.until("Go on with it? [Y/n]: ")
        assert terminal.type("").end() == 0
    assert (record / FILE).read_text() == text


def test_it_says_where_the_copy_is_when_it_is_stopped(folder: Path, record: Path) -> None:
    before = (record / FILE).read_bytes()
    with edit(folder, editor(folder, 'echo x >> "$1"', "echo open", "read line")) as terminal:
        terminal.until("open")
        os.kill(terminal.process.pid, signal.SIGTERM)
        terminal.until(f"What you wrote is kept in records/0/{COPY}")
    assert (record / FILE).read_bytes() == before
    assert (record / COPY).read_bytes() == before + b"x\n"


def test_a_file_that_others_changed_meanwhile_is_not_overwritten(
    folder: Path, record: Path
) -> None:
    mine, theirs = with_title(record, "Mine"), with_title(record, "Theirs")
    (folder / "theirs").write_text(theirs)
    command = changes(folder, mine)
    (folder / "my editor.sh").write_text(
        (folder / "my editor.sh").read_text() + f"cp {folder}/theirs {record}/{FILE}\n"
    )
    with edit(folder, command) as terminal:
        code = terminal.end()
    assert (code, title_of(record)) == (6, "Theirs")
    assert "was changed meanwhile; what you wrote is kept in" in terminal.seen
    assert (record / COPY).read_text() == mine


def test_a_full_disk_is_told_and_the_copy_kept(folder: Path, record: Path) -> None:
    before = (record / FILE).read_bytes()
    mine = with_title(record, "Mine")
    (folder / "mine").write_text(mine)
    (folder / "fill.py").write_text(
        f"import os, resource, sys, shutil\nshutil.copy({str(folder / 'mine')!r}, sys.argv[1])\n"
        "resource.prlimit(os.getppid(), resource.RLIMIT_FSIZE, (0, 0))\n"
    )
    with edit(folder, f"{sys.executable} {folder}/fill.py") as terminal:
        code = terminal.end()
    assert (code, (record / FILE).read_bytes()) == (6, before)
    assert "cannot be written: File too large; what you wrote is kept in" in terminal.seen
    assert (record / COPY).read_text() == mine
    assert sorted(one.name for one in record.iterdir() if one.name.startswith(".")) == [COPY]


@pytest.mark.parametrize("spoil", ['rm "$1"; mkfifo "$1"', 'truncate -s 100M "$1"'])
def test_what_is_no_small_file_any_more_is_not_read(folder: Path, record: Path, spoil: str) -> None:
    before = (record / FILE).read_bytes()
    with edit(folder, editor(folder, spoil)) as terminal:
        assert "cannot be read: it " in terminal.until("Edit again?")
        code = terminal.type("n").end()
    assert (code, (record / FILE).read_bytes()) == (4, before)
    (record / COPY).unlink()


def test_a_file_that_is_none_is_refused_before_the_editor_opens(folder: Path, record: Path) -> None:
    (record / FILE).unlink()
    os.mkfifo(record / FILE)
    with edit(folder, "true") as terminal:
        code = terminal.end()
    assert (code, "it is not a file" in terminal.seen) == (3, True)
    (record / FILE).unlink()
    with (record / FILE).open("wb") as file:
        file.truncate(100_000_000)
    with edit(folder, "true") as terminal:
        terminal.end()
        assert "it has more than 10,000,000 bytes" in terminal.seen


def test_what_a_file_says_cannot_steer_the_terminal(folder: Path, record: Path) -> None:
    value = json.loads((record / FILE).read_text())
    value["metadata"]["\x1b]0;owned\x07\x1b[2J"] = "x"
    with edit(folder, changes(folder, json.dumps(value))) as terminal:
        terminal.until("Edit again?")
        terminal.type("n").end()
        assert b"\x1b]0" not in terminal.raw
        assert b"\x1b[2J" not in terminal.raw


def test_a_folder_without_metadata_is_told_how_to_begin(folder: Path) -> None:
    (folder / "empty").mkdir(parents=True)
    with edit(folder, "true", what="empty") as terminal:
        code = terminal.end()
    assert (code, "Begin one: publishkit init empty" in terminal.seen) == (3, True)


def test_without_a_terminal_it_says_so(folder: Path, record: Path) -> None:
    done = subprocess.run(
        [COMMAND, "edit", record],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "publishkit validate" in done.stderr
    assert not (record / COPY).exists()


def test_the_schema_beside_it_is_brought_up_to_date(folder: Path, record: Path) -> None:
    value = json.loads((record / FILE).read_text())
    name = ".record_metadata.schema.json"
    (record / FILE).write_text(json.dumps({"$schema": name, **value}))
    (record / name).write_text("{}")
    with edit(folder, "true") as terminal:
        assert terminal.end() == 0
    assert json.loads((record / name).read_text())["title"] == FILE
