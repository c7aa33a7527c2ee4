"""Finds the deposit that a user means by a folder, an id, a DOI or the address of a page."""

from __future__ import annotations

import logging
import os
import shlex
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from publishkit import config as configuration
from publishkit import folder as folders
from publishkit import plugins
from publishkit.abilities import ABILITIES, DoiLookup, Grouping
from publishkit.errors import ConfigError, NotFoundError, RepositoryError, UnsupportedError
from publishkit.hooks import LOOPBACK
from publishkit.identifiers import as_doi
from publishkit.keeping import Keeper, keeping, whole_of
from publishkit.landing import landing_page
from publishkit.ledger import LINKS_FILE, STATE_FOLDER, Ledger, Row, ledger_path
from publishkit.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publishkit.config import Config
    from publishkit.hooks import Target
    from publishkit.repository import Repository

__all__ = ["Found", "Keeper", "able", "find", "find_deposit", "find_one", "keeping", "open_target"]

T = TypeVar("T")
_log: Final = logging.getLogger(__name__)
_WORKERS: Final = 4


class NotPushedError(ConfigError):
    """A folder has no deposit there."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A deposit that a verb works on."""

    setting: Setting
    target: Target
    repository: Repository
    id: str
    """Of the deposit; for a record of a group, that of the whole group."""
    member: str = ""
    """The record's own id, if it is one of a group."""
    folder: Path | None = None
    name: str
    """What messages call it: the folder as it was given, else the id."""
    ledger: Path | None = None
    """The links file that knows it."""
    row: Row | None = None
    """Its object there, when it was read."""
    urls: frozenset[str]
    """The URLs under which the same database is reached."""


def find(
    what: str | Path,
    to: str | None = None,
    *,
    links: Path | None = None,
    recursive: bool = False,
) -> list[Found]:
    """The deposits that are meant.

    Args:
        what: A record folder or a folder of them; an id; a DOI; or the URL of a page.
        to: The name of the target; needed for an id that no links file near knows.
        links: The links file to look in, instead of those near.
        recursive: Whether to look for records in deeper folders too.

    Raises:
        ConfigError: A folder has no deposit yet, or it is not known which target is meant.
        RecordError: There is no such folder, or no record in it.
        NotFoundError: No deposit has this DOI.
    """
    text = str(what).strip()
    if not text:
        raise ConfigError("an empty name stands for nothing", advice="Name a folder or a deposit.")
    finder, doi = _Finder(to, links), as_doi(text)
    if os.path.isdir(what):  # noqa: PTH112 - pathlib's raises for a name that no file can have
        try:
            return finder.of_folder(Path(what), recursive=recursive)
        except NotPushedError:
            finder.refuse_hidden(text)
            raise
    if doi:
        return finder.of_doi(doi)
    if "://" in text:
        return finder.of_url(text)
    return finder.of_id(text, path_like=isinstance(what, Path) or _is_path_like(text))


def find_one(
    what: str | Path,
    to: str | None = None,
    *,
    links: Path | None = None,
    recursive: bool = False,
) -> Found:
    """The one deposit that is meant; see `find`.

    Raises:
        ConfigError: It is several; the choices are named.
    """
    found = find(what, to, links=links, recursive=recursive)
    if len(found) == 1:
        return found[0]
    folder_names = list(dict.fromkeys(one.name for one in found))
    if len(folder_names) > 1:
        named = ", ".join(folder_names[:5]) + (", ..." if len(folder_names) > 5 else "")  # noqa: PLR2004 - as messages do
        raise ConfigError(f"{what} stands for several records: {named}", advice="Name one of them.")
    names = ", ".join(one.target.name for one in found)
    raise ConfigError(f"{what} is on several targets: {names}", advice="Name one of them by --to.")


def find_deposit(what: str, to: str | None = None) -> Found:
    """The deposit with an id, DOI or page, though there be a folder of that name; see `find`."""
    finder, doi = _Finder(to, None), as_doi(what)
    if doi:
        return finder.of_doi(doi)[0]
    return (finder.of_url(what) if "://" in what else finder.of_id(what, path_like=False))[0]


def open_target(to: str) -> tuple[Setting, Target, Repository]:
    """A target by its name, and how to reach it; sends nothing.

    Raises:
        ConfigError: There is no such target, or the configuration is wrong.
    """
    return _opened(configuration.load(), to)


