"""Which files must wait until NOMAD has processed others, since their entries refer to these.

NOMAD processes the entries of one zip side by side, and looks at what an entry refers to while it
processes that entry (seen on 1.3.17 and 2.0.0). What is not processed yet is read from its file
alone, so that an experiment's workflow lacks the tasks of such steps. And while another process
just writes it, the entry that refers to it ends with the error `could not normalize section`.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

from publishkit.bodies import FileBody
from publishkit.errors import IntegrityError
from publishkit_nomad import flows
from publishkit_nomad.zipping import Unmetered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.repository import DataFile

__all__ = ["stages"]

_MOST: Final = 4
"""Zips that one upload is sent in at most: of longer chains the first files go together."""
_BESIDE: Final = "/upload/archive/mainfile/"
_MARK: Final = b"mainfile"


def stages(files: Sequence[DataFile]) -> list[tuple[DataFile, ...]]:
    """The files in groups, each to be sent when those before it are processed.

    Files that refer to one another go together. Where nothing refers to anything, there is one
    group.
    """
    keys = {file.key for file in files}
    targets = {file.key: _targets(file) & keys - {file.key} for file in files}
    waiting = {key: found for key, found in targets.items() if found}
    levels = [keys - waiting.keys()]
    while waiting:
        ready = {key for key, found in waiting.items() if not found & waiting.keys()}
        levels.append(ready or set(waiting))
        waiting = {key: found for key, found in waiting.items() if key not in levels[-1]}
    together = max(1, len(levels) + 1 - _MOST)
    groups = [set[str]().union(*levels[:together]), *levels[together:]]
    return [tuple(f for f in files if f.key in group) for group in groups if group] or [()]


def _targets(file: DataFile) -> set[str]:
    """The files whose entries an archive file refers to by their paths."""
    if file.size > flows.MOST or not flows.is_archive(file.key):
        return set()
    try:
        with closing(FileBody(file, Unmetered())) as body:
            content = body.read()
        archive = flows.read_archive(content) if _MARK in content else None
    except (OSError, IntegrityError, ValueError):
        return set()  # told when the file is sent, or by NOMAD
    return set(_referred(archive)) if archive else set()


def _referred(archive: Mapping[str, JsonValue]) -> Iterator[str]:
    left: list[JsonValue] = list(archive.values())
    seen = set[int]()
    while left:
        here = left.pop()
        if isinstance(here, str):
            place, beside, path = here.partition(_BESIDE)
            if beside and place in {"", ".."}:
                yield path.partition("#")[0]
        elif isinstance(here, dict | list) and id(here) not in seen:
            seen.add(id(here))  # in YAML a section can stand in many places, in itself too
            left += here.values() if isinstance(here, dict) else here
