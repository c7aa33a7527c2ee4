"""Workflows on real NOMADs: docs/workflows.md from folders to a published workflow, and more."""

from __future__ import annotations

import json
import re
import secrets
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from shell import NOMAD, Shell, shell

from publishkit.testing import metadata, write_record

if TYPE_CHECKING:
    from servers.api import NomadServer

pytestmark = pytest.mark.live

PAGE = Path(__file__).parents[1] / "docs" / "workflows.md"
ELN = "nomad.datamodel.metainfo.eln.BasicEln"
WORKFLOW = "nomad.datamodel.metainfo.workflow.Workflow"


def calculation(name: str) -> bytes:
    """A main file that NOMAD itself reads, with what a calculation's entry has."""
    own = {
        "m_def": WORKFLOW,
        "name": f"{name} itself",
        "inputs": [{"name": "system", "section": "#/data"}],
        "outputs": [{"name": "energy", "section": "#/data"}],
    }
    return json.dumps({"data": {"m_def": ELN, "name": name}, "workflow2": own}).encode()


def page() -> str:
    return PAGE.read_text()


def commands() -> list[str]:
    """Those that the page runs from folders to the published workflow, in order."""
    part = page().partition("## From folders")[2].partition("\n## ")[0]
    return re.findall(r"^    (publishkit .*)", part, re.MULTILINE)


@pytest.fixture
def user(tmp_path: Path, nomad_server: NomadServer) -> Shell:
    """Somebody in an empty folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return shell(folder, nomad=nomad_server)


def archive(user: Shell, entry: str, *required: str) -> dict[str, Any]:
    """NOMAD's own processed archive of an entry, or parts of it with what they refer to."""
    found: dict[str, Any]
    if not required:
        found = json.loads(user.run("entries", "archive", entry, "--to", NOMAD))
        return found
    path = f"/entries/{entry}/archive/query"
    body = json.dumps({"required": json.loads(required[0])})
    answer = json.loads(user.run("request", "POST", path, "--to", NOMAD, "--data", body))
    found = answer["data"]["archive"]
    return found


def entries_of(user: Shell, folder: str) -> dict[str, str]:
    """The ids of a record's entries by their main files."""
    listed = user.json("entries", "list", folder, "--to", NOMAD)
    return {one["mainfile"]: one["id"] for one in listed}


def deleted(user: Shell) -> None:
    user.start("delete", ".", "--to", NOMAD, "--yes")


# ---- the page ----


def test_the_page_from_folders_to_a_published_workflow(user: Shell) -> None:
    dataset = f"DFT of water {secrets.token_hex(4)}"
    (text,) = re.findall(r"```yaml\n(.*?)```", page(), re.DOTALL)
    (user.folder / "workflow.yaml").write_text(text)
    for line in commands():
        words = [NOMAD if word == "nomad-test" else word for word in shlex.split(line)[1:]]
        if "--collection" in words:
            words[words.index("--collection") + 1] = dataset
        user.run(*words)
        if words[0] == "init":
            (user.folder / words[1] / "calculation.archive.json").write_bytes(calculation(words[1]))
    assert {row["state"] for row in user.rows(".")} == {"published"}
    assert (user.folder / "workflow.svg").read_text() == PAGE.with_name("workflow.svg").read_text()

    (workflow,) = entries_of(user, "DFT-of-water").values()
    shown = json.loads(user.run("entries", "show", workflow, "--to", NOMAD, "--json"))
    assert (shown["type"], shown["name"]) == ("Workflow", "DFT of water")
    assert shown["published"]
    assert [one["name"] for one in shown["collections"]] == [dataset]
    calculations = {
        name: entries_of(user, name)["calculation.archive.json"]
        for name in ("structure", "DFT-1", "DFT-2", "DFT-3")
    }
    check_archive(user, workflow, calculations)


def check_archive(user: Shell, workflow: str, calculations: dict[str, str]) -> None:
    """What NOMAD's archive of the workflow says of its tasks, and finds behind them."""
    found = archive(user, workflow)
    tasks = found["workflow2"]["tasks"]
    assert [one["name"] for one in tasks] == ["relax", "bands", "phonons"]
    for task, name in zip(tasks, ("DFT-1", "DFT-2", "DFT-3"), strict=True):
        assert task["task"].endswith(f"/archive/{calculations[name]}#/workflow2")
        links = [*task["inputs"], *task["outputs"]]
        assert all(one["section"].startswith("../uploads/") for one in links)
    assert tasks[1]["inputs"] == tasks[2]["inputs"] == tasks[0]["outputs"]
    assert tasks[0]["inputs"] == found["workflow2"]["inputs"]
    targets = {one["target_entry_id"] for one in found["metadata"]["entry_references"]}
    assert targets == set(calculations.values())
    assert not [one for one in found["processing_logs"] if one["level"] == "ERROR"]

    wanted = '{"workflow2": {"tasks": {"task": {"name": "*"}, "outputs": {"section": "*"}}}}'
    behind = archive(user, workflow, wanted)["m_ref_archives"]
    names = [one["workflow2"]["name"] for one in behind.values() if "workflow2" in one]
    assert sorted(names) == ["DFT-1 itself", "DFT-2 itself", "DFT-3 itself"]


