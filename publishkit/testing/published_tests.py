"""The conformance tests of what is published, and of drafts put aside.

`Editing`, `Versions` and `Trash`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from publishkit.abilities import Catalogue, Editing, Trash, Versions
from publishkit.errors import NotFoundError, RejectedError
from publishkit.identifiers import as_doi
from publishkit.repository import State
from publishkit.testing.base import SMALL, ConformanceTests, new_marker
from publishkit.testing.faults import Killer
from publishkit.testing.harness import write_record
from publishkit.testing.meter import NoMeter

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.repository import Repository
    from publishkit.testing.base import Pushed

__all__ = ["PublishedTests"]

_SIZES = {key: len(data) for key, data in SMALL.items()}


class PublishedTests(ConformanceTests):
    """What can be done with a published deposit."""

    # ---- edit ----

    def test_an_edit_changes_what_is_published_and_leaves_the_files(
        self, repository: Repository, published: Pushed
    ) -> None:
        if not isinstance(repository, Editing):
            return
        record = self.retitled(published, self.new_title())
        first = repository.edit(published.id, record)
        again = repository.edit(published.id, record)
        assert again.id == first.id
        assert (first.state, again.state) == (State.PUBLISHED, State.PUBLISHED)
        assert self.title_of(repository, first.id) == record.metadata.title
        assert self.sizes(repository, first.id) == _SIZES

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_an_edit_that_was_killed_at_any_step_is_finished_by_the_next(
        self, repository: Repository, published: Pushed, *, after: bool
    ) -> None:
        if not isinstance(repository, Editing):
            return
        step, killed = 1 - self.kill_every, True
        while killed:
            step += self.kill_every
            record = self.retitled(published, f"{self.title} edited {after} {step}")
            edit = partial(repository.edit, published.id, record)
            killed = self.killed(Killer(step, after), repository, edit)
            edited = edit()
            assert edited.state is State.PUBLISHED
            assert self.title_of(repository, edited.id) == record.metadata.title
            assert self.sizes(repository, edited.id) == _SIZES
        assert step > 1 or not self.kill_requests

    def test_what_an_edit_left_that_was_killed_can_be_thrown_away(
        self, repository: Repository, published: Pushed
    ) -> None:
        if not isinstance(repository, Editing):
            return
        step, killed = 1 - self.kill_every, True
        while killed:
            step += self.kill_every
            record = self.retitled(published, f"{self.title} thrown away {step}")
            edit = partial(repository.edit, published.id, record)
            killed = self.killed(Killer(step), repository, edit)
            for _ in range(2):  # none is no error
                assert repository.discard(published.id).state is State.PUBLISHED
            assert self.sizes(repository, published.id) == _SIZES
        edited = repository.edit(published.id, self.retitled(published, published.title))
        assert self.title_of(repository, edited.id) == published.title

    def test_throwing_away_an_edit_that_nobody_began_changes_nothing(
        self, repository: Repository, published: Pushed
    ) -> None:
        if isinstance(repository, Editing):
            assert repository.discard(published.id).id == published.id
            assert self.title_of(repository, published.id) == published.title

    # ---- new versions ----

    def test_a_new_version_has_other_files_and_the_old_one_stays(
        self, repository: Repository, published: Pushed
    ) -> None:
        if not isinstance(repository, Versions):
            return
        (published.folder / "data.csv").write_bytes(b"other content")
        (published.folder / "sub" / "more.txt").unlink()
        (published.folder / "new.txt").write_bytes(b"new")
        write_record(published.folder, {}, self.content(self.new_title()))
        follows = {link.identifier: link.relation for link in repository.follows(published.id)}
        assert all(as_doi(name) or urlsplit(name).netloc for name in follows)
        record, files = self.load(published.folder)
        record = repository.resolve(record).record.with_links(follows)
        draft = repository.new_version(published.id, new_marker(), NoMeter())
        assert draft.id != published.id
        assert repository.get(draft.id).state is State.DRAFT
        self.fill(repository, draft.id, record, files)
        repository.publish(draft.id, record)
        assert repository.settle(draft.id, NoMeter()).state is State.PUBLISHED
        assert self.sizes(repository, draft.id) == {"data.csv": 13, "new.txt": 3}
        assert self.title_of(repository, draft.id) == record.metadata.title
        assert repository.get(published.id).state is State.PUBLISHED
        assert self.sizes(repository, published.id) == _SIZES
        assert self.title_of(repository, published.id) == published.title

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_a_new_version_that_was_killed_at_any_step_is_made_once(
        self, repository: Repository, published: Pushed, *, after: bool
    ) -> None:
        if not isinstance(repository, Versions):
            return
        step, killed = 1 - self.kill_every, True
        while killed:
            step += self.kill_every
            follow = partial(repository.new_version, published.id, new_marker(), NoMeter())
            killer = Killer(step, after)
            killed = self.killed(killer, repository, follow)
            rest = Killer(0)
            assert not self.killed(rest, repository, follow)
            assert killer.created + rest.created <= 1  # where it is made by `create`
            draft = follow()
            assert follow().id == draft.id
            assert draft.state is State.DRAFT
            repository.delete(draft.id)
            assert repository.get(published.id).state is State.PUBLISHED
        assert step > 1 or not self.kill_requests

    # ---- trash ----

    def test_a_draft_that_is_put_aside_is_kept_elsewhere(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if not isinstance(repository, Trash):
            return
        repository.set_aside(pushed.id)
        with pytest.raises(NotFoundError):
            repository.get(pushed.id)
        if isinstance(repository, Catalogue):
            assert pushed.id not in {deposit.id for deposit in repository.deposits()}

    def test_what_is_published_is_not_put_aside(
        self, repository: Repository, tmp_path: Path
    ) -> None:
        if isinstance(repository, Trash):
            published = self.push(repository, tmp_path / "0", publish_it=True)
            with pytest.raises(RejectedError):
                repository.set_aside(published.id)
            assert repository.get(published.id).state is State.PUBLISHED
