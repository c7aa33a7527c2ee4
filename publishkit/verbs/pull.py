"""Pull a deposit into a record folder: its metadata and its files."""

from __future__ import annotations

import os
import unicodedata
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from publishkit import described, pulling
from publishkit import folder as folders
from publishkit.abilities import Download, Entries
from publishkit.datafiles import METADATA_FILE
from publishkit.downloading import in_parallel, on_disk, write_text
from publishkit.errors import ConfigError, Problem, Severity
from publishkit.finding import Found, Keeper, able, find_one, keeping, open_target
from publishkit.keys import hostile
from publishkit.ledger import Ledger, ledger_path
from publishkit.progress import RunMeter
from publishkit.pulling import Local, Notes, Place, Verdict
from publishkit.setting import blocks
from publishkit.showing.choosing import watching_pull
from publishkit.tables import Tabular
from publishkit.text import plural, size
from publishkit.verbs.asking import asking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishkit.abilities import Entry, Source
    from publishkit.progress import PullWatcher
    from publishkit.tables import Cells

__all__ = ["Pulled", "pull"]

ARCHIVES: Final = ".archives"
"""Where the archives of entries lie in a pulled folder: hidden, so that they are no data."""
_ARCHIVES: Final = "give the archives of entries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled(Tabular):
    """What a pull did."""

    folder: Path
    id: str
    target: str
    files: int
    """How many data files were downloaded."""
    bytes: int
    """How much that was."""
    kept: int
    """How many data files were there already."""
    others: tuple[str, ...] = ()
    """Data files of the folder that the deposit has not; they were left alone."""
    known: bool = False
    """Whether a links file knows the deposit, so that it need not be adopted."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with the metadata, which was written all the same."""

    def cells(self) -> Cells:
        """What a table says of it."""
        return {
            "id": self.id,
            "target": self.target,
            "folder": str(self.folder),
            "received": f"{plural(self.files, 'file')}, {size(self.bytes)}",
            "there already": str(self.kept or ""),
            "only here": ", ".join(self.others),
        }


@on_disk()
def pull(
    what: str | Path,
    folder: str | Path | None = None,
    *,
    to: str | None = None,
    links: str | Path | None = None,
    force: bool = False,
    archives: bool = False,
    watcher: PullWatcher | None = None,
    progress: bool | None = None,
) -> Pulled:
    """Download a deposit into a record folder, from which it can be pushed again.

    The metadata is written last; run again it goes on where it stopped, and downloads nothing
    twice. A file that the user changed is not overwritten, and none is deleted. Nothing is
    written outside the folder, whatever the repository calls its files.

    Args:
        what: An id, a DOI, the URL of a page, or a record folder, which is then brought up to date.
        folder: Where to; new, empty, a record's, or of an earlier pull of this deposit. By
            default the folder that `what` is, else one in the current folder called like the id.
        to: The name of the target; needed for an id that no links file near knows.
        links: The links file to use; by default the one that knows the folder.
        force: Whether to overwrite files that differ.
        archives: Whether to get what the repository found in each entry, into `.archives`.
        watcher: Is told how it goes on.
        progress: Whether to show how it goes on, on standard error; by default in notebooks only.

    Raises:
        ConfigError: The folder holds something else or cannot be written, or it is not known what
            is meant.
        UnsupportedError: The target cannot be pulled from.
        NotFoundError: There is no such deposit.
        ConflictError: Files differ; names them all. Nothing was written.
        RejectedError: Names of files would lead elsewhere; names them all. Nothing was written.
        IntegrityError: What came is not what the repository says it has.
        TemporaryError: The connection broke; the same command goes on.
        Cancelled: The user stopped it; likewise.
    """
    path = Path(links) if links else None
    found = _found(what, to, path)
    _refuse_member(found)
    place = Path(folder) if folder is not None else found.folder or _folder_for(found)
    known = found.row is not None
    found = _with_row(found, place, path)
    with ExitStack() as stack:
        stack.enter_context(asking(found.setting, found.target))
        stack.callback(found.setting.digests.close)
        keeper = stack.enter_context(keeping(found))
        told = stack.enter_context(watching_pull(watcher, progress))
        work = _Pull(found, place, told, force=force)
        pulled = work.run(_archives(found) if archives else [])
        if found.row:
            keeper.keep(work.deposit)
            work.keep_state(keeper)
        return replace(pulled, known=known or found.row is not None)


