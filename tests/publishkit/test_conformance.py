"""The conformance suite on the repositories in memory."""

from __future__ import annotations

from typing import ClassVar

import pytest

from publishkit.abilities import ABILITIES
from publishkit.hooks import Target
from publishkit.testing import (
    MemoryRepository,
    PlainRepository,
    RepositoryTests,
    memory_backend,
)


class TestMemory(RepositoryTests):
    kill_requests = False
    registers_dois: ClassVar[bool | None] = True
    takes_dois: ClassVar[bool] = True

    @pytest.fixture
    def repository(self) -> MemoryRepository:
        repository = MemoryRepository()
        repository.dois = True
        return repository

    @pytest.fixture
    def somebody(self) -> str:
        return "ada@example.org"


class TestMemoryWithoutDois(RepositoryTests):
    kill_requests = False
    registers_dois: ClassVar[bool | None] = False

    @pytest.fixture
    def repository(self) -> MemoryRepository:
        return MemoryRepository()


class TestPlain(RepositoryTests):
    kill_requests = False

    @pytest.fixture
    def repository(self) -> PlainRepository:
        return PlainRepository()


def test_one_repository_in_memory_has_every_ability_and_the_other_none() -> None:
    assert all(issubclass(MemoryRepository, ability) for ability in ABILITIES.values())
    assert not any(issubclass(PlainRepository, ability) for ability in ABILITIES.values())


@pytest.mark.parametrize(
    ("url", "id_"),
    [
        ("https://a.example/m1", "m1"),
        ("https://a.example/api/m1", "m1"),
        ("https://a.example/m1/0123", "m1"),
        ("https://b.example/m1", None),
        ("https://a.example/", None),
    ],
)
def test_a_deposit_in_memory_is_located_by_its_address(url: str, id_: str | None) -> None:
    backend = memory_backend({"a": MemoryRepository("https://a.example")})
    (target,) = backend.targets
    assert isinstance(target, Target)
    assert backend.locate is not None
    assert backend.locate(target, url) == id_