# ---- more than the page ----


def test_tasks_in_the_same_upload_are_found_by_their_files(user: Shell) -> None:
    files = {
        "relax.archive.json": calculation("relax"),
        "post/bands and more.archive.json": calculation("bands"),
        "notes.archive.json": json.dumps({"data": {"m_def": ELN, "name": "notes"}}).encode(),
    }
    write_record(user.folder / "all", files, metadata(title=f"All {secrets.token_hex(4)}"))
    (user.folder / "workflow.yaml").write_text(
        "name: Bänder\n"
        "tasks:\n"
        "  relax: {file: relax.archive.json}\n"
        "  bands: {file: post/bands and more.archive.json, inputs: [relax]}\n"
        "  notes: {file: notes.archive.json, inputs: [bands]}\n"
    )
    try:
        user.run("workflow", "build", "workflow.yaml", "--into", "all", "--to", NOMAD)
        user.run("push", "all", "--to", NOMAD)
        entries = entries_of(user, "all")
        workflow = entries["Bänder.workflow.archive.yaml"]
        wanted = '{"workflow2": {"tasks": {"task": {"name": "*"}, "inputs": {"section": "*"}}}}'
        found = archive(user, workflow, wanted)
        refers = [one.get("task", "") for one in found["workflow2"]["tasks"]]
        assert refers[0].endswith(f"/archive/{entries['relax.archive.json']}#/workflow2")
        assert refers[1].endswith(f"{entries['post/bands and more.archive.json']}#/workflow2")
        assert refers[2] == ""  # it has no workflow of its own
        names = {one.get("workflow2", {}).get("name") for one in found["m_ref_archives"].values()}
        assert {"relax itself", "bands itself"} <= names
        logs = archive(user, workflow)["processing_logs"]
        assert not [one for one in logs if one["level"] == "ERROR"]
        # what the processed entries say is asked for now, and changes nothing
        said = user.run("workflow", "build", "workflow.yaml", "--into", "all", "--to", NOMAD)
        assert "unchanged" in said
    finally:
        deleted(user)


def test_edges_between_records_and_entries_of_others(
    user: Shell, nomad_server: NomadServer
) -> None:
    for name in ("a", "b"):
        files = {f"{name}.archive.json": calculation(name)}
        write_record(user.folder / name, files, metadata(title=f"{name} {secrets.token_hex(4)}"))
    try:
        user.run("push", ".", "--to", NOMAD)
        built = user.run(
            "workflow", "build", ".", "--edge", "a:b", "--name", "a to b", "--to", NOMAD
        )
        assert "2 of its entries are drafts" in built
        user.run("push", "a-to-b", "--to", NOMAD)
        (workflow,) = entries_of(user, "a-to-b").values()
        first, second = archive(user, workflow)["workflow2"]["tasks"]
        assert first["outputs"] == second["inputs"]
        check_what_is_refused(user, nomad_server, entries_of(user, "a")["a.archive.json"])
    finally:
        deleted(user)


def check_what_is_refused(user: Shell, server: NomadServer, entry: str) -> None:
    """What NOMAD would take without a word is named before."""
    flow = {
        "name": "x",
        "tasks": {
            "far": {"entry": "x" * 28},
            "none": {"record": "a", "section": "run/0/calculation/3"},
            "list": {"entry": entry, "outputs": {"o": "workflow2/outputs/-1", "p": "workflow2/q"}},
        },
    }
    (user.folder / "bad.yaml").write_text(yaml.safe_dump(flow))
    said = user.run("workflow", "build", "bad.yaml", "--into", "w", "--to", NOMAD, code=4)
    assert f"bad.yaml: tasks.far.entry: there is no entry {'x' * 28} on {NOMAD}" in said
    assert f"tasks.none.section: the entry {entry} has no section run/0/calculation/3" in said
    assert f"tasks.list.outputs.p: the entry {entry} has no section workflow2/q" in said
    assert said.count("error: ") == 3
    others = [name for name in ("hwolowitz", "lhofstadter") if name in server.users]
    if others:
        who = {"PUBLISHKIT_NOMAD_HERE_USERNAME": others[0]}
        flow["tasks"] = {"theirs": {"entry": entry}}
        (user.folder / "bad.yaml").write_text(yaml.safe_dump(flow))
        said = user.run(
            "workflow", "build", "bad.yaml", "--into", "w", "--to", NOMAD, code=4, **who
        )
        assert f"there is no entry {entry} on {NOMAD} that you can see" in said
    assert not (user.folder / "w").exists()


def test_a_task_that_fails_on_the_archive_is_named(user: Shell) -> None:
    files = {"bad.archive.json": json.dumps({"data": {"m_def": "no.such.Definition"}}).encode()}
    write_record(user.folder / "bad", files, metadata(title=f"Bad {secrets.token_hex(4)}"))
    (user.folder / "workflow.yaml").write_text("name: x\ntasks: {a: {record: bad}}\n")
    try:
        user.run("push", "bad", "--to", NOMAD, code=8)
        said = user.run("workflow", "build", "workflow.yaml", "--to", NOMAD, code=4)
        assert "tasks.a.record: the entry" in said
        assert "has nothing to refer to" in said
        assert "publishkit entries show" in said
    finally:
        deleted(user)
