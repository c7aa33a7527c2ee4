"""YAML becomes a workflow, and all that is wrong with it is named at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from publishkit.errors import ConfigError, Problem, RecordError
from publishkit.smallfiles import read_small
from publishkit.validation.nearest import nearest
from publishkit.validation.shape import fit
from publishkit.workflows.model import Place, Task, Workflow
from publishkit.yamlfile import MAX_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

__all__ = ["made_of", "read"]

_NEEDED: Final = {
    "name": "what the workflow is called",
    "tasks": "such as {relax: {record: DFT-1}, bands: {record: DFT-2, inputs: [relax]}}",
}


def read(path: str | Path) -> Workflow:
    """The workflow that a YAML file describes.

    Args:
        path: The file; `publishkit schema --of workflow` says what may be in it.

    Raises:
        ConfigError: It cannot be read.
        RecordError: It describes none; carries every problem.
    """
    try:
        data = read_small(Path(path), MAX_BYTES)
    except OSError as error:
        raise ConfigError(
            f"the workflow {path} cannot be read: {error.strerror}",
            advice="Give a YAML file with tasks, or a folder of records with --edge.",
        ) from error
    value, problems = read_yaml(data)
    workflow = None
    if not problems or value is not None:
        workflow, found = _fitted(value)
        problems = [*problems, *found]
    if workflow is None or problems:
        named = [replace(one, record=str(path)) for one in problems]
        raise RecordError(named, "the workflow cannot be read")
    return workflow


def made_of(value: Mapping[str, JsonValue], name: str) -> Workflow:
    """The workflow that this says; `name` is how problems call it. Raises as `read`."""
    workflow, problems = _fitted(dict(value))
    if workflow is None:
        raise RecordError([replace(one, record=name) for one in problems], "this is no workflow")
    return workflow


def _fitted(value: JsonValue) -> tuple[Workflow | None, list[Problem]]:
    workflow, found = fit(Workflow, value)
    return workflow, [_advised(one) for one in found]


def _advised(problem: Problem) -> Problem:
    if problem.message == "missing" and problem.path in _NEEDED:
        return replace(problem, advice=f"write {_NEEDED[problem.path]}")
    if problem.message == "unknown key":
        return replace(problem, advice=_meant(problem.path))
    if "match pattern" in problem.message:
        advice = "write it as the archive has it, such as data or run/0/calculation/-1"
        return replace(problem, message="this is not the path of a section", advice=advice)
    return problem


def _meant(path: str) -> str:
    """What an unknown key was probably meant to be, among those that are known where it is."""
    place, _, key = path.rpartition(".")
    kind = {"tasks": Task, "inputs": Place}.get(place.partition(".")[0], Workflow)
    meant = nearest(key, kind.model_fields)
    return f"did you mean {meant}?" if meant else f"known here: {', '.join(kind.model_fields)}"
