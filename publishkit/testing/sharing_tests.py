"""The conformance tests of who may see a deposit: `Sharing`, `LinkSharing` and `Users`."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest

from publishkit.abilities import LinkSharing, Permission, Share, Sharing, Users
from publishkit.errors import NotFoundError, RejectedError
from publishkit.testing.base import ConformanceTests, in_utc

if TYPE_CHECKING:
    from publishkit.repository import Repository
    from publishkit.testing.base import Pushed

__all__ = ["SharingTests"]

LATER: Final = datetime(2099, 1, 31, tzinfo=UTC)


class SharingTests(ConformanceTests):
    """Who may see a deposit."""

    @pytest.fixture
    def somebody(self) -> str | None:
        """How somebody else with an account is called: by id, user name, e-mail or full name.

        None where no one else has one, and then nobody is given access.
        """
        return None

    @pytest.fixture
    def known_to_search(self, somebody: str | None) -> str | None:
        """What `users` finds that account by, where that is not what `grant` takes."""
        return somebody

    # ---- people ----

    def test_a_new_draft_is_shared_with_nobody(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if isinstance(repository, Sharing):
            assert repository.shares(pushed.id) == []

    def test_access_that_is_given_twice_is_given_once(
        self, repository: Repository, pushed: Pushed, somebody: str | None
    ) -> None:
        if not (isinstance(repository, Sharing) and somebody):
            return
        for permission in (p for p in Permission if p in repository.permissions):
            first = repository.grant(pushed.id, [somebody], permission)
            again = repository.grant(pushed.id, [somebody], permission)
            assert [share.id for share in again] == [share.id for share in first]
            held = repository.shares(pushed.id)
            assert [(share.who, share.permission) for share in held] == [(first[0].who, permission)]
            assert held[0].who

    def test_a_name_that_is_given_twice_counts_once(
        self, repository: Repository, pushed: Pushed, somebody: str | None
    ) -> None:
        if isinstance(repository, Sharing) and somebody:
            repository.grant(pushed.id, [somebody, somebody], repository.permissions[0])
            assert len(repository.shares(pushed.id)) == 1

    def test_access_is_taken_back_by_its_id_and_by_the_persons_name(
        self, repository: Repository, pushed: Pushed, somebody: str | None
    ) -> None:
        if not (isinstance(repository, Sharing) and somebody):
            return
        for by_name in (False, True):
            (share,) = repository.grant(pushed.id, [somebody], repository.permissions[0])
            for _ in range(2):  # what is missing is no error
                repository.revoke(pushed.id, share.who if by_name else share.id)
                assert repository.shares(pushed.id) == []

    def test_nobody_gets_access_where_somebody_is_not_known(
        self, repository: Repository, pushed: Pushed, somebody: str | None
    ) -> None:
        if not isinstance(repository, Sharing):
            return
        strangers = [f"nobody-{secrets.token_hex(6)}@example.org" for _ in range(2)]
        people = [strangers[0], *([somebody] if somebody else []), strangers[1]]
        with pytest.raises(RejectedError) as caught:
            repository.grant(pushed.id, people, repository.permissions[0])
        assert all(stranger in str(caught.value) for stranger in strangers)
        assert repository.shares(pushed.id) == []

    # ---- secret links ----

    def test_a_secret_link_of_one_kind_and_end_is_made_once(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if not isinstance(repository, LinkSharing):
            return
        made: dict[str, Share] = {}
        for permission in repository.link_permissions:
            for expires in (None, LATER):
                share = repository.share_link(pushed.id, permission, expires)
                again = repository.share_link(pushed.id, permission, expires)
                assert again.id == share.id
                assert (share.permission, share.who) == (permission, "")
                assert share.expires == expires
                assert in_utc(share.expires)
                made[share.id] = share
        assert len(made) == 2 * len(repository.link_permissions)
        if isinstance(repository, Sharing):
            held = {share.id: share for share in repository.shares(pushed.id)}
            assert {i: (s.permission, s.expires) for i, s in held.items()} == {
                i: (s.permission, s.expires) for i, s in made.items()
            }

    def test_a_secret_link_is_a_full_address_that_stays_out_of_logs(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if isinstance(repository, LinkSharing):
            share = repository.share_link(pushed.id, repository.link_permissions[0], None)
            assert urlsplit(share.url).netloc
            assert share.url not in repr(share)

    def test_a_secret_link_is_taken_back_by_its_id(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if isinstance(repository, LinkSharing) and isinstance(repository, Sharing):
            share = repository.share_link(pushed.id, repository.link_permissions[0], None)
            for _ in range(2):
                repository.revoke(pushed.id, share.id)
                assert repository.shares(pushed.id) == []

    # ---- users ----

    def test_a_user_is_found(self, repository: Repository, known_to_search: str | None) -> None:
        if not (isinstance(repository, Users) and known_to_search):
            return
        found = list(repository.users(known_to_search))
        assert len(found) == len({user.id for user in found}) >= 1
        assert all(user.id and user.name for user in found)
        assert repository.user(found[0].id) == found[0]

    def test_a_user_whom_nobody_knows_is_not_found(self, repository: Repository) -> None:
        if isinstance(repository, Users):
            assert list(repository.users(f"nobody-{secrets.token_hex(8)}")) == []
            with pytest.raises(NotFoundError):
                repository.user("publishkit-no-such-user")

    def test_one_finds_oneself_by_id(self, repository: Repository) -> None:
        if isinstance(repository, Users):
            me = repository.whoami()
            assert repository.user(me.id).id == me.id
