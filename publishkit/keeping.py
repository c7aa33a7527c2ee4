"""Keeps the links file true when a verb changes a deposit."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from publishkit.abilities import Grouping
from publishkit.errors import RejectedError
from publishkit.ledger import Ledger, Row
from publishkit.repository import Deposit, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from publishkit.finding import Found
    from publishkit.repository import Repository

__all__ = ["Keeper", "KeptRows", "keeping", "keeping_open", "said", "whole_of"]


def said(deposit: Deposit) -> dict[str, Any]:
    """What a row keeps of what the repository says of a deposit; not what tells of edits."""
    state = State.FAILED if deposit.failures else deposit.state
    return {
        "id": deposit.id,
        "state": state.value,
        "links": dict(deposit.links),
        "doi": deposit.doi or "",
        "extra": dict(deposit.extra),
    }


class Keeper:
    """The rows of one deposit, open for change; none where no links file knows the deposit."""

    def __init__(self, found: Found, ledger: Ledger | None) -> None:
        self._found = found
        self._ledger = ledger
        self._seen = {row.folder: row for row in self.rows}

    def beside(self, found: Found) -> Keeper:
        """The rows of another deposit in the same links file."""
        return Keeper(found, self._ledger)

    @property
    def rows(self) -> list[Row]:
        """The deposit's rows as they are now: one, or one for each record of a group."""
        found = self._found
        return [
            row
            for row in (self._ledger.rows_about(found.id) if self._ledger and found.row else [])
            if row.url in found.urls and whole_of(found.repository, row) == found.id
        ]

    @property
    def row(self) -> Row | None:
        """The row that the deposit was found by, or the first of its group."""
        rows, known = self.rows, self._found.row
        same = (row for row in rows if known and row.folder == known.folder)
        return next(same, rows[0] if rows else None)

    @contextmanager
    def changing(self, before: Deposit, **changes: object) -> Iterator[None]:
        """Note that the metadata are about to be changed, before they are.

        After a kill this change is not taken for somebody's edit on the web, and the next push
        of a draft sends the folder's metadata once more; an edit that was there before still
        shows. What the repository refuses leaves the rows as they were.

        Args:
            before: The deposit as it is.
            changes: Further fields of a draft's row, which that push would make true.
        """
        published = before.state is State.PUBLISHED
        blank = {"revision": ""} if published else {"revision": "", "sent": ""}
        early = {} if published else changes
        for row in self.rows:
            current = row.revision == before.revision
            self._note(row, {**(blank if current else {}), **early}, sync=True)
        try:
            yield
        except RejectedError:
            for row in self.rows:
                seen = self._seen[row.folder]
                self._note(row, {name: getattr(seen, name) for name in (*blank, *early)})
            raise

    def keep(self, deposit: Deposit, *, before: Deposit | None = None, **changes: object) -> None:
        """Keep what the repository says of the deposit now.

        Args:
            deposit: As it is now.
            before: As it was before the verb changed it, where it did. What tells of edits
                (`revision`, `contents`) moves on only if it was up to date then, since somebody's
                own edit on the web would go unnoticed else.
            changes: Further fields of the row.
        """
        for row in self.rows:
            seen = self._seen.get(row.folder, row)
            told = {**said(self._part(deposit, row)), "sent": seen.sent}
            if row.state == State.FAILED.value and deposit.state is State.DRAFT:
                told["state"] = row.state  # only settling and inspecting tell of failures
            if before:
                current = (seen.revision == before.revision, seen.contents == before.contents)
                told["revision"] = deposit.revision if current[0] else seen.revision
                told["contents"] = deposit.contents if current[1] else seen.contents
            if deposit.state is State.PUBLISHED:
                told |= {"previous": "", "linked_before": {}}
            self._note(row, {**told, **changes})

    def note(self, *, sync: bool = False, renew: bool = False, **changes: object) -> None:
        """Keep changes in every row, as `Ledger.note` does."""
        for row in self.rows:
            self._note(row, changes, sync=sync, renew=renew)

    def go_back(self, deposit: Deposit) -> None:
        """Make the rows those of the version before, whose next version's draft was deleted."""
        for row in self.rows:
            told = said(self._part(deposit, row))
            # what was sent is not known any more: the next push compares with what is there
            blank = {"marker": "", "previous": "", "next": "", "sent": "", "linked_before": {}}
            if row.previous:
                blank["linked"] = row.linked_before
            now = {"revision": deposit.revision, "contents": deposit.contents}
            self._note(row, {**told, **blank, **now}, sync=True)

    def forget(self) -> None:
        """Take the rows out: the deposit was deleted."""
        for row in self.rows:
            if self._ledger:
                self._ledger.forget(row)

    def _part(self, deposit: Deposit, row: Row) -> Deposit:
        repository = self._found.repository
        if row.group and isinstance(repository, Grouping):
            return repository.member(deposit, row.folder)
        return deposit

    def _note(
        self, row: Row, changes: dict[str, object], *, sync: bool = False, renew: bool = False
    ) -> None:
        if self._ledger:
            self._ledger.note(row, sync=sync, renew=renew, **changes)


