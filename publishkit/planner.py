"""Makes the plan of a push: everything that is wrong is found here, all at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from publishkit import folder as folders
from publishkit import plugins
from publishkit.abilities import Grouping, Member
from publishkit.bare import Adoption, adoptions
from publishkit.errors import (
    ConfigError,
    NotFoundError,
    Problem,
    RecordError,
    Severity,
)
from publishkit.leaks import credentials_in
from publishkit.ledger import Ledger, Row, ledger_path
from publishkit.plan import Action, Part, Plan, Renaming, Step, fingerprint, together
from publishkit.repository import State
from publishkit.room import room_for
from publishkit.setting import Options, Setting, blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from publishkit.hooks import Target

__all__ = ["check", "make"]


def make(records: Sequence[Path], setting: Setting, options: Options, *, online: bool) -> Plan:
    """Validate every record and decide what happens to it.

    Args:
        records: Record folders, or folders of them.
        setting: The targets.
        options: How to push.
        online: Whether to ask the targets what only they know.

    Raises:
        RecordError: Records are not valid and `skip_invalid` was not asked for.
        ConfigError: A folder, links file or group will not do.
        RepositoryError: A target cannot be reached, or has no room for so many deposits.
    """
    planner = _Planner(setting, options, records)
    for part, loaded in planner.validated():
        planner.see(part, loaded)
    planner.refuse_errors()
    planner.adopt()
    steps = planner.steps()
    if options.cross:
        _check_cross(setting, steps)
    if options.choices.new_version:
        _check_known(steps)
    if online and any(step.action is not Action.NOTHING for step in steps):
        setting.sign_in()
        planner.check_adopted()
        before = len(planner.invalid)
        for step in steps:
            planner.resolve(step)
        planner.refuse_errors()
        if len(planner.invalid) > before:
            steps = planner.steps()  # without the records that the targets do not take
    if online and options.choices.recreate:
        steps = [planner.look_for_gone(step) for step in steps]
    room = room_for(setting, options, steps) if online else None
    return Plan(
        setting=setting,
        options=options,
        steps=tuple(steps),
        problems=tuple(planner.problems),
        skipped=tuple(part for part in planner.all_parts if part in planner.invalid),
        renamings=tuple(planner.renamings),
        adoptions=tuple(planner.adoptions.values()),
        room=room,
    )


def _check_known(steps: Sequence[Step]) -> None:
    new = [step for step in steps if step.action is Action.CREATE]
    if new:
        names = ", ".join(part.name for step in new[:5] for part in step.parts)
        raise ConfigError(
            f"{names}: no deposit on {new[0].target.name} yet, so there is nothing to follow",
            advice="Push it first: publishkit push",
        )


def _check_cross(setting: Setting, steps: Sequence[Step]) -> None:
    if len(setting.targets) < 2:  # noqa: PLR2004 - to link across
        raise ConfigError(
            "--cross links the deposits that a record has on several targets",
            advice="Name each of them by --to.",
        )
    if any(step.group for step in steps):
        raise ConfigError(
            "records that share a deposit cannot be linked across targets",
            advice="Push them without --group, or without --cross.",
        )


def check(records: Sequence[Path], setting: Setting, options: Options) -> list[Problem]:
    """Everything about the records that can be known offline, for every target.

    Raises:
        ConfigError: A folder or links file will not do.
    """
    planner = _Planner(setting, options, records)
    for _ in planner.validated():
        pass
    return planner.problems


def _refuse_name(folder: Path, place: Path) -> None:
    try:
        str(place).encode()
    except UnicodeEncodeError as error:
        raise RecordError(
            [], f"the name of the folder {str(folder)!r} is not UTF-8", advice="Rename it."
        ) from error


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a record's folder was found to hold."""

    files: int
    bytes: int
    fingerprint: str
    """'' where it is not needed, or files must be read for it."""


