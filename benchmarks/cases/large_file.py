"""C: one large file."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.request import Request, urlopen

from benchmarks.cases.checking import expected, once, outcome
from benchmarks.measuring import place
from benchmarks.peers import commands
from benchmarks.samples import Bench, Case, Outcome, Trial
from benchmarks.server import Setup, serving

if TYPE_CHECKING:
    from benchmarks.server import Server

__all__ = ["CASE"]

GIGABIT: Final = 1e9 / 8
"""Bytes a second."""
_JSON: Final = {"Content-Type": "application/json"}


def _trials(bench: Bench) -> list[Trial]:
    size = 5 * 10**8 if bench.quick else 5 * 10**9
    lines = {"no limit": Setup(), "1 Gbit/s": Setup(rate=GIGABIT)}
    tools = {"publishkit": _publishkit, "curl": _curl}
    return [
        Trial(f"{size / 1e9:g} GB, {line}", tool, partial(run, setup, size))
        for line, setup in lines.items()
        for tool, run in tools.items()
    ]


def _publishkit(setup: Setup, size: int, bench: Bench) -> Outcome:
    records = bench.data.sparse(size)
    return once(
        bench,
        setup,
        lambda server: commands.publishkit(bench.tools, server, [records.records]),
        expected(records),
    )[0]


def _curl(setup: Setup, size: int, bench: Bench) -> Outcome:
    """Into a draft that is there already, and is committed afterwards."""
    records = bench.data.sparse(size)
    (name,) = records.files
    with serving(setup, bench.work) as server, place(bench.work) as here:
        draft = _post(server, "records", {"metadata": {"title": records.title(name)}})["id"]
        _post(server, f"records/{draft}/draft/files", [{"key": "large.bin"}])
        server.reset()
        file = f"records/{draft}/draft/files/large.bin"
        path = records.records / name / "large.bin"
        usage = here.run(commands.curl(server, path, f"{server.url}/api/{file}/content"))
        report = server.report()
        _post(server, f"{file}/commit", None)
        found = outcome(usage, server.report(), expected(records))
    return replace(found, requests=report.requests, connections=report.connections)


def _post(server: Server, path: str, said: object) -> dict[str, str]:
    body = json.dumps(said).encode() if said is not None else b""
    request = Request(f"{server.url}/api/{path}", body, _JSON)  # noqa: S310 - on loopback
    with urlopen(request) as answer:  # noqa: S310 - as above
        found: dict[str, str] = json.load(answer)
    return found


CASE: Final = Case(
    key="C",
    title="One large file",
    about="A sparse file to InvenioRDM, which counts and digests (md5) what comes, as the real one "
    "does; `curl -T` sends it into a draft that is there already, and computes no checksum. Goals: "
    "at least 0.95 times as fast as `curl`, under 100 MB of memory, and the file read once: the "
    "column of what was read is to be the file's size.",
    trials=_trials,
    rival="curl",
)
