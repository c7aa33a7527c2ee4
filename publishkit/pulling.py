"""What a pull finds in its folder, and what may be replaced there.

`.publishkit/pulled.jsonl` in the folder says which deposit is pulled there, and what of the
folder's content is no change of the user's: a line a file, the last one counts. Each stands there
before the file does, so that a pull that was killed goes on.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from publishkit.datafiles import METADATA_FILE
from publishkit.downloading import download, in_parallel, knows, part_path, write_text
from publishkit.errors import ConfigError, ConflictError, RejectedError, RepositoryError
from publishkit.foreign import foreign_of
from publishkit.keys import PART_SUFFIX, hostile, inside, obstacles
from publishkit.ledger import STATE_FOLDER
from publishkit.progress import RunMeter
from publishkit.repository import DataFile, Digests
from publishkit.smallfiles import read_small

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from publishkit.abilities import Source
    from publishkit.digests import DigestCache
    from publishkit.progress import PullWatcher
    from publishkit.repository import Meter
    from publishkit.setting import Setting

__all__ = [
    "Local",
    "Notes",
    "Place",
    "Verdict",
    "fetch_all",
    "judge",
    "missing",
    "refuse_hostile",
    "refuse_strange",
    "sweep",
]

_NOTES: Final = "pulled.jsonl"
_MOST: Final = 1 << 28
"""Bytes of the notes; a line has about 200."""


class _Line(BaseModel):
    """A line of the notes: about a file, or, without a key, about the deposit."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    target: str = ""
    url: str = ""
    id: str = ""
    key: str = ""
    sha256: str = ""
    contents: str = ""
    """The deposit's contents when the file was one of them; '' if it no longer is."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which deposit is pulled, and where it is."""

    target: str
    url: str
    id: str
    contents: str
    """Opaque; changes whenever the deposit's files do; '' where that is not known."""


class Notes:
    """What earlier pulls into a folder noted there; with lines added to it. Thread-safe."""

    def __init__(self, folder: Path, lines: Sequence[_Line] = ()) -> None:
        self._folder = folder
        self._path = folder / STATE_FOLDER / _NOTES
        self._lock = Lock()
        self._files = {line.key: line for line in lines if line.key}
        self._about = next((line for line in lines if not line.key), _Line())

    @classmethod
    def read(cls, folder: Path) -> Notes:
        """The notes in a folder; empty where there are none."""
        path = folder / STATE_FOLDER / _NOTES
        lines: list[_Line] = []
        try:
            data = read_small(path, _MOST, within=folder)
        except OSError:
            data = b""
        for line in data.splitlines():
            try:
                lines.append(_Line.model_validate_json(line))
            except ValidationError:
                break  # the torn end of a pull that was killed
        return cls(folder, lines)

    @property
    def id(self) -> str:
        """The id of the deposit that was pulled last; '' if there was none."""
        return self._about.id

    @property
    def target(self) -> str:
        """The name of its target."""
        return self._about.target

    @property
    def url(self) -> str:
        """The URL of its target."""
        return self._about.url

    def of(self, place: Place) -> Notes:
        """These, as far as they count for a deposit: those of another one do not."""
        same = (self.url, self.id) == (place.url, place.id)
        return self if same else Notes(self._folder)

    def is_ours(self, key: str, digests: Digests) -> bool:
        """Whether a file is as it was pulled, or as a pull found that it may be replaced."""
        line = self._files.get(key)
        return line is not None and line.sha256 == digests.sha256

    def is_current(self, key: str, digests: Digests, place: Place) -> bool:
        """Whether a file is what this deposit holds by now, as far as an earlier pull knows."""
        line = self._files.get(key)
        current = line is not None and line.contents == place.contents != ""
        return current and self.is_ours(key, digests)

    def start(self, place: Place, keys: Iterable[str]) -> None:
        """Write down which deposit is pulled, and keep what is known of these keys."""
        wanted = set(keys)
        self._files = {key: line for key, line in self._files.items() if key in wanted}
        self._about = _Line(target=place.target, url=place.url, id=place.id)
        text = "".join(map(_json, (self._about, *self._files.values())))
        write_text(self._folder, self._path, text)

    def note(self, key: str, digests: Digests, contents: str) -> None:
        """Note a file that is about to be put in its place, or that may be replaced."""
        line = _Line(key=key, sha256=digests.sha256, contents=contents)
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            self._files[key] = line
            file.write(_json(line))


