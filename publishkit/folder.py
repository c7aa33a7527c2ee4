"""Folders become records: which ones there are, and what is in each."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit import foreign
from publishkit.datafiles import METADATA_FILE, data_files
from publishkit.errors import Problem, RecordError, Severity
from publishkit.ignored import is_litter
from publishkit.smallfiles import read_small
from publishkit.text import natural
from publishkit.validation import MAX_BYTES, parse, too_large
from publishkit.validation.nearest import nearest

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import BaseModel, JsonValue

    from publishkit.model import Record
    from publishkit.repository import DataFile, Digests

__all__ = [
    "METADATA_FILE",
    "Loaded",
    "data_files",
    "find_records",
    "fingerprint",
    "load",
    "load_as",
]

_log = logging.getLogger(__name__)


# ---- which records there are ----


def find_records(path: Path, *, recursive: bool) -> list[Path]:
    """The record folders that `path` stands for, in natural order (2 before 10).

    A folder with a `record_metadata.json` is a record; what lies below it is its data. So is the
    data folder of another tool's metadata file (`publishkit.foreign`). Any other folder stands for
    the records right below it or, with `recursive`, at any depth.

    Args:
        path: A record's folder, or a folder of them.
        recursive: Whether to look deeper than one level.

    Raises:
        RecordError: There is no such folder, or no record in it.
    """
    _refuse_no_folder(path)
    if _is_record(path) or foreign.is_beside(path, usual=True):
        return [path]
    if inner := foreign.record_in(path):
        return [inner]
    found = sorted(_search(path, deep=recursive), key=lambda one: natural(one.parts))
    if not found and foreign.is_beside(path, usual=False):
        return [path]
    if not found:
        raise _no_record(path, recursive=recursive)
    if not recursive:
        _mention_others(path, found)
    return found


def _refuse_no_folder(path: Path) -> None:
    if path.is_dir():
        return
    if path.name == METADATA_FILE and path.is_file():
        raise _refused(path, "this is a record's metadata file", f"Give its folder: {path.parent}")
    if path.exists():
        raise _refused(
            path, "this is not a folder", f"Give the folder in which {METADATA_FILE} lies."
        )
    if path.is_symlink():
        raise _refused(path, "this symbolic link leads nowhere", "Give the folder itself.")
    raise _refused(path, "there is no such folder", f"Looked for it in {Path.cwd()}.")


def _refused(path: Path, message: str, advice: str) -> RecordError:
    return RecordError([], f"{path}: {message}", advice=advice)


def _is_record(folder: Path) -> bool:
    return os.path.lexists(folder / METADATA_FILE)


def _search(folder: Path, *, deep: bool) -> Iterator[Path]:
    """Every real folder once, even where symbolic links lead to it again."""
    seen = {os.path.realpath(folder)}
    left = _subfolders(folder)
    while left:
        one = left.pop(0)
        real = os.path.realpath(one)
        if real in seen:
            continue
        seen.add(real)
        if record := one if _is_record(one) else foreign.record_in(one):
            yield record
        elif deep:
            left += _subfolders(one)


def _subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, symbolic links last."""
    try:
        with os.scandir(folder) as entries:
            found = [e for e in entries if e.is_dir() and not is_litter(e.name)]
    except OSError as error:
        _log.warning("%s cannot be read (%s) and is left out", folder, error.strerror)
        return []
    found.sort(key=lambda entry: (entry.is_symlink(), natural([entry.name])))
    return [folder / entry.name for entry in found]


def _mention_others(path: Path, found: Iterable[Path]) -> None:
    records = set(found)
    others = [sub.name for sub in _subfolders(path) if sub not in records]
    if others:
        named = ", ".join(others[:10]) + (", ..." if len(others) > 10 else "")  # noqa: PLR2004
        _log.warning("no %s in %s of %s: left out", METADATA_FILE, named, path)


def _no_record(path: Path, *, recursive: bool) -> RecordError:
    deeper = None if recursive else next(_search(path, deep=True), None)
    message = f"there is no {METADATA_FILE} in this folder or in a folder in it"
    if deeper:
        lower = deeper.relative_to(path)
        return _refused(path, message, f"There is one deeper, in {lower}: add --recursive.")
    for folder in (path, *_subfolders(path)):
        names = [name for name in _names(folder) if name.casefold().endswith("json")]
        if (close := nearest(METADATA_FILE, names)) or (close := _like(names)):
            advice = f"Rename {folder / close} to {METADATA_FILE} if that is the metadata."
            return _refused(path, message, advice)
    return _refused(path, message, f"Write one: a folder with a {METADATA_FILE} is a record.")


def _like(names: Iterable[str]) -> str | None:
    return next((name for name in names if "metadata" in name.casefold()), None)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


