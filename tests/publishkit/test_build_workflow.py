"""Workflows are built from what was pushed: references, records, and every bad input."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import publishkit
from publishkit import plugins, workflows
from publishkit.errors import ConfigError, RecordError, RejectedError, UnsupportedError
from publishkit.testing import (
    MemoryRepository,
    PlainRepository,
    memory_backend,
    metadata,
    write_record,
)
from publishkit_nomad.entry_files import ArchiveFiles
from publishkit_nomad.flows import has, offer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from publishkit.abilities import Entry
    from publishkit.entryfiles import Offer

    Run = Callable[..., tuple[int, str, str]]

FLOW = """\
name: DFT of water
inputs:
  structure: {record: structure}
tasks:
  relax: {record: DFT-1, inputs: [structure], outputs: [geometry]}
  bands: {record: DFT-2, inputs: [relax.geometry]}
  phonons: {record: DFT-3, inputs: [relax]}
outputs:
  band structure: bands
"""


def calculation(name: str) -> bytes:
    """The archive of a calculation, with a workflow of its own."""
    own = {
        "name": name,
        "inputs": [{"name": "system", "section": "#/data"}],
        "outputs": [{"name": "energy", "section": "#/data"}],
    }
    return json.dumps({"data": {"name": name}, "workflow2": own}).encode()


class FlowMemory(MemoryRepository):
    """Entries in memory that offer what those of a NOMAD do."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked: list[str] = []

    def offer(self, id: str, sections: Sequence[str] = ()) -> Offer:
        self.asked.append(id)
        entry = self.entry(id)
        archive = json.loads(self._shelf(entry.deposit).files[entry.mainfile][0])
        missing = [one for one in sections if not has(archive, one)]
        return offer_of(archive, missing, partial(ArchiveFiles().anywhere, entry.deposit, id))


@pytest.fixture
def memory() -> FlowMemory:
    return FlowMemory("https://memory.example")


@pytest.fixture
def other() -> FlowMemory:
    return FlowMemory("https://other.example")


