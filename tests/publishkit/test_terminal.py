"""What somebody sees who pushes in a terminal."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from subprocess import run
from typing import TYPE_CHECKING, Any

import pytest
from terminal import COMMAND, CTRL_C, Terminal

from publishkit.testing import metadata, write_record

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = (sys.executable, Path(__file__).parents[1] / "slow_target.py")
COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-7][0-9;]*m")


class Desk:
    """A folder with records, and the command with the target `slow`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gate = folder / "gate"

    def record(self, name: str, title: str = "A record", late: int = 1000) -> None:
        files = {"early.bin": b"x" * 1000, **({"late.bin": b"y" * late} if late else {})}
        write_record(self.folder / "data" / name, files, metadata(title))

    def push(self, *arguments: str, size: tuple[int, int] = (100, 24), **said: str) -> Terminal:
        return self.terminal("push", "data", *arguments, size=size, **said)

    def terminal(self, *arguments: str, **more: Any) -> Terminal:  # noqa: ANN401 - as the terminal
        more = {"SLOW_GATE": str(self.gate), **more}
        return Terminal(*arguments, "--to", "slow", program=PROGRAM, folder=self.folder, **more)

    def plain(self, *arguments: str, **said: str) -> tuple[int, bytes, bytes]:
        """Push with pipes for output and errors."""
        done = run(
            [*PROGRAM, "push", "data", *arguments, "--to", "slow"],
            cwd=self.folder,
            env={**os.environ, "SLOW_GATE": str(self.gate), **said},
            capture_output=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def open(self) -> None:
        """Let what waits go on."""
        self.gate.touch()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "desk").mkdir()
    return Desk(tmp_path / "desk")


def shows(terminal: Terminal, *texts: str) -> Callable[[], bool]:
    return lambda: all(text in terminal.text for text in texts)


# ---- while it works ----


def test_a_row_for_each_record_that_is_under_way_and_a_line_for_all_of_them(desk: Desk) -> None:
    desk.record("one")
    desk.record("two", late=3000)
    desk.record("three", late=0)
    with desk.push() as terminal:
        terminal.until(shows(terminal, "1 of 3 done", "1.0 of 4.0 kB", "3.0 of 7.0 kB"))
        heading, *rows = terminal.lines[-4:]
        assert heading.split() == ["record", "target", "state", "doing", "files", "sent", "speed"]
        assert rows[0].split()[:5] == ["data/one", "slow", "draft", "sending", "1/2"]
        assert rows[1].split()[:5] == ["data/two", "slow", "draft", "sending", "1/2"]
        assert terminal.lines[0].startswith("created    data/three on slow: draft")
        assert terminal.screen.cursor.hidden
        desk.open()
        assert terminal.end() == 0
        assert not terminal.screen.cursor.hidden


def test_at_its_end_nothing_is_left_of_the_table(desk: Desk) -> None:
    desk.record("one")
    desk.record("two")
    with desk.push() as terminal:
        terminal.until(shows(terminal, "0 of 2 done"))
        desk.open()
        assert terminal.end() == 0
        *lines, summary = terminal.lines
    assert sorted(line.split(":")[0] for line in lines) == [
        "created    data/one on slow",
        "created    data/two on slow",
    ]
    assert summary.startswith("2 created. 4 files sent, 4.0 kB")
    assert summary.endswith("Links: data/records_links.json")


def test_in_sixty_columns_every_line_fits_and_what_matters_is_there(desk: Desk) -> None:
    name = "a-name-that-is-longer-than-the-terminal-is-wide-and-then-some"
    desk.record(name)
    with desk.push(size=(60, 20)) as terminal:
        terminal.until(shows(terminal, "0 of 1 done", "1.0 of 2.0 kB"))
        heading, row, overall = terminal.lines[-3:]
        assert "doing" in heading
        assert row.startswith("…")
        assert "sending" in row
        assert "then-some" in row
        assert overall.startswith("0 of 1 done")
        assert max(map(len, terminal.lines)) <= 57  # there is place for ^C
        desk.open()
        assert terminal.end() == 0


def test_more_records_than_fit_do_not_push_the_lines_away(desk: Desk) -> None:
    for number in range(12):
        desk.record(f"r{number:02}")
    with desk.push("--workers", "12", size=(80, 8)) as terminal:
        terminal.until(shows(terminal, "0 of 12 done", "and 8 more"))
        assert len(terminal.lines) <= 7
        desk.open()
        assert terminal.end() == 0
        assert terminal.raw.count(b"created ") == 12


