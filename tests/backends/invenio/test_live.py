"""The conformance suite on a real InvenioRDM."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest

from publishkit.hooks import Connection, Credentials, Target
from publishkit.testing import RepositoryTests
from publishkit_invenio.repository import InvenioRepository

if TYPE_CHECKING:
    from servers.api import InvenioServer


@pytest.mark.live
class TestInvenioRDM(RepositoryTests):
    @pytest.fixture
    def repository(self, invenio_server: InvenioServer) -> InvenioRepository:
        target = Target(name="invenio-live", backend="invenio", url=invenio_server.url)
        credentials = Credentials(token=invenio_server.tokens["alice"])
        return InvenioRepository(
            Connection(target=target, credentials=credentials, stop=Event(), workers=8)
        )
