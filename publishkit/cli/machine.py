"""Tells machines how a push goes on: one event a line on standard output."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final, Self

import click

from publishkit.cli import events
from publishkit.cli.logs import without_secrets
from publishkit.cli.output import as_data
from publishkit.errors import Cancelled, PublishkitError, RecordError
from publishkit.exchanges import Retry
from publishkit.showing.tally import Tally
from publishkit.showing.ticking import Ticker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from publishkit.errors import Problem
    from publishkit.plan import Plan, Step
    from publishkit.receipts import Receipt
    from publishkit.verbs.preview import Preview

__all__ = ["Machine", "telling"]

SECONDS: Final = 1.0
"""Between two events of progress."""


class Machine(Tally):
    """A watcher that prints events."""

    def __init__(self) -> None:
        super().__init__()
        self._writing = Lock()
        self._ticker = Ticker(self._tick, SECONDS)
        self._last: tuple[object, ...] = ()
        self._ledgers: set[Path] = set()

    def __enter__(self) -> Self:
        self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ticker.stop()
        self.explain(error)

    def tell(self, event: events.Event) -> None:
        """Print one event."""
        line = event.model_dump_json()
        with self._writing:
            try:
                print(line, flush=True)  # noqa: T201 - it is the output
            except (OSError, ValueError):  # nobody reads it: the push goes on
                return

    # ---- what a run tells ----

    def found(self, problems: Iterable[Problem]) -> None:
        """Tell what is wrong with records."""
        for one in problems:
            self.tell(
                events.ProblemFound(
                    severity=one.severity.value,
                    name=one.record,
                    path=one.path,
                    message=one.message,
                    advice=one.advice,
                )
            )

    def plan(self, plan: Plan, *, dry_run: bool) -> None:
        """Tell what will be done."""
        self.tell(
            events.Planned(
                publish=plan.options.publish,
                dry_run=dry_run,
                targets=[
                    events.Target(name=t.name, backend=t.backend, url=t.url, sandbox=t.sandbox)
                    for t in plan.setting.targets
                ],
                deposits=[_deposit(step) for step in plan.steps],
                skipped=[part.name for part in plan.skipped],
            )
        )

    def preview(self, one: Preview) -> None:
        """Tell what would happen to a deposit."""
        self.tell(
            events.Previewed(
                names=list(one.records),
                target=one.target,
                action=one.action.value,
                id=one.id,
                state=one.state.value if one.state else None,
                files=[events.FileChange.model_validate(as_data(file)) for file in one.files],
                metadata=[
                    events.MetadataChange.model_validate(as_data(change)) for change in one.metadata
                ],
                publishes=one.publishes,
                terms=as_data(one.terms),
                refusal=_failure(one.refusal),
            )
        )

    def planned(self, plan: Plan) -> None:
        """Count what there is to do."""
        super().planned(plan)
        self._ledgers |= {part.ledger for step in plan.steps for part in step.parts}

    def began(self, step: Step) -> None:
        """Tell of each record."""
        super().began(step)
        for part in step.parts:
            self.tell(events.Started(name=part.name, target=step.target.name))

    def finished(self, receipt: Receipt) -> None:
        """Tell what became of a record."""
        super().finished(receipt)
        self.tell(_finished(receipt))

    def _tick(self) -> None:
        seen = self.snapshot()
        now = (seen.done, seen.bytes_sent, seen.lines)
        if seen.total and now != self._last:
            self._last = now
            self.tell(
                events.Progress(
                    done=seen.done,
                    failed=seen.failed,
                    total=seen.total,
                    bytes=seen.bytes,
                    bytes_sent=seen.bytes_sent,
                    speed=seen.speed,
                    seconds_left=seen.left,
                    under_way=[
                        events.UnderWay(
                            name=line.name,
                            target=line.target,
                            state=line.state,
                            doing=line.activity,
                            files=line.files,
                            files_sent=line.files_sent,
                            bytes=line.bytes,
                            bytes_sent=line.bytes_sent,
                        )
                        for line in seen.lines
                    ],
                )
            )

    def over(self, error: events.Failure | None) -> None:
        """Tell how it ended; the last event."""
        self.tell(
            events.Summary(
                exit_code=error.exit_code if error else 0,
                counts=dict(self.counts),
                files_sent=sum(receipt.files_sent for receipt in self.receipts),
                bytes_sent=sum(receipt.bytes_sent for receipt in self.receipts),
                seconds=round(self.seconds, 3),
                links_files=[str(path) for path in sorted(self._ledgers)],
                error=error,
            )
        )


@contextmanager
def telling() -> Iterator[Machine]:
    """Print the events of what is done meanwhile; the last says how it ended, whatever it was."""
    machine = Machine()
    handler = _Listening(machine)
    log = logging.getLogger("publishkit")
    log.addHandler(handler)
    error: events.Failure | None = None
    try:
        with machine:
            yield machine
    except BaseException as raised:
        if isinstance(raised, RecordError):
            machine.found(raised.problems)
        error = _failure(raised)
        raise
    finally:
        log.removeHandler(handler)
        machine.over(error)


class _Listening(logging.Handler):
    """Tells of requests that are sent again, and of other warnings."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(logging.WARNING)
        self._machine = machine

    def emit(self, record: logging.LogRecord) -> None:
        retry = getattr(record, "retry", None)
        if isinstance(retry, Retry):
            self._machine.tell(
                events.Retried(
                    target=retry.target,
                    method=retry.method,
                    url=retry.url,
                    status=retry.status,
                    message=without_secrets(retry.message),
                    seconds=retry.seconds,
                )
            )
        else:
            self._machine.tell(events.Warned(message=without_secrets(record.getMessage())))


def _deposit(step: Step) -> events.Deposit:
    return events.Deposit(
        names=[part.name for part in step.parts],
        target=step.target.name,
        action=step.action.value,
        state=step.state,
        files=step.files,
        bytes=step.bytes,
    )


def _finished(receipt: Receipt) -> events.Finished:
    return events.Finished(
        folder=str(receipt.folder),
        name=receipt.name,
        target=receipt.target,
        outcome=receipt.outcome.value,
        id=receipt.id,
        state=receipt.state.value if receipt.state else None,
        published_now=receipt.published_now,
        held=receipt.held,
        waiting=receipt.waiting,
        doi=receipt.doi,
        page=receipt.page,
        links=dict(receipt.links),
        files_sent=receipt.files_sent,
        bytes_sent=receipt.bytes_sent,
        failures=list(receipt.failures),
        error=_failure(receipt.error),
    )


def _failure(error: BaseException | None) -> events.Failure | None:
    if error is None:
        return None
    kind = type(error).__name__
    if isinstance(error, click.ClickException):
        return events.Failure(
            kind=kind, message=error.format_message(), advice="", exit_code=error.exit_code
        )
    if isinstance(error, KeyboardInterrupt):
        error = Cancelled("stopped")
    elif not isinstance(error, PublishkitError):
        error = PublishkitError.of_mistake(error if isinstance(error, Exception) else Exception())
    said = str(error).removesuffix(error.advice).rstrip(" .")
    return events.Failure(
        kind=type(error).__name__, message=said, advice=error.advice, exit_code=error.exit_code
    )
