"""D: a large folder to NOMAD."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.request import Request, urlopen

from benchmarks.cases.checking import expected, once, outcome
from benchmarks.measuring import place
from benchmarks.peers import commands
from benchmarks.samples import Bench, Case, Outcome, Trial
from benchmarks.server import Setup, serving

if TYPE_CHECKING:
    from benchmarks.data import Records

__all__ = ["CASE"]

MBIT: Final = 1e6 / 8
"""Bytes a second."""


def _trials(bench: Bench) -> list[Trial]:
    large = 2 * 10**8 if bench.quick else 2 * 10**9
    small = 5 * 10**7 if bench.quick else 2 * 10**8
    lines = (
        ("no limit", Setup(), large),
        ("1 Gbit/s", Setup(rate=1000 * MBIT), large),
        ("100 Mbit/s", Setup(rate=100 * MBIT), small),
    )
    tools = {
        "publishkit": _publishkit,
        "curl": _curl,
        "nomad-utility-workflows": _nomad_utility,
    }
    return [
        Trial(
            f"{size / 1e9:g} GB of {'text' if text else 'random bytes'}, {line}",
            tool,
            partial(run, setup, size, text),
        )
        for line, setup, size in lines
        for text in (False, True)
        for tool, run in tools.items()
    ]


def _records(bench: Bench, size: int, text: bool) -> Records:  # noqa: FBT001 - one of two kinds
    return bench.data.folders(size, compressible=text)


def _publishkit(setup: Setup, size: int, text: bool, bench: Bench) -> Outcome:  # noqa: FBT001
    records = _records(bench, size, text)
    return once(
        bench,
        setup,
        lambda server: commands.publishkit(bench.tools, server, [records.records], "nomad"),
        expected(records, "nomad"),
    )[0]


def _curl(setup: Setup, size: int, text: bool, bench: Bench) -> Outcome:  # noqa: FBT001
    """Into an upload that is there already, and without waiting for its processing."""
    records = _records(bench, size, text)
    zipped = bench.data.zip_of(records)
    with serving(setup, bench.work) as server, place(bench.work) as here:
        uploads = f"{server.url}/api/v1/uploads"
        with urlopen(Request(uploads, method="POST")) as answer:  # noqa: S310 - on loopback
            id_ = json.load(answer)["upload_id"]
        server.reset()
        # into a folder, since curl appends its file's name to a path that ends in a slash
        url = f"{uploads}/{id_}/raw/record?file_name=record.zip"
        usage = here.run(commands.curl(server, zipped, url))
        wanted = {f"record/{path}": one for path, one in expected(records, "nomad")[0].items()}
        return outcome(usage, server.report(), [wanted])


def _nomad_utility(setup: Setup, size: int, text: bool, bench: Bench) -> Outcome:  # noqa: FBT001
    records = _records(bench, size, text)
    zipped = bench.data.zip_of(records)
    return once(
        bench,
        setup,
        lambda server: commands.nomad_utility(bench.tools, server, zipped),
        expected(records, "nomad"),
    )[0]


CASE: Final = Case(
    key="D",
    title="A large folder to NOMAD",
    about="Twenty files. `curl -T` and nomad-utility-workflows send a stored zip of the folder "
    "that is there already, and neither digest it, nor wait, nor look whether it arrived. The "
    "stand-in keeps zips on disk, and processes nothing. Goals: no copy on disk, and at least 0.9 "
    "times as fast as `curl`; on a slow line faster, where the data can be compressed.",
    trials=_trials,
    rival="curl",
)