class _Planner:
    """Goes over the records; holds one of them at a time."""

    def __init__(self, setting: Setting, options: Options, records: Sequence[Path]) -> None:
        self.setting = setting
        self.options = options
        self.problems: list[Problem] = []
        self.invalid: set[Part] = set()
        self.renamings: list[Renaming] = []
        self._blocks = blocks()
        self._ledgers: dict[Path, Ledger] = {}
        self.adoptions: dict[tuple[Path, str, str], Adoption] = {}
        self._seen: dict[Part, _Seen] = {}
        self._renamed: dict[tuple[Path, str], str] = {}
        self.all_parts = self._parts(records)

    def _parts(self, records: Sequence[Path]) -> list[Part]:
        parts: dict[Path, Part] = {}
        for path in records:
            for found in folders.find_records(path, recursive=self.options.recursive):
                parts.setdefault(found.resolve(), self._part(found))
        return list(parts.values())

    def _part(self, folder: Path) -> Part:
        place = folder.absolute()
        _refuse_name(folder, place)
        ledger = self._ledger(ledger_path(place, self.options.links, read=self._ledger))
        if self.options.links and ledger.path.is_relative_to(place):
            raise ConfigError(
                f"the links file {ledger.path} would lie inside the record {folder}",
                advice="Name one outside of it by --links.",
            )
        return Part(folder, str(folder), ledger.path, ledger.name_of(place))

    def load(self, part: Part) -> folders.Loaded:
        return folders.load(part.folder, part.name, self._blocks)

    def validated(self) -> Iterator[tuple[Part, folders.Loaded]]:
        """Find everything that can be known offline, and give each record as it was read."""
        for part in self.all_parts:
            loaded = self.load(part)
            problems = list(loaded.problems)
            problems += credentials_in(
                part.folder, loaded.files, allowed=self.options.allow_secrets
            )
            if loaded.record:
                for repository in self.setting.repositories.values():
                    problems += repository.check(loaded.record, loaded.files)
            self._report(part, problems)
            yield part, loaded

    def see(self, part: Part, loaded: folders.Loaded) -> None:
        """Keep what the steps say of a record, so that most are read only once."""
        sent = any(row.sent for row in self._ledger(part.ledger).rows_of(part.key))
        digests = self.setting.digests.known(loaded.files) if sent and loaded.record else None
        self._seen[part] = _Seen(
            len(loaded.files),
            sum(file.size for file in loaded.files),
            "" if digests is None else fingerprint([(part, loaded)], digests, group=False),
        )

    def refuse_errors(self) -> None:
        if self.invalid and not self.options.skip_invalid:
            raise RecordError(self.problems)

    def _report(self, part: Part, problems: Iterable[Problem]) -> None:
        for problem in problems:
            named = Problem(
                problem.path, problem.message, problem.advice, problem.severity, part.name
            )
            if named not in self.problems[-50:]:  # several targets may say the same
                self.problems.append(named)
            if problem.severity is Severity.ERROR:
                self.invalid.add(part)

    @property
    def parts(self) -> list[Part]:
        return [part for part in self.all_parts if part not in self.invalid]

    # ---- what happens to each ----

    def steps(self) -> list[Step]:
        """A step for each deposit, record by record, with all targets of a record together."""
        self._find_renamings()
        steps: dict[tuple[str, ...], Step] = {}
        for part in self.parts:
            for target in self.setting.targets:
                group = self._group_of(part, target)
                key = (target.name, group) if group else (target.name, "", str(part.folder))
                if key not in steps:
                    steps[key] = self._step(target, self._members(part, target, group), group)
        return list(steps.values())

    def _row(self, part: Part, target: Target) -> Row | None:
        ledger = self._ledger(part.ledger)
        key = self._renamed.get((part.ledger, part.key), part.key)
        adoption = self.adoptions.get((part.ledger, part.key, target.name))
        known = ledger.find(key, target, self.setting.config.urls_of(target))
        return known or (adoption.row if adoption else None)

    def _ledger(self, path: Path) -> Ledger:
        if path not in self._ledgers:
            self._ledgers[path] = Ledger.read(path)
        return self._ledgers[path]

    def adopt(self) -> None:
        """Find what links files of bare links say of the targets."""
        backends = plugins.backends()
        for path in dict.fromkeys(part.ledger for part in self.all_parts):
            for target in self.setting.targets:
                locate = backends[target.backend].locate
                for one in adoptions(self._ledger(path), target, locate) if locate else []:
                    self.adoptions[path, one.row.folder, target.name] = one

    def check_adopted(self) -> None:
        """Make sure that what is taken over by its position is what the folder holds."""
        for part in self.parts:
            for target in self.setting.targets:
                adoption = self.adoptions.get((part.ledger, part.key, target.name))
                if adoption:
                    self._check_adopted(part, target, adoption.row.id)

    def _check_adopted(self, part: Part, target: Target, id_: str) -> None:
        record = self.load(part).record
        try:
            title = self.setting.repositories[target.name].get(id_).title
        except NotFoundError:
            return  # the push says so
        if record and title and title != record.metadata.title:
            raise ConfigError(
                f"by its position in {part.ledger}, the deposit {id_} on {target.name} belongs to "
                f"{part.name}, but their titles differ ({title!r}, {record.metadata.title!r})",
                advice="If it belongs there all the same, say so: "
                f"publishkit adopt {id_} {part.name} --to {target.name}",
            )
        said = f"is taken to be the deposit {id_} on {target.name}, by its place in {part.ledger}"
        self._report(part, [Problem("", said, severity=Severity.NOTICE)])

    def _step(self, target: Target, parts: tuple[Part, ...], group: str) -> Step:
        seen = [self._seen[part] for part in parts]
        rows = [self._row(part, target) for part in parts]
        if group:
            self._check_group(target, parts)
        known = next((row for row in rows if row), None)
        id_, state = (known.id, known.state) if known else ("", "")
        sent = ""
        if not any(row and (row.id or row.marker) for row in rows):
            action = Action.CREATE
        elif sent := self._unchanged(parts, rows, group=bool(group)):
            action = Action.NOTHING
        elif self.options.choices.new_version and state == State.PUBLISHED:
            action = Action.NEW_VERSION
        else:
            action = Action.UPDATE
        files, size = sum(one.files for one in seen), sum(one.bytes for one in seen)
        return Step(target, parts, action, files, size, group, id_, state, sent)

    def _unchanged(self, parts: Sequence[Part], rows: Sequence[Row | None], *, group: bool) -> str:
        """The fingerprint of what was sent, where the folder holds the same; or ''."""
        sent, *others = {row.sent if row else "" for row in rows}
        if others or not sent:
            return ""
        each = {part.key: self._fingerprint(part) for part in parts}
        return sent if sent == together(each, group=group) else ""

    def _fingerprint(self, part: Part) -> str:
        if not self._seen[part].fingerprint:
            loaded = self.load(part)
            digests = {file.key: self.setting.digests.digests(file) for file in loaded.files}
            found = fingerprint([(part, loaded)], digests, group=False)
            self._seen[part] = replace(self._seen[part], fingerprint=found)
        return self._seen[part].fingerprint

    # ---- groups ----

    def _group_of(self, part: Part, target: Target) -> str:
        row = self._row(part, target)
        if row and row.id and row.group != self.options.group and self.options.group:
            raise ConfigError(
                f"{part.name} already has a deposit on {target.name} that is not in the group "
                f"{self.options.group}",
                advice="Push it without --group, or delete that deposit and its row first.",
            )
        if self.options.group and not isinstance(self.setting.repositories[target.name], Grouping):
            raise ConfigError(
                f"{target.name} cannot keep several records in one deposit",
                advice="Push to it without --group.",
            )
        return self.options.group or (row.group if row else "")

    def _members(self, part: Part, target: Target, group: str) -> tuple[Part, ...]:
        if not group:
            return (part,)
        members = tuple(
            other
            for other in self.parts
            if self.options.group or self._group_of(other, target) == group
        )
        if len({other.ledger for other in members}) > 1:
            raise ConfigError(
                "the records of a group have different links files",
                advice="Name one for all of them by --links.",
            )
        self._refuse_missing_members(part, target, group, members)
        return members

    def _refuse_missing_members(
        self, part: Part, target: Target, group: str, members: Sequence[Part]
    ) -> None:
        here = {member.key for member in members}
        rows = self._ledger(part.ledger).rows()
        away = [r for r in rows if r.group == group and r.target == target.name]
        missing = [
            row.folder for row in away if row.folder not in here and not _is_gone(part.ledger, row)
        ]
        if missing:
            raise ConfigError(
                f"the group {group} on {target.name} also holds {', '.join(missing[:5])}",
                advice=f"Push them together: publishkit push {part.ledger.parent}",
            )

    def _check_group(self, target: Target, parts: Sequence[Part]) -> None:
        repository = self.setting.repositories[target.name]
        if not isinstance(repository, Grouping):
            return
        loaded = [(part, self.load(part).record) for part in parts]
        members = [Member(part.key, record) for part, record in loaded if record]
        if any(member.prefix.startswith("..") for member in members):
            raise ConfigError(
                f"the links file {parts[0].ledger} does not lie above the records of the group",
                advice="Name one in a folder that holds all of them by --links.",
            )
        self._report(parts[0], repository.check_group(members))
        self.refuse_errors()

    # ---- folders that were renamed ----

    def _find_renamings(self) -> None:
        self.renamings.clear()
        self._renamed.clear()
        for path in dict.fromkeys(part.ledger for part in self.parts):
            rows = self._ledger(path).rows()
            known = {row.folder for row in rows}
            new = [p for p in self.parts if p.ledger == path and p.key not in known]
            vanished = (
                [r for r in rows if r.sent and not r.group and _is_gone(path, r)] if new else []
            )
            for part in new:
                self._find_renaming(part, vanished)

    def _find_renaming(self, part: Part, vanished: Sequence[Row]) -> None:
        rows = [row for row in vanished if row.folder not in self._renamed.values()]
        old = self._same_content(part, rows) if rows else None
        if old:
            self._renamed[part.ledger, part.key] = old
            self.renamings.append(Renaming(part.ledger, old, part.key))

    def _same_content(self, part: Part, rows: Sequence[Row]) -> str | None:
        mine = self._fingerprint(part)
        return next((row.folder for row in rows if row.sent == mine), None)

    # ---- online ----

    def resolve(self, step: Step) -> None:
        """Ask the target what only it knows of the records."""
        if step.action is not Action.NOTHING:
            repository = self.setting.repositories[step.target.name]
            for part in step.parts:
                record = self.load(part).record
                if record:
                    self._report(part, repository.resolve(record).problems)

    def look_for_gone(self, step: Step) -> Step:
        """The step, as a create where the deposit is gone and will be made anew."""
        ids = [row.id for part in step.parts if (row := self._row(part, step.target)) and row.id]
        if step.creates or not ids:
            return step
        repository = self.setting.repositories[step.target.name]
        if step.group and isinstance(repository, Grouping):
            ids = [repository.group_id(ids[0])]
        try:
            repository.get(ids[0])
        except NotFoundError:
            return replace(step, action=Action.CREATE)
        return step


def _is_gone(ledger: Path, row: Row) -> bool:
    try:
        return not (ledger.parent / row.folder).exists()
    except OSError:  # no name for a folder
        return False
