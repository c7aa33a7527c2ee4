"""Records of other tools: their metadata file stands where `record_metadata.json` is missing.

A backend declares which files these are (`publishkit.hooks.ForeignMetadata`). The record is the
folder with the data; the metadata file lies in it or beside it, and is translated whenever it is
read, so that the other tool's user goes on editing it. Where there is a `record_metadata.json`, it
alone counts.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from publishkit import plugins
from publishkit.datafiles import METADATA_FILE
from publishkit.errors import Problem, RecordError, Severity
from publishkit.ignored import is_litter
from publishkit.smallfiles import read_small
from publishkit.validation import Parsed, parse
from publishkit.validation.nearest import nearest
from publishkit.yamlfile import MAX_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel, JsonValue

    from publishkit.hooks import ForeignMetadata
    from publishkit.repository import DataFile

__all__ = [
    "Foreign",
    "foreign_of",
    "is_beside",
    "parsed",
    "record_in",
    "said",
    "translated",
    "with_date",
]

_HEAD: Final = 64_000
"""Bytes in which the keys are looked for."""
_ENOUGH: Final = 3
"""Keys by which a file is known."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Another tool's metadata file."""

    kind: ForeignMetadata
    path: Path


def foreign_of(folder: Path, file: Path | None = None) -> Foreign | None:
    """The other tool's metadata file that stands for a record's: in its folder, or beside it.

    Args:
        folder: The record's folder; with a `record_metadata.json`, that alone counts.
        file: The file itself, where it has a name of its own.
    """
    if os.path.lexists(folder / METADATA_FILE):
        return None
    place = _absolute(folder)
    for kind in _kinds():
        for path in [file] if file else [place / kind.file, place.parent / kind.file]:
            if _is_one(path, kind):
                return Foreign(kind, path)
    return None


def record_in(folder: Path) -> Path | None:
    """The record whose metadata file of another tool lies in a folder, or None.

    Raises:
        RecordError: It cannot be told which folder holds the data.
    """
    for kind in _kinds():
        if not _is_one(folder / kind.file, kind):
            continue
        data = folder / kind.data
        if data.is_dir():
            return data
        _refuse_unclear(folder, kind)
        return folder
    return None


def is_beside(folder: Path, *, usual: bool) -> bool:
    """Whether another tool's metadata file lies beside a folder without any of its own.

    Args:
        folder: The folder.
        usual: Whether it must have the name that the tool's users give to a folder of data.
    """
    place = _absolute(folder)
    return any(
        (place.name == kind.data or not usual) and _is_one(place.parent / kind.file, kind)
        for kind in _kinds()
    )


def _refuse_unclear(folder: Path, kind: ForeignMetadata) -> None:
    """The tool was told where the data are; one folder with everything in it is clear as well."""
    inner = sorted(e.name for e in os.scandir(folder) if e.is_dir() and not is_litter(e.name))
    if inner:
        raise RecordError(
            [],
            f"{folder / kind.file} says what the record is, but not which folder holds its files",
            advice=f"Name the folder with the data, such as {folder / inner[0]}.",
        )


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))  # noqa: PTH100 - pathlib's keeps `..`


def _kinds() -> list[ForeignMetadata]:
    each = plugins.backends().values()
    return [backend.foreign_metadata for backend in each if backend.foreign_metadata]


def _is_one(path: Path, kind: ForeignMetadata) -> bool:
    """Whether a file is one of this tool's, though it be malformed."""
    try:
        head = read_small(path, MAX_BYTES)[:_HEAD]
    except OSError:
        return False
    known = "|".join(map(re.escape, sorted(kind.keys)))
    pattern = rf"""(?m)(?:^|[{{,])[ \t]*["']?({known})["']?[ \t]*:"""
    found = set(re.findall(pattern, head.decode("utf-8-sig", "replace")))
    return len(found) >= _ENOUGH and not kind.telling.isdisjoint(found)


# ---- what it says ----


def parsed(
    found: Foreign,
    folder: Path,
    blocks: Mapping[str, type[BaseModel]],
    today: dt.date | None,
) -> Parsed:
    """The record that another tool's file describes, and everything that is wrong with it."""
    value, problems = translated(found, folder)
    if value is None:
        return Parsed(None, tuple(problems))
    dated = with_date(value)
    made = parse(json.dumps(dated).encode(), blocks=blocks, today=today)
    if made.record and dated != value:
        made.record._undated = True  # noqa: SLF001 - it is made here
    known = {_key(problem.path) for problem in problems if problem.severity is Severity.ERROR}
    for one in made.problems:
        named = replace(one, path=_named(one.path, found, folder))
        silent = known if one.severity is Severity.ERROR else found.kind.words
        problems += [named] if _key(named.path) not in silent else []
    return Parsed(made.record, (*problems, _notice(found, folder)))


def translated(found: Foreign, folder: Path) -> tuple[dict[str, JsonValue] | None, list[Problem]]:
    """What a `record_metadata.json` would say, and everything that is wrong, by the file's keys."""
    where = _shown(found.path, folder)
    try:
        value, problems = read_yaml(read_small(found.path, MAX_BYTES))
    except OSError as error:
        return None, [Problem(where, f"cannot be read: {error.strerror}", "make it readable")]
    made: Mapping[str, JsonValue] | None = None
    if isinstance(value, dict):
        made, wrong = found.kind.translate(value)
        problems += [*wrong, *_unknown(value, found.kind)]
    elif not problems:
        problems.append(Problem("", "no keys with values", 'write "title: ..." and so on'))
    named = [replace(one, path=f"{where}: {one.path}" if one.path else where) for one in problems]
    return (dict(made) if made is not None else None), named


def _unknown(value: Mapping[str, JsonValue], kind: ForeignMetadata) -> Iterable[Problem]:
    missing = kind.keys - value.keys()
    for key in value.keys() - kind.keys:
        if meant := nearest(key, missing):
            yield Problem(key, "an unknown key", f"did you mean {meant}?")
        else:
            advice = f"write it into {METADATA_FILE}: publishkit convert makes one of this file"
            yield Problem(key, f"{kind.tool} passes over it", advice, Severity.WARNING)


def with_date(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """With today's date where there is none, as tools do that have no word for it."""
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or "publication_date" in metadata:
        return value
    today = dt.datetime.now().astimezone().date().isoformat()
    return {**value, "metadata": {**metadata, "publication_date": today}}


def _named(path: str, found: Foreign, folder: Path) -> str:
    """A path of `record_metadata.json` by the key from which it comes."""
    for ours, theirs in found.kind.names.items():
        if path == ours or path.startswith((f"{ours}.", f"{ours}[")):
            path = (theirs + path[len(ours) :]).lstrip(".")
            break
    return f"{_shown(found.path, folder)}: {path}"


def _key(path: str) -> str:
    """The key at the top level of the file."""
    return path.rpartition(": ")[2].partition("[")[0].partition(".")[0]


def _notice(found: Foreign, folder: Path) -> Problem:
    said = f"stands for {METADATA_FILE}, as {found.kind.tool} reads it"
    return Problem(_shown(found.path, folder), said, severity=Severity.NOTICE)


def _shown(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, _absolute(folder))).as_posix()


def said(found: Foreign, files: Iterable[DataFile]) -> list[Problem]:
    """What is done with the files otherwise than the tool does."""
    deeper = sum("/" in file.key for file in files)
    if not deeper:
        return []
    message = f"files in sub-folders ({deeper}) are sent too; {found.kind.tool} passes over them"
    return [Problem(".", message, "name those folders in .publishignore", Severity.WARNING)]
