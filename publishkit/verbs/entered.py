"""The entries that the tasks of a workflow stand for, and what these offer."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from publishkit import plugins
from publishkit.abilities import Entries, Workflows
from publishkit.errors import ConfigError, NotFoundError, Problem, RecordError, Severity
from publishkit.finding import NotPushedError, able, find, open_target
from publishkit.folder import data_files
from publishkit.repository import State
from publishkit.smallfiles import read_small
from publishkit.validation.nearest import nearest
from publishkit.verbs.asking import asking
from publishkit.verbs.links import by_file, known_entries, own_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from publishkit.entryfiles import EntryFiles, Offer
    from publishkit.finding import Found
    from publishkit.hooks import Target
    from publishkit.repository import Repository
    from publishkit.setting import Setting
    from publishkit.workflows.model import Place

__all__ = ["Entered", "Registry"]

_MOST = 10_000_000
_DOING = "tie entries together as a workflow"


@dataclass(frozen=True, slots=True)
class Entered:
    """An entry that a workflow refers to."""

    files: EntryFiles
    offer: Offer
    file: str = ""
    """Its main file, where it is of the same deposit as the workflow."""
    deposit: str = ""
    id: str = ""
    draft: bool = False

    def refer(self, section: str) -> str:
        """What refers to one of its sections."""
        if self.file:
            return self.files.beside(self.file, section)
        return self.files.elsewhere(self.deposit, self.id, section)


@dataclass
class Registry:
    """Looks entries up on one target; collects what is wrong."""

    records: Mapping[str, Path]
    """The folders of records, by what the workflow calls them."""
    home: Path
    """The folder of the record that the workflow is in."""
    to: str | None
    links: Path | None
    problems: list[Problem] = field(default_factory=list)
    asked: dict[tuple[str, tuple[str, ...]], Offer] = field(default_factory=dict)
    """What entries answered."""

    # ---- where they are ----

    @cached_property
    def found(self) -> Mapping[str, list[Found] | Problem]:
        """The deposits of each record, or why it has none."""
        return {name: self._find(folder) for name, folder in self.records.items()}

    def _find(self, folder: Path) -> list[Found] | Problem:
        to = f" --to {self.to}" if self.to else ""
        try:
            found = find(folder, self.to, links=self.links)
        except NotPushedError as error:
            advice = f"push it first: publishkit push {shlex.quote(str(folder))}{to}"
            return Problem("", error.message, advice)
        except RecordError as error:
            return Problem("", error.message, error.advice)
        if len({one.folder for one in found}) > 1:
            return Problem("", f"{folder} holds several records", "name one of them")
        return found

    @cached_property
    def opened(self) -> tuple[Setting, Target, Repository] | None:
        """The one target that all are on; None where nothing need be asked.

        Raises:
            ConfigError: It is not known which is meant.
            UnsupportedError: It makes no entries.
        """
        if self.to:
            return self._able(*open_target(self.to))
        each = [one for found in self.found.values() if isinstance(found, list) for one in found]
        capable = {o.target.name: o for o in each if isinstance(o.repository, Workflows)}
        if len(capable) > 1:
            raise ConfigError(
                f"the records are on {' and '.join(sorted(capable))}",
                advice="A workflow is on one target: name it by --to.",
            )
        one = next(iter(capable.values()), None) or next(iter(each), None)
        return self._able(one.setting, one.target, one.repository) if one else None

    def _able(
        self, setting: Setting, target: Target, repository: Repository
    ) -> tuple[Setting, Target, Repository]:
        able(repository, Workflows, target, _DOING)
        return setting, target, repository

    @cached_property
    def files(self) -> EntryFiles:
        """How entries are written for the target."""
        known = plugins.backends()
        makers = [known[self.opened[1].backend]] if self.opened else list(known.values())
        each = [one.entry_files for one in makers if one.entry_files]
        if len(each) == 1:
            return each[0]()
        raise ConfigError("it is not said for which archive", advice="Name the target by --to.")

    # ---- looking one up ----

    def look_up(self, place: Place, path: str, sections: Sequence[str]) -> Entered | None:
        """The entry of a place; None, and a problem, if it cannot be referred to.

        Args:
            place: Where it is said to be.
            path: Of the place in the workflow.
            sections: Which of its sections will be referred to.
        """
        if place.entry:
            return self._of_id(place.entry, path, sections)
        if place.record:
            return self._of_record(place.record, place.file, path, sections)
        return self._of_file(place.file or "", path, sections)

    def _wrong(self, path: str, message: str, advice: str) -> None:
        self.problems.append(Problem(path, message, advice))

    def _of_id(self, id_: str, path: str, sections: Sequence[str]) -> Entered | None:
        if not self.opened:
            raise ConfigError(
                f"it is not said on which target the entry {id_} is", advice="Name it by --to."
            )
        setting, target, repository = self.opened
        try:
            with asking(setting, target):
                entry = able(repository, Entries, target, _DOING).entry(id_)
        except NotFoundError:
            self._wrong(f"{path}.entry", *self._unseen(id_))
            return None
        if not entry.processed:
            self._wrong(f"{path}.entry", f"the entry {id_} failed", self._look(id_))
            return None
        offer = self._offer(id_, sections, f"{path}.entry")
        if offer is None:
            return None
        draft = not entry.published
        return Entered(self.files, offer, deposit=entry.deposit, id=id_, draft=draft)

    def _unseen(self, id_: str) -> tuple[str, str]:
        where = self.opened[1].name if self.opened else ""
        return f"there is no entry {id_} on {where} that you can see", (
            "check the id; drafts of others can be seen when they make you a reviewer"
        )

    def _look(self, id_: str) -> str:
        where = self.opened[1].name if self.opened else ""
        return f"look at it: publishkit entries show {id_} --to {where}"

    def _offer(self, id_: str, sections: Sequence[str], path: str) -> Offer | None:
        """What an entry offers; None, and a problem, if it is not there."""
        if not self.opened:
            return None
        setting, target, repository = self.opened
        key = (id_, tuple(sections))
        try:
            with asking(setting, target):
                if key not in self.asked:
                    self.asked[key] = able(repository, Workflows, target, _DOING).offer(*key)
        except NotFoundError:
            self._wrong(path, *self._unseen(id_))
            return None
        if not self.asked[key].section:
            self._wrong(path, f"the entry {id_} has nothing to refer to", self._look(id_))
            return None
        return self.asked[key]

    # ---- records ----

    def _of_record(
        self, name: str, file: str | None, path: str, sections: Sequence[str]
    ) -> Entered | None:
        found = self.found[name]
        if isinstance(found, Problem):
            self._wrong(f"{path}.record", found.message, found.advice)
            return None
        here = self.opened[1].database if self.opened else ""
        one = next((one for one in found if one.target.database == here), None)
        if one is None or one.row is None:
            there = self.opened[1].name if self.opened else ""
            push = f"publishkit push {shlex.quote(str(self.records[name]))} --to {there}"
            self._wrong(
                f"{path}.record", f"{name} has no deposit on {there} yet", f"push it: {push}"
            )
            return None
        id_ = self._chosen(self._entries(one), one, file, path)
        offer = self._offer(id_, sections, f"{path}.record") if id_ else None
        if offer is None:
            return None
        draft = one.row.state != State.PUBLISHED
        return Entered(self.files, offer, deposit=one.id, id=id_ or "", draft=draft)

    def _entries(self, found: Found) -> Mapping[str, str]:
        known = known_entries(found.row) if found.row else None
        if known or not self.opened:
            return known or {}
        setting, target, repository = self.opened
        with asking(setting, target):
            return by_file(found, able(repository, Entries, target, _DOING).entries(found.id))

    def _chosen(
        self, entries: Mapping[str, str], found: Found, file: str | None, path: str
    ) -> str | None:
        """The entry's id."""
        if file:
            if file not in entries:
                advice = _among(file, entries) or "push the record again, or name another file"
                self._wrong(f"{path}.file", f"no entry was made of {file}", advice)
            return entries.get(file)
        own = own_entries(found, entries)
        if len(own) == 1:
            return next(iter(own.values()))
        if own:
            said = f"{found.name} has {len(own)} entries"
            self._wrong(path, said, f"add file: {_listed(own)}")
        else:
            said = f"no entry was made of {found.name}"
            self._wrong(f"{path}.record", said, "push it again if it has a main file by now")
        return None

    # ---- files beside the workflow ----

    @cached_property
    def beside(self) -> Mapping[str, Path]:
        """The data files of the workflow's own record."""
        if not self.home.is_dir():
            return {}
        return {one.key: one.path for one in data_files(self.home)[0]}

    @cached_property
    def own(self) -> Found | None:
        """The deposit of the workflow's own record, if there is one."""
        target = self.opened[1].name if self.opened else None
        try:
            found = find(self.home, target, links=self.links) if target else []
        except (NotPushedError, RecordError):
            return None
        return found[0] if len(found) == 1 else None

    def _of_file(self, file: str, path: str, sections: Sequence[str]) -> Entered | None:
        where = f"{path}.file"
        if file not in self.beside:
            advice = _among(file, self.beside) or "put it there, or name the record that it is in"
            self._wrong(where, f"there is no file {file} in {self.home}", advice)
            return None
        own = self.own
        prefix = f"{own.row.folder}/" if own and own.member and own.row else ""
        offer = self._local(file, prefix, where, sections)
        if offer and not offer.section:
            self._wrong(where, f"{file} has nothing to refer to", "give it a data section")
            return None
        return Entered(self.files, offer, file=prefix + file) if offer else None

    def _local(self, file: str, prefix: str, path: str, sections: Sequence[str]) -> Offer | None:
        """What the entry of a file offers, or will offer once it is processed."""
        try:
            content = read_small(self.beside[file], _MOST)
        except OSError:  # large, and so none that is written by hand
            content = b""
        try:
            said = self.files.offer(prefix + file, content, sections) if content else None
        except ValueError as error:
            self._wrong(path, str(error), "correct it, or name another file")
            return None
        if said and said.task:
            return said
        made = self._processed(prefix + file, sections)
        if made and (made.task or not said):
            return made
        if not said:
            again = f"publishkit push {shlex.quote(str(self.home))}"
            advice = f"push its record first ({again}), then build the workflow again"
            self._wrong(path, "what will be made of it only the archive can tell", advice)
        return said

    def _processed(self, file: str, sections: Sequence[str]) -> Offer | None:
        if not self.own or not self.opened:
            return None
        setting, target, repository = self.opened
        id_ = self.files.entry_id(self.own.id, file)
        try:
            with asking(setting, target):
                offer = able(repository, Workflows, target, _DOING).offer(id_, sections)
        except NotFoundError:
            return None
        return offer if offer.section else None

    def drafts(self, entered: Iterable[Entered]) -> Iterable[Problem]:
        """A notice if the workflow refers to drafts."""
        count = len({one.id for one in entered if one.draft})
        if count:
            said = f"{count} of its entries {'is a draft' if count == 1 else 'are drafts'}"
            advice = "publish them too, since others see nothing of them until then"
            yield Problem("", said, advice, Severity.NOTICE)


def _among(name: str, known: Iterable[str]) -> str:
    each = list(known)
    meant = nearest(name, each)
    return f"did you mean {meant}?" if meant else f"there are: {_listed(each)}" if each else ""


def _listed(names: Iterable[str]) -> str:
    each = sorted(names)
    return ", ".join(each[:5]) + (", ..." if len(each) > 5 else "")  # noqa: PLR2004 - as messages do