def able(
    repository: Repository, kind: type[T], target: Target, what: str, among: Iterable[Found] = ()
) -> T:
    """The repository as one that has an ability.

    Args:
        repository: The repository.
        kind: The ability: a class of `publishkit.abilities`.
        target: Whose repository it is.
        what: What it cannot do without, for the message: "share deposits".
        among: What else was found with it, so that those that can be chosen are named.

    Raises:
        UnsupportedError: It has not; names what it can do.
    """
    if isinstance(repository, kind):
        return repository
    others = {one.target.name for one in among if isinstance(one.repository, kind)}
    if others:
        raise UnsupportedError(
            f"{target.name} cannot {what}, but {' and '.join(sorted(others))} can",
            advice=f"Choose by --to, such as --to {shlex.quote(min(others))}.",
        )
    can = [name for name, ability in ABILITIES.items() if isinstance(repository, ability)]
    raise UnsupportedError(
        f"{target.name} cannot {what}",
        advice=f"Beside push, publish and delete, it can: {', '.join(can)}." if can else "",
    )


def _opened(config: Config, to: str) -> tuple[Setting, Target, Repository]:
    setting = Setting(config, (config.target(to),), _WORKERS, Event())
    (target,) = setting.targets
    return setting, target, setting.repositories[target.name]


def _is_path_like(text: str) -> bool:
    return text.startswith((".", "~")) or any(s and s in text for s in (os.sep, os.altsep, "/"))


