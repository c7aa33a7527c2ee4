"""What authors of backends test with: the conformance suite, and repositories in memory.

Needs the extra: `pip install "publishkit[testing]"`. A backend's whole test is then:

    from publishkit.testing import RepositoryTests

    class TestMine(RepositoryTests):
        @pytest.fixture
        def repository(self):
            return open_my_repository()
"""

from publishkit.testing.conformance import RepositoryTests
from publishkit.testing.faults import Killed, Killer
from publishkit.testing.harness import Bench, metadata, write_record
from publishkit.testing.memory import MemoryRepository, memory_backend
from publishkit.testing.meter import NoMeter
from publishkit.testing.plain import PlainRepository

__all__ = [
    "Bench",
    "Killed",
    "Killer",
    "MemoryRepository",
    "NoMeter",
    "PlainRepository",
    "RepositoryTests",
    "memory_backend",
    "metadata",
    "write_record",
]
