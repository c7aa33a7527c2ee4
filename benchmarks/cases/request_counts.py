"""B: requests and connections of one record."""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.cases.checking import expected, once, outcome
from benchmarks.measuring import place
from benchmarks.peers import commands
from benchmarks.samples import Bench, Case, Outcome, Trial
from benchmarks.server import Setup, serving

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Records

__all__ = ["CASE"]

SIZE: Final = 10_000
SETUP: Final = Setup(tls=True)  # bma knows nothing else
COUNTS: Final = (1, 10, 100)
_CHANGED: Final = b"one file that changed"


def _trials(_bench: Bench) -> list[Trial]:
    peers = {
        "bma": commands.bma,
        "example script": commands.example_script,
        "rocrate-inveniordm": commands.rocrate,
    }
    first = [
        trial
        for files in COUNTS
        for trial in (
            Trial(_files(files), "publishkit", partial(_push, files=files, more=())),
            *(Trial(_files(files), n, partial(_peer, p, files)) for n, p in peers.items()),
        )
    ]
    publish = partial(_push, files=10, more=("--publish", "--yes"))
    return [
        *first,
        Trial("10 files, and publish", "publishkit", publish),
        Trial("10 files to NOMAD", "publishkit", _nomad),
        Trial("100 files again, unchanged", "publishkit", partial(_again, change=False)),
        Trial("100 files again, one changed", "publishkit", partial(_again, change=True)),
    ]


def _files(count: int) -> str:
    return f"{count} file{'s' * (count > 1)}"


def _peer(peer: commands.OfRecords, files: int, bench: Bench) -> Outcome:
    records = bench.data.small(1, files, SIZE)
    names = [*records.files]
    return once(bench, SETUP, lambda s: peer(bench.tools, s, records, names), expected(records))[0]


def _push(bench: Bench, *, files: int, more: tuple[str, ...]) -> Outcome:
    records = bench.data.small(1, files, SIZE)
    return once(
        bench,
        SETUP,
        lambda s: commands.publishkit(bench.tools, s, [records.records], "invenio", *more),
        expected(records),
    )[0]


def _nomad(bench: Bench) -> Outcome:
    records = bench.data.small(1, 10, SIZE)
    return once(
        bench,
        SETUP,
        lambda s: commands.publishkit(bench.tools, s, [records.records], "nomad"),
        expected(records, "nomad"),
    )[0]


def _again(bench: Bench, *, change: bool) -> Outcome:
    """The second push of a copy of the record."""
    records = bench.data.small(1, 100, SIZE)
    wanted = expected(records)
    with serving(SETUP, bench.work) as server, place(bench.work) as here:
        copy = here.folder / "records"
        shutil.copytree(records.records, copy)
        command = commands.publishkit(bench.tools, server, [copy])
        here.run(command)
        server.reset()
        if change:
            _change(records, here.folder, wanted)
        usage = here.run(command)
        return outcome(usage, server.report(), wanted)


def _change(records: Records, folder: Path, wanted: list[dict[str, tuple[int, str]]]) -> None:
    (record,) = records.files
    name = next(iter(records.files[record]))
    (folder / "records" / record / name).write_bytes(_CHANGED)
    digest = hashlib.md5(_CHANGED, usedforsecurity=False).hexdigest()
    wanted[0][name] = (len(_CHANGED), digest)


CASE: Final = Case(
    key="B",
    title="Requests and connections for one record",
    about="To InvenioRDM unless said otherwise. Goals: at most 2N + 3 requests for a record of N "
    "files and one more to publish it, one for a record that did not change, and no more "
    "connections than workers (8). publishkit first asks who is signed in and for the vocabulary "
    "terms that the records name: two requests a run here, however many records there are.",
    trials=_trials,
)
