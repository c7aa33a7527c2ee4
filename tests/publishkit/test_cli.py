"""The command line: what it prints, and the code it exits with."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from publishkit import plugins
from publishkit.cli import commands
from publishkit.errors import (
    AuthenticationError,
    Cancelled,
    ConfigError,
    PartialError,
    PublishkitError,
    RecordError,
    RejectedError,
    TemporaryError,
)
from publishkit.hooks import WORKERS
from publishkit.ledger import LINKS_FILE
from publishkit.repository import Deposit, Meter, State
from publishkit.testing import MemoryRepository, memory_backend, metadata

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publishkit.model import Record


def test_a_push_prints_a_line_a_record_and_where_the_links_are(
    run: Callable[..., tuple[int, str, str]], records: Path
) -> None:
    code, out, err = run("push", records, "--to", "memory")
    assert (code, err) == (0, "")
    assert out.count("created") == 4
    assert "2 files sent" in out
    assert "https://memory.example/m1" in out
    assert str(records / LINKS_FILE) in out
    code, out, _ = run("push", records, "--to", "memory", "--publish")
    assert code == 0
    assert "3 published." in out


def test_a_failure_is_printed_once(
    run: Callable[..., tuple[int, str, str]],
    records: Path,
    memory: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(marker: str, record: Record | None = None) -> Deposit:
        raise RejectedError("refused for this reason")

    monkeypatch.setattr(memory, "create", fail)
    code, out, err = run("push", records / "0", "--to", "memory")
    assert code == 6
    assert (out + err).count("refused for this reason") == 1


def test_nothing_to_do_is_success(run: Callable[..., tuple[int, str, str]], records: Path) -> None:
    run("push", records, "--to", "memory")
    code, out, _ = run("push", records, "--to", "memory")
    assert code == 0
    assert "3 unchanged" in out


def test_a_dry_run_says_what_would_happen_and_sends_nothing(
    run: Callable[..., tuple[int, str, str]], records: Path, memory: MemoryRepository
) -> None:
    code, out, _ = run("push", records, "--to", "memory", "--dry-run", "--publish")
    assert code == 0
    assert "3 to create; 6 files to send, 16 B; 3 would be published. Nothing was sent." in out
    assert memory.shelves == {}
    assert not (records / LINKS_FILE).exists()


def test_quiet_says_nothing(run: Callable[..., tuple[int, str, str]], records: Path) -> None:
    assert run("push", records, "--to", "memory", "-q") == (0, "", "")


def test_every_problem_is_printed_and_the_code_is_4(
    run: Callable[..., tuple[int, str, str]], records: Path
) -> None:
    (records / "0" / "record_metadata.json").write_text("{")
    content = metadata()
    content["acess"] = {}
    (records / "1" / "record_metadata.json").write_text(json.dumps(content))
    for command in ("validate", "push"):
        code, out, err = run(command, records, "--to", "memory")
        assert (code, out) == (4, "")
        assert str(records / "0") in err
        assert "access" in err
        assert "2 errors in 2 records" in err


def test_validate_says_that_all_is_well(
    run: Callable[..., tuple[int, str, str]], records: Path
) -> None:
    code, out, _ = run("validate", records, "--to", "memory")
    assert (code, out) == (0, "Valid for memory.\n")


def test_the_targets_are_listed(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("targets")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["memory", "memory"],
        ["other", "memory"],
    ]


def test_whoami_names_the_account(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("whoami", "--to", "memory")
    assert (code, out) == (0, "memory: Josiah Carberry <carberry@example.org> (id 1)\n")


def test_adopt_says_what_belongs_where(
    run: Callable[..., tuple[int, str, str]], records: Path, memory: MemoryRepository
) -> None:
    made = memory.create("elsewhere")
    code, out, _ = run("adopt", made.id, records / "0", "--to", "memory")
    assert code == 0
    assert out.startswith(f"adopted    {records / '0'} on memory: draft")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("no"), 3),
        (RecordError([], "no"), 4),
        (AuthenticationError("no"), 5),
        (RejectedError("no"), 6),
        (TemporaryError("no"), 7),
        (Cancelled("no"), 130),
        (PublishkitError("no"), 1),
        (PartialError([], "no"), 8),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("no"), 1),
    ],
)
def test_each_kind_of_error_has_its_code_and_no_traceback(
    run: Callable[..., tuple[int, str, str]],
    memory: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(memory, "whoami", fail)
    got, out, err = run("whoami", "--to", "memory")
    assert (got, out) == (code, "")
    assert err.startswith("Error: ") == (code != 130)  # to stop is no error
    assert "Run the same command again" in err or code not in {7, 8, 130}
    assert "Traceback" not in err


def test_no_wait_leaves_processing_to_the_next_push(
    run: Callable[..., tuple[int, str, str]],
    records: Path,
    memory: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(id: str, meter: Meter) -> Deposit:
        meter.wait(60)
        raise AssertionError("it waited")

    def begun(id: str, record: Record, *, revision: str | None = None) -> None:
        """Say nothing of the deposit, which is about to be processed."""

    monkeypatch.setattr(memory, "update", begun)
    monkeypatch.setattr(memory, "settle", slow)
    code, out, _ = run("push", records / "0", "--to", "memory", "--no-wait")
    assert code == 7
    assert "still being processed" in out
    assert json.loads((records / LINKS_FILE).read_text())[0]["state"] == "processing"


def test_ctrl_c_in_the_middle_of_a_line_is_not_lost(
    run: Callable[..., tuple[int, str, str]],
    memory: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Interrupted(io.RawIOBase):
        """A standard error during whose first write Ctrl-C is pressed."""

        done = False

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            if not self.done:
                self.done = True
                signal.raise_signal(signal.SIGINT)
            return len(bytes(data))  # type: ignore[call-overload]

    stream = io.TextIOWrapper(io.BufferedWriter(Interrupted()), write_through=True)

    def say() -> None:
        stream.write("a line of a log")
        stream.flush()

    monkeypatch.setattr(memory, "whoami", say)
    monkeypatch.setattr(sys, "stderr", stream)
    assert run("whoami", "--to", "memory")[0] == 130


def test_wrong_options_exit_with_2(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run("push")[0] == 2
    assert run("push", ".", "--no-such-option")[0] == 2


def test_publishing_where_it_counts_needs_yes_without_a_terminal(
    run: Callable[..., tuple[int, str, str]],
    records: Path,
    memory: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = memory_backend({"memory": memory}, sandbox=False)
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})
    code, _, err = run("push", records, "--to", "memory", "--publish")
    assert code == 2
    assert "--yes" in err
    assert memory.shelves == {}
    assert run("push", records, "--to", "memory", "--publish", "--yes")[0] == 0
    assert {shelf.state for shelf in memory.shelves.values()} == {State.PUBLISHED}
    assert run("push", records, "--to", "memory", "--publish")[0] == 0  # nothing is left to ask


def test_what_others_wrote_cannot_steer_the_terminal(
    run: Callable[..., tuple[int, str, str]],
    records: Path,
    memory: MemoryRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(marker: str, record: Record | None = None) -> Deposit:
        raise RejectedError("refused", answer="\x1b[2J\x1b]0;gone\x07")

    monkeypatch.setattr(memory, "create", fail)
    _, out, err = run("push", records, "--to", "memory")
    assert "\x1b" not in out + err
    assert "\x07" not in out + err


def test_starting_imports_nothing_heavy() -> None:
    code = (
        "import sys, publishkit.cli; "
        "print([m for m in ('requests', 'pydantic', 'rich', 'pluggy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_command_has_as_many_workers_as_the_function() -> None:
    (option,) = (one for one in commands.push.params if one.name == "workers")
    assert option.default == WORKERS
