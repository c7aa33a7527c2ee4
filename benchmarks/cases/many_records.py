"""A: many small records over a long line."""

from __future__ import annotations

from functools import partial
from typing import Final

from benchmarks.cases.checking import expected, once, scaled
from benchmarks.peers import commands
from benchmarks.samples import Bench, Case, Outcome, Trial
from benchmarks.server import Setup

__all__ = ["CASE"]

FILES: Final = 10
SIZE: Final = 10_000
SETUP: Final = Setup(tls=True, round_trip=0.05)
SOME: Final = 10
"""Records that the peers push; they take the same time for each."""


def _trials(bench: Bench) -> list[Trial]:
    count = 20 if bench.quick else 100
    variant = f"{count} records of {FILES} files of 10 kB"
    some = 2 if bench.quick else SOME
    peers = {
        "bma": commands.bma,
        "example script": commands.example_script,
        "rocrate-inveniordm": commands.rocrate,
    }
    return [
        Trial(variant, "publishkit", partial(_publishkit, count)),
        *(Trial(variant, n, partial(_peer, p, some, count)) for n, p in peers.items()),
    ]


def _publishkit(count: int, bench: Bench) -> Outcome:
    records = bench.data.small(count, FILES, SIZE)
    found, _ = once(
        bench,
        SETUP,
        lambda server: commands.publishkit(bench.tools, server, [records.records]),
        expected(records),
    )
    return found


def _peer(peer: commands.OfRecords, some: int, count: int, bench: Bench) -> Outcome:
    records = bench.data.small(count, FILES, SIZE)
    names = sorted(records.files)[:some]
    found, _ = once(
        bench,
        SETUP,
        lambda server: peer(bench.tools, server, records, names),
        expected(records, count=some),
    )
    return scaled(found, some, count)


CASE: Final = Case(
    key="A",
    title="Many small records over a long line",
    about="To InvenioRDM, with TLS and a round trip of 50 ms. Goal: at least ten times as fast as "
    "`bma` and as the example script. The peers push ten records, and what they took is "
    "multiplied: they take them one after the other.",
    trials=_trials,
)
