"""The conformance tests of looking at what there is: `inspect`, `Catalogue` and `Search`."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, ClassVar

from publishkit.abilities import Catalogue, DraftLimit, Entry, Query, Search
from publishkit.repository import State
from publishkit.testing.base import ConformanceTests, in_utc, new_marker

if TYPE_CHECKING:
    from publishkit.repository import Deposit, Repository
    from publishkit.testing.base import Pushed

__all__ = ["FindingTests"]


class FindingTests(ConformanceTests):
    """What there is."""

    listed: ClassVar[int] = 11
    """How many deposits a list must reach: more than one of the archive's pages holds. Fewer are
    made where the repository has no room for as many."""

    def words(self, pushed: Pushed) -> str:
        """What finds a published record and no other: the word that only its title has."""
        return pushed.title.rpartition(" ")[2]

    # ---- one ----

    def test_a_close_look_agrees_with_a_quick_one(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        self._look_closely(repository, pushed)

    def test_a_close_look_at_what_is_published_agrees_with_a_quick_one(
        self, repository: Repository, published: Pushed
    ) -> None:
        self._look_closely(repository, published)

    def _look_closely(self, repository: Repository, pushed: Pushed) -> None:
        deposit, report = repository.get(pushed.id), repository.inspect(pushed.id)
        assert _facts(report.deposit) == _facts(deposit)
        assert report.deposit.failures == ()
        assert report.files == repository.files(pushed.id)
        assert json.loads(json.dumps(dict(report.details))) == report.details
        assert in_utc(deposit.created, deposit.updated)
        assert in_utc(report.deposit.created, report.deposit.updated)

    # ---- all of one's own ----

    def test_every_deposit_of_ones_own_is_listed_once(self, repository: Repository) -> None:
        if not isinstance(repository, Catalogue):
            return
        number = self.listed
        if isinstance(repository, DraftLimit):
            number = min(number, repository.room())
        made = [repository.create(new_marker()).id for _ in range(number)]
        try:
            found = self.eventually(
                lambda: [deposit.id for deposit in repository.deposits()],
                lambda ids: set(made) <= set(ids),
            )
            assert sorted(id_ for id_ in found if id_ in made) == sorted(made)
        finally:
            for id_ in made:
                repository.delete(id_)

    def test_a_list_says_what_a_deposit_is_and_begins_with_the_newest(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if isinstance(repository, Catalogue):
            self._listed(repository, repository.get(pushed.id))

    def test_what_is_published_is_listed_too(
        self, repository: Repository, published: Pushed
    ) -> None:
        if isinstance(repository, Catalogue):
            self._listed(repository, repository.get(published.id))

    def _listed(self, repository: Catalogue, deposit: Deposit) -> None:
        def right(all_: list[Deposit]) -> bool:
            return any(
                (one.id, one.state, one.title) == (deposit.id, deposit.state, deposit.title)
                for one in all_
            )

        found = self.eventually(lambda: list(repository.deposits()), right)
        (one,) = (one for one in found if one.id == deposit.id)
        assert one.doi == deposit.doi
        assert one.links.get("self_html") == deposit.links.get("self_html")
        assert in_utc(one.created, one.updated)
        times = [one.created for one in found if one.created]
        assert times == sorted(times, reverse=True)

    # ---- searching ----

    def test_what_is_published_is_found_by_a_word_of_its_title(
        self, repository: Repository, published: Pushed
    ) -> None:
        if not isinstance(repository, Search):
            return
        query = Query(self.words(published), owner=repository.owners[0])
        found = self.eventually(lambda: list(repository.search(query)), bool)
        ids = {hit.deposit if isinstance(hit, Entry) else hit.id for hit in found}
        assert ids == {published.id}
        for hit in found:
            assert hit.published if isinstance(hit, Entry) else hit.state is State.PUBLISHED
            assert in_utc(hit.created)

    def test_what_nobody_wrote_is_not_found_by_anybody(self, repository: Repository) -> None:
        if isinstance(repository, Search):
            assert repository.owners
            for owner in repository.owners:
                query = Query(secrets.token_hex(12), owner=owner)
                assert list(repository.search(query)) == []


def _facts(deposit: Deposit) -> tuple[object, ...]:
    return (
        deposit.id,
        deposit.state,
        deposit.revision,
        deposit.contents,
        dict(deposit.links),
        deposit.doi,
        deposit.title,
        deposit.created,
        deposit.updated,
    )
