"""What the cases came to: kept a line each, shown as a table, written into the documentation."""

from __future__ import annotations

import json
import platform
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .plans import MEANINGS, Fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .case import Outcome

__all__ = ["Line", "append", "done_already", "read", "table", "write_between"]


@dataclass(frozen=True, slots=True)
class Line:
    """A case's outcome, as it is kept."""

    name: str
    scenario: str
    place: str
    versions: str
    fault: str
    at: int
    reached: bool
    at_once: bool
    runs: int
    problems: tuple[str, ...]
    again: str

    @classmethod
    def of(cls, outcome: Outcome) -> Line:
        """The line of an outcome of a case that has a fault."""
        case, plan = outcome.case, outcome.case.plan
        return cls(
            name=case.name,
            scenario=case.scenario.name,
            place=case.place,
            versions=", ".join(archive.version for archive in case.archives),
            fault=plan.fault if plan else "",
            at=plan.at if plan else 0,
            reached=bool(outcome.wrong),
            at_once=outcome.at_once,
            runs=outcome.runs,
            problems=outcome.problems,
            again=case.again,
        )


def append(path: Path, line: Line) -> None:
    """Keep an outcome."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(line)) + "\n")


def read(path: Path) -> list[Line]:
    """All outcomes that are kept; of a case that was run again, the last."""
    if not path.exists():
        return []
    found = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return list(
        {
            line["name"]: Line(**{**line, "problems": tuple(line["problems"])}) for line in found
        }.values()
    )


def done_already(path: Path) -> set[str]:
    """The names of the cases that need not be run again: those that converged."""
    return {line.name for line in read(path) if not line.problems}


def table(lines: Sequence[Line], command: str) -> str:
    """The matrix as Markdown: a row for each fault, a column for each scenario and server."""
    columns = list(dict.fromkeys((line.scenario, line.place) for line in lines))
    cells: defaultdict[tuple[str, str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.reached:
            cells[line.fault, line.scenario, line.place].append(line)
    heads = [f"{scenario}, {place}" for scenario, place in columns]
    rows = [f"| fault | {' | '.join(heads)} |", f"| --- |{' --- |' * len(heads)}"]
    for fault in Fault:
        shown = [_cell(cells[fault, *column]) for column in columns]
        if any(shown):
            rows.append(f"| {MEANINGS[fault]} | {' | '.join(shown)} |")
    return "\n".join([_summary(lines, command), "", *rows, ""])


def _cell(lines: Sequence[Line]) -> str:
    if not lines:
        return ""
    good = [line for line in lines if not line.problems]
    return f"{len(good)} of {len(lines)} ({sum(line.at_once for line in good)})"


def _summary(lines: Sequence[Line], command: str) -> str:
    tried = [line for line in lines if line.reached]
    good = sum(not line.problems for line in tried)
    versions = ", ".join(sorted({one for line in lines for one in line.versions.split(", ")}))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {versions}, Python {platform.python_version()}: "
        f"**{good} of {len(tried)} cases converged** (`{command}`). In brackets: how many needed "
        "no second run."
    )


def write_between(path: Path, name: str, text: str) -> None:
    """Put a text between two markers of a page.

    Args:
        path: The page.
        name: The markers are `<!-- name -->` and `<!-- end of name -->`.
        text: What goes between.
    """
    page = path.read_text(encoding="utf-8")
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{start}{text}{end}{after}", encoding="utf-8")
