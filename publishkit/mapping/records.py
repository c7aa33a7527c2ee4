"""What `record_metadata.json` says of a mapped record, and how its folder is written."""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from publishkit import starting
from publishkit.datafiles import METADATA_FILE
from publishkit.downloading import on_disk
from publishkit.errors import ConfigError, Problem, Severity
from publishkit.mapping.composing import STEPS
from publishkit.metadata_file import merged
from publishkit.schema_file import place_schema
from publishkit.smallfiles import read_small
from publishkit.starting import Template
from publishkit.validation import MAX_BYTES, parse
from publishkit.validation.reading import read_json
from publishkit.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import BaseModel, JsonValue

__all__ = ["Folder", "metadata_of"]

_NUMBERED: Final = re.compile(r"\d{2,}-")


def metadata_of(
    folder: Path,
    said: Mapping[str, JsonValue],
    block: Mapping[str, JsonValue],
    template: Template,
    blocks: Mapping[str, type[BaseModel]],
) -> tuple[bytes, list[Problem]]:
    """The metadata file of a mapped record, and what is wrong with it.

    What stands in the folder already is kept where the mapping says nothing of it.

    Args:
        folder: The record's folder, there or not yet.
        said: What the rules made.
        block: What a record with entries of its own says.
        template: What records have in common.
        blocks: The models of the backends' blocks by name.
    """
    before, problems = _before(folder)
    if problems:
        return b"", problems
    plain, _ = starting.compose({}, Template({}))  # with a day, where nothing else says one
    common, _ = starting.compose({}, template)
    whole = merged({**plain, **block}, before)
    for more in (_said_by(common, template), said):
        whole = merged(whole, more)
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    found = parse(text.encode(), blocks=blocks).problems
    wrong = [replace(one, path=f"{METADATA_FILE}: {one.path}") for one in found]
    return text.encode(), [one for one in wrong if one.severity is Severity.ERROR]


def _said_by(common: dict[str, JsonValue], template: Template) -> dict[str, JsonValue]:
    """What the template says itself, without what every record begins with."""
    metadata = common["metadata"]
    inner = metadata if isinstance(metadata, dict) else {}
    known = {key: one for key, one in inner.items() if key in template.metadata and one != []}
    return {**common, "metadata": known}


def _before(folder: Path) -> tuple[dict[str, JsonValue], list[Problem]]:
    path = folder / METADATA_FILE
    try:
        value, problems = read_json(read_small(path, MAX_BYTES, within=folder))
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [Problem(METADATA_FILE, f"cannot be read: {error.strerror}", "mend it")]
    if not isinstance(value, dict):
        problems = problems or [Problem("", "no JSON object")]
        return {}, [
            replace(one, path=METADATA_FILE, advice="mend it, or take it away") for one in problems
        ]
    return value, []


@dataclass(frozen=True, slots=True)
class Folder:
    """A record's folder with what is to be in it."""

    path: Path
    files: Mapping[str, bytes]
    """By their names in it; others stay, but for those of steps that are no more."""
    entry: str
    """The file of its own entry, by which it is known again."""
    end: str
    """How the names of files of steps end."""

    def write(self, blocks: Mapping[str, type[BaseModel]]) -> bool:
        """Write what differs; a new folder is there as a whole or not at all.

        Args:
            blocks: The models of the backends' blocks by name.

        Returns:
            Whether anything differed.

        Raises:
            ConfigError: It cannot be written.
        """
        self._refuse_links()
        self._refuse_others()
        with on_disk():
            if not self.path.exists():
                self._write_new(blocks)
                return True
            place_schema(self.path, blocks)
            removed = self._remove_old()  # first: the file of the process knows which were made
            changed = [key for key, content in self.files.items() if not self._holds(key, content)]
            for key in changed:
                path = self.path / key
                path.parent.mkdir(exist_ok=True)
                write_whole(path, self.files[key])
            return removed or bool(changed)

    def _write_new(self, blocks: Mapping[str, type[BaseModel]]) -> None:
        fresh = self.path.with_name(f".{self.path.name}.new")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            for key, content in self.files.items():
                path = fresh / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            place_schema(fresh, blocks)
            fresh.rename(self.path)
        except BaseException:
            with suppress(OSError):
                shutil.rmtree(fresh)
            raise

    def _refuse_links(self) -> None:
        """Nothing is written through a symbolic link, which may lead anywhere."""
        for name in ("", STEPS, *self.files):
            path = self.path / name
            if path.is_symlink():
                raise ConfigError(f"{path} is a symbolic link", advice="Put the real thing there.")
            if os.path.lexists(path) and path.is_dir() is not (name in {"", STEPS}):
                raise ConfigError(f"{path} is in the way", advice="Move it away.")

    def _refuse_others(self) -> None:
        """A record that was not mapped is somebody's own, and so are files in a bare folder."""
        if not (self.path / METADATA_FILE).exists():
            for key, content in self.files.items():
                if (self.path / key).exists() and not self._holds(key, content):
                    raise ConfigError(
                        f"{self.path / key} is in the way, and no mapping made it",
                        advice="Move it away, or let the records go elsewhere by --out.",
                    )
        elif not (self.path / self.entry).exists():
            raise ConfigError(
                f"{self.path} is a record that no mapping made, and is left as it is",
                advice="Let the records go elsewhere by --out, or move that one away.",
            )

    def _holds(self, key: str, content: bytes) -> bool:
        path = self.path / key
        return path.is_file() and path.read_bytes() == content

    def _remove_old(self) -> bool:
        """Take away the files of steps that are no more; what else lies there is the user's."""
        folder = self.path / STEPS
        names = [one.name for one in folder.iterdir()] if folder.is_dir() else []
        entry = self.path / self.entry
        known = entry.read_bytes() if entry.is_file() else b""
        old = [
            name
            for name in names
            if _NUMBERED.match(name)
            and name.endswith(self.end)
            and f"{STEPS}/{name}" not in self.files
            and f"{STEPS}/{name}".encode() in known
        ]
        for name in old:
            (folder / name).unlink()
        return bool(old)
