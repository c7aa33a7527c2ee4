"""The files of an upload: what there is, what publishkit adds to the user's, what to send."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from publishkit.errors import TemporaryError
from publishkit_nomad import manifest
from publishkit_nomad.block import block_of
from publishkit_nomad.entry import ENTRY, archive_of
from publishkit_nomad.manifest import MANIFEST, Line
from publishkit_nomad.targets import NAME
from publishkit_nomad.wishes import Layout, entry_wishes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from publishkit.abilities import Member
    from publishkit.model import Record
    from publishkit.repository import DataFile
    from publishkit_nomad.api import NomadApi

__all__ = ["OWN", "RECORD", "Remote", "Sending", "joined", "leftovers", "plan", "walk"]

RECORD: Final = "record_metadata.json"
NOMAD_YAML: Final = "nomad.yaml"
OWN: Final = frozenset({ENTRY, RECORD, MANIFEST})
"""What publishkit puts into every upload, by name."""
_METADATA_FILES: Final = frozenset({NOMAD_YAML, "nomad.yml", "nomad.json"})


_LONGEST: Final = 4096
"""Characters of a path: no system that NOMAD runs on has longer ones."""
_SHOWN: Final = 100


def joined(prefix: str, name: str) -> str:
    """The path of a file in a member's folder, which is the root where there is no prefix."""
    return f"{prefix}/{name}" if prefix else name


@dataclass(frozen=True, slots=True)
class Remote:
    """Every file of an upload, and what the manifest in it says."""

    sizes: Mapping[str, int]
    """In bytes, by path."""
    lines: Mapping[str, Line]

    @classmethod
    def of(cls, api: NomadApi, upload_id: str) -> Remote:
        """Ask for them: one request a folder, and one for the manifest."""
        sizes = dict(walk(api, upload_id, ""))
        content = api.find_raw(upload_id, MANIFEST) if MANIFEST in sizes else None
        return cls(sizes, manifest.load(content))

    def standing(self) -> dict[str, Line]:
        """The lines that still speak of a file in the upload."""
        return {
            key: line
            for key, line in self.lines.items()
            if self.sizes.get(key) == line.size or self.put_away(key)
        }

    def put_away(self, key: str) -> bool:
        """Whether NOMAD replaced the file by a stripped one, as it may with VASP's POTCAR."""
        return key not in self.sizes and _stripped(key) in self.sizes

    def is_own(self, key: str) -> bool:
        """Whether publishkit or NOMAD made the file."""
        if key in OWN or (key in self.lines and self.lines[key].generated):
            return True
        original = key.removesuffix(".stripped")
        return original != key and _stripped(original) == key and key not in self.lines


def _stripped(key: str) -> str:
    """What NOMAD makes of a POTCAR, beside or instead of it."""
    return f"{key}.stripped" if key.rpartition("/")[2].startswith("POTCAR") else ""


def walk(api: NomadApi, upload_id: str, folder: str) -> Iterator[tuple[str, int]]:
    """The path and size in bytes of every file in a folder and below it; `""` is the root.

    Raises:
        TemporaryError: The server lists what no folder can hold.
    """
    left = [folder]
    while left:
        here = left.pop()
        for element in api.folder(upload_id, here):
            path = joined(here, element.name)
            if not _can_be(element.name, path):
                raise TemporaryError(
                    f"the server lists a file that cannot be one: {path[:_SHOWN]!r}",
                    target=api.target,
                )
            if element.is_file:
                yield path, element.size
            else:
                left.append(path)


def _can_be(name: str, path: str) -> bool:
    return name not in {"", ".", ".."} and "/" not in name and len(path) <= _LONGEST


@dataclass(frozen=True, slots=True)
class Sending:
    """What goes into an upload: by one zip, or by some that are sent one after the other."""

    generated: Mapping[str, bytes]
    files: tuple[DataFile, ...]
    standing: Mapping[str, Line]
    """What the manifest says of files that are in the upload already."""

    @property
    def size(self) -> int:
        """The bytes of the user's files."""
        return sum(file.size for file in self.files)


def leftovers(layout: Layout, remote: Remote, files: Sequence[DataFile]) -> list[str]:
    """What publishkit made for records or entries that are wanted no longer."""
    coming = {file.key for file in files}
    own = _generated(layout, {*remote.sizes, *coming}, remote)
    made = {key for key, line in remote.lines.items() if line.generated and key in remote.sizes}
    return sorted(made - own.keys() - coming)


def plan(layout: Layout, remote: Remote, files: Sequence[DataFile]) -> Sending | None:
    """What must be sent so that the upload holds `files` and is up to date besides."""
    standing = remote.standing()
    own = _generated(layout, {*remote.sizes, *(file.key for file in files)}, remote)
    outdated = {
        key: content
        for key, content in own.items()
        if key not in standing or standing[key].sha256 != hashlib.sha256(content).hexdigest()
    }
    forgotten = remote.lines.keys() - standing.keys()
    if not outdated and not files and not forgotten:
        return None
    return Sending(generated=outdated, files=tuple(files), standing=standing)


def _generated(layout: Layout, present: set[str], remote: Remote) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for member in layout.members:
        record, prefix = member.record, member.prefix
        made[joined(prefix, RECORD)] = _record_file(record)
        if block_of(record).entry:
            made[joined(prefix, ENTRY)] = archive_of(record)
        if prefix and not _has_metadata_file(prefix, present, remote):
            made[joined(prefix, NOMAD_YAML)] = _nomad_yaml(member)
    return made


def _record_file(record: Record) -> bytes:
    """The record without the backends' blocks, which hold e-mail addresses.

    A name of the upload's own stays, so that `describe` tells it from a title edited later.
    """
    body = record.body()
    name = block_of(record).upload_name
    if name is not None:
        body[NAME] = {"upload_name": name}
    return (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode()


def _has_metadata_file(prefix: str, present: set[str], remote: Remote) -> bool:
    """Whether the user brought one."""
    keys = present & {joined(prefix, name) for name in _METADATA_FILES}
    return any(not remote.is_own(key) for key in keys)


def _nomad_yaml(member: Member) -> bytes:
    """What NOMAD applies to the entries of a folder when it first processes them.

    JSON is YAML. Of datasets, those that exist count.
    """
    wishes = entry_wishes(member.record)
    wished = {
        "comment": wishes.comment,
        "references": wishes.references,
        "datasets": wishes.datasets,
    }
    said = {name: value for name, value in wished.items() if value}
    return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode()
