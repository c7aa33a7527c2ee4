"""A sample of the fault matrix (`python -m tests.faults matrix` runs all of it)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from faults.archives import Invenio, Nomad
from faults.case import Case, run_case
from faults.plans import Fault, Plan
from faults.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.archives import Archive
    from servers.api import InvenioServer, NomadServer

pytestmark = pytest.mark.live

ON_INVENIO = [
    ("single", Fault.KILL_DURING, r"POST /api/records$"),
    ("single", Fault.KILL_BEFORE, r"/content$"),
    ("single", Fault.KILL_DURING, r"/actions/publish$"),
    ("single", Fault.ACTED_504, r"POST /api/records$"),
    ("single", Fault.ACTED_500, r"/actions/publish$"),
    ("single", Fault.RESET_AFTER, r"POST .*/draft/files$"),
    ("single", Fault.REQUEST_CUT, r"/content$"),
    ("single", Fault.ANSWER_CUT, r"/commit$"),
    ("single", Fault.STALL_AFTER, r"PUT .*/draft$"),
    ("many", Fault.KILL_AFTER, r"/commit$"),
    ("edit", Fault.KILL_AFTER, r"PUT .*/draft$"),
    ("version", Fault.KILL_DURING, r"/versions$"),
]
ON_NOMAD = [
    ("single", Fault.KILL_DURING, r"POST .*/uploads$"),
    ("single", Fault.KILL_DURING, r"PUT .*/raw/$"),
    ("single", Fault.KILL_DURING, r"/action/publish$"),
    ("single", Fault.ACTED_502, r"POST .*/uploads$"),
    ("single", Fault.ACTED_504, r"/action/publish$"),
    ("single", Fault.REQUEST_CUT, r"PUT .*/raw/$"),
    ("single", Fault.TOKEN_REFUSED, r"PUT .*/raw/$"),
    ("entries", Fault.KILL_AFTER, r"PUT .*/raw/$"),  # between its two zips
    ("group", Fault.KILL_AFTER, r"PUT .*/raw/$"),
]


def nothing_is_wrong(name: str, archive: Archive, plan: Plan, folder: Path) -> None:
    """Run a case, and see that its fault happened and that all ended well."""
    outcome = asyncio.run(run_case(Case(SCENARIOS[name], (archive,), plan), folder / "case"))
    assert outcome.problems == ()
    assert outcome.wrong  # else the case says nothing


@pytest.mark.parametrize(("scenario", "fault", "where"), ON_INVENIO)
def test_nothing_is_lost_and_nothing_is_there_twice_on_invenio(
    scenario: str, fault: Fault, where: str, invenio_server: InvenioServer, tmp_path: Path
) -> None:
    archive = Invenio(invenio_server.url, invenio_server.tokens["alice"])
    nothing_is_wrong(scenario, archive, Plan(fault, where=where), tmp_path)


@pytest.mark.parametrize(("scenario", "fault", "where"), ON_NOMAD)
def test_nothing_is_lost_and_nothing_is_there_twice_on_nomad(
    scenario: str,
    fault: Fault,
    where: str,
    nomad_servers: Callable[[str], NomadServer],
    tmp_path: Path,
) -> None:
    server = nomad_servers("2.0.0")
    archive = Nomad(server.api, next(iter(server.users)), server.password)
    nothing_is_wrong(scenario, archive, Plan(fault, where=where), tmp_path)
