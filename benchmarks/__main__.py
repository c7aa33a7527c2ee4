"""The command line: `python -m benchmarks run`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from benchmarks.cases import CASES
from benchmarks.data import Data
from benchmarks.page import write
from benchmarks.plots import draw
from benchmarks.running import run
from benchmarks.samples import Bench, Results
from benchmarks.tools import prepared

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "performance.md"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=("run", "page"), help="measure, or only write the page")
    keys = "".join(case.key for case in CASES)
    parser.add_argument("--case", default=keys, help=f"letters of cases; {keys} unless given")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run; 3")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    work = Path.home() / ".cache" / "publishkit-benchmarks"
    parser.add_argument("--work", type=Path, default=work, help=f"kept between runs; {work}")
    parser.add_argument("--publishkit", type=Path, help="the command; the checkout's unless given")
    parser.add_argument("--page", type=Path, default=PAGE, help="docs/performance.md unless given")
    return parser.parse_args()


def main() -> int:
    """Do what was asked: 1 if anything did not arrive as it was sent."""
    options = _options()
    work: Path = options.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    results, right = Results(work / "results.json"), True
    if options.what == "run":
        tools = prepared(work / "tools", options.publishkit and options.publishkit.absolute())
        bench = Bench(tools, Data(work / "data"), work, options.quick)
        for case in CASES:
            if case.key in options.case.upper():
                right &= run(bench, case, options.rounds, results)
    page: Path = options.page.absolute()
    write(page, CASES, results, draw(page.with_suffix(""), CASES, results))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
