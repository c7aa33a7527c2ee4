"""The conformance tests of what a deposit belongs to.

`Relations`, `Addresses`, `Collections` and `CollectionKeeping`.
"""

from __future__ import annotations

import re
import secrets
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest

from publishkit.abilities import (
    Addresses,
    Collection,
    CollectionKeeping,
    Collections,
    Download,
    Link,
    Query,
    Relations,
    Search,
)
from publishkit.errors import NotFoundError, RejectedError
from publishkit.identifiers import as_doi
from publishkit.repository import State
from publishkit.testing.base import SMALL, ConformanceTests, in_utc
from publishkit.testing.meter import NoMeter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publishkit.repository import Deposit, Repository
    from publishkit.testing.base import Pushed

__all__ = ["LinkingTests"]

DOI: Final = "10.1234/publishkit-conformance"
PAGE: Final = "https://example.org/publishkit-conformance"


class LinkingTests(ConformanceTests):
    """What a deposit belongs to."""

    @pytest.fixture
    def collection(self, repository: Repository) -> Iterator[Collection | None]:
        """A collection to put deposits into: one of its own, else the first that there is.

        None where there are none. Override it to name one.
        """
        if not isinstance(repository, Collections):
            yield None
        elif not isinstance(repository, CollectionKeeping):
            yield next(iter(repository.collections()), None)
        else:
            made = repository.create_collection(_name())
            yield made
            try:
                repository.delete_collection(made.id)
            except RejectedError:  # a DOI keeps it
                assert repository.collection(made.id).doi

    def named(self, repository: Repository, id_: str) -> list[str]:
        """The works that a deposit names, DOIs bare; override it for what cannot `describe`."""
        assert isinstance(repository, Download)
        described = repository.describe(id_)["metadata"]
        assert isinstance(described, dict)
        related = described.get("related_identifiers", [])
        assert isinstance(related, list)
        names = [str(one["identifier"]) for one in related if isinstance(one, dict)]
        return [as_doi(name) or name for name in names]

    # ---- relations ----

    def test_a_draft_names_a_work_once_however_it_is_written(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if isinstance(repository, Relations):
            last = self._relate(repository, pushed.id)
            assert last.state is State.DRAFT
            assert sorted(self.named(repository, last.id)) == [DOI, PAGE]

    def test_what_is_published_names_a_work_once_however_it_is_written(
        self, repository: Repository, published: Pushed
    ) -> None:
        if isinstance(repository, Relations):
            last = self._relate(repository, published.id)
            assert last.state is State.PUBLISHED
            assert sorted(self.named(repository, last.id)) == [DOI, PAGE]
            assert self.sizes(repository, last.id) == {k: len(d) for k, d in SMALL.items()}
            assert self.title_of(repository, last.id) == published.title

    def _relate(self, repository: Relations, id_: str) -> Deposit:
        """Name two works in every way in which they can be written."""
        ways: Sequence[Sequence[Link]] = (
            [Link(DOI, "issupplementto"), Link(PAGE, "issupplementto")],
            [Link(f"https://doi.org/{DOI.upper()}", "issupplementto")],
            [Link(f"https://doi.org/{DOI}", "issupplementto"), Link(PAGE, "issupplementto")],
        )
        made = repository.relate(id_, ways[0])
        for links in ways:
            assert repository.relate(made.id, links).id == made.id
        again = repository.relate(id_, ways[0])
        assert again.id == made.id
        return again

    # ---- addresses ----

    def test_an_address_is_the_same_before_and_after_publishing(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if not isinstance(repository, Addresses):
            return
        address = repository.address(pushed.id)
        parts = urlsplit(address)
        assert parts.scheme in {"http", "https"}
        assert parts.netloc
        assert repository.address(pushed.id) == address
        repository.publish(pushed.id, pushed.record)
        assert repository.settle(pushed.id, NoMeter()).state is State.PUBLISHED
        assert repository.address(pushed.id) == address

    # ---- collections ----

    def test_a_collection_is_found_by_what_it_is_called(
        self, repository: Repository, collection: Collection | None
    ) -> None:
        if not (isinstance(repository, Collections) and collection):
            return
        for called in filter(None, (collection.id, collection.name, collection.slug)):
            found = repository.collection(called)
            assert (found.id, found.name) == (collection.id, collection.name)
            assert in_utc(found.created)

    def test_a_collection_is_listed_and_found_by_its_name(
        self, repository: Repository, collection: Collection | None
    ) -> None:
        if not (isinstance(repository, Collections) and collection):
            return
        for query in ("", collection.name):
            found = self.eventually(
                partial(_ids, repository, query), lambda ids: collection.id in ids
            )
            assert len(found) == len(set(found))
        assert list(repository.collections(_name())) == []

    def test_a_misspelled_collection_is_not_found_and_the_right_one_is_named(
        self, repository: Repository, collection: Collection | None
    ) -> None:
        if not (isinstance(repository, Collections) and collection):
            return
        with pytest.raises(NotFoundError, match=re.escape(collection.name)):
            repository.collection(f"{collection.name}x")

    def test_a_draft_can_be_put_into_a_collection_twice(
        self, repository: Repository, pushed: Pushed, collection: Collection | None
    ) -> None:
        if not (isinstance(repository, Collections) and collection):
            return
        first = repository.collect(pushed.id, collection.id)
        assert repository.collect(pushed.id, collection.id) == first
        assert repository.get(pushed.id).state is State.DRAFT
        assert self.title_of(repository, pushed.id) == pushed.title

    def test_what_is_published_can_be_put_into_a_collection_twice(
        self, repository: Repository, published: Pushed, collection: Collection | None
    ) -> None:
        if not (isinstance(repository, Collections) and collection):
            return
        is_in = repository.collect(published.id, collection.id)
        assert repository.collect(published.id, collection.id) == is_in
        assert repository.get(published.id).state is State.PUBLISHED
        if is_in and isinstance(repository, Search):
            query = Query(collection=collection.id, owner=repository.owners[0])
            self.eventually(
                lambda: {getattr(hit, "deposit", hit.id) for hit in repository.search(query)},
                lambda ids: published.id in ids,
            )

    def test_what_cannot_be_found_takes_no_deposit(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if isinstance(repository, Collections):
            with pytest.raises(RejectedError):
                repository.collect(pushed.id, "publishkit-no-such-collection")

    # ---- making collections ----

    def test_a_collection_of_one_name_is_made_once(self, repository: Repository) -> None:
        if not isinstance(repository, CollectionKeeping):
            return
        name = _name()
        first, again = (repository.create_collection(name) for _ in range(2))
        assert (again.id, again.name) == (first.id, name)
        repository.delete_collection(first.id)

    def test_a_deleted_collection_leaves_what_was_in_it(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if not (isinstance(repository, CollectionKeeping) and isinstance(repository, Collections)):
            return
        made = repository.create_collection(_name())
        repository.collect(pushed.id, made.id)
        for _ in range(2):  # a missing one is no error
            repository.delete_collection(made.id)
            with pytest.raises(NotFoundError):
                repository.collection(made.id)
        assert self.sizes(repository, pushed.id) == {k: len(d) for k, d in SMALL.items()}


def _ids(repository: Collections, query: str) -> list[str]:
    return [one.id for one in repository.collections(query)]


def _name() -> str:
    return f"publishkit-test-{secrets.token_hex(6)}"
