"""What `--json` tells machines, against the schema in the documentation."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from publishkit import plugins
from publishkit.cli import events
from publishkit.errors import RejectedError
from publishkit.exchanges import Retry, retrying
from publishkit.testing import memory_backend

if TYPE_CHECKING:
    from collections.abc import Callable

    from publishkit.model import Record
    from publishkit.repository import Deposit
    from publishkit.testing import MemoryRepository

    Run = Callable[..., tuple[int, str, str]]
    Told = Callable[..., tuple[int, list[dict[str, Any]]]]

SCHEMA = Path(__file__).parents[2] / "docs" / "events.schema.json"


@pytest.fixture
def told(run: Run) -> Told:
    """Push with `--json`: the exit code and the events, each of which is as the schema says."""
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()), format_checker=FormatChecker())

    def call(*arguments: object) -> tuple[int, list[dict[str, Any]]]:
        code, out, _ = run(*arguments, "--json")
        found = [json.loads(line) for line in out.splitlines()]
        for event in found:
            validator.validate(event)
        return code, found

    return call


def kinds(found: list[dict[str, Any]]) -> Counter[str]:
    return Counter(event["event"] for event in found)


def test_the_schema_in_the_documentation_is_that_of_the_events() -> None:
    """Write it anew: python -c 'from publishkit.cli import events; print(events.schema())'."""
    assert json.loads(SCHEMA.read_text()) == json.loads(events.schema())
    with pytest.raises(Exception, match="nonsense"):
        Draft202012Validator(json.loads(SCHEMA.read_text())).validate({"event": "nonsense"})


def test_a_push_tells_its_plan_each_record_and_how_it_ended(told: Told, records: Path) -> None:
    code, found = told("push", records, "--to", "memory")
    assert code == 0
    plan, *_, summary = found
    assert (plan["event"], plan["publish"], plan["dry_run"]) == ("plan", False, False)
    assert [one["action"] for one in plan["deposits"]] == ["create"] * 3
    assert kinds(found)["started"] == kinds(found)["finished"] == 3
    finished = [event for event in found if event["event"] == "finished"]
    assert {one["outcome"] for one in finished} == {"created"}
    assert {one["page"] for one in finished} == {f"https://memory.example/m{n}" for n in (1, 2, 3)}
    assert (summary["event"], summary["exit_code"], summary["error"]) == ("summary", 0, None)
    assert summary["counts"] == {"created": 3}
    assert summary["files_sent"] == 6
    assert summary["links_files"] == [str(records / "records_links.json")]


def test_a_dry_run_tells_what_would_happen_and_nothing_more(
    told: Told, records: Path, memory: MemoryRepository
) -> None:
    code, found = told("push", records, "--to", "memory", "--dry-run")
    kinds_of_all = [event["event"] for event in found]
    assert (code, kinds_of_all) == (0, ["plan", *["preview"] * 3, "summary"])
    assert found[0]["dry_run"]
    assert [file["key"] for file in found[1]["files"]] == ["data.csv", "sub/more.txt"]
    assert memory.shelves == {}


def test_what_failed_is_told_with_the_reason_and_what_to_do(
    told: Told, records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(marker: str, record: Record | None = None) -> Deposit:
        raise RejectedError("refused", answer="it is no good", advice="Make it good.")

    monkeypatch.setattr(memory, "create", fail)
    code, found = told("push", records / "0", "--to", "memory")
    assert code == found[-1]["exit_code"] == 6
    expected = {
        "kind": "RejectedError",
        "message": "refused: it is no good",
        "advice": "Make it good.",
        "exit_code": 6,
    }
    (finished,) = [event for event in found if event["event"] == "finished"]
    assert finished["error"] == found[-1]["error"] == expected


def test_records_that_are_not_valid_are_told_as_problems(told: Told, records: Path) -> None:
    (records / "0" / "record_metadata.json").write_text("{")
    code, found = told("push", records, "--to", "memory")
    assert (code, [event["event"] for event in found]) == (4, ["problem", "summary"])
    assert found[0]["severity"] == "error"
    assert found[0]["name"] == str(records / "0")
    assert found[-1]["error"]["kind"] == "RecordError"


def test_what_is_sent_again_is_told(
    told: Told, records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = memory.create

    def again(marker: str, record: Record | None = None) -> Deposit:
        retrying(Retry("memory", "POST", "https://memory.example/api", 503, "it failed", 2.5))
        return create(marker, record)

    monkeypatch.setattr(memory, "create", again)
    _, found = told("push", records / "0", "--to", "memory")
    (retry,) = [event for event in found if event["event"] == "retry"]
    assert (retry["status"], retry["seconds"], retry["message"]) == (503, 2.5, "it failed")


def test_progress_is_told_while_something_goes_on(
    told: Told, records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    from publishkit.cli import machine

    monkeypatch.setattr(machine, "SECONDS", 0.01)
    seen = Event()
    tell, create = machine.Machine.tell, memory.create

    def noticed(self: machine.Machine, event: events.Event) -> None:
        tell(self, event)
        if isinstance(event, events.Progress) and event.under_way:
            seen.set()

    def slow(marker: str, record: Record | None = None) -> Deposit:
        assert seen.wait(60)
        return create(marker, record)

    monkeypatch.setattr(machine.Machine, "tell", noticed)
    monkeypatch.setattr(memory, "create", slow)
    code, found = told("push", records / "0", "--to", "memory")
    progress = next(e for e in found if e["event"] == "progress" and e["under_way"])
    assert code == 0
    assert (progress["done"], progress["total"]) == (0, 1)
    assert progress["under_way"][0]["doing"] in {"looking", "creating", ""}


def test_publishing_that_nobody_confirmed_is_told(
    told: Told, records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = memory_backend({"memory": memory}, sandbox=False)
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})
    code, found = told("push", records, "--to", "memory", "--publish")
    assert code == found[-1]["exit_code"] == 2
    assert "--yes" in found[-1]["error"]["message"]


def test_a_new_version_is_told_likewise(told: Told, records: Path) -> None:
    told("push", records / "0", "--to", "memory", "--publish")
    (records / "0" / "data.csv").write_text("other")
    code, found = told("new-version", records / "0", "--publish")
    assert code == 0
    assert found[0]["deposits"][0]["action"] == "new version"
    assert found[-1]["counts"] == {"published": 1}


def test_a_mistake_of_ours_is_told_too(
    told: Told, records: Path, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(memory, "whoami", fail)
    code, found = told("push", records, "--to", "memory")
    assert (code, found[-1]["exit_code"]) == (1, 1)
    assert "ZeroDivisionError" in found[-1]["error"]["message"]