class _Finder:
    """Looks things up; opens each target and reads each links file once."""

    def __init__(self, to: str | None, links: Path | None) -> None:
        self.config = configuration.load()
        self.to = self.config.target(to) if to else None
        self.links = links.absolute() if links else None
        self.open = cache(lambda name: _opened(self.config, name))
        self.read = cache(Ledger.read)

    # ---- folders ----

    def of_folder(self, path: Path, *, recursive: bool) -> list[Found]:
        records = folders.find_records(path, recursive=recursive)
        each = {record: self._of_record(record) for record in records}
        found = [one for several in each.values() for one in several]
        where = f" on {self.to.name}" if self.to else ""
        if not found:
            raise NotPushedError(
                f"{path} has no deposit{where} yet",
                advice=f"Push it first: publishkit push {path}"
                f"{f' --to {self.to.name}' if self.to else ''}",
            )
        for record in (record for record, several in each.items() if not several):
            _log.warning("%s has no deposit%s yet: left out", record, where)
        return found

    def _of_record(self, record: Path) -> list[Found]:
        ledger = self.read(ledger_path(record, self.links, read=self.read))
        name = ledger.name_of(record)
        if self.to:
            row = ledger.find(name, self.to, self.config.urls_of(self.to))
            rows = [row] if row else []
        else:
            rows = ledger.rows_of(name)
        for row in rows:
            if not row.id and any(one.id for one in rows):  # else it is said that there is none
                _log.warning(
                    "%s has no deposit on %s, where a push failed or was stopped: left out",
                    record,
                    row.target,
                )
        return [
            self._of_row(self._target_of(row), ledger, row, str(record), record)
            for row in rows
            if row.id
        ]

    def _target_of(self, row: Row) -> str:
        return self.to.name if self.to else row.target

    def _of_row(
        self, to: str, ledger: Ledger, row: Row, name: str, folder: Path | None = None
    ) -> Found:
        self._refuse_stranger(to, ledger)
        setting, target, repository = self.open(to)
        urls = self.config.urls_of(target)
        ledger.find(row.folder, target, urls)  # refuses a target that is at another URL by now
        whole = whole_of(repository, row)
        return Found(
            setting=setting,
            target=target,
            repository=repository,
            id=whole,
            member="" if whole == row.id else row.id,
            folder=folder,
            name=name,
            ledger=ledger.path,
            row=row,
            urls=urls,
        )

    def _refuse_stranger(self, to: str, ledger: Ledger) -> None:
        """A links file that came along with data must not choose where credentials are sent."""
        target = self.config.target(to)
        harmless = urlsplit(target.url).hostname in LOOPBACK or not self.config.has_credentials(
            target
        )
        if self.to or to in self.config.targets or harmless:
            return
        raise ConfigError(
            f"{ledger.path} names the target {to}, which is none of yours",
            advice="If it is right, say so by --to, or give it a name in publishkit.toml.",
        )

    # ---- links files near ----

    def _near(self) -> Iterator[Ledger]:
        """The links file that was named, else those of this folder, its parent and subfolders."""
        if self.links:
            yield self.read(self.links)
            return
        here = Path.cwd()
        try:
            subfolders = sorted(Path(e.path) for e in os.scandir(here) if e.is_dir())
        except OSError:
            subfolders = []
        for folder in (here, here.parent, *subfolders):
            if any(os.path.exists(folder / name) for name in (LINKS_FILE, STATE_FOLDER)):  # noqa: PTH110 - pathlib's raises where one may not look
                yield self.read(folder / LINKS_FILE)

    def _known(self, id_: str, target: Target | None) -> Iterator[tuple[Ledger, Row]]:
        """The rows near that are about a deposit, those of a group's whole deposit included."""
        urls = self.config.urls_of(target) if target else None
        for ledger in self._near():
            for row in ledger.rows():
                if row.id and (urls is None or row.url in urls) and self._is_of(row, id_):
                    yield ledger, row

    def _is_of(self, row: Row, id_: str) -> bool:
        if row.id == id_ or not row.group:
            return row.id == id_
        return whole_of(self.open(self._target_of(row))[2], row) == id_

    def _of_known(self, rows: Iterable[tuple[Ledger, Row]], name: str) -> list[Found]:
        """The deposits of these rows, each once."""
        found: dict[tuple[str, str], Found] = {}
        for ledger, row in rows:
            one = self._of_row(self._target_of(row), ledger, row, name)
            one = one if name == row.id else replace(one, member="")
            found.setdefault((one.target.database, one.id), one)
        return list(found.values())

    def _at(self, target: Target, id_: str, name: str) -> Found:
        """A deposit on a target, with its row where a links file near knows it."""
        known = next(self._known(id_, target), None)
        if known:
            found = self._of_row(target.name, *known, name)
            return found if known[1].id == id_ else replace(found, member="")
        setting, target, repository = self.open(target.name)
        whole = repository.group_id(id_) if isinstance(repository, Grouping) else id_
        return Found(
            setting=setting,
            target=target,
            repository=repository,
            id=whole,
            member="" if whole == id_ else id_,
            name=name,
            urls=self.config.urls_of(target),
        )

    # ---- ids ----

    def of_id(self, text: str, *, path_like: bool) -> list[Found]:
        known = self._of_known(self._known(text, self.to), text)
        if known:
            return known
        if path_like:
            folders.find_records(Path(text), recursive=False)  # says what is wrong with the path
        if not self.to:
            raise ConfigError(
                f"there is no folder {text}, and no links file near knows a deposit of this id",
                advice="Name its target by --to if it is an id.",
            )
        return [self._at(self.to, text, text)]

    def refuse_hidden(self, text: str) -> None:
        """Do not guess whether a folder that was never pushed is meant, or the deposit of that id.

        `publishkit pull ID` makes a folder of that name.
        """
        if not self.to or _is_path_like(text):
            return
        found = self._at(self.to, text, text)
        try:
            deposit = found.repository.get(found.id)
        except RepositoryError:
            return
        page = deposit.links.get("self_html") or deposit.links.get("self", "")
        raise ConfigError(
            f"{text} is a folder here that has no deposit on {self.to.name}, and the id of one "
            "that is there",
            advice=f"Name the deposit by its address ({page}), or the folder by ./{text}.",
        )

    # ---- pages ----

    def of_url(self, url: str) -> list[Found]:
        located = list(self._located(url))
        if located:
            return [self._at(*located[0], name=located[0][1])]
        whose = self.to.name if self.to else "any target"
        raise ConfigError(
            f"{url} is not the address of a deposit on {whose}",
            advice="Copy the address of the deposit's page; see `publishkit targets`, or name "
            "the target by --to.",
        )

    def _located(self, url: str) -> Iterator[tuple[Target, str]]:
        """The deposits at a URL, by target; of targets with one database the first is enough."""
        try:
            urlsplit(url)
        except ValueError:  # no URL
            return
        for target in self._candidates():
            locate = plugins.backends()[target.backend].locate
            id_ = locate(target, url) if locate else None
            if id_:
                yield target, id_

    def _candidates(self) -> list[Target]:
        """The targets that may be meant: the one named, else all, those near ad hoc included."""
        if self.to:
            return [self.to]
        names = {row.target for ledger in self._near() for row in ledger.rows()}
        kinds = plugins.backends()
        adhoc = [n for n in sorted(names) if "+" in n and n.partition("+")[0] in kinds]
        return [*self.config.targets.values(), *map(self.config.target, adhoc)]

    # ---- DOIs ----

    def of_doi(self, doi: str) -> list[Found]:
        urls = self.config.urls_of(self.to) if self.to else None
        rows = [
            (ledger, row)
            for ledger in self._near()
            for row in ledger.rows()
            if row.id and as_doi(row.doi) == doi and (urls is None or row.url in urls)
        ]
        if rows:
            return self._of_known(rows, doi)
        if self.to:
            repository = self.open(self.to.name)[2]
            if isinstance(repository, DoiLookup):
                return [self._at(self.to, self._looked_up(repository, doi), doi)]
        return self._landed(doi)

    def _looked_up(self, repository: DoiLookup, doi: str) -> str:
        id_ = repository.find_doi(doi)
        if id_:
            return id_
        raise NotFoundError(
            f"there is no deposit with the DOI {doi}",
            target=self.to.name if self.to else "",
            advice="Check the DOI, or leave --to out to find its archive.",
        )

    def _landed(self, doi: str) -> list[Found]:
        page = landing_page(doi)
        located = list(self._located(page))
        if located:
            return [self._at(*located[0], name=doi)]
        raise NotFoundError(
            f"{doi} leads to {page}, which is not the page of a deposit on a target",
            advice="Name its target by --to, or add the archive to publishkit.toml.",
        )
