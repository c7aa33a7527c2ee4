"""The rows of the links file that one deposit has: one, or one for each record of a group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from publishkit.abilities import Grouping
from publishkit.keeping import said
from publishkit.ledger import Ledger, Row
from publishkit.repository import Deposit, Repository, State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from publishkit.plan import Part, Step

__all__ = ["DepositRows"]


@dataclass(frozen=True)
class DepositRows:
    """The rows of one deposit: one, or those of a group's members."""

    step: Step
    repository: Repository
    ledgers: Mapping[Path, Ledger]
    urls: frozenset[str]
    titles: Mapping[str, str]
    """Of the records that were read, by their names in the links file."""

    @property
    def row(self) -> Row:
        """The deposit's row; in a group the first that knows its id."""
        rows = [self._row(part) for part in self.step.parts]
        row = next((r for r in rows if r.id), None) or next((r for r in rows if r.marker), rows[0])
        if self.step.group and row.id and isinstance(self.repository, Grouping):
            return replace(row, id=self.repository.group_id(row.id))
        return row

    def row_of(self, record: str) -> Row:
        """The row of one record, by its name in the links file."""
        return self._row(next(part for part in self.step.parts if part.key == record))

    def note(self, *, sync: bool = False, renew: bool = False, **changes: object) -> None:
        """Keep changes in every row; with `sync` before a power failure could lose them.

        With `renew` the rows count as updated even if nothing changes.
        """
        last = self.step.parts[-1]
        for part in self.step.parts:
            mine = dict(changes)
            if self.step.group and changes.get("id"):
                bare = Deposit(str(changes["id"]), State.CREATING, "", "", {})
                mine["id"] = self._member(bare, part.key).id
            self._note(part, sync=sync and part is last, renew=renew, **mine)

    def keep(self, deposit: Deposit) -> None:
        """Keep what the repository says of the deposit."""
        published = deposit.state is State.PUBLISHED
        for part in self.step.parts:
            mine, row = self._member(deposit, part.key), self._row(part)
            self._note(
                part,
                **said(replace(mine, failures=deposit.failures)),
                title=self.titles.get(part.key, row.title),
                revision=deposit.revision,
                contents=deposit.contents,
                previous="" if published else row.previous,
                linked_before={} if published else row.linked_before,
            )

    def _member(self, deposit: Deposit, record: str) -> Deposit:
        if self.step.group and isinstance(self.repository, Grouping):
            return self.repository.member(deposit, record)
        return deposit

    def _row(self, part: Part) -> Row:
        target = self.step.target
        return self.ledgers[part.ledger].find(part.key, target, self.urls) or Row(
            folder=part.key, target=target.name, url=target.url, group=self.step.group
        )

    def _note(
        self, part: Part, *, sync: bool = False, renew: bool = False, **changes: object
    ) -> None:
        self.ledgers[part.ledger].note(self._row(part), sync=sync, renew=renew, **changes)
