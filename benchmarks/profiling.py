"""Where publishkit's time goes: `python -m benchmarks.profiling`, which needs py-spy.

Many small records go to the stand-in on a line without delay, so that what is left is
publishkit's own work, and that of the libraries under it. Only the thread that Python runs counts.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.data import Data
from benchmarks.measuring import place
from benchmarks.peers import commands
from benchmarks.server import Setup, serving
from benchmarks.tools import Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RATE: Final = 250
"""Samples a second."""
NAMED: Final = ("publishkit", "requests", "urllib3", "pydantic", "zipstream", "idutils", "click")
FRAME: Final = re.compile(r"(?P<function>.*) \((?P<file>[^()]*?)(:\d+)?\)$")
SHOWN: Final = 25


def main() -> None:
    """Push, and print which packages and functions the processor was in."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiling", description=__doc__)
    parser.add_argument("publishkit", type=Path, help="the command")
    parser.add_argument("--records", type=int, default=200)
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--to", choices=("invenio", "nomad"), default="invenio")
    parser.add_argument("--again", action="store_true", help="the second push, nothing changed")
    work = Path.home() / ".cache" / "publishkit-benchmarks"
    parser.add_argument("--work", type=Path, default=work)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    tools = Tools(options.publishkit.absolute(), options.work)
    records = Data(options.work / "data").small(options.records, options.files, 10_000)
    with serving(Setup(), options.work) as server, place(options.work) as here:
        command = commands.publishkit(tools, server, [records.records], options.to)
        if options.again:
            here.run(command)
        spy = ["py-spy", "record", "--gil", "--format", "raw", "--rate", str(RATE)]
        spy += ["-o", "stacks", "--"]
        usage = here.run(replace(command, words=[*spy, *command.words]))
        if usage.code:
            sys.exit(usage.said)
        stacks = (here.folder / "stacks").read_text(encoding="utf-8")
    sys.stdout.write(_table("package", _counted(stacks, _package)))
    sys.stdout.write(_table("called by", _counted(stacks, _caller)))


def _counted(stacks: str, of: Callable[[Sequence[str]], str]) -> Counter[str]:
    """Samples by what their frames, the innermost first, stand for."""
    counts = Counter[str]()
    for line in stacks.splitlines():
        frames, _, count = line.rpartition(" ")
        counts[of(frames.split(";")[::-1])] += int(count)
    return counts


def _package(frames: Sequence[str]) -> str:
    """What the innermost frame belongs to."""
    path = _file(frames[0])
    named = (name for name in NAMED if f"{name}/" in path or f"{name}_" in path)
    return next(named, "imports" if "importlib" in path else "other libraries and Python")


def _caller(frames: Sequence[str]) -> str:
    """The innermost function of publishkit's own."""
    own = (frame for frame in frames if "publishkit" in _file(frame))
    return FRAME.sub(r"\g<function> (\g<file>)", next(own, "nothing of publishkit's ()"))


def _file(frame: str) -> str:
    found = FRAME.match(frame)
    return found["file"].replace("\\", "/") if found else ""


def _table(what: str, counts: Counter[str]) -> str:
    total = sum(counts.values())
    rows = [f"| `{name}` | {100 * n / total:.0f} % |" for name, n in counts.most_common(SHOWN)]
    return "\n".join([f"| {what} | of {total / RATE:.1f} s |", "| --- | ---: |", *rows, "", ""])


if __name__ == "__main__":
    main()