# ---- what is in one ----


@dataclass(frozen=True, slots=True)
class Loaded:
    """A folder, read."""

    record: Record | None
    """None if the metadata makes no record; it may be there beside errors."""
    files: tuple[DataFile, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether it can be sent."""
        return not any(problem.severity is Severity.ERROR for problem in self.problems)


def load(
    folder: Path,
    name: str,
    blocks: Mapping[str, type[BaseModel]],
    *,
    today: dt.date | None = None,
) -> Loaded:
    """Read a record's folder and find everything that is wrong with it.

    Args:
        folder: The record's folder.
        name: How problems name the record.
        blocks: The models of the backends' blocks by name.
        today: Which embargoes are over, in UTC; now if not given.
    """
    other = foreign.foreign_of(folder)
    if other:
        read = foreign.parsed(other, folder, blocks, today)
        record, problems = read.record, list(read.problems)
    else:
        record, problems = _metadata(folder, blocks, today)
    files, wrong = data_files(folder)
    more = foreign.said(other, files) if other else ()
    loaded = _beside(record, [*problems, *wrong, *more], files)
    return replace(loaded, problems=tuple(replace(one, record=name) for one in loaded.problems))


def load_as(folder: Path, metadata: bytes, blocks: Mapping[str, type[BaseModel]]) -> Loaded:
    """Read a record's folder as if this were its metadata file.

    Names what is wrong with the metadata, and not what is wrong with the data files.
    """
    parsed = parse(metadata, blocks=blocks)
    return _beside(parsed.record, parsed.problems, data_files(folder)[0])


def _beside(
    record: Record | None, problems: Iterable[Problem], files: Sequence[DataFile]
) -> Loaded:
    """A record beside its data files, which decide some of what it says."""
    if record is None:
        return Loaded(None, tuple(files), tuple(problems))
    told = record.files.model_copy(update={"enabled": bool(files)})
    whole = record.model_copy(update={"files": told})
    return Loaded(whole, tuple(files), (*problems, *_contradictions(record, files)))


def _metadata(
    folder: Path, blocks: Mapping[str, type[BaseModel]], today: dt.date | None
) -> tuple[Record | None, list[Problem]]:
    path = folder / METADATA_FILE
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        wrong = Problem(
            METADATA_FILE,
            "a symbolic link that leads out of the record's folder",
            "put the file itself here",
        )
        return None, [wrong]
    try:
        if not stat.S_ISREG((found := path.stat()).st_mode):
            return None, [Problem(METADATA_FILE, "not a file", "write the metadata into a file")]
        if found.st_size > MAX_BYTES:
            return None, [too_large(found.st_size)]
        parsed = parse(read_small(path, MAX_BYTES, within=folder), blocks=blocks, today=today)
    except OSError as error:
        why = f"cannot be read: {error.strerror}"
        return None, [Problem(METADATA_FILE, why, "make it a readable file")]
    return parsed.record, list(parsed.problems)


def _contradictions(record: Record, files: Iterable[DataFile]) -> Iterator[Problem]:
    keys = {file.key for file in files}
    if record.files.enabled is False and keys:
        yield Problem(
            "files.enabled",
            f"false, but there are data files ({len(keys)})",
            "leave it out, or take the files away",
        )
    if record.files.enabled and not keys:
        yield Problem(
            "files.enabled",
            "true, but there are no data files",
            "leave it out, or put files beside the metadata",
        )
    named = {"files.default_preview": record.files.default_preview}
    named |= {f"files.order[{n}]": key for n, key in enumerate(record.files.order)}
    for path, key in named.items():
        if key and key not in keys:
            meant = nearest(key, keys)
            advice = f"did you mean {meant}?" if meant else "write the key of a file"
            yield Problem(path, f'there is no file "{key}"', advice, Severity.WARNING)


def fingerprint(record: Record, files: Mapping[str, Digests]) -> str:
    """What a deposit is to hold, in one word: equal for equal metadata, blocks and files.

    How the JSON is written, and in which order, does not matter; nor do keys that an archive
    adds, which are no part of the record.

    Args:
        record: As `load` gives it.
        files: The digests of each file by key.

    Returns:
        64 hexadecimal digits.
    """
    blocks = {
        name: block.model_dump(mode="json", exclude_unset=True)
        for name, block in record.blocks.items()
    }
    # The SHA-256 stands for the size as well.
    digests = {key: one.sha256 for key, one in files.items()}
    whole = {"record": _said_by_user(record), "blocks": blocks, "files": digests}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _said_by_user(record: Record) -> Mapping[str, JsonValue]:
    """The body without a date that is only today's."""
    body = record.body()
    metadata = body["metadata"]
    if record.undated and isinstance(metadata, dict):
        metadata.pop("publication_date")
    return body
