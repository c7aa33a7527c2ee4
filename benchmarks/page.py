"""The tables in docs/performance.md."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.samples import Case, Outcome, Results, Sample

__all__ = ["Row", "rows_of", "write"]

BEGIN: Final = "<!-- benchmarks: begin -->"
END: Final = "<!-- benchmarks: end -->"
OWN: Final = "publishkit"


@dataclass(frozen=True, slots=True)
class Row:
    """All runs of one trial."""

    variant: str
    tool: str
    outcomes: Sequence[Outcome]

    @property
    def good(self) -> list[Outcome]:
        """Those after which the server held what it should."""
        return [one for one in self.outcomes if not one.problem]

    def middle(self, of: Callable[[Outcome], float]) -> float:
        """The median over the good runs; not a number where there is none."""
        return median(map(of, self.good)) if self.good else math.nan

    def column(self, name: str) -> float:
        """The median of an extra column."""
        return self.middle(lambda one: one.extra.get(name, math.nan))


def rows_of(samples: Sequence[Sample]) -> list[Row]:
    """The runs by trial, in the order of the first round."""
    trials = dict.fromkeys((one.variant, one.tool) for one in samples)
    return [
        Row(*trial, [one.outcome for one in samples if (one.variant, one.tool) == trial])
        for trial in trials
    ]


def write(page: Path, cases: Sequence[Case], results: Results, plots: Sequence[Path]) -> None:
    """Replace what stands between the page's markers.

    Args:
        page: The page; it has the markers already.
        cases: In the order of the page.
        results: What there is of them.
        plots: Pictures, by the name `KEY.svg`.
    """
    pictures = {plot.stem: plot.relative_to(page.parent).as_posix() for plot in plots}
    sections = [_section(case, results, pictures.get(case.key, "")) for case in cases]
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)
    body = "\n".join(["", *(section for section in sections if section), ""])
    if not pattern.search(text):
        raise ValueError(f"{page} has no lines {BEGIN} and {END}")
    page.write_text(pattern.sub(lambda _: body, text), encoding="utf-8")


def _section(case: Case, results: Results, picture: str) -> str:
    samples, about = results.of(case)
    if not samples:
        return ""
    rows = rows_of(samples)
    lines = [f"## {case.key}. {case.title}", "", case.about, "", *_table(case, rows), ""]
    lines += [f"- {note}" for note in _notes(rows)]
    when = f"{about['date']}, {about['machine']}; {about['versions']}."
    lines += ["", f"Measured {when}" + (" A quick run." if about["size"] == "quick" else "")]
    if picture:
        lines += ["", f"![{case.title}]({picture})"]
    return "\n".join([*lines, ""])


def _table(case: Case, rows: Sequence[Row]) -> list[str]:
    served = any(row.middle(lambda one: one.requests) for row in rows)
    heads = ["", "tool", "time (s)", "least to most", f"times {OWN}", "CPU (s)", "memory (MB)"]
    heads += ["read (MB)", *(["requests", "connections"] * served), *case.columns]
    kinds = ["---", "---", *["---:"] * (len(heads) - 2)]
    own = {row.variant: row.middle(lambda one: one.wall) for row in rows if row.tool == OWN}
    body = [_cells(case, row, own.get(row.variant, math.nan), served=served) for row in rows]
    return [f"| {' | '.join(cells)} |" for cells in [heads, kinds, *body]]


def _cells(case: Case, row: Row, own: float, *, served: bool) -> list[str]:
    if not row.good:
        width = 6 + 2 * served + len(case.columns)
        return [row.variant, row.tool, "failed", *[""] * (width - 1)]
    walls = [one.wall for one in row.good]
    wall = median(walls)
    cells = [
        row.variant,
        row.tool,
        _number(wall),
        f"{_number(min(walls))} to {_number(max(walls))}",
    ]
    cells += [_number(wall / own) if row.tool != OWN else "1", _number(row.middle(lambda o: o.cpu))]
    cells += [
        f"{row.middle(lambda o: o.peak) / 1e6:.0f}",
        f"{row.middle(lambda o: o.read) / 1e6:.0f}",
    ]
    if served:
        cells += [f"{row.middle(lambda o: o.requests):.0f}"]
        cells += [f"{row.middle(lambda o: o.connections):.0f}"]
    return [*cells, *(_number(row.column(name)) for name in case.columns)]


def _notes(rows: Sequence[Row]) -> list[str]:
    notes = [f"{row.tool}: {one.note}." for row in rows for one in row.good if one.note]
    failed = [
        f"{row.tool}, {row.variant}: {len(row.outcomes) - len(row.good)} of {len(row.outcomes)} "
        f"runs failed ({' '.join(_problem(row).split())})."
        for row in rows
        if len(row.good) < len(row.outcomes)
    ]
    return [*dict.fromkeys(notes), *failed]


def _problem(row: Row) -> str:
    return next(one.problem for one in row.outcomes if one.problem)


def _number(value: float) -> str:
    """Three digits, which is more than the runs agree on."""
    if math.isnan(value):
        return ""
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{min(digits, 3)}f}"
