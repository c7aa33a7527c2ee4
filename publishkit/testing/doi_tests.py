"""The conformance tests of DOIs.

`DoiReservation`, `DoiAssignment`, `CollectionDois` and `DoiLookup`.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, ClassVar

import pytest

from publishkit.abilities import (
    Collection,
    CollectionDois,
    Collections,
    DoiAssignment,
    DoiLookup,
    DoiReservation,
)
from publishkit.errors import RejectedError
from publishkit.identifiers import as_doi
from publishkit.testing.base import SMALL, ConformanceTests
from publishkit.testing.meter import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publishkit.repository import Repository
    from publishkit.testing.base import Pushed

__all__ = ["DoiTests"]


class DoiTests(ConformanceTests):
    """What a deposit's DOI can do."""

    registers_dois: ClassVar[bool | None] = None
    """Whether the archive registers DOIs; None: it may also refuse, by RejectedError."""
    takes_dois: ClassVar[bool] = False
    """Whether it takes a DOI that somebody else registered, in `pids`."""

    def test_a_draft_keeps_the_doi_that_was_reserved_for_it(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if not isinstance(repository, DoiReservation):
            return
        doi = self._given(lambda: repository.reserve_doi(pushed.id))
        if doi is None:
            return
        assert repository.reserve_doi(pushed.id) == doi
        assert repository.get(pushed.id).doi == doi
        repository.update(pushed.id, pushed.record)
        assert repository.reserve_doi(pushed.id) == doi
        repository.publish(pushed.id, pushed.record)
        assert repository.settle(pushed.id, NoMeter()).doi == doi

    def test_what_is_published_is_given_one_doi(
        self, repository: Repository, published: Pushed
    ) -> None:
        if not isinstance(repository, DoiAssignment):
            return
        doi = self._given(lambda: repository.assign_doi(published.id))
        if doi is not None:
            assert repository.assign_doi(published.id) == doi
            assert repository.get(published.id).doi == doi

    def test_a_collection_is_given_one_doi(
        self,
        repository: Repository,
        published: Pushed,
        collection: Collection | None,
    ) -> None:
        """With something published in it: what is empty may have no right to one."""
        if not (isinstance(repository, Collections) and isinstance(repository, CollectionDois)):
            return
        assert collection is not None
        repository.collect(published.id, collection.id)
        doi = self._given(lambda: repository.assign_collection_doi(collection.id))
        if doi is not None:
            assert repository.assign_collection_doi(collection.id) == doi
            assert repository.collection(collection.id).doi == doi

    def test_a_deposit_is_found_by_its_doi(self, repository: Repository, tmp_path: Path) -> None:
        if not isinstance(repository, DoiLookup):
            return
        assert repository.find_doi(f"10.1234/publishkit.{secrets.token_hex(6)}") is None
        content = self.content(self.new_title())
        if self.takes_dois:
            doi = f"10.1234/publishkit.{secrets.token_hex(6)}"
            content["pids"] = {"doi": {"identifier": doi, "provider": "external"}}
        published = self.push(repository, tmp_path / "0", SMALL, content=content, publish_it=True)
        found = repository.get(published.id).doi
        assert found or not self.takes_dois
        if found:
            self.eventually(lambda: repository.find_doi(found), lambda id_: id_ == published.id)

    def _given(self, ask: Callable[[], str]) -> str | None:
        """A DOI, or None where the archive may refuse and does."""
        if self.registers_dois is False:
            with pytest.raises(RejectedError):
                ask()
            return None
        try:
            doi = ask()
        except RejectedError:
            if self.registers_dois:
                raise
            return None
        assert as_doi(doi) == doi.lower()
        return doi
