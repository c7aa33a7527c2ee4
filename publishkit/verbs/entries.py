"""What a repository made of the files of a deposit: its entries."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit import pulling
from publishkit.abilities import Entries
from publishkit.downloading import on_disk
from publishkit.errors import ConfigError
from publishkit.finding import able, find, open_target
from publishkit.keys import hostile
from publishkit.progress import RunMeter
from publishkit.pulling import Local, Notes, Place
from publishkit.showing.choosing import watching_pull
from publishkit.tables import streamed
from publishkit.verbs.asking import asking
from publishkit.verbs.pull import Pulled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

    from publishkit.abilities import Entry
    from publishkit.progress import PullWatcher
    from publishkit.setting import Setting

__all__ = ["archive", "entries", "entry", "pull_entry"]

_DOING = "make entries of files"


@streamed
def entries(what: str | Path | None = None, to: str | None = None) -> Iterator[Entry]:
    """The entries of a deposit, or those of all one's own.

    The next page is asked for when it is needed.

    Args:
        what: A record folder or a folder of them, an id, a DOI or the URL of a page; None for all
            one's own. Of a folder's targets those count that make entries.
        to: The name of the target; needed without `what`, and for an id.

    Raises:
        ConfigError: It is not known which deposit or target is meant.
        UnsupportedError: The target makes no entries.
        NotFoundError: There is no such deposit.
        TemporaryError: It cannot be reached.
    """
    if what is None and to is None:
        raise ConfigError(
            "it is not said whose entries", advice="Name a deposit, or a target (--to)."
        )
    if what is None:
        setting, target, repository = open_target(to or "")
        with asking(setting, target):
            yield from able(repository, Entries, target, _DOING).entries()
        return
    found = find(what, to)
    makers = [one for one in found if isinstance(one.repository, Entries)] or found[:1]
    for one in makers:
        made = able(one.repository, Entries, one.target, _DOING)
        with asking(one.setting, one.target):
            yield from made.entries(one.member or one.id)


def entry(id: str, to: str) -> Entry:
    """One entry with its metadata.

    Args:
        id: The entry's id.
        to: The name of the target.

    Raises:
        UnsupportedError: The target makes no entries.
        NotFoundError: There is no such entry.
        TemporaryError: It cannot be reached.
    """
    setting, target, repository = open_target(to)
    with asking(setting, target):
        return able(repository, Entries, target, _DOING).entry(id)


def archive(id: str, to: str) -> Mapping[str, JsonValue]:
    """What the repository found in an entry: its whole processed archive; see `entry`."""
    setting, target, repository = open_target(to)
    with asking(setting, target):
        return able(repository, Entries, target, _DOING).archive(id)


@on_disk()
def pull_entry(
    id: str,
    folder: str | Path | None = None,
    to: str = "",
    *,
    force: bool = False,
    watcher: PullWatcher | None = None,
    progress: bool | None = None,
) -> Pulled:
    """Download the raw files of an entry, as `pull` does those of a deposit.

    Args:
        id: The entry's id.
        folder: Where to; new, empty, or of an earlier pull of this entry. By default one in the
            current folder called like the id.
        to: The name of the target.
        force: Whether to overwrite files that differ.
        watcher: Is told how it goes on.
        progress: Whether to show how it goes on, on standard error; by default in notebooks only.

    Raises:
        PublishkitError: As `pull` and `entry` do.
    """
    setting, target, repository = open_target(to)
    made = able(repository, Entries, target, _DOING)
    if folder is None and hostile([id]):
        raise ConfigError(f"no folder can be called {id!r}", advice="Name the folder to pull into.")
    path = Path(folder or id)
    place = Place(target.name, target.url, id, "")
    notes = Notes.read(path)
    pulling.refuse_strange(path, place, notes)
    local = Local(path, notes.of(place), setting.digests)
    showing = watching_pull(watcher, progress)
    with asking(setting, target), closing(setting.digests), showing as told:
        sources = list(made.entry_files(id))
        pulling.refuse_hostile(path, [source.key for source in sources], place)
        missing = pulling.missing(local, sources, place, _silent(setting), force=force)
        told.expected(len(missing), sum(source.size or 0 for source in missing))
        nbytes = pulling.fetch_all(local, missing, place, told, setting)
    pulling.sweep(path)
    return Pulled(
        folder=path,
        id=id,
        target=target.name,
        files=len(missing),
        bytes=nbytes,
        kept=len(sources) - len(missing),
    )


def _silent(setting: Setting) -> RunMeter:
    return RunMeter(setting.stop, lambda _: None)
