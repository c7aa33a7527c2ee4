"""The conformance suite on the repository in memory."""

import pytest

from publishkit.repository import Repository
from publishkit.testing import MemoryRepository, RepositoryTests


class TestMemory(RepositoryTests):
    kill_requests = False

    @pytest.fixture
    def repository(self) -> Repository:
        return MemoryRepository()
