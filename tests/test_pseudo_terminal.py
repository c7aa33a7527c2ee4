"""The terminal of the tests: it types when somebody listens, and never waits for ever."""

from __future__ import annotations

import signal
import sys

import pytest
import terminal
from terminal import CTRL_C, Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")

PYTHON = (sys.executable, "-ISc")
BUSY = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass\n"
ASLEEP = "print('asleep', flush=True)\nimport time\ntime.sleep(3600)"


def test_keys_come_once_the_program_waits_for_them() -> None:
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('> ', flush=True)\n"
    listens = "signal.signal(signal.SIGINT, signal.SIG_DFL)\ninput()"
    with Terminal(deaf + BUSY + listens, program=PYTHON) as one:
        one.until("> ")
        assert one.press(CTRL_C).end() == -signal.SIGINT


def test_a_hidden_line_comes_once_what_is_typed_does_not_show() -> None:
    asks = "from threading import Event\nprint('Word: ', end='', flush=True)\nEvent().wait(0.2)\n"
    listens = "import getpass\nassert getpass.getpass('') == 'secret'"
    with Terminal(asks + listens, program=PYTHON) as one:
        one.until("Word: ")
        assert one.type("secret", hidden=True).end() == 0
        assert b"secret" not in one.raw


def test_what_was_shown_since_is_told_without_colours() -> None:
    shows = (
        r"print('a\x1b[31mb\x1b]8;;https://x.example\x1b\\c\x1b]8;;\x1b\\ é'); print('d'); input()"
    )
    with Terminal(shows, program=PYTHON) as one:
        assert one.until("b") == "ab"
        assert one.until(lambda: "d" in one.lines) == "c é\nd\n"
        assert one.text == "abc é\nd"
        assert one.type("").end() == 0


def test_what_does_not_come_fails_with_what_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    with Terminal(ASLEEP, program=PYTHON) as one:
        one.until("asleep")
        monkeypatch.setattr(terminal, "_PATIENCE", 0.1)
        with pytest.raises(pytest.fail.Exception, match="without 'more':\nasleep"):
            one.until("more")
        assert one.process.poll() == -signal.SIGKILL


def test_what_ended_before_fails_with_what_it_showed() -> None:
    with (
        Terminal("print('done')", program=PYTHON) as one,
        pytest.raises(pytest.fail.Exception, match="without 'more':\ndone"),
    ):
        one.until("more")


def test_a_command_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Terminal(ASLEEP, program=PYTHON) as one:
        one.until("asleep")
        monkeypatch.setattr(terminal, "_PATIENCE", 0.1)
        with pytest.raises(pytest.fail.Exception, match="it does not end:\nasleep"):
            one.end()
        assert one.process.poll() == -signal.SIGKILL


def test_a_command_that_never_listens_gets_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with Terminal("print('busy', flush=True)\nwhile True: pass", program=PYTHON) as one:
        one.until("busy")
        monkeypatch.setattr(terminal, "_PATIENCE", 0.1)
        with pytest.raises(pytest.fail.Exception, match="was typed:\nbusy"):
            one.press(CTRL_C)
        assert one.process.poll() == -signal.SIGKILL


def test_without_proc_it_is_asked_of_ps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_STAT", "/no/such/place/{}")
    with Terminal(f"print('> ', flush=True)\n{BUSY}\ninput()", program=PYTHON) as one:
        one.until("> ")
        assert one.type("").end() == 0
