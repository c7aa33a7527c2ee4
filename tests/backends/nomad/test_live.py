"""The conformance suite on real NOMADs."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest

from publishkit.hooks import Connection, Credentials, Target
from publishkit.testing import RepositoryTests
from publishkit_nomad.repository import NomadRepository

if TYPE_CHECKING:
    from servers.api import NomadServer


@pytest.mark.live
class TestNomad(RepositoryTests):
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
