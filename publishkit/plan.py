"""What a push will do, as data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from publishkit import folder as folders
from publishkit.job import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from publishkit.bare import Adoption
    from publishkit.errors import Problem
    from publishkit.hooks import Target
    from publishkit.repository import Digests
    from publishkit.setting import Options, Setting

__all__ = ["Action", "Part", "Plan", "Renaming", "Step", "fingerprint", "keyed", "together"]


class Action(StrEnum):
    """What will happen to a deposit."""

    CREATE = "create"
    UPDATE = "update"
    NEW_VERSION = "new version"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Part:
    """One record of a plan."""

    folder: Path
    name: str
    """As messages show it."""
    ledger: Path
    key: str
    """The folder as the links file names it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One deposit on one target."""

    target: Target
    parts: tuple[Part, ...]
    """The records in it: one, or those of a group."""
    action: Action
    files: int
    bytes: int
    group: str = ""
    id: str = ""
    """The deposit's; '' where there is none, or a run ended before it knew."""
    state: str = ""
    """The deposit's state when it was last seen."""
    fingerprint: str = ""
    """Of what the folder holds, where that is what was sent."""

    @property
    def creates(self) -> bool:
        """Whether a deposit will be made."""
        return self.action in {Action.CREATE, Action.NEW_VERSION}

    @property
    def done(self) -> bool:
        """Whether it is published, or submitted, and holds what the folder holds."""
        return self.action is Action.NOTHING and self.state in DONE


@dataclass(frozen=True, slots=True)
class Renaming:
    """A folder that was renamed since the last push; its deposits stay."""

    ledger: Path
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push will do."""

    setting: Setting
    options: Options
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]
    """Warnings and notices; with `skip_invalid`, the errors of what is left out too."""
    skipped: tuple[Part, ...]
    renamings: tuple[Renaming, ...]
    adoptions: tuple[Adoption, ...]
    """Objects of bare links that become rows."""
    room: int | None
    """How many records may be unpublished at once; None for as many as there are."""

    @property
    def records(self) -> list[list[Step]]:
        """The steps record by record, all targets of a record together.

        What is finished comes last, so that runs that are stopped again and again get on.
        """
        found: dict[tuple[Part, ...], list[Step]] = {}
        for step in self.steps:
            found.setdefault(step.parts, []).append(step)
        return sorted(found.values(), key=self._turn)

    def _turn(self, steps: Sequence[Step]) -> int:
        publish = self.options.publish
        if all(self.rests(step) for step in steps):
            return 2
        # drafts that there are take room until they are published
        return int(publish and any(s.creates for s in steps))

    def rests(self, step: Step) -> bool:
        """Whether nothing will be sent or published by a step, unless the deposit was changed."""
        return step.done or (step.action is Action.NOTHING and not self.options.publish)

    @property
    def irreversible(self) -> list[Step]:
        """The steps that will publish on a target that is not a sandbox."""
        if not self.options.publish:
            return []
        return [s for s in self.steps if not s.target.sandbox and not s.done]


def keyed(part: Part, key: str, *, group: bool) -> str:
    """The key of a record's file in its deposit."""
    return f"{part.key}/{key}" if group else key


def fingerprint(
    loaded: Sequence[tuple[Part, folders.Loaded]],
    digests: Mapping[str, Digests],
    *,
    group: bool,
) -> str:
    """The fingerprint of what one deposit is to hold, by its folder.

    What it names beyond that (`Row.linked`) is no part of it: while a deposit is being linked its
    row's `sent` is empty, so that a push after a kill sends the metadata once more.

    Args:
        loaded: Its records.
        digests: Of every file by its key in the deposit.
        group: Whether the deposit is a group's.
    """
    each = {
        part.key: folders.fingerprint(
            one.record, {f.key: digests[keyed(part, f.key, group=group)] for f in one.files}
        )
        for part, one in loaded
        if one.record
    }
    return together(each, group=group)


def together(each: Mapping[str, str], *, group: bool) -> str:
    """The fingerprint of a deposit.

    Args:
        each: The fingerprints of its records by their names in the links file.
        group: Whether the deposit is a group's.
    """
    if not group:
        return next(iter(each.values()))
    return hashlib.sha256(json.dumps(each, sort_keys=True).encode()).hexdigest()
