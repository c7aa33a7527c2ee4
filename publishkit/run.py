"""Carries a plan out: records side by side, drafts first, then what is to be published."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from publishkit.abilities import Addresses, Grouping, Member
from publishkit.contents import Contents
from publishkit.engine import bring_up, publish
from publishkit.errors import Cancelled, PublishkitError
from publishkit.job import DONE, Job, Result
from publishkit.linking import Linked, cross
from publishkit.progress import Activity, RunMeter, StepTold, Watcher
from publishkit.receipts import Outcome, Receipt
from publishkit.repository import Repository, State
from publishkit.rows import DepositRows
from publishkit.setting import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from publishkit.ledger import Ledger
    from publishkit.model import Record
    from publishkit.plan import Part, Plan, Step
    from publishkit.repository import Deposit

__all__ = ["Run"]

log = logging.getLogger("publishkit")

PORTION: Final = 200
"""Records; bounds what is held in memory between sending and publishing."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Draft:
    """What became of a step before anything is published."""

    step: Step
    job: Job | None = None
    result: Result | None = None
    error: PublishkitError | None = None
    held: bool = False
    """Whether it is complete but another target of the same record is not."""
    waiting: str = ""
    """The target that must accept the same record first."""


class Run:
    """One run of a plan.

    Two pools: of records, whose tasks mostly wait, and of transfers, so that no task waits
    inside its own pool.
    """

    def __init__(self, plan: Plan, ledgers: Mapping[Path, Ledger], watcher: Watcher) -> None:
        self._plan = plan
        self._ledgers = ledgers
        self._watcher = watcher
        self._stop = plan.setting.stop
        self._began = time.monotonic()
        self._records = ThreadPoolExecutor(plan.options.workers, "record")
        self._transfers = ThreadPoolExecutor(plan.options.workers, "transfer")
        self._blocks = blocks()
        self._drafts_only = not (plan.options.publish or plan.options.cross)

    def all(self) -> list[Receipt]:
        """Work through the plan, and give a receipt for each record and target.

        Raises:
            Cancelled: The run was stopped; what was under way has ended.
        """
        receipts: list[Receipt] = []
        try:
            left = self._plan.records
            while left:
                size = self._size(receipts)
                portion, left = left[:size], left[size:]
                receipts += self._portion([step for steps in portion for step in steps])
        finally:
            self._records.shutdown(cancel_futures=True)
            self._transfers.shutdown(cancel_futures=True)
        parts = ((part, step.target) for step in self._plan.steps for part in step.parts)
        order = {(part.folder, target.name): n for n, (part, target) in enumerate(parts)}
        return sorted(receipts, key=lambda receipt: order[receipt.folder, receipt.target])

    def _size(self, receipts: Sequence[Receipt]) -> int:
        """How many records are worked on next, before they are published."""
        if self._plan.room is None:
            return PORTION
        # what could not be published goes on taking room
        return max(1, min(PORTION, self._plan.room - sum(map(_takes_room, receipts))))

    def _portion(self, steps: Sequence[Step]) -> list[Receipt]:
        options = self._plan.options
        drafts = self._parallel(self._draft, steps)
        if options.cross:
            drafts = [
                one for done in self._parallel(self._cross, _by_record(drafts)) for one in done
            ]
        if options.publish:
            drafts = _hold_back(drafts)
        if not (options.publish and options.cross):
            return [one for done in self._parallel(self._finish, drafts) for one in done]
        return [one for done in self._parallel(self._in_order, _by_record(drafts)) for one in done]

    def _cross(self, drafts: Sequence[_Draft]) -> list[_Draft]:
        """Let the deposits of one record name each other, as far as they are complete."""
        whole = {
            d.step.target.name: Linked(d.job.repository, d.result.deposit, d.job.rows)
            for d in drafts
            if d.job and d.result and not d.error
        }
        if len(whole) != len(drafts):
            return list(drafts)
        try:
            with self._linking(drafts):
                crossed = cross(whole)
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - one record's failure does not stop the others
            return [replace(draft, error=_known(error)) for draft in drafts]
        return [_with_deposit(draft, crossed[draft.step.target.name]) for draft in drafts]

    @contextmanager
    def _linking(self, drafts: Sequence[_Draft]) -> Iterator[None]:
        with ExitStack() as stack:
            for draft in drafts:
                told = stack.enter_context(StepTold(self._watcher, draft.step))
                state = draft.job.rows.row.state if draft.job else ""
                told.doing(Activity.LINKING, state)
            yield

    def _in_order(self, drafts: Sequence[_Draft]) -> list[Receipt]:
        """Publish what registers its address first, and what names it once that is public."""
        first = [d for d in drafts if _registers(d)]
        receipts, waiting = [], ""
        for draft in [*first, *(d for d in drafts if d not in first)]:
            done = self._finish(replace(draft, waiting=waiting))
            receipts += done
            if draft in first and not self._plan.options.publish_now:
                waiting = waiting or _reviewing(done)
        return receipts

    def _parallel(self, task: Callable[[T], R], items: Iterable[T]) -> list[R]:
        futures: list[Future[R]] = [self._records.submit(task, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            self._stop.set()
            for future in futures:
                future.cancel()
            wait(futures)
            raise

    def _draft(self, step: Step) -> _Draft:
        with StepTold(self._watcher, step) as told:
            draft = self._brought(step, told)
            if self._drafts_only:
                _report(draft, told)
            return draft

    def _brought(self, step: Step, told: StepTold) -> _Draft:
        job: Job | None = None
        try:
            job = self._job(step, told)
            return _Draft(step, job=job, result=bring_up(job))
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - one record's failure does not stop the others
            return _Draft(step, job=job, error=_known(error))

    def _finish(self, draft: _Draft) -> list[Receipt]:
        """Publish a draft if that was asked for and nothing speaks against it."""
        if self._drafts_only:
            return _receipts(draft)
        with StepTold(self._watcher, draft.step) as told:
            return _report(self._published(draft), told)

    def _published(self, draft: _Draft) -> _Draft:
        ready = draft.job and draft.result and not (draft.error or draft.held or draft.waiting)
        if self._plan.options.publish and draft.job and draft.result and ready:
            try:
                before = draft.result.deposit
                after = publish(draft.job, before, late=draft.result.late)
                result = replace(draft.result, deposit=after, published_now=after is not before)
                draft = replace(draft, result=result)
            except Cancelled:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                draft = replace(draft, error=_known(error))
        return draft

    # ---- jobs ----

    def _job(self, step: Step, told: StepTold) -> Job:
        setting, options = self._plan.setting, self._plan.options
        contents = Contents(step, self._blocks, allow_secrets=options.allow_secrets)
        known = step.fingerprint if self._plan.rests(step) and not step.group else ""
        if not known:
            contents.records()  # what is not valid any more ends here
        rows = DepositRows(
            step,
            setting.repositories[step.target.name],
            self._ledgers,
            setting.config.urls_of(step.target),
            contents.titles,
        )
        repository = self._repository(step, contents, rows)
        return Job(
            folder=step.parts[0].name,
            repository=repository,
            record=_resolved(repository, contents, rows, step.parts[0].key),
            read=cache(contents.files),
            fingerprint=contents.fingerprint,
            known=known,
            rows=rows,
            choices=options.choices,
            digests=setting.digests,
            transfers=self._transfers,
            meter=RunMeter(self._stop, told.sent),
            settling=RunMeter(self._stop, told.sent, options.wait_timeout),
            began=self._began,
            told=told,
        )

    def _repository(self, step: Step, contents: Contents, rows: DepositRows) -> Repository:
        repository = self._plan.setting.repositories[step.target.name]
        if step.group and isinstance(repository, Grouping):
            members = [
                Member(part.key, _resolved(repository, contents, rows, part.key)())
                for part in step.parts
            ]
            return repository.group(step.group, members)
        return repository


def _report(draft: _Draft, told: StepTold) -> list[Receipt]:
    receipts = _receipts(draft)
    for receipt in receipts:
        told.finished(receipt)
    return receipts


def _resolved(
    repository: Repository, contents: Contents, rows: DepositRows, key: str
) -> Callable[[], Record]:
    """The record as the target takes it, with what its deposit names beyond that by now."""
    resolved = cache(lambda: repository.resolve(contents.records()[key]).record)

    def whole() -> Record:
        row = rows.row_of(key)
        return resolved().with_links(row.linked, row.collections)

    return whole


def _known(error: Exception) -> PublishkitError:
    if isinstance(error, PublishkitError):
        return error
    log.debug("unexpected error", exc_info=error)
    if isinstance(error, OSError):
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return PublishkitError(what, advice="Mend that and run the same command again.")
    return PublishkitError.of_mistake(error)


def _by_record(drafts: Sequence[_Draft]) -> list[list[_Draft]]:
    records: defaultdict[tuple[Part, ...], list[_Draft]] = defaultdict(list)
    for draft in drafts:
        records[draft.step.parts].append(draft)
    return list(records.values())


def _with_deposit(draft: _Draft, deposit: Deposit) -> _Draft:
    if draft.result is None or deposit is draft.result.deposit:
        return draft
    outcome = draft.result.outcome
    changed = Outcome.UPDATED if outcome is Outcome.UNCHANGED else outcome
    failures = draft.result.deposit.failures
    result = replace(draft.result, deposit=replace(deposit, failures=failures), outcome=changed)
    return replace(draft, result=result)


def _registers(draft: _Draft) -> bool:
    repository = draft.job.repository if draft.job else None
    return isinstance(repository, Addresses) and repository.registers


def _reviewing(receipts: Sequence[Receipt]) -> str:
    """The target whose review a record is in, or ''."""
    return next((r.target for r in receipts if r.state is State.IN_REVIEW), "")


def _hold_back(drafts: Sequence[_Draft]) -> list[_Draft]:
    """Publishing cannot be undone: a record waits until all its targets have it complete."""
    failed: defaultdict[Part, bool] = defaultdict(bool)
    for draft in drafts:
        for part in draft.step.parts:
            failed[part] |= draft.error is not None
    return [
        replace(d, held=_is_open(d) and any(failed[part] for part in d.step.parts)) for d in drafts
    ]


def _is_open(draft: _Draft) -> bool:
    return draft.result is not None and draft.result.deposit.state not in DONE


def _takes_room(receipt: Receipt) -> bool:
    return bool(receipt.id) and receipt.state not in DONE


def _receipts(draft: _Draft) -> list[Receipt]:
    return [_receipt(draft, part) for part in draft.step.parts]


def _receipt(draft: _Draft, part: Part) -> Receipt:
    receipt = Receipt(
        folder=part.folder,
        name=part.name,
        target=draft.step.target.name,
        outcome=Outcome.FAILED,
        error=draft.error,
        held=draft.held,
        waiting=draft.waiting if _is_open(draft) else "",
    )
    if draft.job is None:
        return receipt
    row = draft.job.rows.row_of(part.key)
    receipt = replace(
        receipt,
        id=row.id,
        state=State(row.state) if row.state in set(State) else None,
        doi=row.doi or None,
        links=row.links,
    )
    if draft.result is None:
        return receipt
    return replace(
        receipt,
        outcome=Outcome.FAILED if draft.error else draft.result.outcome,
        published_now=draft.result.published_now,
        files_sent=draft.result.files_sent,
        bytes_sent=draft.result.bytes_sent,
        failures=draft.result.deposit.failures,
    )
