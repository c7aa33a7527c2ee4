"""The command line: the matrix, the soak, and the table in the documentation."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..servers.api import (  # noqa: TID252 - tests are no package of their own
    INVENIO_VARIABLE,
    NOMAD_VARIABLE,
    invenio,
    nomad,
)
from ..servers.start_invenio import DATABASES  # noqa: TID252 - as above
from .archives import Invenio, Nomad
from .client import DRAFTS
from .matrix import Choice, run_matrix
from .plans import Fault
from .report import read, table, write_between
from .scenarios import SCENARIOS
from .soak import Soak

if TYPE_CHECKING:
    from collections.abc import Callable

    from .archives import Archive

SERVERS = ("invenio", "nomad")


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says."""
    options = _parser().parse_args(arguments)
    options.work = options.work or Path(tempfile.mkdtemp(prefix="faults-"))
    options.work.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        archives = _archives(options, stack)
        return (
            _matrix(options, archives) if options.action == "matrix" else _soak(options, archives)
        )


def _matrix(options: argparse.Namespace, archives: Callable[[str], tuple[Archive, ...]]) -> int:
    results = options.results or options.work / "results.jsonl"
    choice = Choice(
        scenarios=[SCENARIOS[name] for name in options.scenario or SCENARIOS],
        places=options.server or (*SERVERS, "both"),
        faults=[Fault(name) for name in options.fault or ()],
        at=options.at,
        every=options.every,
        jobs=options.jobs,
        clean=options.clean,
        work=options.work,
        results=results,
    )
    failed = asyncio.run(run_matrix(choice, archives))
    text = table(read(results), "python -m tests.faults matrix")
    _say(text)
    for outcome in failed:
        _say(f"{outcome.case.name}: {'; '.join(outcome.problems)}\n    {outcome.case.again}")
    if failed:
        _say(f"the folders of what failed are in {options.work}")
    if options.write:
        write_between(options.write, "matrix", text)
    return 1 if failed else 0


def _soak(options: argparse.Namespace, archives: Callable[[str], tuple[Archive, ...]]) -> int:
    places = options.server or ["both"]
    seed = options.seed or random.SystemRandom().randrange(1, 10**6)
    folder = Path(tempfile.mkdtemp(prefix="soak-", dir=options.work)) / "soak"
    _say(f"seed {seed}, in {folder}")
    soak = Soak(archives(places[0]), folder, options.records, options.kill_every, seed)
    soaked = asyncio.run(soak.run())
    _say(str(soaked))
    if options.write:
        write_between(options.write, "soak", f"{soaked}\n")
    return 1 if soaked.problems else 0


def _archives(
    options: argparse.Namespace, stack: ExitStack
) -> Callable[[str], tuple[Archive, ...]]:
    """Gives the servers of a place, started when they are first asked for."""

    @cache
    def one(name: str) -> Archive:
        folder = options.work / "servers"
        if name == "invenio":
            return _invenio(stack, folder, options.database)
        given = f"{NOMAD_VARIABLE}_URL" in os.environ  # then its limit is its own
        starting = nomad(folder) if given else nomad(folder, upload_limit=DRAFTS)
        started = stack.enter_context(starting)
        user = "scooper" if "scooper" in started.users else next(iter(started.users))
        version = f"NOMAD {started.version}"
        return Nomad(started.api, user, started.password, version)

    def archives(place: str) -> tuple[Archive, ...]:
        return tuple(one(name) for name in (SERVERS if place == "both" else (place,)))

    return archives


def _invenio(stack: ExitStack, folder: Path, database: str) -> Invenio:
    given = f"{INVENIO_VARIABLE}_URL" in os.environ  # of whatever database that is said to be
    server = stack.enter_context(invenio(folder) if given else invenio(folder, database=database))
    found = Invenio(server.url, server.tokens["alice"])
    if database == DATABASES[0]:
        return found
    return replace(found, place=f"invenio-{database}", version=f"{found.version} on {database}")


def _parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    found.add_argument("action", choices=["matrix", "soak"])
    found.add_argument("--work", type=Path, help="where the runs' folders go; a temporary one")
    found.add_argument("--write", type=Path, help="the page to put the result into")
    found.add_argument("--server", action="append", choices=[*SERVERS, "both"])
    found.add_argument("--database", choices=DATABASES, default=DATABASES[0], help="InvenioRDM's")
    found.add_argument("--scenario", action="append", choices=list(SCENARIOS))
    found.add_argument("--fault", action="append", choices=list(Fault))
    found.add_argument("--at", type=int, default=0, help="only this request")
    found.add_argument("--every", type=int, default=1, help="only each so manieth request")
    found.add_argument("--jobs", type=int, default=2, help="how many cases run side by side")
    found.add_argument("--clean", action="store_true", help="only the runs without a fault")
    found.add_argument(
        "--results", type=Path, help="where outcomes are kept; what converged is not run again"
    )
    found.add_argument("--records", type=int, default=200, help="soak: how many")
    found.add_argument("--seed", type=int, default=0, help="soak: of all that is random")
    found.add_argument(
        "--kill-every", type=float, default=5.0, help="soak: seconds of sending, on average"
    )
    return found


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
