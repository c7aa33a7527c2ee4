"""Runs cases round by round, so that what slows the machine for a while hits every tool."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.samples import Outcome, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.samples import Bench, Case, Results, Trial

__all__ = ["run"]


def run(bench: Bench, case: Case, rounds: int, results: Results) -> bool:
    """Run a case and keep what it gave: whether all bytes arrived right each time."""
    samples: list[Sample] = []
    for number in range(rounds):
        for trial in _turned([*case.trials(bench)], number):
            if trial.rounds is None or number < trial.rounds:
                samples.append(_sample(bench, case, trial))
                results.keep(case, samples, _about(bench))
    return not any(one.outcome.problem for one in samples)


def _turned(trials: list[Trial], number: int) -> Iterator[Trial]:
    """Begin with another one each round."""
    yield from trials[number:]
    yield from trials[:number]


def _sample(bench: Bench, case: Case, trial: Trial) -> Sample:
    try:
        outcome = trial.run(bench)
    except (OSError, RuntimeError, ValueError) as error:
        outcome = Outcome(0.0, 0.0, 0, 0, problem=f"{type(error).__name__}: {error}")
    said = outcome.problem or f"{outcome.wall:.2f} s, {outcome.requests} requests"
    sys.stderr.write(f"{case.key}  {trial.variant}  {trial.tool}: {said}\n")
    return Sample(trial.variant, trial.tool, outcome)


def _about(bench: Bench) -> dict[str, str]:
    versions = ", ".join(f"{name} {version}" for name, version in bench.tools.versions.items())
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "versions": f"Python {platform.python_version()}, {versions}",
        "machine": f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores",
        "size": "quick" if bench.quick else "full",
    }
