"""Several records in one upload, each in a folder of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from publishkit_nomad.check import check
from publishkit_nomad.published import NomadEditing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from publishkit.errors import Problem
    from publishkit.model import Record
    from publishkit.repository import DataFile, Transfer
    from publishkit_nomad.uploads import Access
    from publishkit_nomad.wishes import Layout

__all__ = ["GroupRepository"]


class GroupRepository(NomadEditing):
    """One NOMAD, with a group of records as the one upload it works on."""

    def __init__(self, access: Access, members: Layout) -> None:
        super().__init__(access)
        self._layout = members

    def layout(self, record: Record) -> Layout:  # noqa: ARG002 - stands for all members
        """The members, whatever the record."""
        return self._layout

    def check(self, record: Record, files: Sequence[DataFile]) -> list[Problem]:  # noqa: ARG002
        """Every member's problems; the size counts for all of them together."""
        found: list[Problem] = []
        for member in self._layout.members:
            start = f"{member.prefix}/"
            mine = [
                replace(file, key=file.key.removeprefix(start))
                for file in files
                if file.key.startswith(start)
            ]
            problems = check(member.record, mine, self.settings.max_bytes)
            found += [replace(problem, record=member.prefix) for problem in problems]
        return found

    def transfers(
        self,
        id: str,
        record: Record,
        files: Sequence[DataFile],
    ) -> Iterable[Transfer]:
        """One zip of everything; the datasets exist before, since `nomad.yaml` names them."""
        self.access.datasets.ensure(self._layout.datasets)
        return super().transfers(id, record, files)