def _json(line: _Line) -> str:
    return line.model_dump_json(exclude_defaults=True) + "\n"


# ---- the folder ----


def refuse_strange(folder: Path, place: Place, notes: Notes) -> None:
    """Refuse a folder that is neither new nor empty, nor a record, nor this deposit's.

    One counts as empty where a pull ended before it could note what it pulls.

    Raises:
        ConfigError: It holds something else.
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder", advice="Give a new one.")
    if (notes.url, notes.id) == (place.url, place.id) or (folder / METADATA_FILE).is_file():
        return
    if foreign_of(folder):
        return
    try:
        empty = not notes.id and all(one.name == STATE_FOLDER for one in folder.iterdir())
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be read: {error.strerror}", advice="Give another folder."
        ) from error
    if not empty:
        other = f"a half-pulled {notes.id}" if notes.id else "files that are no record"
        raise ConfigError(
            f"{folder} holds {other}", advice="Give a new or empty folder, or a record's."
        )


def refuse_hostile(
    folder: Path,
    keys: Sequence[str],
    place: Place,
    *,
    reserved: Collection[str] = (),
) -> None:
    """Refuse names that would lead out of the folder or hide something; writes nothing.

    Args:
        folder: Where they are to lie.
        keys: The names of all files.
        place: The deposit, for the message.
        reserved: Names that are not for the deposit's files.

    Raises:
        RejectedError: Names every one.
    """
    wrong = hostile(keys, reserved) or obstacles(folder, keys)
    if wrong:
        named = "; ".join(f"{key!r} ({why})" for key, why in wrong.items())
        raise RejectedError(
            f"{len(wrong)} of the names in {place.id} cannot be written in a folder: {named}",
            target=place.target,
            advice="Nothing was written. Have them renamed there, or download single files "
            "on the archive's page.",
        )


class Verdict(Enum):
    """What becomes of what lies at a file's place."""

    MISSING = auto()
    KEPT = auto()
    """It is what the deposit holds."""
    REPLACED = auto()
    """It differs, and it is no change of the user's."""
    CHANGED = auto()
    """It differs, and it would be lost."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A file of the folder."""

    size: int
    digests: Digests


@dataclass(frozen=True)
class Local:
    """What is known of a folder without the deposit."""

    folder: Path
    notes: Notes
    digests: DigestCache
    sent: frozenset[str] = frozenset()
    """The keys of the files that are as they were last sent to this deposit."""
    holds_sent: bool = False
    """Whether the deposit's files are still those that were last sent."""
    known: dict[str, Digests] = field(default_factory=dict)
    """The digests of the files that were looked at or downloaded."""

    def is_sent(self, key: str) -> bool:
        """Whether a file is as it was last sent."""
        return unicodedata.normalize("NFC", key) in self.sent

    def look(self, key: str, meter: Meter) -> Looked | None:
        """A file of the folder; None if there is none."""
        path = self.folder / key
        try:
            found = path.stat()
        except OSError:
            return None
        file = DataFile(key, path, found.st_size, found.st_mtime_ns)
        self.known[key] = self.digests.digests(file, meter)
        return Looked(found.st_size, self.known[key])

    def read(self, key: str) -> bytes:
        """The content of a file that is not large."""
        path = self.folder / key
        if not inside(self.folder, path):
            raise RejectedError(
                f"{path} is a symbolic link that leads out of the folder",
                advice="Remove it, or pull into another folder.",
            )
        return read_small(path, _MOST, within=self.folder)

    def start(self, verdicts: Mapping[str, Verdict], place: Place) -> None:
        """Note which deposit is pulled, and what may be replaced, should this pull be killed."""
        self.notes.start(place, verdicts)
        for key, verdict in verdicts.items():
            if verdict in {Verdict.REPLACED, Verdict.CHANGED}:
                self.notes.note(key, self.known[key], "")

    def put_text(self, key: str, text: str) -> None:
        """Write a text file, and note it."""
        data = text.encode()
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        self.notes.note(key, Digests(md5, hashlib.sha256(data).hexdigest()), "")
        write_text(self.folder, self.folder / key, text)


