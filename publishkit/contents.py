"""What the folders of one deposit hold, read when that is first needed."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from publishkit import folder as folders
from publishkit.errors import RecordError, Severity
from publishkit.leaks import credentials_in
from publishkit.plan import fingerprint, keyed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from publishkit.model import Record
    from publishkit.plan import Part, Step
    from publishkit.repository import DataFile, Digests

__all__ = ["Contents"]


class Contents:
    """The records and files of one deposit, read once.

    A deposit that nothing is sent to needs none of it.

    Args:
        step: The deposit.
        blocks: The models of the backends' blocks by name.
        allow_secrets: Whether files that look like credentials may be sent.
    """

    def __init__(
        self, step: Step, blocks: Mapping[str, type[BaseModel]], *, allow_secrets: bool
    ) -> None:
        self._step = step
        self._blocks = blocks
        self._allow_secrets = allow_secrets
        self.titles: dict[str, str] = {}
        """Of the records that were read, by their names in the links file."""

    def records(self) -> dict[str, Record]:
        """The records by their names in the links file.

        Raises:
            RecordError: One is not valid any more.
        """
        return {part.key: one.record for part, one in self._loaded if one.record}

    def files(self) -> list[DataFile]:
        """The files of all records, under the keys that they have in the deposit.

        Raises:
            RecordError: As `records`.
        """
        return [
            replace(file, key=keyed(part, file.key, group=bool(self._step.group)))
            for part, one in self._loaded
            for file in one.files
        ]

    def fingerprint(self, digests: Mapping[str, Digests]) -> str:
        """The fingerprint of what the deposit is to hold, given the files' digests by key."""
        return fingerprint(self._loaded, digests, group=bool(self._step.group))

    @cached_property
    def _loaded(self) -> list[tuple[Part, folders.Loaded]]:
        loaded = [(part, self._load(part)) for part in self._step.parts]
        for part, one in loaded:
            if one.record:
                self.titles[part.key] = one.record.metadata.title
        return loaded

    def _load(self, part: Part) -> folders.Loaded:
        loaded = folders.load(part.folder, part.name, self._blocks)
        # what was put there since the check must not go unseen
        secret = credentials_in(part.folder, loaded.files, allowed=self._allow_secrets)
        errors = [p for p in [*loaded.problems, *secret] if p.severity is Severity.ERROR]
        if errors or loaded.record is None:
            raise RecordError(errors, f"{part.name} was changed since it was checked")
        return loaded
