"""Changes a record's `record_metadata.json`, as JSON Merge Patch (RFC 7396) says."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from publishkit.datafiles import METADATA_FILE
from publishkit.errors import RecordError, RejectedError, Severity
from publishkit.smallfiles import read_small
from publishkit.validation import MAX_BYTES, parse
from publishkit.validation.reading import read_json
from publishkit.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pydantic import BaseModel, JsonValue

    from publishkit.model import Record

__all__ = ["Edit", "edit", "making", "merged", "parsed"]


def merged(value: JsonValue, patch: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """An object after a merge patch: null takes a key out, objects go deeper, all else replaces.

    Keys keep their order; new ones come last.
    """
    result = dict(value) if isinstance(value, dict) else {}
    for key, new in patch.items():
        if new is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), new) if isinstance(new, dict) else new
    return result


def parsed(
    value: Mapping[str, JsonValue], name: str, blocks: Mapping[str, type[BaseModel]]
) -> Record:
    """The record that this JSON is.

    Args:
        value: As a `record_metadata.json` has it.
        name: How problems name the record.
        blocks: The models of the backends' blocks by name.

    Raises:
        RecordError: It is not valid.
    """
    found = parse(json.dumps(value).encode(), blocks=blocks)
    problems = [replace(problem, record=name) for problem in found.problems]
    if found.record is None or any(p.severity is Severity.ERROR for p in problems):
        raise RecordError(problems)
    return found.record


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a metadata file, not yet made."""

    path: Path
    old: bytes
    new: bytes

    def make(self) -> None:
        """Write the file anew, whole or not at all.

        Raises:
            RejectedError: It was changed since, or cannot be written.
        """
        try:
            if read_small(self.path, MAX_BYTES) != self.old:
                raise RejectedError(
                    f"{self.path} was changed meanwhile", advice="Run the same command again."
                )
            write_whole(self.path, self.new)
        except OSError as error:
            raise RejectedError(
                f"{self.path} cannot be written: {error.strerror or error}",
                advice="Mend that and run the same command again.",
            ) from error

    def undo(self) -> None:
        """Write what stood there before."""
        write_whole(self.path, self.old)


@contextmanager
def making(edits: Sequence[Edit]) -> Iterator[None]:
    """Make changes; when what follows fails, the files are as they were before.

    Raises:
        RejectedError: A file was changed since, or cannot be written.
    """
    made: list[Edit] = []
    try:
        for one in edits:
            one.make()
            made.append(one)
        yield
    except BaseException:
        for one in made:
            one.undo()
        raise


def edit(
    folder: Path, patch: Mapping[str, JsonValue], blocks: Mapping[str, type[BaseModel]]
) -> Edit | None:
    """The change that a merge patch makes to a record's folder; None if it makes none.

    Args:
        folder: The record's folder.
        patch: The merge patch.
        blocks: The models of the backends' blocks by name.

    Raises:
        RecordError: The metadata is not valid now, or would not be then; nothing was changed.
    """
    path = folder / METADATA_FILE
    try:
        old = read_small(path, MAX_BYTES, within=folder)
    except OSError as error:
        raise RecordError(
            [], f"{path} cannot be read: {error.strerror}", advice="Make it a readable file."
        ) from error
    value, problems = read_json(old)
    if not isinstance(value, dict):
        named = [replace(problem, record=str(folder)) for problem in problems]
        raise RecordError(named, f"{path} holds no record")
    after = merged(value, patch)
    if after == value:
        return None
    parsed(after, str(folder), blocks)
    text = json.dumps(after, indent=2, ensure_ascii=False)
    return Edit(path, old, f"{text}\n".encode())