def missing(
    local: Local,
    sources: Iterable[Source],
    place: Place,
    meter: Meter,
    *,
    force: bool,
    beside: Mapping[str, Verdict] = MappingProxyType({}),
) -> list[Source]:
    """The files that must be downloaded; what may be replaced is noted.

    Args:
        local: The folder.
        sources: The deposit's files.
        place: The deposit.
        meter: Asked whether to stop.
        force: Whether to overwrite the user's changes.
        beside: What becomes of other files.

    Raises:
        ConflictError: The user changed files; names them all. Nothing was written.
    """
    wanted = {source.key: source for source in sources}
    verdicts = {key: judge(local, source, place, meter) for key, source in wanted.items()}
    verdicts |= beside
    if not force:
        _refuse_changed(verdicts, local.folder, place)
    local.start(verdicts, place)
    return [one for key, one in wanted.items() if verdicts[key] is not Verdict.KEPT]


def judge(local: Local, source: Source, place: Place, meter: Meter) -> Verdict:
    """Compare a file of a folder with the deposit's.

    Where the repository keeps no checksum, they are equal only if their size is, and the file is
    as an earlier pull or push knows it to be in a deposit whose files did not change since.
    """
    found = local.look(source.key, meter)
    if found is None:
        return Verdict.MISSING
    if source.size in {None, found.size} and _equal(local, source, place, found.digests):
        return Verdict.KEPT
    may = local.is_sent(source.key) or local.notes.is_ours(source.key, found.digests)
    return Verdict.REPLACED if may else Verdict.CHANGED


def _equal(local: Local, source: Source, place: Place, digests: Digests) -> bool:
    if source.checksum and knows(source.checksum):
        return digests.match(source.checksum)
    as_sent = local.holds_sent and local.is_sent(source.key)
    return as_sent or local.notes.is_current(source.key, digests, place)


def _refuse_changed(verdicts: Mapping[str, Verdict], folder: Path, place: Place) -> None:
    changed = [key for key, verdict in verdicts.items() if verdict is Verdict.CHANGED]
    if changed:
        raise ConflictError(
            f"{folder} differs from {place.id} in {', '.join(map(repr, changed))}",
            target=place.target,
            advice="Nothing was written. Overwrite them by --force, move them away, or pull into "
            "a new folder. (Where an archive keeps no checksums, files that were not pulled or "
            "pushed by publishkit count as different.)",
        )


def fetch_all(
    local: Local, sources: Sequence[Source], place: Place, watcher: PullWatcher, setting: Setting
) -> int:
    """Download files side by side, each to its place; gives their size in bytes.

    Raises:
        RejectedError: Names all that were refused, or did not arrive as they are.
        TemporaryError: The connection broke too often.
        Cancelled: The user stopped the run.
    """
    meter = RunMeter(setting.stop, watcher.received)

    def fetch(source: Source) -> int:
        size = _fetch(local, source, place, meter)
        watcher.arrived(1)
        return size

    tasks = [partial(fetch, source) for source in sources]
    return sum(in_parallel(tasks, setting.stop, setting.workers))


def _fetch(local: Local, source: Source, place: Place, meter: Meter) -> int:
    path = local.folder / source.key
    version = source.checksum if knows(source.checksum) else place.contents
    part = part_path(path, [place.url, place.id, source.key, str(source.size), str(version)])
    if not version:  # what an earlier run left could be of another content
        part.unlink(missing_ok=True)
    try:
        local.known[source.key] = download(source, local.folder, path, part, meter)
    except RepositoryError as error:
        error.target = error.target or place.target
        raise
    size = part.stat().st_size
    local.notes.note(source.key, local.known[source.key], place.contents)
    part.replace(path)
    return size


def sweep(folder: Path) -> None:
    """Remove what downloads of something else have left half done."""
    for here, _, names in os.walk(folder):
        for name in names:
            if name.startswith(".") and name.endswith(PART_SUFFIX):
                (Path(here) / name).unlink(missing_ok=True)
