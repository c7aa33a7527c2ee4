"""What the commands print that work on deposits, what they ask, and their exit codes."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit import plugins
from publishkit.abilities import Answer
from publishkit.ledger import LINKS_FILE
from publishkit.repository import State
from publishkit.testing import memory_backend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publishkit.testing import MemoryRepository

    Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def pushed(records: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The three records, pushed to `memory`; the current folder is that in which they lie."""
    publishkit.push(records, to="memory", workers=1)
    monkeypatch.chdir(records)
    return records


@pytest.fixture
def real(memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target `memory` is no sandbox."""
    backend = memory_backend({"memory": memory}, sandbox=False)
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


class Terminal(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


# ---- status ----


def test_status_prints_a_line_a_deposit_and_what_there_is_to_add(
    run: Run, pushed: Path, memory: MemoryRepository
) -> None:
    publishkit.link("0", collection="Resistivity")
    code, out, err = run("status", "0")
    assert (code, err) == (0, "")
    first, *rest = out.splitlines()
    assert first.startswith("draft      0 on memory: id m1, 2 files, 5 B")
    assert first.endswith("https://memory.example/m1")
    assert [line.strip().partition(":")[0] for line in rest] == ["title", "collections"]
    memory.failures = ("a.json: no parser",)
    _, out, _ = run("status", "0")
    assert out.startswith("failed")
    assert "not processed: a.json: no parser" in out


def test_status_for_machines_is_an_object_a_line(run: Run, pushed: Path) -> None:
    code, out, _ = run("status", ".", "--json")
    assert code == 0
    assert [(one["id"], one["state"]) for one in lines(out)] == [
        ("m1", "draft"),
        ("m2", "draft"),
        ("m3", "draft"),
    ]
    assert str(lines(out)[0]["created"]).endswith("Z")


def test_control_characters_of_a_server_do_not_reach_the_terminal(
    run: Run, pushed: Path, memory: MemoryRepository
) -> None:
    memory.shelves["m1"].title = "a\x1b[31mb"
    _, out, _ = run("status", "0")
    assert "\x1b" not in out


# ---- share ----


def test_a_secret_link_is_printed_once_with_a_word_of_care(run: Run, pushed: Path) -> None:
    code, out, err = run("share", "0", "--link", "--expires", "2100-01-01")
    assert code == 0
    first, url = out.splitlines()
    assert "preview, until 2100-01-01 00:00 UTC" in first
    assert url.startswith("https://memory.example/m1?token=")
    assert "Anybody who has this link" in err
    _, out, _ = run("share", "0")
    assert "token" not in out
    assert "by a secret link" in out
    assert "token" not in (pushed / LINKS_FILE).read_text()


def test_sharing_with_people_and_taking_it_back(run: Run, pushed: Path) -> None:
    code, out, _ = run("share", "0", "--with", "ada", "--with", "josiah", "--permission", "edit")
    assert code == 0
    assert out.count("shared     0 on memory with") == 2
    assert run("share", "0", "--revoke", "Ada Lovelace")[0] == 0
    _, out, _ = run("share", "0", "--json")
    assert [one["who"] for one in lines(out)] == ["Josiah Carberry"]
    assert run("share", "0", "--revoke", "Josiah Carberry")[0] == 0
    assert "with nobody" in run("share", "0")[1]


@pytest.mark.parametrize(
    "options",
    [
        ("--link", "--revoke", "ada"),
        ("--expires", "30d"),
        ("--permission", "edit"),
        ("--save-secret-links",),
    ],
)
def test_options_that_make_no_sense_together_are_refused(
    run: Run, pushed: Path, options: tuple[str, ...]
) -> None:
    assert run("share", "0", *options)[0] == 2


# ---- publish ----


def test_publishing_where_it_counts_must_be_confirmed(
    run: Run, pushed: Path, real: None, memory: MemoryRepository
) -> None:
    before = (pushed / "0" / "record_metadata.json").read_bytes()
    for what in ("0", "m1"):
        code, _, err = run("publish", what, "--embargo", "12")
        assert code == 2
        assert "Publish 1 record on memory (https://memory.example)?" in err
        assert "--yes" in err
    assert (pushed / "0" / "record_metadata.json").read_bytes() == before
    assert memory.shelves["m1"].state is State.DRAFT
    code, out, _ = run("publish", "0", "--yes")
    assert code == 0
    assert out.startswith("published  0 on memory  https://memory.example/m1")
    assert run("publish", "m2", "--yes")[1].startswith("published  m2 on memory  https")
    assert run("publish", "m2")[0] == 0  # nothing is left to confirm


def test_an_embargo_that_is_written_into_the_folder_is_told(run: Run, pushed: Path) -> None:
    code, out, _ = run("publish", "0", "--embargo", "2100-01-01")
    assert code == 0
    assert out.startswith("changed    0/record_metadata.json\npublished  0 on memory")


def test_publishing_for_machines_prints_receipts(run: Run, pushed: Path) -> None:
    _, out, _ = run("publish", "0", "--json")
    assert [(one["id"], one["state"]) for one in lines(out)] == [("m1", "published")]
    _, out, _ = run("publish", "m2", "--json")
    assert [(one["id"], one["state"]) for one in lines(out)] == [("m2", "published")]


# ---- update ----


def test_values_are_json_or_text(run: Run, pushed: Path, memory: MemoryRepository) -> None:
    code, out, _ = run(
        "update",
        "0",
        *("--set", "metadata.title=A new title"),
        *("--set", 'metadata.version="2"'),
        *("--set", 'metadata.languages=[{"id": "eng"}]'),
        *("--set", "metadata.publisher=null"),
    )
    assert code == 0
    assert out.startswith("changed    0/record_metadata.json\nupdated    0 on memory")
    assert (record := memory.shelves["m1"].record)
    assert (record.metadata.title, record.metadata.version) == ("A new title", "2")
    assert [one.id for one in record.metadata.languages] == ["eng"]
    assert record.metadata.publisher is None


def test_a_file_of_changes_comes_before_single_ones(
    run: Run, pushed: Path, memory: MemoryRepository, tmp_path: Path
) -> None:
    patch = tmp_path / "patch.json"
    patch.write_text(json.dumps({"metadata": {"title": "Of the file", "publisher": None}}))
    run("update", "0", "--metadata", patch, "--set", "metadata.title=Of the option")
    assert (record := memory.shelves["m1"].record)
    assert (record.metadata.title, record.metadata.publisher) == ("Of the option", None)
    patch.write_text("[]")
    assert run("update", "0", "--metadata", patch)[0] == 2
    patch.write_text("{")
    assert run("update", "0", "--metadata", patch)[0] == 2
    assert run("update", "0", "--set", "metadata.title")[0] == 2


def test_a_key_that_there_is_not_is_named(run: Run, pushed: Path) -> None:
    code, _, err = run("update", "0", "--set", "metadata.titel=x")
    assert code == 4
    assert "did you mean title?" in err


def test_a_folder_that_does_not_say_what_its_deposit_does_is_named(
    run: Run, pushed: Path, memory: MemoryRepository
) -> None:
    _, out, err = run("update", "m1", "--set", "metadata.title=A new title")
    assert out.startswith("updated    m1 on memory")
    assert err == "0 does not say this: its next update overwrites it.\n"
    title = memory.shelves["m1"].title
    run("update", "0")
    assert (title, memory.shelves["m1"].title != title) == ("A new title", True)


def test_a_failure_among_several_is_printed_once(
    run: Run, pushed: Path, memory: MemoryRepository
) -> None:
    publishkit.publish(pushed)
    memory.shelves["m2"].edited_elsewhere = True
    code, out, err = run("update", ".", "--set", "metadata.title=A new title")
    assert code == 8
    assert [line.split()[0] for line in out.splitlines()[3:]] == ["updated", "failed", "updated"]
    assert (out + err).count("somebody's edit of m2 is open") == 1
    code, out, err = run("update", "1")
    assert code == 6
    assert (out + err).count("somebody's edit of m2 is open") == 1


# ---- link, doi ----


def test_links_are_printed(run: Run, pushed: Path, memory: MemoryRepository) -> None:
    _, out, _ = run("link", "0", "--to-record", "10.5072/A", "--collection", "Resistivity")
    assert out.splitlines() == [
        "linked     0 on memory: references https://doi.org/10.5072/a",
        "linked     0 on memory: in Resistivity once it is published",
    ]
    memory.curated.add("c1")
    publishkit.publish("1")
    assert "once its curators accept it" in run("link", "1", "--collection", "Resistivity")[1]
    assert run("link", "0")[0] == 2
    _, out, _ = run("link", "0", "--to-record", "10.5072/a", "--json")
    assert lines(out)[0]["link"] == {
        "identifier": "https://doi.org/10.5072/a",
        "relation": "references",
    }


def test_dois_are_printed(run: Run, pushed: Path, memory: MemoryRepository) -> None:
    assert run("doi", "reserve", "0")[0] == 6
    memory.dois = True
    assert "reserved   0 on memory: draft  10.5072/memory" in run("doi", "reserve", "0")[1]
    publishkit.publish("1")
    assert "assigned   1 on memory: published  10.5072/" in run("doi", "assign", "1")[1]
    publishkit.create_collection("Resistivity", "memory")
    to = ("--to", "memory")
    assert "10.5072/" in run("doi", "assign", "--collection", "Resistivity", *to)[1]
    assert run("doi", "assign")[0] == 2
    assert run("doi", "assign", "--collection", "Resistivity")[0] == 2


def test_a_doi_where_it_counts_must_be_confirmed(
    run: Run, pushed: Path, real: None, memory: MemoryRepository
) -> None:
    memory.dois = True
    publishkit.publish("1")
    publishkit.create_collection("Resistivity", "memory")
    for what in (("1",), ("--collection", "Resistivity", "--to", "memory")):
        code, _, err = run("doi", "assign", *what)
        assert code == 2
        assert "Register 1 DOI on memory" in err
        assert run("doi", "assign", *what, "--yes")[0] == 0


# ---- delete, discard ----


def test_what_is_kept_aside_is_deleted_without_asking(run: Run, pushed: Path) -> None:
    code, out, _ = run("delete", "0")
    assert code == 0
    assert out == "deleted    0 on memory (m1), kept in https://memory.example/aside/m1\n"
    assert run("delete", "0") == (0, "nothing    0 has no deposit\n", "")


def test_what_would_be_destroyed_is_asked_for(
    run: Run, records: Path, plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.push(records, to=plain, workers=1)
    monkeypatch.chdir(records)
    code, _, err = run("delete", "0")
    assert code == 2
    assert "Delete 0 on plain? This cannot be undone: confirm it by --yes." in err
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert run("delete", "0")[0] == 2
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    code, out, _ = run("delete", "0")
    assert (code, out) == (0, "deleted    0 on plain (m1)\n")
    assert run("delete", "1", "--yes", "-q") == (0, "", "")


def test_a_draft_is_not_discarded_but_deleted(run: Run, pushed: Path) -> None:
    code, _, err = run("discard", "0")
    assert code == 6
    assert "publishkit delete 0 --to memory" in err
    publishkit.publish("0")
    assert run("discard", "0")[1].startswith("discarded  0 on memory: published")


# ---- collections, users ----


def test_collections_are_made_listed_and_deleted(run: Run) -> None:
    to = ("--to", "memory")
    assert "No collections on memory." in run("collections", "list", *to)[1]
    assert "Resistivity (id c1, c1-slug)" in run("collections", "create", "Resistivity", *to)[1]
    assert run("collections", "list", "resis", *to)[1].startswith("Resistivity (id c1")
    assert run("collections", "show", "c1", *to)[0] == 0
    assert run("collections", "show", "c2", *to)[0] == 6
    assert run("collections", "delete", "Resistivity", *to)[0] == 2
    assert "deleted    Resistivity" in run("collections", "delete", "c1", *to, "--yes")[1]
    assert "no collection" in run("collections", "delete", "c1", *to, "--yes")[1]


def test_users_are_found_by_name_or_id(run: Run) -> None:
    to = ("--to", "memory")
    assert run("users", "ada", *to)[1] == "Ada Lovelace  <ada@example.org>  (id 2)  ada\n"
    _, out, _ = run("users", "doe", *to, "--json")
    assert [one["id"] for one in lines(out)] == ["3", "4"]
    assert run("users", "--id", "3", *to)[0] == 0
    assert "Nobody on memory matches xyz." in run("users", "xyz", *to)[1]
    assert run("users", *to)[0] == 2


@pytest.mark.parametrize("command", ["share", "status", "publish", "update", "delete", "discard"])
def test_what_is_not_there_says_what_to_do(run: Run, pushed: Path, command: str) -> None:
    code, out, err = run(command, "./nowhere")
    assert (code, out) == (4, "")
    assert "no such folder" in err
    assert run(command, "nowhere")[0] == 3


def test_what_a_target_cannot_do_exits_with_3(run: Run, records: Path, plain: str) -> None:
    publishkit.push(records / "0", to=plain)
    code, _, err = run("share", records / "0", "--link")
    assert code == 3
    assert err == "Error: plain cannot make secret links\n"


# ---- what was said ----


@pytest.mark.parametrize("what", ["0", "m1"])
def test_a_value_that_looks_like_a_number_is_text_where_text_belongs(
    pushed: Path,
    memory: MemoryRepository,
    run: Run,
    what: str,
) -> None:
    sets = ("--set", "metadata.version=2.0", "--set", "metadata.publisher=true")
    assert run("update", what, *sets)[0] == 0
    assert (record := memory.shelves["m1"].record)
    assert (record.metadata.version, record.metadata.publisher) == ("2.0", "true")
    code, _, err = run("update", what, "--set", "metadata.titel=2")
    assert (code, "did you mean title?" in err) == (4, True)


def test_what_cannot_be_linked_to_says_what_can(run: Run, pushed: Path) -> None:
    code, _, err = run("link", "0", "--to-record", "not a url")
    assert code == 6
    assert "'not a url' is no DOI, no URL, no folder, and no id of a deposit" in err


def test_what_is_in_review_is_not_advised_to_be_deleted(
    run: Run, pushed: Path, memory: MemoryRepository
) -> None:
    memory.review = True
    publishkit.publish("0")
    code, _, err = run("discard", "0")
    assert (code, "It is in review" in err, "delete" in err) == (6, True, False)


def test_what_is_published_is_in_a_collection_at_once(pushed: Path, run: Run) -> None:
    publishkit.publish("0")
    _, out, _ = run("link", "0", "--collection", "Resistivity")
    assert out == "linked     0 on memory: in Resistivity\n"


def test_an_error_after_an_answer_begins_a_line(memory: MemoryRepository, run: Run) -> None:
    memory.answers["GET", "one"] = Answer(404, {}, b"no")
    code, out, err = run("request", "GET", "one", "--to", "memory")
    assert (code, out) == (6, "no")
    assert err.startswith("\nError: ")
    memory.answers["GET", "one"] = Answer(404, {}, b"no\n")
    assert run("request", "GET", "one", "--to", "memory")[2].startswith("Error: ")
