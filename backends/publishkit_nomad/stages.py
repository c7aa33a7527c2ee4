"""Which files must wait until NOMAD has processed others, since their entries refer to these.

NOMAD processes the entries of one zip side by side, and looks at what an entry refers to while it
processes that entry (seen on 1.3.17 and 2.0.0). What is not processed yet is read from its file
alone, so that an experiment's workflow lacks the tasks of such steps. And while another process
just writes it, the entry that refers to it ends with the error `could not normalize section`.
"""

from __future__ import annotations

import json
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

import yaml

from publishkit.bodies import FileBody
from publishkit.errors import IntegrityError
from publishkit_nomad import flows
from publishkit_nomad.zipping import Unmetered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.repository import DataFile, Meter

    Targets = Mapping[str, Mapping[str, int]]

__all__ = ["stages"]

_MOST: Final = 4
"""Zips that one upload is sent in at most: of longer chains the first files go together."""
_PLACES: Final = {"/upload/archive/mainfile/": 1, "/upload/raw/": 0}
"""Where a reference finds a file, and how many zips this must go before. Definitions need only be
there: they are read from the file itself."""
_MARK: Final = b"upload"
"""In every file that has such a reference: the others are not parsed."""


def stages(files: Sequence[DataFile], meter: Meter) -> list[tuple[DataFile, ...]]:
    """The files in groups, each to be sent when those before it are processed.

    Files that refer to one another go together. Where nothing refers to anything, there is one
    group.

    Args:
        files: What is to be sent.
        meter: Ends the look into them.
    """
    found = _levels(_all_targets(files, meter))
    first = max(0, max(found.values(), default=0) + 1 - _MOST)
    groups: list[list[DataFile]] = [[] for _ in range(_MOST)]
    for file in files:
        groups[max(0, found[file.key] - first)].append(file)
    return [tuple(group) for group in groups if group] or [()]


def _levels(targets: Targets) -> dict[str, int]:
    """How many zips each file must wait for."""
    levels: dict[str, int] = {}
    for ring in _rings(targets):
        outside = [
            levels[target] + after
            for key in ring
            for target, after in targets[key].items()
            if target in levels
        ]
        levels |= dict.fromkeys(ring, max(outside, default=0))
    return levels


def _rings(targets: Targets) -> Iterator[set[str]]:
    """The files, those that lead to one another together, after all that they refer to.

    Tarjan's algorithm, without recursion.
    """
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    done = set[str]()
    held: list[str] = []
    left = {key: iter(found) for key, found in targets.items()}
    for start in targets:
        path = [] if start in done else [start]
        while path:
            here = path[-1]
            order.setdefault(here, len(order))
            ahead = next((key for key in left[here] if key not in order), None)
            if ahead is not None:
                path.append(ahead)
                continue
            path.pop()
            held.append(here)
            beside = (lowest.get(key, order[key]) for key in targets[here] if key not in done)
            lowest[here] = min((order[here], *beside))
            if lowest[here] == order[here]:
                ring = {here}
                while held and order[held[-1]] >= order[here]:
                    ring.add(held.pop())
                done |= ring
                yield ring


def _all_targets(files: Sequence[DataFile], meter: Meter) -> Targets:
    """What of these files each refers to."""
    found: dict[str, Mapping[str, int]] = {file.key: {} for file in files}
    for file in files:
        if file.size <= flows.MOST and flows.is_archive(file.key):
            targets = _targets(_content(file, meter)).items()
            found[file.key] = {k: after for k, after in targets if k in found and k != file.key}
    return found


def _content(file: DataFile, meter: Meter) -> bytes:
    meter.advance(0)
    try:
        with closing(FileBody(file, Unmetered())) as body:
            return body.read()
    except (OSError, IntegrityError):
        return b""  # told when the file is sent


def _targets(content: bytes) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in _strings(content) if _MARK in content else ():
        path = text.removeprefix("..")
        for place, after in _PLACES.items():
            if path.startswith(place):
                key = path.removeprefix(place).partition("#")[0]
                found[key] = max(after, found.get(key, 0))
    return found


def _strings(content: bytes) -> Iterator[str]:
    """All strings of an archive file; none, or some, where it is broken, as NOMAD will tell."""
    try:
        left: list[JsonValue] = [json.loads(content)]
    except (ValueError, RecursionError):
        yield from _scalars(content)
        return
    while left:
        here = left.pop()
        if isinstance(here, str):
            yield here
        elif isinstance(here, dict | list):
            left += here.values() if isinstance(here, dict) else here


def _scalars(content: bytes) -> Iterator[str]:
    """Of YAML, without making anything of it: that takes ten times as long."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with suppress(ValueError, yaml.YAMLError):
        for event in yaml.parse(content, Loader=loader):
            if isinstance(event, yaml.ScalarEvent):
                yield event.value
