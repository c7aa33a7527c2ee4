"""G: a push of what did not change."""

from __future__ import annotations

from functools import partial
from typing import Final

from benchmarks.cases.checking import expected, outcome
from benchmarks.measuring import place
from benchmarks.peers import commands
from benchmarks.samples import Bench, Case, Outcome, Trial
from benchmarks.server import Setup, serving

__all__ = ["CASE"]

SIZE: Final = 10_000


def _trials(bench: Bench) -> list[Trial]:
    counts = (10, 100) if bench.quick else (100, 1_000, 10_000)
    return [
        trial
        for count in counts
        for trial in (
            Trial(f"{count:,} records, first", "publishkit", partial(_push, count, 1), 1),
            Trial(f"{count:,} records, again", "publishkit", partial(_push, count, 2), 1),
        )
    ]


def _push(count: int, times: int, bench: Bench) -> Outcome:
    """The last of some pushes of the same records."""
    records = bench.data.small(count, 1, SIZE)
    with serving(Setup(), bench.work) as server, place(bench.work) as here:
        command = commands.publishkit(bench.tools, server, [records.records])
        for _ in range(times - 1):
            here.run(command)
            server.reset()
        return outcome(here.run(command), server.report(), expected(records))


CASE: Final = Case(
    key="G",
    title="Push again, nothing changed",
    about="Records of one file of 10 kB, to InvenioRDM on a line without delay. Goals: what it "
    "costs grows linearly, no data file is read a second time, and 10,000 records take under 30 s "
    "and 300 MB.",
    trials=_trials,
)
