"""What one run gave, and how runs are kept."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.data import Data
    from benchmarks.tools import Tools

__all__ = ["Bench", "Case", "Outcome", "Results", "Sample", "Trial"]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a case has to work with."""

    tools: Tools
    data: Data
    work: Path
    quick: bool
    """Less of everything, for a first look."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run gave. Times in seconds, memory in bytes."""

    wall: float
    cpu: float
    peak: int
    read: int
    requests: int = 0
    connections: int = 0
    problem: str = ""
    """What is not as it should be, by what the server holds; the run counts as failed."""
    note: str = ""
    extra: Mapping[str, float] = field(default_factory=dict)
    """By the name of the column."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One tool at one piece of work."""

    variant: str
    tool: str
    run: Callable[[Bench], Outcome]
    rounds: int | None = None
    """At most so many; None for as many as are asked for."""


@dataclass(frozen=True, slots=True)
class Case:
    """Pieces of work that are compared."""

    key: str
    title: str
    about: str
    """A paragraph: what is done, and what the goal is."""
    trials: Callable[[Bench], Sequence[Trial]]
    columns: Sequence[str] = ()
    """Of `Outcome.extra`, with their unit."""
    rival: str = ""
    """The tool that publishkit's time is set against, where it is not everybody."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one trial."""

    variant: str
    tool: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Results:
    """The newest samples of every case, in a file."""

    path: Path

    def keep(self, case: Case, samples: Sequence[Sample], about: Mapping[str, str]) -> None:
        """Replace what is there of a case.

        Args:
            case: Which.
            samples: Its runs, in their order.
            about: When and on what it was run.
        """
        found = self._all()
        found[case.key] = {"about": dict(about), "samples": [asdict(one) for one in samples]}
        self.path.write_text(json.dumps(found, indent=1))

    def of(self, case: Case) -> tuple[list[Sample], dict[str, str]]:
        """The runs of a case, and when and on what it was run; empty where it was not."""
        found = self._all().get(case.key, {"samples": [], "about": {}})
        samples = [
            Sample(one["variant"], one["tool"], Outcome(**one["outcome"]))
            for one in found["samples"]
        ]
        return samples, found["about"]

    def _all(self) -> dict[str, Any]:
        if not self.path.exists():
            return {}
        found: dict[str, Any] = json.loads(self.path.read_text())
        return found