def test_a_window_that_changes_its_size_is_filled_anew(desk: Desk) -> None:
    desk.record("one")
    with desk.push(size=(120, 20)) as terminal:
        terminal.until(shows(terminal, "speed", "0 of 1 done"))
        terminal.resize(60, 20)
        terminal.until(lambda: "speed" not in terminal.text and "0 of 1" in terminal.text)
        terminal.resize(130, 20)
        terminal.until(shows(terminal, "speed", "0 of 1 done"))
        desk.open()
        assert terminal.end() == 0
        assert terminal.text.count("of 1 done") == 0
        assert terminal.text.count("record  ") == 0


def test_what_is_sent_again_is_said_below(desk: Desk) -> None:
    desk.record("one", "made again")
    with desk.push() as terminal:
        terminal.until(shows(terminal, "slow: the server failed; trying again in 30.0 s"))
        desk.open()
        assert terminal.end() == 0
        assert "trying again" not in terminal.text


def test_requests_are_printed_above_the_table(desk: Desk) -> None:
    desk.record("one", "made again")
    with desk.push("-v") as terminal:
        terminal.until(shows(terminal, "WARNING: slow: the server failed", "0 of 1 done"))
        desk.open()
        assert terminal.end() == 0
        assert "WARNING: slow: the server failed" in terminal.lines[0]


def test_a_quiet_push_shows_nothing(desk: Desk) -> None:
    desk.record("one")
    desk.open()
    with desk.push("--quiet") as terminal:
        assert terminal.end() == 0
        assert terminal.raw == b""


def test_lines_go_into_a_pipe_and_the_table_to_the_terminal(desk: Desk) -> None:
    desk.record("one")
    desk.record("two", late=0)
    reading, writing = os.pipe()
    with (
        desk.terminal("push", "data", stdout=writing) as terminal,
        os.fdopen(reading, "rb") as pipe,
    ):
        os.close(writing)
        line = pipe.readline()
        assert line.startswith(b"created    data/two on slow: draft")
        terminal.until(shows(terminal, "1 of 2 done"))
        desk.open()
        assert terminal.end() == 0
        assert terminal.lines == []
        rest = pipe.read()
    assert rest.startswith(b"created    data/one on slow")
    assert b"2 created." in rest
    assert b"\x1b" not in line + rest


# ---- Ctrl-C ----


def test_ctrl_c_takes_the_table_away_and_says_how_to_go_on(desk: Desk) -> None:
    desk.record("one")
    desk.record("two", late=0)
    with desk.push() as terminal:
        terminal.until(shows(terminal, "1 of 2 done"))
        terminal.press(CTRL_C)
        assert terminal.end() == 130
        assert not terminal.screen.cursor.hidden
        assert terminal.lines[-1] == (
            "Stopped: 1 of 2 records done. Run the same command again: it goes on where it stopped."
        )
        assert terminal.text.count("of 2 done") == 0
        assert "Error" not in terminal.text


def test_a_second_ctrl_c_leaves_at_once_with_the_cursor_there(desk: Desk) -> None:
    desk.record("one")
    with desk.push(SLOW_DEAF="1") as terminal:
        terminal.until(shows(terminal, "0 of 1 done"))
        terminal.press(CTRL_C)
        terminal.until(shows(terminal, "press Ctrl-C again to leave at once"))
        terminal.press(CTRL_C)
        assert terminal.end() == 130
        assert not terminal.screen.cursor.hidden


# ---- terminals that cannot do everything ----


def test_without_colours_if_that_is_wished(desk: Desk) -> None:
    desk.record("one")
    with desk.push(NO_COLOR="1") as terminal:
        terminal.until(shows(terminal, "0 of 1 done"))
        desk.open()
        assert terminal.end() == 0
        assert not COLOUR.search(terminal.raw)


def test_with_colours_otherwise(desk: Desk) -> None:
    desk.record("one")
    desk.open()
    with desk.push() as terminal:
        assert terminal.end() == 0
        assert COLOUR.search(terminal.raw)


def test_colours_in_a_pipe_only_if_they_are_wished(desk: Desk) -> None:
    desk.record("one", "refused")
    _, out, err = desk.plain()
    assert b"\x1b" not in out + err
    _, out, err = desk.plain(FORCE_COLOR="1")
    assert out.startswith(b"\x1b[31mfailed")
    _, out, err = desk.plain(FORCE_COLOR="1", NO_COLOR="1")
    assert b"\x1b" not in out + err


