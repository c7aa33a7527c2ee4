"""Several users of one InvenioRDM at the same moment, on a database that lets them be."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests
from servers.api import InvenioServer, invenio
from shell import ARCHIVE, shell

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from shell import Shell

pytestmark = pytest.mark.live

COPIES = 3
PUBLISH = ("push", "records", "--to", ARCHIVE, "--publish", "--yes")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[InvenioServer]:
    """An InvenioRDM on PostgreSQL, which works on several requests at once."""
    with invenio(tmp_path / "server", database="postgresql") as found:
        yield found


@pytest.fixture
def copies(server: InvenioServer, folder: Path, tmp_path: Path) -> list[Shell]:
    """The same drafts, and links to them, in several folders."""
    shell(folder, server).run("push", "records", "--to", ARCHIVE)
    places = [tmp_path / f"copy {number}" for number in range(COPIES)]
    for place in places:
        shutil.copytree(folder, place)
    return [shell(place, server) for place in places]


def test_drafts_that_several_users_publish_at_once_are_published_once(
    server: InvenioServer, copies: list[Shell]
) -> None:
    def publish(user: Shell) -> subprocess.CompletedProcess[str]:
        done: subprocess.CompletedProcess[str] = user.start(*PUBLISH)
        return done

    with ThreadPoolExecutor(COPIES) as pool:
        ends = list(pool.map(publish, copies))
    # whoever finds a draft changed under their hands is told so, and the same command goes on
    assert {end.returncode for end in ends} <= {0, 6, 7, 8}, ends
    for user in copies:
        user.run(*PUBLISH)
    answer = requests.get(
        f"{server.api}/user/records",
        headers={"Authorization": f"Bearer {server.tokens['alice']}"},
        timeout=60,
    )
    held = {one["id"]: one["status"] for one in answer.json()["hits"]["hits"]}
    for user in copies:
        assert {row["id"]: row["state"] for row in user.rows()} == held
    assert set(held.values()) == {"published"}
