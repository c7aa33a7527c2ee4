"""Workflows by themselves: YAML, graphs and edges become one, and what is wrong is said at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import jsonschema
import networkx as nx
import pytest

import publishkit
from publishkit import workflows
from publishkit.errors import ConfigError, RecordError, Severity
from publishkit.testing import write_record
from publishkit.workflows.layers import laid_out
from publishkit.workflows.model import Task, Workflow
from publishkit.workflows.wiring import Source, wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

YAML = """\
name: DFT of water
inputs:
  structure: {record: structure}
tasks:
  relax: {record: DFT-1, inputs: [structure], outputs: [geometry]}
  bands: {record: DFT-2, inputs: [relax.geometry]}
  phonons: {entry: abc, inputs: [relax]}
outputs:
  bands: bands
"""


@pytest.fixture
def flow(tmp_path: Path) -> Workflow:
    """The workflow of `YAML`."""
    path = tmp_path / "workflow.yaml"
    path.write_text(YAML)
    return workflows.read(path)


def problems(tmp_path: Path, text: str) -> dict[str, str]:
    """What is wrong with a YAML, by paths."""
    path = tmp_path / "workflow.yaml"
    path.write_text(text)
    try:
        found = wire(workflows.read(path)).problems
    except RecordError as error:
        found = error.problems
    return {one.path: f"{one.message}; {one.advice}" for one in found}


# ---- YAML ----


def test_yaml_says_tasks_with_what_goes_in_and_comes_out(flow: Workflow) -> None:
    assert flow.name == "DFT of water"
    assert list(flow.tasks) == ["relax", "bands", "phonons"]
    assert flow.tasks["relax"].outputs == {"geometry": None}
    wiring = wire(flow)
    assert not wiring.problems
    assert wiring.inputs["relax"] == (Source("", "structure"),)
    assert wiring.inputs["bands"] == wiring.inputs["phonons"] == (Source("relax", "geometry"),)
    assert wiring.outputs == {"bands": Source("bands", "")}


def test_outputs_may_have_sections(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text("name: x\ntasks: {a: {record: r, outputs: {e: run/0/calculation/-1, g: }}}")
    assert workflows.read(path).tasks["a"].outputs == {"e": "run/0/calculation/-1", "g": None}


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("tasks: {a: {record: r}}", "name", "missing; write what the workflow is called"),
        ("name: x", "tasks", "missing; write such as"),
        ("name: x\ntasks: {}", "tasks", "missing; write such as"),
        ("name: x\ntask: {a: {record: r}}", "task", "unknown key; did you mean tasks?"),
        ("name: x\ntasks: {a: {recrod: r}}", "tasks.a.recrod", "unknown key; did you mean record?"),
        ("name: x\ntasks: {a: {}}", "tasks.a", "it is not said which entry it is; write record"),
        ("name: x\ntasks: {a: {entry: e, file: f}}", "tasks.a", "by its id or by its file; keep"),
        (
            "name: x\ntasks: {a: {record: r, inputs: b}}",
            "tasks.a.inputs",
            '"b" is not possible here; write a list',
        ),
        (
            "name: x\ntasks: {a: {record: r, outputs: [o, o]}}",
            "tasks.a.outputs",
            "o is there twice",
        ),
        (
            "name: x\ntasks: {a: {record: r, section: '#/data'}}",
            "tasks.a.section",
            "not the path of a section; write it as",
        ),
        (
            "name: x\ntasks: {a: {record: r, inputs: [relx]}, relax: {record: s}}",
            "tasks.a.inputs[0]",
            "nothing here is called relx; did you mean relax?",
        ),
        (
            "name: x\ntasks: {a: {record: r, outputs: [o, p]}, b: {record: s, inputs: [a]}}",
            "tasks.b.inputs[0]",
            "a has several outputs; write a.o or a.p",
        ),
        (
            "name: x\ntasks: {a: {record: r}, b: {record: s, inputs: [a, a]}}",
            "tasks.b.inputs[1]",
            "a is there twice; take one out",
        ),
        (
            "name: x\ninputs: {a: {record: q}}\ntasks: {a: {record: r}}",
            "tasks.a",
            "a stands for something else too; give one of them another name",
        ),
        ("name: x\ntasks: {a: {record: r, inputs: [a]}}", "tasks.a.inputs", "a circle: a to a"),
        (
            "name: x\ntasks: {a: {record: r}}\noutputs: {o: b}",
            "outputs.o",
            "nothing here is called b; known here: a",
        ),
        (
            "name: x\ninputs: {i: {file: q}}\ntasks: {a: {file: r, inputs: [i]}}\noutputs: {o: i}",
            "outputs.o",
            "i goes into the workflow and does not come out of it",
        ),
        (
            "name: x\ninputs: {i: {record: q}}\ntasks: {a: {record: r}}",
            "inputs.i",
            "no task uses it; name it in `inputs` of one",
        ),
        (
            "name: x\ntasks: {a: {record: r}, a: {record: s}}",
            "tasks.a",
            "this key is written more than once",
        ),
        ("name: [", "", "not valid YAML"),
        ("", "", "the file is empty"),
    ],
)
def test_each_slip_is_named_with_what_would_be_right(
    tmp_path: Path, text: str, path: str, said: str
) -> None:
    assert said in problems(tmp_path, text)[path]


def test_a_circle_is_shown_from_task_to_task(tmp_path: Path) -> None:
    text = (
        "name: x\ntasks: {a: {record: r, inputs: [c]}, b: {record: s, inputs: [a]}, "
        "c: {record: t, inputs: [b]}}"
    )
    (said,) = problems(tmp_path, text).values()
    assert re.match("a circle: (a to b to c to a|b to c to a to b|c to a to b to c);", said)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = "name: x\ntasks: {a: {inputs: [q, r]}, b: {inputs: [b]}}\noutputs: {o: z}"
    assert len(problems(tmp_path, text)) == 6


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        workflows.read(tmp_path / "none.yaml")


def test_the_schema_takes_what_is_read(tmp_path: Path) -> None:
    from publishkit.yamlfile import read_yaml

    made = publishkit.schema("workflow")
    jsonschema.Draft202012Validator.check_schema(made)
    check = jsonschema.Draft202012Validator(made)
    value, _ = read_yaml(YAML.encode())
    check.validate(value)
    assert not check.is_valid({"name": "x", "tasks": {"a": {"recrod": "r"}}})
    assert check.is_valid({"name": "x", "tasks": {"a": {"record": "r", "outputs": {"o": "data"}}}})
    assert not check.is_valid({"name": "x", "tasks": {}})
    assert not check.is_valid({"tasks": {"a": {"record": "r"}}})


def test_the_schema_is_printed(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("schema", "--of", "workflow")
    assert code == 0
    assert '"tasks"' in out
    assert run("schema", "--of", "workflow", "--write", ".")[0] == 2
    with pytest.raises(ConfigError, match="Name one of record, mapping, workflow"):
        publishkit.schema("nothing")


# ---- graphs ----


def test_a_graph_of_records_is_a_workflow() -> None:
    graph = nx.DiGraph([("DFT-1", "DFT-2"), ("DFT-1", "DFT-3")])
    flow = workflows.from_graph(graph, name="x")
    assert {name: task.record for name, task in flow.tasks.items()} == {
        "DFT-1": "DFT-1",
        "DFT-2": "DFT-2",
        "DFT-3": "DFT-3",
    }
    assert flow.tasks["DFT-3"].inputs == ("DFT-1",)


def test_a_graph_says_all_that_yaml_says(flow: Workflow) -> None:
    graph = nx.DiGraph()
    graph.add_node("structure", type="input", record="structure", color="red")
    graph.add_node("relax", record="DFT-1", outputs=["geometry"])
    graph.add_node("bands", record="DFT-2")
    graph.add_node("phonons", entry="abc")
    graph.add_node("band structure", type="output")
    graph.add_edge("structure", "relax")
    graph.add_edge("relax", "bands", output="geometry")
    graph.add_edge("relax", "phonons")
    graph.add_edge("bands", "band structure")
    made = workflows.from_graph(graph, name="DFT of water")
    assert made.inputs == flow.inputs
    assert made.outputs == {"band structure": "bands"}
    assert wire(made).inputs == wire(flow).inputs
    assert made.tasks["phonons"].entry == "abc"


def test_nodes_and_edges_that_make_no_workflow_are_named() -> None:
    graph = nx.DiGraph()
    graph.add_node(1, type="sort")
    graph.add_node("i", type="input")
    graph.add_node("o", type="output")
    graph.add_edge(1, "i")
    with pytest.raises(RecordError) as caught:
        workflows.from_graph(graph, name="x")
    assert [one.path for one in caught.value.problems] == ["1", "i", "o"]


def test_a_graph_whose_edges_have_no_direction_is_refused() -> None:
    with pytest.raises(RecordError, match="this makes no workflow") as caught:
        workflows.from_graph(nx.Graph([("a", "b")]), name="x")
    assert "DiGraph" in caught.value.problems[0].advice


def test_two_nodes_that_read_the_same_are_refused() -> None:
    with pytest.raises(RecordError) as caught:
        workflows.from_graph(nx.DiGraph([(1, "1")]), name="x")
    assert "another name" in caught.value.problems[0].advice


def test_a_graph_with_a_slip_is_refused_as_yaml_is() -> None:
    graph = nx.DiGraph()
    graph.add_node("a", record="r", section="#/data")
    with pytest.raises(RecordError) as caught:
        workflows.from_graph(graph, name="x")
    assert caught.value.problems[0].path == "tasks.a.section"


def test_edges_between_records_are_a_workflow(tmp_path: Path) -> None:
    for name in ("DFT-1", "DFT-2", "DFT-10", "other"):
        write_record(tmp_path / "w" / name, {})
    flow = workflows.from_records(tmp_path / "w", [("DFT-1", "DFT-10"), ("DFT-1", "DFT-2")])
    assert flow.name == "w"
    assert list(flow.tasks) == ["DFT-1", "DFT-2", "DFT-10"]
    assert flow.tasks["DFT-2"].record == str(tmp_path / "w" / "DFT-2")


def test_an_edge_to_no_record_names_the_nearest(tmp_path: Path) -> None:
    write_record(tmp_path / "DFT-1", {})
    with pytest.raises(RecordError) as caught:
        workflows.from_records(tmp_path, [("DFT1", "xyz")])
    assert [one.advice for one in caught.value.problems] == [
        "did you mean DFT-1?",
        "there are: DFT-1",
    ]
    with pytest.raises(ConfigError, match="needs edges"):
        workflows.from_records(tmp_path, [])


# ---- the drawing ----


def boxes(svg: str) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right and bottom of each box by what it tells."""
    found = {}
    name = "{http://www.w3.org/2000/svg}"
    for group in ET.fromstring(svg).iter(f"{name}g"):  # noqa: S314 - our own
        rect = group.find(f"{name}rect")
        title = group.findtext(f"{name}title") or ""
        assert rect is not None
        x, y, width, height = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
        found[title] = (x, y, x + width, y + height)
    return found


