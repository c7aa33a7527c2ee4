"""H: how soon the command is there."""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.measuring import Command, place
from benchmarks.samples import Bench, Case, Outcome, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.tools import Tools

__all__ = ["CASE"]

TIMES: Final = 10
"""Runs of which the median counts as one sample."""


def _trials(_bench: Bench) -> list[Trial]:
    return [
        Trial("--version", "publishkit", partial(_start, lambda t: _own(t, "--version"))),
        Trial("--help", "publishkit", partial(_start, lambda t: _own(t, "--help"))),
        Trial("--help", "bma", partial(_start, lambda t: [t.of("bma", "bma"), "--help"])),
        Trial("--help", "rocrate-inveniordm", partial(_start, _rocrate)),
        Trial("no more than Python", "python", partial(_start, _nothing)),
    ]


def _own(tools: Tools, option: str) -> list[str]:
    return [str(tools.publishkit), option]


def _rocrate(tools: Tools) -> list[str]:
    return [tools.of("rocrate-inveniordm", "rocrate_inveniordm"), "--help"]


def _nothing(tools: Tools) -> list[str]:
    return [tools.of("example script", "python"), "-c", "pass"]


def _start(words: Callable[[Tools], Sequence[str]], bench: Bench) -> Outcome:
    with place(bench.work) as here:
        runs = [here.run(Command(words(bench.tools))) for _ in range(TIMES)]
    failed = next((run for run in runs if run.code), None)
    return Outcome(
        wall=median(run.wall for run in runs),
        cpu=median(run.cpu for run in runs),
        peak=max(run.peak for run in runs),
        read=runs[0].read,
        problem=failed.said[-200:] if failed else "",
    )


CASE: Final = Case(
    key="H",
    title="How soon the command is there",
    about="From a warm disk; each sample is the median of ten runs. Goals: `--version` within "
    "150 ms and `--help` within 250 ms.",
    trials=_trials,
)
