"""Pictures of the results, where matplotlib is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from benchmarks.page import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.page import Row
    from benchmarks.samples import Case, Results

__all__ = ["draw"]

PICTURED: Final = frozenset("ABCDG")
"""Cases whose tables a picture says at a glance."""
_COLOURS: Final = ("#0b6e99", "#c8553d", "#8a8d91", "#e0a458")


def draw(folder: Path, cases: Sequence[Case], results: Results) -> list[Path]:
    """Draw the cases that were run: a bar for each tool and piece of work.

    Nothing where matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        return []
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "publishkit", "font.size": 9})
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for case in cases:
        rows = [row for row in rows_of(results.of(case)[0]) if row.good]
        if case.key in PICTURED and rows:
            _bars(case, rows, folder / f"{case.key}.svg")
            made.append(folder / f"{case.key}.svg")
    return made


def _bars(case: Case, rows: Sequence[Row], path: Path) -> None:
    from matplotlib import pyplot as plt

    counted = case.key == "B"  # where the number of requests is the point
    tools = [*dict.fromkeys(row.tool for row in rows)]
    values = [row.middle(lambda o: o.requests if counted else o.wall) for row in rows]
    figure, axes = plt.subplots(figsize=(7, 0.6 + 0.28 * len(rows)), layout="constrained")
    places = range(len(rows), 0, -1)
    colours = [_COLOURS[tools.index(row.tool) % len(_COLOURS)] for row in rows]
    bars = axes.barh(places, values, color=colours)
    axes.bar_label(bars, [f"{value:.3g}" for value in values], padding=3)
    axes.set_yticks(places, [f"{row.variant}: {row.tool}" for row in rows])
    axes.set_xlabel("requests" if counted else "seconds")
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
