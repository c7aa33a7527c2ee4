"""Counts what a run tells: the one state behind every display."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from publishkit.errors import Cancelled
from publishkit.plan import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from publishkit.plan import Plan, Step
    from publishkit.progress import Activity
    from publishkit.receipts import Receipt

__all__ = ["Line", "Snapshot", "Speed", "Tally"]

_SPAN: Final = 10.0
"""Seconds over which a speed is measured."""
_LEAST: Final = 1.0
"""Seconds that it takes to know one."""


class Speed:
    """How fast a sum grows, by looks at it now and then."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque()

    def at(self, now: float, total: int) -> float:
        """Bytes a second of late; 0 while that is not known."""
        self._looks.append((now, total))
        while len(self._looks) > 2 and now - self._looks[0][0] > _SPAN:  # noqa: PLR2004 - a span
            self._looks.popleft()
        then, before = self._looks[0]
        return max(0.0, (total - before) / (now - then)) if now - then >= _LEAST else 0.0


@dataclass(slots=True)
class _Work:
    """One deposit; its numbers are only ever changed under the tally's lock."""

    name: str
    target: str
    records: int = 1
    files: int = 0
    files_sent: int = 0
    bytes: int = 0
    bytes_sent: int = 0
    activity: str = ""
    state: str = ""
    speed: Speed = field(default_factory=Speed)


@dataclass(frozen=True, slots=True)
class Line:
    """One deposit that is under way."""

    name: str
    target: str
    state: str
    activity: str
    files: int
    files_sent: int
    bytes: int
    bytes_sent: int
    speed: float
    """Bytes a second."""

    @property
    def doing(self) -> str:
        """Its state and what is done to it."""
        words = [self.state, self.activity]
        if self.state in {"creating", "processing"} or not self.state:
            words = [self.activity or self.state]
        return ", ".join(filter(None, words))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a run stands at one moment."""

    lines: Sequence[Line]
    """Those under way, the longest first."""
    done: int
    """Records and targets."""
    failed: int
    total: int
    waiting: int
    """Drafts that are ready, and wait for others before they are published."""
    bytes: int
    bytes_sent: int
    speed: float
    """Bytes a second."""
    left: float | None
    """Seconds, about; None while nobody knows."""
    unit: str = "done"
    """What is counted, as it stands behind `3 of 12`."""


class Tally:
    """A watcher that counts.

    What it is told costs a lock and an addition; all else is worked out when somebody looks.

    Args:
        clock: Gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._works: dict[int, _Work] = {}
        self._under_way: dict[int, _Work] = {}
        self._speed = Speed()
        self._began = clock()
        self._ready: set[int] = set()
        self._ready_records = 0
        self.counts: Counter[str] = Counter()
        """Records by what was done with them."""
        self.receipts: list[Receipt] = []
        self.total = 0
        """How many records and targets there are."""
        self._bytes = self._bytes_sent = self._failed = 0

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return self._clock() - self._began

    # ---- what a run tells ----

    def planned(self, plan: Plan) -> None:
        """Know what there is to do."""
        with self._lock:
            for step in plan.steps:
                nbytes = step.bytes if step.action is not Action.NOTHING else 0
                self._works[id(step)] = self._work(step, nbytes)
                self._bytes += nbytes
            self.total += sum(len(step.parts) for step in plan.steps)
            self.total += len(plan.skipped) * len(plan.setting.targets)

    @staticmethod
    def _work(step: Step, nbytes: int) -> _Work:
        name = step.group or step.parts[0].name
        return _Work(name, step.target.name, len(step.parts), step.files, bytes=nbytes)

    def began(self, step: Step) -> None:
        """It is under way."""
        with self._lock:
            work = self._under_way[id(step)] = self._works[id(step)]
            if id(step) in self._ready:
                self._ready.remove(id(step))
                self._ready_records -= work.records

    def doing(self, step: Step, activity: Activity, state: str) -> None:
        """Keep what is done."""
        work = self._works[id(step)]
        work.activity, work.state = activity.value, state or work.state

    def expected(self, step: Step, files: int, nbytes: int) -> None:
        """Count what is to be sent, in the place of what the plan thought."""
        with self._lock:
            self._expect(self._works[id(step)], files, nbytes)

    def _expect(self, work: _Work, files: int, nbytes: int) -> None:
        work.files = work.files_sent + files
        self._bytes += work.bytes_sent + nbytes - work.bytes
        work.bytes = work.bytes_sent + nbytes

    def sent(self, step: Step, nbytes: int) -> None:
        """Count bytes."""
        with self._lock:
            self._works[id(step)].bytes_sent += nbytes
            self._bytes_sent += nbytes

    def arrived(self, step: Step, files: int) -> None:
        """Count files."""
        with self._lock:
            self._works[id(step)].files_sent += files

    def ended(self, step: Step) -> None:
        """It is not under way any more."""
        with self._lock:
            work = self._under_way.pop(id(step))
            self._expect(work, 0, 0)  # what was not sent is not to be sent any more
            self._ready.add(id(step))
            self._ready_records += work.records

    def finished(self, receipt: Receipt) -> None:
        """Count a record."""
        with self._lock:
            self.counts[receipt.verb] += 1
            self._failed += not receipt.ok
            self.receipts.append(receipt)

    def explain(self, error: BaseException | None) -> None:
        """Let the error that ended the run say how far it was, and how to go on."""
        if isinstance(error, Cancelled):
            error.message = f"stopped: {len(self.receipts)} of {self.total} records done"
            error.advice = "Run the same command again: it goes on where it stopped."

    # ---- looking ----

    def snapshot(self) -> Snapshot:
        """How it stands now."""
        now = self._clock()
        with self._lock:
            lines = tuple(_line(work, now) for work in self._under_way.values())
            done, speed = len(self.receipts), self._speed.at(now, self._bytes_sent)
            records = sum(work.records for work in self._under_way.values())
            return Snapshot(
                lines=lines,
                done=done,
                failed=self._failed,
                total=self.total,
                waiting=self._waiting(done, records),
                bytes=self._bytes,
                bytes_sent=self._bytes_sent,
                speed=speed,
                left=self._left(now - self._began, done, speed),
            )

    def _waiting(self, done: int, under_way: int) -> int:
        over = done - self.counts["skipped"]
        return max(0, min(self._ready_records - over, self.total - done - under_way))

    def _left(self, elapsed: float, done: int, speed: float) -> float | None:
        by_records = elapsed / done * (self.total - done) if done else None
        if self._bytes <= self._bytes_sent:
            return by_records
        return (self._bytes - self._bytes_sent) / speed if speed else None


def _line(work: _Work, now: float) -> Line:
    return Line(
        name=work.name,
        target=work.target,
        state=work.state,
        activity=work.activity,
        files=work.files,
        files_sent=min(work.files, work.files_sent),
        bytes=work.bytes,
        bytes_sent=min(work.bytes, work.bytes_sent),
        speed=work.speed.at(now, work.bytes_sent) if work.activity == "sending" else 0.0,
    )
