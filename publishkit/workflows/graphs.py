"""Graphs, and edges between records, become workflows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from publishkit.errors import ConfigError, Problem, RecordError
from publishkit.folder import find_records
from publishkit.validation.nearest import nearest
from publishkit.workflows.model import Place, Task, Workflow
from publishkit.workflows.reading import made_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import JsonValue

__all__ = ["Graph", "from_graph", "from_records"]

_PLACE: Final = tuple(Place.model_fields)
_TASK: Final = (*_PLACE, "outputs")


class Graph(Protocol):
    """What is needed of a `networkx.DiGraph`."""

    def nodes(self, *, data: bool) -> Iterable[tuple[object, Mapping[str, object]]]:
        """The nodes with their attributes."""

    def edges(self, *, data: bool) -> Iterable[tuple[object, object, Mapping[str, object]]]:
        """The edges with their attributes."""


def from_graph(graph: Graph, *, name: str) -> Workflow:
    """A directed graph as a workflow.

    A node is a task. Its attributes `record`, `file`, `entry`, `section` and `outputs` are those of
    a task in YAML; where none of the first three is there, the node is the name of a record's
    folder. With `type="input"` or `type="output"` it is an input or output of the workflow. An edge
    says that what comes out of one goes into the other; its attribute `output` says which output.

    Args:
        graph: Such as a `networkx.DiGraph`.
        name: What the workflow is called.

    Raises:
        RecordError: It makes no workflow; carries every problem.
    """
    listed = [(str(node), attributes) for node, attributes in graph.nodes(data=True)]
    _refuse(_unusable(graph, [node for node, _ in listed]), name)
    nodes = dict(listed)
    of_type = {one: str(attributes.get("type", "task")) for one, attributes in nodes.items()}
    inputs: dict[str, list[str]] = {one: [] for one in nodes}
    for source, target, attributes in graph.edges(data=True):
        output = attributes.get("output")
        inputs[str(target)].append(f"{source}.{output}" if output else str(source))
    _refuse(_misplaced(of_type, inputs), name)
    kinds: dict[str, dict[str, JsonValue]] = {"inputs": {}, "tasks": {}, "outputs": {}}
    for one, attributes in nodes.items():
        if of_type[one] == "output":
            kinds["outputs"][one] = inputs[one][0]
        elif of_type[one] == "input":
            kinds["inputs"][one] = _said(one, attributes, _PLACE)
        else:
            given: list[JsonValue] = [*inputs[one]]
            kinds["tasks"][one] = _said(one, attributes, _TASK) | {"inputs": given}
    return made_of({"name": name, **kinds}, name)


def _unusable(graph: Graph, nodes: Sequence[str]) -> Iterable[Problem]:
    directed = getattr(graph, "is_directed", None)
    if directed is not None and not directed():
        yield Problem("", "its edges have no direction", "give a networkx.DiGraph")
    for node in sorted({node for node in nodes if nodes.count(node) > 1}):
        yield Problem(node, "two nodes read like this", "give one of them another name")


def _said(node: str, attributes: Mapping[str, object], keys: Sequence[str]) -> dict[str, JsonValue]:
    """Of a node's attributes those that say which entry it is; graphs have many others."""
    said = {key: _plain(attributes[key]) for key in keys if attributes.get(key) is not None}
    placed = said.keys() & {"record", "file", "entry"}
    return said if placed else {"record": node, **said}


def _plain(value: object) -> JsonValue:
    if isinstance(value, dict):
        return {str(key): None if one is None else str(one) for key, one in value.items()}
    return [str(one) for one in value] if isinstance(value, list | tuple) else str(value)


def _misplaced(of_type: Mapping[str, str], inputs: Mapping[str, list[str]]) -> Iterable[Problem]:
    for node, kind in of_type.items():
        if kind not in {"input", "task", "output"}:
            yield Problem(node, f"the type {kind} is not known", "write input, task or output")
        elif kind == "input" and inputs[node]:
            yield Problem(node, "something goes into an input", "turn the edge round")
        elif kind == "output" and len(inputs[node]) != 1:
            said = f"{len(inputs[node])} edges lead to an output"
            yield Problem(node, said, "let one task give it")


def from_records(
    folder: str | Path, edges: Iterable[tuple[str, str]], *, name: str = ""
) -> Workflow:
    """A workflow of the records in a folder.

    Args:
        folder: A folder of record folders.
        edges: Which record's outcome goes into which record, by the names of their folders.
        name: What the workflow is called; like the folder unless given.

    Raises:
        RecordError: An edge names no record of the folder; carries every problem.
        ConfigError: There are no edges.
    """
    place, pairs = Path(folder), list(edges)
    if not pairs:
        raise ConfigError("a workflow needs edges", advice="Give --edge DFT-1:DFT-2, or several.")
    known = {one.name: one for one in find_records(place, recursive=False)}
    called = name or place.absolute().name
    lacking = [one for one in dict.fromkeys(x for pair in pairs for x in pair) if one not in known]
    _refuse((_no_record(one, known) for one in lacking), str(folder))
    inputs: dict[str, list[str]] = {}
    for source, target in dict.fromkeys(pairs):
        inputs.setdefault(source, [])
        inputs.setdefault(target, []).append(source)
    tasks = {
        one: Task(record=str(known[one]), inputs=tuple(inputs[one]))
        for one in known
        if one in inputs
    }
    return Workflow(name=called, tasks=tasks)


def _no_record(name: str, known: Mapping[str, Path]) -> Problem:
    meant = nearest(name, known)
    advice = f"did you mean {meant}?" if meant else f"there are: {', '.join(known)}"
    return Problem(f"edge {name}", "there is no record of this name", advice)


def _refuse(problems: Iterable[Problem], name: str) -> None:
    found = [
        Problem(one.path, one.message, one.advice, one.severity, record=name) for one in problems
    ]
    if found:
        raise RecordError(found, "this makes no workflow")
