"""The conformance suite on real NOMADs."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from publishkit.hooks import LOOPBACK, Connection, Credentials, Target
from publishkit.testing import RepositoryTests
from publishkit_nomad.repository import NomadRepository

if TYPE_CHECKING:
    from collections.abc import Callable

    from servers.api import NomadServer


@pytest.mark.live
class TestNomad(RepositoryTests):
    definition = ("nomad.datamodel.metainfo.eln.BasicEln", "tags")

    def main_file(self, number: int) -> tuple[str, bytes]:
        data = {"m_def": "nomad.datamodel.metainfo.eln.BasicEln", "name": f"Entry {number}"}
        return f"run {number}/{number}.archive.json", json.dumps({"data": data}).encode()

    @pytest.fixture
    def repository(self, nomad_server: NomadServer) -> NomadRepository:
        users = nomad_server.users
        names = [name for name in ("lhofstadter", *users) if name in users]
        target = Target(name="nomad-live", backend="nomad", url=nomad_server.api)
        credentials = Credentials(username=names[0], password=nomad_server.password)
        # the newest is killed at every request, the others at every third
        self.kill_every = 1 if nomad_server.version.startswith("2.") else 3
        return NomadRepository(
            Connection(target=target, credentials=credentials, stop=Event(), workers=8)
        )

    @pytest.fixture
    def reopened(self, nomad_server: NomadServer) -> Callable[[Credentials], NomadRepository]:
        target = Target(name="nomad-live", backend="nomad", url=nomad_server.api)
        return lambda credentials: NomadRepository(
            Connection(target=target, credentials=credentials, stop=Event(), workers=1)
        )

    @pytest.fixture
    def somebody(self, repository: NomadRepository, nomad_server: NomadServer) -> str | None:
        """Another of the accounts that the servers here have; elsewhere, nobody is bothered."""
        if urlsplit(nomad_server.api).hostname not in LOOPBACK:
            return None
        me = repository.whoami().username
        return next(name for name in ("scooper", "hwolowitz") if name != me)
