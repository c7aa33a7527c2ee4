"""Every fault at every request of every scenario."""

from __future__ import annotations

import asyncio
import itertools
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .case import Case, Outcome, run_case
from .plans import KILLS, Fault, Plan
from .report import Line, append, done_already

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from .archives import Archive
    from .scenarios import Scenario

__all__ = ["Choice", "run_matrix"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which part of the matrix is run, and how.

    Attributes:
        scenarios: Which.
        places: On which servers: "invenio", "nomad", "both".
        faults: Which; all that a scenario is tried with if empty.
        at: Only this request; 0 for all.
        every: Only each so manieth request, shifted by one from fault to fault.
        jobs: How many cases run side by side.
        clean: Only the runs without a fault.
        work: Where the cases' folders go.
        results: Where each case's outcome is appended; those that stand there are not run again.
    """

    scenarios: Sequence[Scenario]
    places: Sequence[str]
    faults: Sequence[Fault]
    at: int
    every: int
    jobs: int
    clean: bool
    work: Path
    results: Path


async def run_matrix(
    choice: Choice, archives: Callable[[str], tuple[Archive, ...]]
) -> list[Outcome]:
    """Run it, and give the outcomes of what failed.

    Args:
        choice: What is run.
        archives: Gives the servers of a place.
    """
    failed: list[Outcome] = []
    for scenario in choice.scenarios:
        for place in scenario.servers:
            if place in choice.places:
                failed += await _one(choice, scenario, archives(place))
    return failed


async def _one(choice: Choice, scenario: Scenario, archives: tuple[Archive, ...]) -> list[Outcome]:
    """One scenario in one place: first without a fault, to know how many requests it takes."""
    numbers = itertools.count()
    clean = await run_case(Case(scenario, archives), _folder(choice, "clean", numbers))
    _say(clean)
    if clean.problems or choice.clean:
        return [clean] if clean.problems else []
    known = done_already(choice.results)
    cases = [
        case
        for case in _cases(choice, scenario, archives, len(clean.exchanges))
        if case.name not in known
    ]
    limit, failed = asyncio.Semaphore(choice.jobs), list[Outcome]()

    async def run(case: Case) -> None:
        async with limit:
            outcome = await run_case(case, _folder(choice, case.name, numbers))
        append(choice.results, Line.of(outcome))
        _say(outcome)
        if outcome.problems:
            failed.append(outcome)

    await asyncio.gather(*(run(case) for case in cases))
    return failed


def _cases(
    choice: Choice, scenario: Scenario, archives: tuple[Archive, ...], requests: int
) -> Iterator[Case]:
    offered = KILLS if scenario.kills_only else tuple(Fault)
    for shift, fault in enumerate(one for one in offered if one in (choice.faults or offered)):
        ats = range(1 + shift % choice.every, requests + 1, choice.every)
        for at in [choice.at] if choice.at else ats:
            yield Case(scenario, archives, Plan(fault, at))


def _folder(choice: Choice, name: str, numbers: itertools.count[int]) -> Path:
    while (folder := choice.work / f"{name}.{next(numbers)}").exists():
        pass
    return folder


def _say(outcome: Outcome) -> None:
    case = outcome.case
    if outcome.problems:
        what = f"FAILED: {'; '.join(outcome.problems)}\n    again: {case.again}"
    elif case.plan is None:
        what = f"{len(outcome.exchanges)} requests"
    elif not outcome.wrong:
        what = "not reached, the run was shorter"
    else:
        what = "converged" if outcome.at_once else f"converged after {outcome.runs} runs"
    sys.stdout.write(f"{case.name}: {outcome.wrong}: {what}\n")
    sys.stdout.flush()
