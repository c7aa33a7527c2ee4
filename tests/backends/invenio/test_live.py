"""The conformance suite on a real InvenioRDM."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, ClassVar

import pytest

from publishkit.hooks import Connection, Credentials, Target
from publishkit.testing import RepositoryTests
from publishkit_invenio.repository import InvenioRepository

if TYPE_CHECKING:
    from servers.api import InvenioServer

    from publishkit.abilities import Collection


@pytest.mark.live
class TestInvenioRDM(RepositoryTests):
    registers_dois: ClassVar[bool | None] = False

    @pytest.fixture
    def repository(self, invenio_server: InvenioServer) -> InvenioRepository:
        target = Target(name="invenio-live", backend="invenio", url=invenio_server.url)
        credentials = Credentials(token=invenio_server.tokens["alice"])
        return InvenioRepository(
            Connection(target=target, credentials=credentials, stop=Event(), workers=8)
        )

    @pytest.fixture
    def somebody(self) -> str:
        """A user name: this server shows no e-mail address to others."""
        return "bob"

    @pytest.fixture
    def collection(
        self, repository: InvenioRepository, invenio_server: InvenioServer
    ) -> Collection:
        """The curator's community, open to everybody."""
        return repository.collection(invenio_server.community)
