"""Workflows as NOMAD has them: the file of one, and what entries offer to one.

Seen on NOMAD 1.3.17 and 2.0.0: what a reference leads to is not looked at. An upload with
references to nothing, or to a section that an entry lacks, is a SUCCESS without an error or a
warning. A task that names no inputs or outputs gets those of the task that it refers to, but in
references that lead into the workflow's own entry, so that all are written out here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import yaml

from publishkit.entryfiles import Offer, SectionLink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.entryfiles import TaskLink

__all__ = [
    "MOST",
    "WANTED",
    "answered",
    "has",
    "is_archive",
    "offer_of",
    "read_archive",
    "required",
    "workflow_bytes",
]

_MADE: Final = "# Made by publishkit workflow build, which writes this file anew."
_DEFINITIONS: Final = "nomad.datamodel.metainfo.workflow"
_TASK: Final = "workflow2"
_RESULTS: Final = ("data", "run/0", _TASK)
"""Where it stands what came out, the likeliest first: in the entries of electronic notebooks and
newer parsers, in those of older parsers, and at least in the task itself."""
WANTED: Final[dict[str, JsonValue]] = {
    "data": {"m_def": "*"},
    "run": {"m_def": "*"},
    _TASK: {"name": "*", "inputs": "*", "outputs": "*"},
}
"""What to ask of an entry's archive for `offer_of`."""
_ARCHIVE: Final = re.compile(r".*archive\.(json|ya?ml)")
MOST: Final = 10_000_000
"""Bytes of an archive file that are read here; NOMAD itself reads larger ones."""
_NUMBER: Final = re.compile(r"-?\d+")
_BROKEN: Final = (ValueError, RecursionError, ArithmeticError, AttributeError, LookupError)
"""What JSON and YAML end with, the latter at values that are not what their tags say."""


def workflow_bytes(
    name: str,
    inputs: Sequence[SectionLink],
    outputs: Sequence[SectionLink],
    tasks: Sequence[TaskLink],
) -> bytes:
    """An archive file with a workflow; without `entry_name` the entry is called like the file."""
    workflow: dict[str, JsonValue] = {"m_def": f"{_DEFINITIONS}.Workflow", "name": name}
    workflow |= _links("inputs", inputs) | _links("outputs", outputs)
    workflow["tasks"] = [_task(one) for one in tasks]
    archive = {"metadata": {"entry_name": name}, _TASK: workflow}
    text = yaml.safe_dump(archive, sort_keys=False, allow_unicode=True, width=1000)
    return f"{_MADE}\n{text}".encode()


def _task(task: TaskLink) -> dict[str, JsonValue]:
    kind = "TaskReference" if task.reference else "Task"
    made: dict[str, JsonValue] = {"m_def": f"{_DEFINITIONS}.{kind}", "name": task.name}
    if task.reference:
        made["task"] = task.reference
    return made | _links("inputs", task.inputs) | _links("outputs", task.outputs)


def _links(key: str, links: Sequence[SectionLink]) -> dict[str, JsonValue]:
    each: list[JsonValue] = [{"name": one.name, "section": one.reference} for one in links]
    return {key: each} if each else {}


# ---- what there is to refer to ----


def is_archive(file: str) -> bool:
    """Whether NOMAD takes a file for an archive that is written down, and parses nothing."""
    return _ARCHIVE.fullmatch(file) is not None


def read_archive(content: bytes) -> Mapping[str, JsonValue] | None:
    """An archive file; None if it is too large to be read here.

    Raises:
        ValueError: It is none.
    """
    if len(content) > MOST:
        return None
    try:
        found = _loaded(content)
    except (*_BROKEN, yaml.YAMLError):
        raise ValueError("it is neither JSON nor YAML") from None
    if isinstance(found, dict):
        return found
    raise ValueError("there are no sections in it")


def _loaded(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe too


def required(section: str) -> dict[str, JsonValue]:
    """What to ask of an archive to learn whether it has a section.

    One at a time: of two items of one list NOMAD answers only the last. It takes `outputs[-1]` for
    the last item, and leaves out what is not there (seen on 1.3.17 and 2.0.0).
    """
    wanted: JsonValue = {"m_def": "*"}
    for key in reversed(_keys(section)):
        wanted = {key: wanted}
    return wanted if isinstance(wanted, dict) else {}


def _keys(section: str) -> list[str]:
    """`workflow2/outputs/-1` as NOMAD's queries say it: `workflow2`, `outputs[-1]`."""
    keys: list[str] = []
    for part in section.split("/"):
        if keys and _NUMBER.fullmatch(part):
            keys[-1] += f"[{part}]"
        else:
            keys.append(part)
    return keys


def has(archive: Mapping[str, JsonValue], section: str) -> bool:
    """Whether an archive has a section."""
    here: JsonValue = dict(archive)
    for part in section.split("/"):
        here = _below(here, part)
    return isinstance(here, dict)


def answered(archive: Mapping[str, JsonValue], section: str) -> bool:
    """Whether NOMAD's answer to `required` has the section, be it the only item of its list."""
    return has(archive, "/".join("0" if _NUMBER.fullmatch(s) else s for s in section.split("/")))


def _below(here: JsonValue, part: str) -> JsonValue:
    if isinstance(here, dict):
        return here.get(part)
    if isinstance(here, list) and _NUMBER.fullmatch(part):
        number = int(part)
        return here[number] if -len(here) <= number < len(here) else None
    return None


def offer_of(
    archive: Mapping[str, JsonValue], missing: Iterable[str], absolute: Callable[[str], str]
) -> Offer:
    """What an entry offers.

    Args:
        archive: As a file has it, or as NOMAD answers `WANTED`.
        missing: Sections that it was asked for and has not.
        absolute: Makes a reference of the entry's own one that holds in the workflow.
    """
    task = archive.get(_TASK)
    own = task if isinstance(task, dict) else {}
    return Offer(
        task=_TASK if isinstance(task, dict) else "",
        section=next((one for one in _RESULTS if has(archive, one)), ""),
        inputs=_own(own.get("inputs"), absolute),
        outputs=_own(own.get("outputs"), absolute),
        missing=tuple(missing),
    )


def _own(links: JsonValue, absolute: Callable[[str], str]) -> tuple[SectionLink, ...]:
    found: list[SectionLink] = []
    for number, one in enumerate(links if isinstance(links, list) else [links]):
        reference = one.get("section") if isinstance(one, dict) else None
        if isinstance(one, dict) and isinstance(reference, str) and "#" in reference:
            found.append(SectionLink(str(one.get("name") or number + 1), absolute(reference)))
    return tuple(found)