def test_a_drawing_goes_from_left_to_right(flow: Workflow) -> None:
    svg = flow.svg()
    found = boxes(svg)
    lefts = [found[one][0] for one in found]
    assert lefts == sorted(lefts)
    assert len(found) == 5
    assert svg.count('class="line"') == 4
    assert flow.svg() == svg
    assert flow._repr_svg_() == svg


def chain(count: int) -> Workflow:
    """Tasks that each use two before them."""
    tasks = {}
    for n in range(count):
        used = dict.fromkeys(f"task {m}" for m in (n // 2, n - 3) if 0 <= m < n)
        tasks[f"task {n}"] = Task(record=f"r{n}", inputs=tuple(used))
    return Workflow(name="x", tasks=tasks)


@pytest.mark.parametrize("count", [1, 3, 12, 40])
def test_no_box_covers_another(count: int) -> None:
    found = list(boxes(chain(count).svg()).values())
    assert len(found) == count
    for number, (left, top, right, bottom) in enumerate(found):
        for other in found[number + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart


def test_lines_that_need_not_cross_do_not() -> None:
    edges = [("a", "d"), ("b", "c")]
    layout = laid_out(dict.fromkeys("abcd", 10.0), edges, [], 5)
    assert layout.layers in ([["a", "b"], ["d", "c"]], [["b", "a"], ["c", "d"]])
    assert layout.middles["a"] == layout.middles["d"]


def test_a_line_past_a_layer_goes_round_the_boxes_there() -> None:
    layout = laid_out(dict.fromkeys("abc", 10.0), [("a", "b"), ("b", "c"), ("a", "c")], [], 5)
    (bend,) = layout.routes["a", "c"]
    assert abs(layout.middles[bend] - layout.middles["b"]) > 10


def test_nothing_that_names_say_is_obeyed() -> None:
    evil = '<script>alert("x")</script>&\x1b[2J'
    flow = Workflow(name=evil, tasks={evil: Task(record=evil, outputs={evil: None})})
    svg = flow.svg()
    assert "<script" not in svg
    assert "\x1b" not in svg
    assert len(boxes(svg)) == 1


def test_long_names_are_broken_and_told_in_full() -> None:
    name = "a calculation whose name says everything that anybody could ever want to know of it"
    svg = Workflow(name="x", tasks={name: Task(record="r"), "語" * 90: Task(record="s")}).svg()
    assert any(name in one for one in boxes(svg))
    assert "…" in svg
    assert all(right - left < 240 for left, _, right, _ in boxes(svg).values())


def test_what_is_wrong_is_left_out_of_a_drawing() -> None:
    tasks = {"a": Task(record="r", inputs=("b", "a", "x")), "b": Task(record="s", inputs=("a",))}
    svg = Workflow(name="x", tasks=tasks, outputs={"o": "y"}).svg()
    assert svg.count('class="line"') == 1
    assert len(boxes(svg)) == 2


def test_an_unused_input_is_a_warning_only(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text("name: x\ninputs: {i: {record: q}}\ntasks: {a: {record: r}}")
    (found,) = wire(workflows.read(path)).problems
    assert found.severity is Severity.WARNING