def test_a_dumb_terminal_gets_plain_lines(desk: Desk) -> None:
    desk.record("one")
    desk.open()
    with desk.push(TERM="dumb") as terminal:
        assert terminal.end() == 0
        assert b"\x1b" not in terminal.raw
        assert terminal.lines[0].startswith("created    data/one on slow")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_unicode_shows_no_riddles(desk: Desk, encoding: str) -> None:
    desk.record("Leitfähigkeit-bei-\u6e29\u5ea6-and-a-long-rest-that-has-to-be-cut-somewhere")
    with desk.push(size=(70, 20), PYTHONIOENCODING=encoding) as terminal:
        terminal.until(shows(terminal, "0 of 1 done"))
        row, overall = terminal.lines[-2:]
        assert row.startswith("~")
        assert re.search(r"#+-+", overall)
        assert "\ufffd" not in terminal.text
        desk.open()
        assert terminal.end() == 0
        terminal.raw.decode(encoding)
        assert rb"\u6e29" in terminal.raw


# ---- links ----


def test_pages_and_the_links_file_can_be_clicked(desk: Desk) -> None:
    desk.record("one")
    desk.open()
    with desk.push() as terminal:
        assert terminal.end() == 0
    page = b"\x1b]8;;https://slow.example/m1\x1b\\https://slow.example/m1\x1b]8;;\x1b\\"
    assert page in terminal.raw
    uri = (desk.folder / "data" / "records_links.json").as_uri()
    assert f"\x1b]8;;{uri}\x1b\\data/records_links.json".encode() in terminal.raw


@pytest.mark.parametrize("kind", ["linux", "dumb"])
def test_where_links_are_not_understood_they_are_plain_addresses(desk: Desk, kind: str) -> None:
    desk.record("one")
    desk.open()
    with desk.push(TERM=kind) as terminal:
        assert terminal.end() == 0
    assert b"https://slow.example/" in terminal.raw
    assert b"\x1b]8" not in terminal.raw


# ---- the end ----


def test_of_many_records_those_that_failed_are_named_once_more_with_what_to_do(
    desk: Desk,
) -> None:
    for number in range(12):
        desk.record(f"r{number:02}", "refused" if number in {3, 7} else "good", late=0)
    code, out, err = desk.plain()
    lines = out.decode().splitlines()
    assert code == 8
    assert sum(line.startswith("failed ") for line in lines) == 2
    again = lines.index("Not as asked, 2 of 12:")
    assert lines[again + 1 : again + 3] == [
        "  data/r03, data/r07 on slow:",
        "    refused: it is no good. Make it good.",
    ]
    assert lines[again + 3].startswith("10 created, 2 failed. 10 files sent, 10.0 kB")
    assert err.decode().startswith("Error: 2 of 12 did not go through as asked.")


def test_of_few_records_nothing_is_said_twice(desk: Desk) -> None:
    desk.record("one", "refused")
    desk.record("two", late=0)
    _, out, _ = desk.plain()
    assert out.count(b"it is no good") == 1
    assert b"Not as asked" not in out


def test_a_pull_shows_how_far_it_is(desk: Desk) -> None:
    """Of the local archive, whose files are large enough for the table to be seen."""
    write_record(desk.folder / "data" / "one", {"large.bin": bytes(200_000_000)})
    assert run([COMMAND, "push", "data"], cwd=desk.folder, timeout=120, check=False).returncode == 0
    (uid,) = re.findall(r'"id": "(\w+)"', (desk.folder / "data/records_links.json").read_text())
    with Terminal("pull", uid, "copy", "--to", "local", folder=desk.folder) as terminal:
        assert terminal.end() == 0
        assert b"of 1 files" in terminal.raw
        assert terminal.lines[0].startswith(f"pulled     {uid} from local into copy")
        assert "of 1 files" not in terminal.text


# ---- lists ----


def test_lists_stand_in_columns_below_headings_in_a_terminal(desk: Desk) -> None:
    with desk.terminal("users", "carberry") as terminal:
        assert terminal.end() == 0
        assert terminal.lines[0].split()[:3] == ["name", "e-mail", "id"]
        assert terminal.lines[1].startswith("Josiah Carberry  carberry@example.org")