# ---- what is meant ----


def _found(what: str | Path, to: str | None, links: Path | None) -> Found:
    """The deposit that is meant; a folder of an earlier pull tells which one it is."""
    path = Path(what)
    isdir = os.path.isdir(path)  # noqa: PTH112 - pathlib's raises for a name that no file can have
    notes = Notes.read(path) if isdir else None
    if not (notes and notes.id) or Ledger.read(ledger_path(path, links)).knows(path):
        return find_one(what, to, links=links)
    name = to or notes.target
    if not to and "+" in name:  # a folder from elsewhere could have a token sent to any host
        raise ConfigError(f"{path} was pulled from {name}", advice=f"Say so: --to {name}")
    setting, target, repository = open_target(name)
    urls = setting.config.urls_of(target)
    if notes.url not in urls:
        raise ConfigError(
            f"{path} was pulled from {notes.url}, and {name} is {target.url}",
            advice="Pull into another folder, or name the target by --to.",
        )
    return Found(
        setting=setting,
        target=target,
        repository=repository,
        id=notes.id,
        folder=path,
        name=str(path),
        urls=urls,
    )


def _folder_for(found: Found) -> Path:
    """A folder called like the deposit's id, in the current one."""
    if "/" in found.id or hostile([found.id]):
        raise ConfigError(
            f"no folder can be called {found.id!r}", advice="Name the folder to pull into."
        )
    return Path(found.id)


def _refuse_member(found: Found) -> None:
    if found.member:
        raise ConfigError(
            f"{found.name} is one record of the group {found.id}, which can only be pulled whole",
            advice=f"Pull it into a new folder: publishkit pull {found.id} DIR "
            f"--to {found.target.name}",
        )


def _with_row(found: Found, folder: Path, links: Path | None) -> Found:
    """With the row of this folder, if the links file knows it as this deposit's."""
    path = ledger_path(folder, links)
    ledger = Ledger.read(path)
    row = ledger.find(ledger.name_of(folder), found.target, found.urls)
    if row and row.id == found.id:
        return replace(found, folder=folder, ledger=path, row=row)
    return replace(found, folder=folder, ledger=None, row=None)


# ---- the work ----