class KeptRows:
    """The rows of one deposit, as the engine keeps them.

    Args:
        found: The deposit.
        keeper: Its rows.
        before: The deposit before the verb changed it.
        changes: Fields of the rows to keep with whatever the repository says.
    """

    def __init__(self, found: Found, keeper: Keeper, before: Deposit, **changes: object) -> None:
        self._found = found
        self._keeper = keeper
        self._before = before
        self._changes = changes

    @property
    def row(self) -> Row:
        """The row; an empty one where no links file knows the deposit."""
        return self._keeper.row or Row(folder=self._found.name, target=self._found.target.name)

    def row_of(self, record: str) -> Row:  # noqa: ARG002 - all are of one deposit
        """The row."""
        return self.row

    def note(self, *, sync: bool = False, renew: bool = False, **changes: object) -> None:
        """Keep changes."""
        self._keeper.note(sync=sync, renew=renew, **changes)

    def keep(self, deposit: Deposit) -> None:
        """Keep what the repository says of the deposit."""
        self._keeper.keep(deposit, before=self._before, **self._changes)


def whole_of(repository: Repository, row: Row) -> str:
    """The id of the deposit that a row is about: of the whole group if it is one of a group."""
    if row.group and isinstance(repository, Grouping):
        return repository.group_id(row.id)
    return row.id


@contextmanager
def keeping(found: Found) -> Iterator[Keeper]:
    """The links file that knows the deposit, locked until what is kept in it stands there.

    Raises:
        ConfigError: It cannot be written or understood.
        TemporaryError: Another run holds it.
    """
    if found.ledger is None:
        yield Keeper(found, None)
    elif (kept_open := _of_thread.ledgers) is not None:
        yield Keeper(found, kept_open.get(found.ledger))
    else:
        with Ledger.open(found.ledger) as ledger:
            yield Keeper(found, ledger)


@contextmanager
def keeping_open() -> Iterator[None]:
    """Within this, a links file that `keeping` opened stays open, and locked, until the end.

    Each of thousands of records would else read and write all of it.
    """
    outer = _of_thread.ledgers
    with ExitStack() as stack:
        _of_thread.ledgers = outer or _Ledgers(stack)
        try:
            yield
        finally:
            _of_thread.ledgers = outer


class _Ledgers:
    """The links files that are open, until the stack closes them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._open: dict[Path, Ledger] = {}

    def get(self, path: Path) -> Ledger:
        if path not in self._open:
            self._open[path] = self._stack.enter_context(Ledger.open(path))
        return self._open[path]


class _OfThread(threading.local):
    ledgers: _Ledgers | None = None


_of_thread = _OfThread()
