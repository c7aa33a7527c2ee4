"""Change a record's metadata by hand, in a copy that is checked before it is saved."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from publishkit import config as configuration
from publishkit.datafiles import METADATA_FILE
from publishkit.downloading import of_system
from publishkit.errors import ConfigError, RejectedError
from publishkit.folder import load_as
from publishkit.ledger import Ledger, ledger_path
from publishkit.metadata_file import Edit
from publishkit.positions import line_of, lines
from publishkit.schema_file import SCHEMA_FILE, place_schema
from publishkit.setting import blocks
from publishkit.smallfiles import read_small
from publishkit.validation import MAX_BYTES
from publishkit.validation.reading import read_json
from publishkit.verbs.push import setting_of
from publishkit.whole_files import write_new

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import BaseModel

    from publishkit.errors import Problem
    from publishkit.repository import DataFile
    from publishkit.setting import Setting

__all__ = ["Editing", "begin", "left_behind"]

_COPY: Final = ".record_metadata.edit"
"""How a copy's name begins; hidden, so that it is never sent, and beside the schema."""
_MOST_COPIES: Final = 100
_PARTS: Final = frozenset({"access", "custom_fields", "metadata", "pids"})


@dataclass(frozen=True)
class Editing:
    """A metadata file that is being changed in a copy."""

    path: Path
    """The file."""
    before: bytes
    """What it held at first."""
    copy: Path
    """What the user changes."""
    setting: Setting
    """The targets for which it must be valid."""

    def read(self) -> bytes:
        """What the user has written.

        Raises:
            OSError: It cannot be read, or is too large; `strerror` says which.
        """
        return read_small(self.copy, MAX_BYTES)

    def check(self, data: bytes) -> list[Problem]:
        """Everything that a push would find wrong in the metadata, by the lines on which it is."""
        loaded = load_as(self.path.parent, data, self._blocks)
        problems = list(loaded.problems)
        if loaded.record:
            for repository in self.setting.repositories.values():
                found = repository.check(loaded.record, loaded.files)
                problems += [one for one in found if self._is_of_metadata(one, loaded.files)]
        where = lines(data.decode("utf-8-sig", "replace"))
        named = [(line_of(one.path, where), one) for one in dict.fromkeys(problems)]
        return [_at(line, one) for line, one in sorted(named, key=lambda pair: pair[0] or 0)]

    def save(self, data: bytes) -> None:
        """Put what was written in the place of the file, and take the copy away.

        Raises:
            RejectedError: The file was changed by others meanwhile, or cannot be written; what was
                written is kept in the copy.
        """
        try:
            Edit(self.path, self.before, data).make()
        except RejectedError as error:
            error.message += f"; what you wrote is kept in {self.copy}"
            folder = shlex.quote(str(self.path.parent))
            error.advice = f"Then run publishkit edit {folder} again to go on with it."
            raise
        self.copy.unlink(missing_ok=True)

    @cached_property
    def _blocks(self) -> dict[str, type[BaseModel]]:
        return blocks()

    def _is_of_metadata(self, problem: Problem, files: Sequence[DataFile]) -> bool:
        """Whether it can be mended in the metadata; `publishkit validate` names the rest."""
        if any(file.key == problem.path for file in files):
            return False
        return problem.path.partition(".")[0].partition("[")[0] in _PARTS | self._blocks.keys()


def _at(line: int | None, problem: Problem) -> Problem:
    return replace(problem, record=f"line {line}") if line and problem.path else problem


def begin(
    folder: Path, to: Sequence[str], *, links: Path | None = None, go_on: Path | None = None
) -> Editing:
    """Make the copy that the user changes.

    Args:
        folder: The record's folder.
        to: The targets for which it must be valid; those that it is on if empty, or else `local`.
        links: The links file, instead of the one that knows the folder.
        go_on: The copy of an earlier edit to go on with, instead of a new one.

    Raises:
        ConfigError: There is no metadata to edit, it cannot be read, or the folder not be written.
    """
    path = folder / METADATA_FILE
    before = _content(path)
    setting = setting_of(to or _targets_of(folder, links))
    try:
        copy = go_on or _new_copy(path, before)
        if _asks_for_schema(before):
            place_schema(folder, blocks())
    except OSError as error:
        raise of_system(error) from error
    return Editing(path, before, copy, setting)


def left_behind(folder: Path) -> Path | None:
    """The copy of an earlier edit that did not end, if there is one; of several the newest."""
    found = [one for one in _copies(folder) if one.is_file() and not one.is_symlink()]
    newest = max(found, key=lambda one: one.stat().st_mtime, default=None)
    if newest is None:
        return None
    try:
        same = read_small(newest, MAX_BYTES) == read_small(folder / METADATA_FILE, MAX_BYTES)
    except OSError:
        same = False
    return None if same else newest


def _copies(folder: Path) -> list[Path]:
    return [folder / f"{_COPY}{n}.json" for n in ("", *(f"-{k}" for k in range(2, _MOST_COPIES)))]


def _new_copy(path: Path, content: bytes) -> Path:
    for copy in _copies(path.parent):
        try:
            write_new(copy, content, mode=0o600)
        except FileExistsError:
            continue
        return copy
    raise ConfigError(
        f"{path.parent} has {_MOST_COPIES} copies of edits that did not end",
        advice=f"Look at {_COPY}*.json there, and delete them.",
    )


def _content(path: Path) -> bytes:
    try:
        return read_small(path, MAX_BYTES, within=path.parent)
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path} is not there",
            advice=f"Begin one: publishkit init {shlex.quote(str(path.parent))}",
        ) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError(
            f"{path} cannot be edited: {why}", advice="Put a file there that can be read."
        ) from error


def _asks_for_schema(content: bytes) -> bool:
    value, _ = read_json(content)
    return isinstance(value, dict) and value.get("$schema") == SCHEMA_FILE


def _targets_of(folder: Path, links: Path | None) -> list[str]:
    """The targets that a folder has deposits on, as far as they are configured here."""
    ledger = Ledger.read(ledger_path(folder.absolute(), links))
    known = configuration.load().targets
    found = {
        known[row.target].database: row.target
        for row in ledger.rows_of(ledger.name_of(folder.absolute()))
        if row.target in known
    }
    return list(found.values()) or ["local"]
