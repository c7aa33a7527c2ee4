"""E: waiting for NOMAD."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from benchmarks.cases.checking import expected, once
from benchmarks.peers import commands
from benchmarks.samples import Bench, Case, Outcome, Trial
from benchmarks.server import Setup

__all__ = ["CASE"]

LATE: Final = "late (s)"
POLLS: Final = "looks"
PER_MINUTE: Final = "looks a minute"


def _trials(bench: Bench) -> list[Trial]:
    times = (2, 5) if bench.quick else (2, 20, 120)
    return [
        Trial(f"{seconds} s of processing", "publishkit", partial(_wait, seconds), rounds)
        for seconds, rounds in zip(times, (None, 3, 1), strict=False)
    ]


def _wait(seconds: int, bench: Bench) -> Outcome:
    records = bench.data.small(1, 10, 10_000)
    found, report = once(
        bench,
        Setup(processing=seconds),
        lambda server: commands.publishkit(bench.tools, server, [records.records], "nomad"),
        expected(records, "nomad"),
    )
    (deposit,) = report.deposits
    late = float("nan") if deposit.late is None else deposit.late
    looks = {POLLS: deposit.looks, PER_MINUTE: 60 * deposit.looks / seconds}
    return replace(found, extra={LATE: late, **looks})


CASE: Final = Case(
    key="E",
    title="Waiting for NOMAD",
    about="How long after the end of processing publishkit notices it, and how often it looked "
    "until then. Goals: within 0.5 s or a tenth of the time, whichever is more, and for a long job "
    "a handful of looks a minute. No peer waits.",
    trials=_trials,
    columns=(LATE, POLLS, PER_MINUTE),
)