@pytest.fixture(autouse=True)
def targets(memory: FlowMemory, other: FlowMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The targets `memory` and `other`, which make entries, and `plain`, which does not."""
    made = memory_backend({"memory": memory, "other": other})
    plain = memory_backend({"plain": PlainRepository("https://plain.example")})
    known = {
        "memory": replace(made, entry_files=ArchiveFiles),
        "plain": replace(
            plain, name="plain", targets=(replace(plain.targets[0], backend="plain"),)
        ),
    }
    monkeypatch.setattr(plugins, "backends", lambda: known)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A structure and three calculations, pushed to `memory`, and `FLOW` beside them."""
    folder = tmp_path / "project"
    for name in ("structure", "DFT-1", "DFT-2", "DFT-3"):
        write_record(folder / name, {"calculation.archive.json": calculation(name)})
    (folder / "workflow.yaml").write_text(FLOW)
    publishkit.push(folder, to="memory", workers=1)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def entry(project: Path) -> dict[str, Entry]:
    """The entry of each record."""
    rows = json.loads((project / "records_links.json").read_text())
    names = {row["id"]: row["folder"] for row in rows}
    return {names[one.deposit]: one for one in publishkit.entries(to="memory")}


def reference(entry: Entry, section: str) -> str:
    return f"../uploads/{entry.deposit}/archive/{entry.id}#/{section}"


def archive(path: Path) -> dict[str, Any]:
    """The workflow in a file."""
    found: dict[str, Any] = yaml.safe_load(path.read_bytes())["workflow2"]
    return found


def refused(
    flow: workflows.Workflow, to: str | None = None, into: str | None = None
) -> dict[str, str]:
    """What is wrong with a workflow, by paths."""
    with pytest.raises(RecordError, match="nothing was written") as caught:
        publishkit.build_workflow(flow, to, into=into)
    return {one.path: f"{one.message}; {one.advice}" for one in caught.value.problems}


def of(**tasks: dict[str, object]) -> workflows.Workflow:
    return workflows.Workflow.model_validate({"name": "flow", "tasks": tasks})


# ---- what is written ----


def test_tasks_refer_to_the_entries_of_their_records(
    project: Path, entry: dict[str, Entry]
) -> None:
    built = publishkit.build_workflow("workflow.yaml")
    assert built.file == Path("DFT-of-water/DFT-of-water.workflow.archive.yaml")
    assert built.target == "memory"
    flow = archive(built.file)
    assert flow["name"] == "DFT of water"
    assert [one["name"] for one in flow["tasks"]] == ["relax", "bands", "phonons"]
    assert [one["task"] for one in flow["tasks"]] == [
        reference(entry[name], "workflow2") for name in ("DFT-1", "DFT-2", "DFT-3")
    ]


def test_what_comes_out_of_one_task_is_what_goes_into_the_next(
    project: Path, entry: dict[str, Entry]
) -> None:
    flow = archive(publishkit.build_workflow("workflow.yaml").file)
    relax, bands, phonons = flow["tasks"]
    geometry = {"name": "geometry", "section": reference(entry["DFT-1"], "data")}
    assert relax["outputs"] == bands["inputs"] == phonons["inputs"] == [geometry]
    structure = {"name": "structure", "section": reference(entry["structure"], "data")}
    assert flow["inputs"] == relax["inputs"] == [structure]
    found = {"name": "bands", "section": reference(entry["DFT-2"], "data")}
    assert bands["outputs"] == [found]
    assert flow["outputs"] == [{**found, "name": "band structure"}]


def test_what_nobody_names_is_what_the_entry_has_in_references_that_hold(
    project: Path, entry: dict[str, Entry]
) -> None:
    built = publishkit.build_workflow(of(a={"record": "DFT-1"}))
    (task,) = archive(built.file)["tasks"]
    assert task["inputs"] == [{"name": "system", "section": reference(entry["DFT-1"], "data")}]
    assert task["outputs"] == [{"name": "energy", "section": reference(entry["DFT-1"], "data")}]


def test_an_output_is_the_section_that_is_said_else_the_entrys_own_of_that_name(
    project: Path, entry: dict[str, Entry]
) -> None:
    outputs = {"energy": None, "first": "workflow2/outputs/0", "last": "workflow2/inputs/-1"}
    built = publishkit.build_workflow(
        of(a={"record": "DFT-1", "section": "workflow2", "outputs": {**outputs, "all": None}})
    )
    found = {one["name"]: one["section"] for one in archive(built.file)["tasks"][0]["outputs"]}
    assert found == {
        "energy": reference(entry["DFT-1"], "data"),
        "first": reference(entry["DFT-1"], "workflow2/outputs/0"),
        "last": reference(entry["DFT-1"], "workflow2/inputs/-1"),
        "all": reference(entry["DFT-1"], "workflow2"),
    }


def test_an_entry_without_a_workflow_is_a_task_by_what_comes_out_of_it(project: Path) -> None:
    write_record(project / "notes", {"n.archive.json": b'{"data": {"name": "n"}}'})
    publishkit.push(project / "notes", to="memory")
    built = publishkit.build_workflow(
        of(a={"record": "notes"}, b={"record": "DFT-1", "inputs": ["a"]})
    )
    first, second = archive(built.file)["tasks"]
    assert "task" not in first
    assert first["m_def"].endswith(".Task")
    assert [one["section"] for one in first["outputs"]] == [second["inputs"][0]["section"]]


def test_an_entry_is_known_by_its_id_too(project: Path, entry: dict[str, Entry]) -> None:
    flow = of(a={"entry": entry["DFT-2"].id})
    built = publishkit.build_workflow(flow, "memory", into="w", creators="Doe, Jane")
    assert archive(built.file)["tasks"][0]["task"] == reference(entry["DFT-2"], "workflow2")


def test_one_of_several_entries_is_chosen_by_its_file(project: Path) -> None:
    files = {"a.archive.json": calculation("a"), "b.archive.json": calculation("b")}
    write_record(project / "two", files)
    publishkit.push(project / "two", to="memory")
    assert "two has 2 entries; add file: a.archive.json, b.archive.json" in refused(
        of(a={"record": "two"})
    )["tasks.a"].replace(str(project) + "/", "")
    built = publishkit.build_workflow(of(a={"record": "two", "file": "b.archive.json"}))
    (found,) = (one for one in publishkit.entries("two") if one.mainfile == "b.archive.json")
    assert archive(built.file)["tasks"][0]["task"] == reference(found, "workflow2")
    said = refused(of(a={"record": "two", "file": "c.archive.json"}))["tasks.a.file"]
    assert said.startswith("no entry was made of c.archive.json")


def test_each_entry_is_asked_for_once(project: Path, memory: FlowMemory) -> None:
    memory.asked.clear()
    publishkit.build_workflow(of(a={"record": "DFT-1"}, b={"record": "DFT-1", "inputs": ["a"]}))
    assert len(memory.asked) == 1


def test_tasks_in_the_same_record_are_known_by_their_files(project: Path) -> None:
    (project / "DFT-1" / "post").mkdir()
    (project / "DFT-1" / "post" / "p.archive.yaml").write_text("data: {name: p}\nworkflow2: {}\n")
    flow = of(
        a={"file": "calculation.archive.json"},
        p={"file": "post/p.archive.yaml", "inputs": ["a"]},
    )
    built = publishkit.build_workflow(flow, into="DFT-1")
    assert built.file == Path("DFT-1/flow.workflow.archive.yaml")
    first, second = archive(built.file)["tasks"]
    beside = "../upload/archive/mainfile"
    assert first["task"] == f"{beside}/calculation.archive.json#/workflow2"
    assert first["inputs"][0]["section"] == f"{beside}/calculation.archive.json#/data"
    assert second["task"] == f"{beside}/post/p.archive.yaml#/workflow2"
    assert second["inputs"][0]["section"] == first["outputs"][0]["section"]


# ---- the record ----


def test_the_record_is_made_by_those_who_made_its_tasks(project: Path) -> None:
    body: dict[str, Any] = dict(metadata(title="Phonons"))
    roe = {"person_or_org": {"type": "personal", "family_name": "Roe"}}
    body["metadata"]["creators"].append(roe)
    (project / "DFT-3" / "record_metadata.json").write_text(json.dumps(body))
    built = publishkit.build_workflow("workflow.yaml")
    assert built.begun
    made = json.loads(built.begun.read_text())
    names = [one["person_or_org"]["family_name"] for one in made["metadata"]["creators"]]
    assert names[-1] == "Roe"
    assert len(names) == 2
    assert made["metadata"]["title"] == "DFT of water"
    assert made["nomad"] == {"entry": False}
    assert [
        str(one)
        for one in publishkit.validate(built.folder, to="memory")
        if one.severity == "error"
    ] == []


def test_options_and_a_template_go_first(project: Path, tmp_path: Path) -> None:
    template = tmp_path / "t.json"
    template.write_text(json.dumps({"metadata": {"rights": [{"id": "cc-by-4.0"}]}}))
    built = publishkit.build_workflow(
        "workflow.yaml", title="The whole", creators="Poe, Edgar", template=template
    )
    made = json.loads((built.folder / "record_metadata.json").read_text())["metadata"]
    assert made["title"] == "The whole"
    assert [one["person_or_org"]["family_name"] for one in made["creators"]] == ["Poe"]
    assert made["rights"] == [{"id": "cc-by-4.0"}]


def test_who_made_it_must_be_known(project: Path, entry: dict[str, Entry]) -> None:
    flow = of(a={"entry": entry["DFT-1"].id})
    said = refused(flow, "memory", into="w")
    assert said == {"creators": "missing; "}
    assert not Path("w").exists()


def test_a_second_run_changes_nothing_and_keeps_what_was_edited(project: Path) -> None:
    built = publishkit.build_workflow("workflow.yaml")
    assert built.changed
    said = built.folder / "record_metadata.json"
    said.write_text(said.read_text().replace("DFT of water", "My own title"))
    before = {one: one.read_bytes() for one in built.folder.iterdir()}
    again = publishkit.build_workflow("workflow.yaml")
    assert not again.changed
    assert again.begun is None
    assert {one: one.read_bytes() for one in built.folder.iterdir()} == before


def test_a_record_that_only_happens_to_be_called_so_is_left_alone(project: Path) -> None:
    write_record(project / "DFT-of-water", {"a.txt": b"a"})
    with pytest.raises(ConfigError, match="--into DFT-of-water"):
        publishkit.build_workflow("workflow.yaml")
    assert not list((project / "DFT-of-water").glob("*.yaml"))
    publishkit.build_workflow("workflow.yaml", into="DFT-of-water")
    assert list((project / "DFT-of-water").glob("*.workflow.archive.yaml"))


@pytest.mark.parametrize("into", [None, "DFT-1"])
def test_a_workflow_that_somebody_wrote_is_left_alone(project: Path, into: str | None) -> None:
    (home := Path(into or "DFT-of-water")).mkdir(exist_ok=True)
    (file := home / "DFT-of-water.workflow.archive.yaml").write_text("workflow2: {name: mine}")
    with pytest.raises(ConfigError, match="was not built by this command"):
        publishkit.build_workflow("workflow.yaml", into=into)
    assert file.read_text() == "workflow2: {name: mine}"


def test_a_drawing_replaces_no_file_of_another_kind(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"end in \.svg"):
        publishkit.build_workflow("workflow.yaml", plot="workflow.yaml")
    assert Path("workflow.yaml").read_text() == FLOW


def test_what_cannot_be_written_leaves_nothing_behind(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("publishkit.verbs.init.write_new", full)
    with pytest.raises(publishkit.PublishkitError):
        publishkit.build_workflow("workflow.yaml")
    assert not list(project.rglob("*.workflow.archive.yaml"))


def test_it_is_pushed_like_any_other_record(project: Path, memory: FlowMemory) -> None:
    built = publishkit.build_workflow("workflow.yaml")
    (receipt,) = publishkit.push(built.folder, to=built.target)
    assert receipt.ok
    assert memory.files(receipt.id).keys() == {built.file.name}


# ---- what goes wrong ----


def test_records_that_were_never_pushed_and_others_are_all_named_at_once(project: Path) -> None:
    write_record(project / "late", {"l.archive.json": calculation("l")})
    write_record(project / "none", {"l.txt": b""})
    publishkit.push(project / "none", to="memory")
    found = refused(
        of(
            a={"record": "late"},
            b={"record": "none"},
            c={"record": "missing"},
            d={"record": "DFT-1", "section": "run/9", "outputs": {"o": "nowhere"}},
            e={"record": "."},
            f={"inputs": ["z"]},
            g={"file": "x.archive.json"},
        ),
        into="w",
    )
    assert "has no deposit yet; push it first: publishkit push late" in found["tasks.a.record"]
    assert "no entry was made of none" in found["tasks.b.record"]
    assert "there is no such folder" in found["tasks.c.record"]
    assert "has no section run/9" in found["tasks.d.section"]
    assert "has no section nowhere" in found["tasks.d.outputs.o"]
    assert "holds several records; name one of them" in found["tasks.e.record"]
    assert "it is not said which entry it is" in found["tasks.f"]
    assert "nothing here is called z" in found["tasks.f.inputs[0]"]
    assert "there is no file x.archive.json in w" in found["tasks.g.file"]
    assert not Path("w").exists()


def test_an_entry_that_is_not_there_is_named(project: Path) -> None:
    found = refused(of(a={"entry": "nothing"}), "memory", into="w")
    assert found["tasks.a.entry"].startswith("there is no entry nothing on memory that you can see")


def test_a_deposit_that_is_gone_since_is_noticed(project: Path, memory: FlowMemory) -> None:
    publishkit.entries("DFT-1")
    before = dict(memory.shelves)
    kept = json.loads(Path("records_links.json").read_text())
    gone = next(row["id"] for row in kept if row["folder"] == "DFT-1")
    for row in kept:
        if row["folder"] == "DFT-1":
            row["publishkit"]["extra"] = {"entries": {"calculation.archive.json": "old"}}
    Path("records_links.json").write_text(json.dumps(kept))
    assert gone in before
    assert "there is no entry old" in refused(of(a={"record": "DFT-1"}))["tasks.a.record"]


def test_an_entry_that_failed_is_named(
    project: Path, entry: dict[str, Entry], memory: FlowMemory
) -> None:
    memory.failures = ("it broke",)
    found = refused(of(a={"entry": entry["DFT-1"].id}), "memory", into="w")
    assert "failed; look at it: publishkit entries show" in found["tasks.a.entry"]


def test_an_entry_with_nothing_in_it_is_named(project: Path) -> None:
    write_record(project / "empty", {"e.archive.json": b'{"metadata": {}}'})
    publishkit.push(project / "empty", to="memory")
    assert "has nothing to refer to" in refused(of(a={"record": "empty"}))["tasks.a.record"]


def test_a_file_that_only_the_archive_can_read_waits_for_its_push(project: Path) -> None:
    write_record(project / "raw", {"aims.out": b"x"})
    found = refused(of(a={"file": "aims.out"}), "memory", into="raw")
    assert "push its record first (publishkit push raw)" in found["tasks.a.file"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a#b.archive.json", calculation("x"), "# or ?"),
        ("b.archive.json", b"{", "neither JSON nor YAML"),
        ("c.archive.yaml", b"- 1", "no sections in it"),
        ("d.archive.json", b"{}", "nothing to refer to"),
    ],
)
def test_a_file_that_cannot_be_a_task_is_named(
    project: Path, name: str, content: bytes, said: str
) -> None:
    write_record(project / "w", {name: content})
    assert said in refused(of(a={"file": name}), "memory", into="w")["tasks.a.file"]


def test_a_slip_in_a_files_name_names_the_nearest(project: Path) -> None:
    found = refused(of(a={"file": "calculaton.archive.json"}), "memory", into="DFT-1")
    assert "did you mean calculation.archive.json?" in found["tasks.a.file"]


def test_one_target_must_be_meant(project: Path) -> None:
    publishkit.push(project, to="other", workers=1)
    with pytest.raises(ConfigError, match=r"on memory and other.*--to"):
        publishkit.build_workflow("workflow.yaml")
    assert publishkit.build_workflow("workflow.yaml", "other").target == "other"


def test_a_record_on_another_target_only_is_named(project: Path) -> None:
    write_record(project / "far", {"f.archive.json": calculation("f")})
    publishkit.push(project / "far", to="other")
    with pytest.raises(ConfigError, match="on memory and other"):
        publishkit.build_workflow(of(a={"record": "far"}, b={"record": "DFT-1"}))
    found = refused(of(a={"record": "far"}, b={"record": "DFT-1"}), "memory")
    assert "has no deposit on memory yet; push it first" in found["tasks.a.record"]


def test_an_id_needs_a_target(project: Path) -> None:
    with pytest.raises(ConfigError, match="Name it by --to"):
        publishkit.build_workflow(of(a={"entry": "x"}), into="w")


def test_a_target_without_entries_is_refused(project: Path) -> None:
    publishkit.push(write_record(project / "far", {"a.txt": b"a"}), to="plain")
    for to in ("plain", None):
        with pytest.raises(UnsupportedError, match="plain cannot tie entries together"):
            publishkit.build_workflow(of(a={"record": "far"}), to)


def test_drafts_are_mentioned_until_they_are_published(project: Path) -> None:
    (said,) = publishkit.build_workflow("workflow.yaml").problems
    assert "4 of its entries are drafts" in said.message
    publishkit.publish(project, to="memory")
    assert publishkit.build_workflow("workflow.yaml").problems == ()


# ---- the command ----


def test_the_command_says_what_it_did_and_what_to_do_next(project: Path, run: Run) -> None:
    code, out, err = run("workflow", "build", "workflow.yaml", "--plot", "w.svg")
    assert code == 0
    assert out.splitlines() == [
        "written    DFT-of-water/record_metadata.json",
        "written    DFT-of-water/DFT-of-water.workflow.archive.yaml",
        "drawn      w.svg",
        "Next: publishkit push DFT-of-water --to memory",
    ]
    assert "are drafts" in err
    assert Path("w.svg").read_text() == workflows.read("workflow.yaml").svg()
    assert (
        "unchanged  DFT-of-water/DFT-of-water.workflow"
        in run("workflow", "build", "workflow.yaml")[1]
    )
    assert run("workflow", "build", "workflow.yaml", "--quiet")[1:] == ("", "")


def test_the_command_takes_edges_between_the_records_of_a_folder(project: Path, run: Run) -> None:
    edges = ("--edge", "DFT-1:DFT-2", "--edge", "DFT-1:DFT-3/")
    assert run("workflow", "build", ".", *edges, "--name", "All of it")[0] == 0
    flow = archive(project / "All-of-it" / "All-of-it.workflow.archive.yaml")
    first, second, third = flow["tasks"]
    assert second["inputs"] == third["inputs"] == first["outputs"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((".", "--edge", "DFT-1"), 2, "write FROM:TO"),
        ((".", "--edge", "a:b:c"), 2, "write FROM:TO"),
        ((".",), 3, "Give --edge"),
        ((".", "--edge", "DFT-1:DFT-9"), 4, "no record of this name"),
        (("workflow.yaml", "--edge", "a:b"), 2, "for a folder of records"),
        (("none.yaml",), 3, "cannot be read"),
        (("workflow.yaml", "--to", "nowhere"), 3, "nowhere"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(
    project: Path, run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    found, _, err = run("workflow", "build", *arguments)
    assert found == code
    assert said in err


def test_every_problem_of_a_file_names_the_file(project: Path, run: Run) -> None:
    Path("bad.yaml").write_text("name: x\ntasks: {a: {record: DFT-1, inputs: [b]}, c: {record: q}}")
    code, _, err = run("workflow", "build", "bad.yaml")
    assert code == 4
    assert "error: bad.yaml: tasks.a.inputs[0]: nothing here is called b" in err
    assert "error: bad.yaml: tasks.c.record: q: there is no such folder" in err


def test_a_server_that_is_away_is_an_error_of_its_own(
    project: Path, memory: FlowMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise RejectedError("away")

    monkeypatch.setattr(memory, "offer", away)
    with pytest.raises(RejectedError, match="away"):
        publishkit.build_workflow("workflow.yaml")


def test_a_built_workflow_shows_as_its_drawing(project: Path) -> None:
    built = publishkit.build_workflow("workflow.yaml")
    assert built._repr_svg_() == built.workflow.svg()


# ---- the page ----

PAGE = Path(__file__).parents[2] / "docs" / "workflows.md"


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_the_yaml_of_the_page_is_drawn_as_the_page_shows(project: Path) -> None:
    Path("page.yaml").write_text(examples("yaml")[0])
    drawn = publishkit.build_workflow("page.yaml", plot="page.svg").drawing
    assert drawn
    assert drawn.read_text() == PAGE.with_name("workflow.svg").read_text()


def test_the_python_of_the_page_runs(project: Path) -> None:
    whole = "\n".join(examples("python")).replace("nomad-test", "memory")
    found: dict[str, Any] = {}
    exec(compile(whole, PAGE.name, "exec"), found)  # noqa: S102 - our own
    assert Path("workflow.svg").exists()
    assert len(archive(found["built"].file)["tasks"]) == 3
    assert list(found["flow"].tasks) == ["relax", "bands"]
