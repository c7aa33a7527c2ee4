"""F: a server that limits requests."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from benchmarks.cases.checking import expected, once
from benchmarks.peers import commands
from benchmarks.samples import Bench, Case, Outcome, Trial
from benchmarks.server import Setup

__all__ = ["CASE"]

LIMIT: Final = 100
RECORDS: Final = 15
FILES: Final = 10
LEAST: Final = "least time (s)"
OVER: Final = "over it (%)"
REFUSED: Final = "429 (%)"


def _trials(bench: Bench) -> list[Trial]:
    window = 10.0 if bench.quick else 60.0
    variant = f"{RECORDS} records of {FILES} files, {LIMIT} requests in {window:.0f} s"
    return [Trial(variant, "publishkit", partial(_push, window), 2)]


def _push(window: float, bench: Bench) -> Outcome:
    records = bench.data.small(RECORDS, FILES, 10_000)
    found, report = once(
        bench,
        Setup(limit=LIMIT, window=window),
        lambda server: commands.publishkit(bench.tools, server, [records.records]),
        expected(records),
    )
    refused = report.statuses.get(429, 0)
    least = (report.requests - refused - 1) // LIMIT * window
    extra = {
        LEAST: least,
        OVER: 100 * (found.wall / least - 1),
        REFUSED: 100 * refused / report.requests,
    }
    return replace(found, extra=extra)


CASE: Final = Case(
    key="F",
    title="A server that limits requests",
    about="As Zenodo does: 100 requests a minute, in windows that begin with a request. The least "
    "time is what the windows take that the requests need, all used up at once. Goals: within 5 % "
    "of it, and no more than 1 % of answers 429.",
    trials=_trials,
    columns=(LEAST, OVER, REFUSED),
)