class _Pull:
    """One pull: everything is looked at first, then downloaded."""

    def __init__(self, found: Found, folder: Path, watcher: PullWatcher, *, force: bool) -> None:
        self.found = found
        self.folder = folder
        self.watcher = watcher
        self.force = force
        self.meter = RunMeter(found.setting.stop, lambda _: None)
        self.repository = able(found.repository, Download, found.target, "be pulled from")
        self.blocks = blocks()
        self.deposit = found.repository.get(found.id)
        contents = self.deposit.contents
        self.place = Place(found.target.name, found.target.url, found.id, contents)
        notes = Notes.read(folder)
        pulling.refuse_strange(folder, self.place, notes)
        self.local = self._local(notes.of(self.place))

    def _local(self, notes: Notes) -> Local:
        row, digests = self.found.row, self.found.setting.digests
        if row is None or not row.sent or not self.folder.is_dir():
            return Local(self.folder, notes, digests)
        loaded = folders.load(self.folder, str(self.folder), self.blocks)
        sent: frozenset[str] = frozenset()
        if loaded.ok and loaded.record:
            each = {f.key: digests.digests(f, self.meter) for f in loaded.files}
            if folders.fingerprint(loaded.record, each) == row.sent:
                sent = frozenset({*each, METADATA_FILE})
        same = row.contents == self.deposit.contents != ""
        return Local(self.folder, notes, digests, sent, holds_sent=same)

    def run(self, archives: Sequence[Entry]) -> Pulled:
        """Look at everything, then download what is not there."""
        sources = self._sources(archives)
        text = self._described()
        metadata = self._judge_metadata(text)
        missing = pulling.missing(
            self.local,
            sources,
            self.place,
            self.meter,
            force=self.force,
            beside={METADATA_FILE: metadata},
        )
        self.watcher.expected(len(missing), sum(source.size or 0 for source in missing))
        nbytes = pulling.fetch_all(
            self.local, missing, self.place, self.watcher, self.found.setting
        )
        self._get(archives)
        if metadata is not Verdict.KEPT:
            self.local.put_text(METADATA_FILE, text)
        pulling.sweep(self.folder)
        return self._pulled({source.key for source in sources}, len(missing), nbytes)

    def _sources(self, archives: Sequence[Entry]) -> list[Source]:
        sources = list(self.repository.sources(self.found.id))
        keys = [source.key for source in sources] + [_archive_key(entry) for entry in archives]
        pulling.refuse_hostile(self.folder, keys, self.place, reserved={METADATA_FILE})
        return sources

    def _described(self) -> str:
        try:
            old = self.local.read(METADATA_FILE)
        except OSError:
            old = None
        given = self.repository.describe(self.found.id)
        own = self.found.target.backend
        return described.as_text(described.with_blocks(given, old, self.blocks, own))

    def _judge_metadata(self, text: str) -> Verdict:
        local, row = self.local, self.found.row
        found = local.look(METADATA_FILE, self.meter)
        if found is None:
            return Verdict.MISSING
        as_sent = local.is_sent(METADATA_FILE)
        unedited = row is not None and row.revision == self.deposit.revision != ""
        if (as_sent and unedited) or described.is_same(
            local.read(METADATA_FILE), text, self.blocks
        ):
            return Verdict.KEPT
        may = as_sent or local.notes.is_ours(METADATA_FILE, found.digests)
        return Verdict.REPLACED if may else Verdict.CHANGED

    def _get(self, archives: Sequence[Entry]) -> None:
        if not archives:
            return
        setting = self.found.setting
        entries = able(self.found.repository, Entries, self.found.target, _ARCHIVES)
        tasks = [partial(self._archive, entries, entry) for entry in archives]
        in_parallel(tasks, setting.stop, setting.workers)

    def _archive(self, entries: Entries, entry: Entry) -> None:
        text = described.as_text(entries.archive(entry.id))
        write_text(self.folder, self.folder / _archive_key(entry), text)

    def _pulled(self, wanted: set[str], files: int, nbytes: int) -> Pulled:
        loaded = folders.load(self.folder, str(self.folder), self.blocks)
        ours = {_nfc(key) for key in wanted}
        return Pulled(
            folder=self.folder,
            id=self.found.id,
            target=self.found.target.name,
            files=files,
            bytes=nbytes,
            kept=len(wanted) - files,
            others=tuple(file.key for file in loaded.files if file.key not in ours),
            problems=tuple(p for p in loaded.problems if p.severity is not Severity.NOTICE),
        )

    def keep_state(self, keeper: Keeper) -> None:
        """Keep what the folder holds by now, so that the next push says `unchanged`."""
        loaded = folders.load(self.folder, str(self.folder), self.blocks)
        record, deposit = loaded.record, self.deposit
        keeper.note(
            sent=self._fingerprint(loaded) if loaded.ok else "",
            revision=deposit.revision,
            contents=deposit.contents,
            title=record.metadata.title if record else deposit.title,
        )

    def _fingerprint(self, loaded: folders.Loaded) -> str:
        """Of what the folder and the deposit both hold."""
        if loaded.record is None:
            return ""
        known = {_nfc(key): digests for key, digests in self.local.known.items()}
        held = {file.key: known[file.key] for file in loaded.files if file.key in known}
        told = loaded.record.files.model_copy(update={"enabled": bool(held)})
        return folders.fingerprint(loaded.record.model_copy(update={"files": told}), held)


def _archives(found: Found) -> list[Entry]:
    entries = able(found.repository, Entries, found.target, _ARCHIVES)
    return list(entries.entries(found.id))


def _archive_key(entry: Entry) -> str:
    return f"{ARCHIVES}/{entry.mainfile}.json"


def _nfc(key: str) -> str:
    return unicodedata.normalize("NFC", key)
