"""From what a command took and what the server holds to the outcome of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from benchmarks.measuring import place
from benchmarks.samples import Outcome
from benchmarks.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.data import Digest, Records
    from benchmarks.measuring import Command, Usage
    from benchmarks.samples import Bench
    from benchmarks.server import Report, Server, Setup

__all__ = ["arrived", "expected", "once", "outcome", "scaled"]

Kind = Literal["invenio", "nomad"]


def once(
    bench: Bench,
    setup: Setup,
    command: Callable[[Server], Command],
    wanted: Sequence[Mapping[str, tuple[int, str]]],
) -> tuple[Outcome, Report]:
    """Run one command against a server of its own, and check what arrived.

    Args:
        bench: Where.
        setup: What kind of server.
        command: Made once the server's address is known.
        wanted: Size and digest of each file of each deposit.
    """
    with serving(setup, bench.work) as server, place(bench.work) as here:
        usage = here.run(command(server))
        report = server.report()
    return outcome(usage, report, wanted), report


def outcome(
    usage: Usage, report: Report, wanted: Sequence[Mapping[str, tuple[int, str]]]
) -> Outcome:
    """What a command took, and what is wrong with what the server holds."""
    problem = arrived(report, wanted)
    if usage.code:
        problem = f"exit code {usage.code}: {usage.said[-300:]}"
    return Outcome(
        wall=usage.wall,
        cpu=usage.cpu,
        peak=usage.peak,
        read=usage.read,
        requests=report.requests,
        connections=report.connections,
        problem=problem,
    )


def arrived(report: Report, wanted: Sequence[Mapping[str, tuple[int, str]]]) -> str:
    """What is wrong with what a server holds: every file of every deposit, whole, and each once.

    Deposits may hold files that a tool adds of its own.
    """
    if len(report.deposits) != len(wanted):
        return f"{len(report.deposits)} deposits instead of {len(wanted)}"
    held = sorted(report.deposits, key=lambda one: one.title)
    wrong = [
        f"{deposit.title}: {path}"
        for deposit, files in zip(held, wanted, strict=True)
        for path, file in files.items()
        if deposit.files.get(path) != file
    ]
    return f"{len(wrong)} files are not as they were: {wrong[0]}" if wrong else ""


def expected(
    records: Records, kind: Kind = "invenio", count: int | None = None
) -> list[dict[str, tuple[int, str]]]:
    """What the first records should arrive as, in the order of their titles."""
    chosen = sorted(records.files)[:count]
    return [
        {path: _seen(digest, kind) for path, digest in records.files[name].items()}
        for name in chosen
    ]


def _seen(digest: Digest, kind: Kind) -> tuple[int, str]:
    return digest.size, digest.md5 if kind == "invenio" else digest.crc


def scaled(found: Outcome, done: int, wanted: int) -> Outcome:
    """What a tool would have taken for all records, by what it took for some."""
    if done == wanted:
        return found
    factor = wanted / done
    return replace(
        found,
        wall=found.wall * factor,
        cpu=found.cpu * factor,
        requests=round(found.requests * factor),
        connections=round(found.connections * factor),
        note=f"{done} records pushed, times {factor:g}",
    )
