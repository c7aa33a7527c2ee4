"""The conformance suite on a local archive."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, ClassVar

import pytest

from publishkit.hooks import Connection, Credentials, Target
from publishkit.testing import RepositoryTests
from publishkit_local.repository import LocalRepository

if TYPE_CHECKING:
    from pathlib import Path


class TestLocal(RepositoryTests):
    kill_requests = False
    takes_dois: ClassVar[bool] = True

    @pytest.fixture
    def repository(self, tmp_path: Path) -> LocalRepository:
        target = Target(name="local", backend="local", url=(tmp_path / "archive").as_uri())
        return LocalRepository(Connection(target=target, credentials=Credentials(), stop=Event()))
