"""What is particular to InvenioRDM, on a real one: reviews, requests, DOIs, edits side by side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import pytest
from servers.api import InvenioServer, invenio

from publishkit.abilities import Link, Permission
from publishkit.errors import ConflictError, NotFoundError, RejectedError
from publishkit.hooks import Target
from publishkit.model import Record
from publishkit.repository import DataFile, State
from publishkit.testing import NoMeter
from publishkit.testing.doi_tests import DoiTests
from publishkit.testing.linking_tests import LinkingTests
from publishkit.testing.pulling_tests import PullingTests
from publishkit_invenio.addresses import locate
from publishkit_invenio.answers import Deposited
from publishkit_invenio.block import InvenioBlock
from tests.backends.invenio.conftest import RICH, LiveTests, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.abilities import Collection
    from publishkit.repository import Transfer
    from publishkit.testing.base import Pushed
    from publishkit_invenio.repository import InvenioRepository
    from tests.backends.invenio.conftest import SignIn


pytestmark = pytest.mark.live


class TestCommunities(LiveTests):
    def test_a_collected_draft_is_submitted_declined_submitted_again_and_accepted(
        self,
        repository: InvenioRepository,
        curator: InvenioRepository,
        invenio_server: InvenioServer,
        pushed: Pushed,
    ) -> None:
        assert repository.collect(pushed.id, invenio_server.community)
        assert self.review_of(repository, pushed.id)["state"] == "created"
        repository.publish(pushed.id, pushed.record)
        assert repository.get(pushed.id).state is State.IN_REVIEW
        assert not repository.collect(pushed.id, invenio_server.community)
        first = self.review_of(repository, pushed.id)
        assert (first["community"], first["state"]) == (invenio_server.community, "submitted")
        self.decide(curator, first["request"], "decline")
        assert repository.get(pushed.id).state is State.DECLINED
        repository.publish(pushed.id, pushed.record)
        assert repository.get(pushed.id).state is State.IN_REVIEW
        self.decide(curator, self.review_of(repository, pushed.id)["request"], "accept")
        deposit = repository.get(pushed.id)
        assert deposit.state is State.PUBLISHED
        assert deposit.links["self_html"].endswith(f"/records/{pushed.id}")
        assert deposit.links["self"].endswith(f"/api/records/{pushed.id}")
        assert repository.collect(pushed.id, invenio_server.community_id)
        assert repository.inspect(pushed.id).details["communities"] == [invenio_server.community]
        assert repository.describe(pushed.id)["invenio"] == {
            "communities": [invenio_server.community]
        }

    def test_a_declined_draft_can_be_collected_again(
        self,
        repository: InvenioRepository,
        curator: InvenioRepository,
        invenio_server: InvenioServer,
        pushed: Pushed,
    ) -> None:
        repository.collect(pushed.id, invenio_server.community_id)
        repository.publish(pushed.id, pushed.record)
        self.decide(curator, self.review_of(repository, pushed.id)["request"], "decline")
        assert repository.collect(pushed.id, invenio_server.community_id)
        assert repository.get(pushed.id).state is State.DRAFT

    def test_a_draft_takes_one_review(
        self,
        repository: InvenioRepository,
        curator: InvenioRepository,
        invenio_server: InvenioServer,
        pushed: Pushed,
    ) -> None:
        other = self.new_community(curator)
        repository.collect(pushed.id, invenio_server.community_id)
        with pytest.raises(RejectedError, match=rf"{invenio_server.community} already"):
            repository.collect(pushed.id, other)

    def test_a_collected_draft_whose_review_is_cancelled_is_submitted_again_not_published(
        self, repository: InvenioRepository, invenio_server: InvenioServer, pushed: Pushed
    ) -> None:
        record = pushed.record.with_links({}, (invenio_server.community_id,))
        repository.collect(pushed.id, invenio_server.community_id)
        for _ in range(2):
            repository.publish(pushed.id, record)
            assert repository.get(pushed.id).state is State.IN_REVIEW
            review = self.review_of(repository, pushed.id)
            assert review["community"] == invenio_server.community
            self.decide(repository, review["request"], "cancel")
            assert repository.get(pushed.id).state is State.DRAFT

    def test_a_draft_made_in_the_place_of_a_collected_one_is_reviewed_not_published(
        self, repository: InvenioRepository, invenio_server: InvenioServer, pushed: Pushed
    ) -> None:
        record = pushed.record.with_links({}, (invenio_server.community_id,))
        repository.publish(pushed.id, record)
        assert repository.get(pushed.id).state is State.IN_REVIEW
        review = self.review_of(repository, pushed.id)
        assert review["community"] == invenio_server.community
        self.decide(repository, review["request"], "cancel")

    def test_a_draft_whose_community_is_gone_is_not_published_without_it(
        self, repository: InvenioRepository, pushed: Pushed
    ) -> None:
        record = pushed.record.with_links({}, ("00000000-0000-4000-8000-000000000000",))
        with pytest.raises(NotFoundError, match="no community 00000000-"):
            repository.publish(pushed.id, record)
        assert repository.get(pushed.id).state is State.DRAFT

    def test_a_new_version_of_a_collected_record_is_published_at_once(
        self, repository: InvenioRepository, invenio_server: InvenioServer, published: Pushed
    ) -> None:
        record = published.record.with_links({}, (invenio_server.community_id,))
        draft = repository.new_version(published.id, "", NoMeter())
        repository.update(draft.id, record)
        repository.publish(draft.id, record)
        assert repository.get(draft.id).state is State.PUBLISHED

    def test_a_published_record_waits_for_the_curators(
        self,
        repository: InvenioRepository,
        curator: InvenioRepository,
        invenio_server: InvenioServer,
        published: Pushed,
    ) -> None:
        assert not repository.collect(published.id, invenio_server.community_id)
        assert not repository.collect(published.id, invenio_server.community_id)
        assert curator.collect(published.id, invenio_server.community_id)
        assert repository.collect(published.id, invenio_server.community_id)

    def test_a_curators_own_record_is_taken_at_once_and_so_are_its_versions(
        self, curator: InvenioRepository, invenio_server: InvenioServer, tmp_path: Path
    ) -> None:
        published = self.push(curator, tmp_path / "0", publish_it=True)
        curator.delete(curator.new_version(published.id, "", NoMeter()).id)
        draft = curator.new_version(published.id, "", NoMeter())
        assert curator.collect(draft.id, invenio_server.community_id)
        assert curator.collect(published.id, invenio_server.community_id)
        curator.update(draft.id, published.record)
        curator.publish(draft.id, published.record)
        assert curator.get(draft.id).state is State.PUBLISHED
        versions = curator.inspect(draft.id).details["versions"]
        assert versions == {"index": 2, "is_latest": True}

    def test_what_a_record_asks_for_wins_over_nothing(
        self, repository: InvenioRepository, invenio_server: InvenioServer, pushed: Pushed
    ) -> None:
        repository.publish(pushed.id, _asking(pushed.record, invenio_server.community))
        assert repository.get(pushed.id).state is State.IN_REVIEW


def _asking(record: Record, community: str) -> Record:
    block = InvenioBlock(communities=(community,))
    return record.model_copy(update={"blocks": {"invenio": block}})


class TestEdits(LiveTests):
    def test_an_edit_that_somebody_else_began_is_left_alone_until_it_is_discarded(
        self, repository: InvenioRepository, published: Pushed
    ) -> None:
        theirs = self.retitled(published, "Typed into the archive's page")
        self._open(repository, published.id, theirs)
        mine = self.retitled(published, self.new_title())
        with pytest.raises(ConflictError, match="publishkit discard"):
            repository.edit(published.id, mine)
        with pytest.raises(ConflictError, match="publishkit discard"):
            repository.relate(published.id, [Link("https://example.org/other")])
        assert repository.inspect(published.id).details["edit"]
        assert repository.discard(published.id).title == published.title
        assert repository.edit(published.id, mine).title == mine.metadata.title

    def test_an_own_edit_that_was_broken_off_and_is_out_of_date_is_refused_with_the_way_out(
        self, repository: InvenioRepository, published: Pushed
    ) -> None:
        older = self.retitled(published, self.new_title())
        self._open(repository, published.id, older)
        with pytest.raises(ConflictError, match=r"publishkit's own.*publishkit discard"):
            repository.edit(published.id, self.retitled(published, self.new_title()))
        assert repository.edit(published.id, older).title == older.metadata.title

    def _open(self, repository: InvenioRepository, id_: str, record: Record) -> None:
        assert repository.request("POST", f"records/{id_}/draft").status == 201
        repository.update(id_, record)

    def test_an_open_edit_is_listed_as_the_record_that_it_is_of(
        self, repository: InvenioRepository, published: Pushed
    ) -> None:
        theirs = self.retitled(published, self.new_title())
        self._open(repository, published.id, theirs)
        (found,) = self.eventually(
            lambda: [one for one in repository.deposits() if one.id == published.id],
            lambda all_: [one.title for one in all_] == [theirs.metadata.title],
        )
        kept = repository.get(published.id)
        assert (found.state, found.id) == (State.PUBLISHED, published.id)
        for name in ("self", "self_html", "record_html"):
            assert found.links[name] == kept.links[name]
        repository.discard(published.id)

    def test_an_edit_that_was_killed_is_known_again_in_the_form_that_the_server_gave_it(
        self, repository: InvenioRepository, tmp_path: Path
    ) -> None:
        published = self._rich(repository, tmp_path / "0", publish_it=True)
        mine = self.retitled(published, self.new_title())
        self._open(repository, published.id, mine)
        assert repository.edit(published.id, mine).title == mine.metadata.title

    def test_what_is_pulled_gives_the_same_metadata_when_it_is_pushed_again(
        self, repository: InvenioRepository, tmp_path: Path
    ) -> None:
        first = self._rich(repository, tmp_path / "0")
        described = repository.describe(first.id)
        again = self.push(repository, tmp_path / "1", content=described)
        assert repository.describe(again.id) == described
        for pushed in (first, again):
            self.clear(repository, pushed.id)

    def _rich(
        self, repository: InvenioRepository, folder: Path, *, publish_it: bool = False
    ) -> Pushed:
        content = self.content(self.new_title())
        plain = content["metadata"]
        assert isinstance(plain, dict)
        content["metadata"] = {**plain, **RICH}
        return self.push(repository, folder, content=content, publish_it=publish_it)

    def test_a_refused_edit_leaves_nothing_open(
        self, repository: InvenioRepository, published: Pushed
    ) -> None:
        metadata = published.record.metadata.model_copy(update={"publication_date": "someday"})
        wrong = published.record.model_copy(update={"metadata": metadata})
        with pytest.raises(RejectedError, match="publication_date"):
            repository.edit(published.id, wrong)
        assert "edit" not in repository.inspect(published.id).details
        assert repository.get(published.id).title == published.title

    def test_a_draft_is_neither_edited_nor_followed_nor_discarded(
        self, repository: InvenioRepository, pushed: Pushed
    ) -> None:
        with pytest.raises(RejectedError, match="not published"):
            repository.edit(pushed.id, pushed.record)
        with pytest.raises(RejectedError, match="not published"):
            repository.new_version(pushed.id, "", NoMeter())
        assert repository.discard(pushed.id).state is State.DRAFT
        assert repository.get(pushed.id).title == pushed.title


class TestNextVersions(LiveTests):
    """What somebody began on the archive's pages."""

    def _begin(self, repository: InvenioRepository, published: Pushed) -> str:
        answer = repository.request("POST", f"records/{published.id}/versions")
        assert answer.status == 201
        return Deposited.model_validate_json(answer.content).id

    def test_one_that_has_files_of_its_own_is_left_alone_until_it_is_deleted(
        self, repository: InvenioRepository, published: Pushed, tmp_path: Path
    ) -> None:
        theirs = self._begin(repository, published)
        self._announced(repository, theirs, "theirs.csv", tmp_path / "0").run(NoMeter())
        advice = rf"{theirs}.* theirs\.csv.*delete {theirs} --to .*adopt {theirs} FOLDER .*--force"
        with pytest.raises(ConflictError, match=advice):
            repository.new_version(published.id, "", NoMeter())
        assert list(repository.files(theirs)) == ["theirs.csv"]
        repository.delete(theirs)
        ours = repository.new_version(published.id, "", NoMeter())
        assert ours.id != theirs
        assert self.sizes(repository, ours.id) == self.sizes(repository, published.id)
        self.clear(repository, ours.id)

    def test_another_file_under_a_key_of_the_last_version_is_not_taken_for_that_one(
        self, repository: InvenioRepository, published: Pushed, tmp_path: Path
    ) -> None:
        theirs = self._begin(repository, published)
        key = published.files[0].key
        transfer = self._announced(repository, theirs, key, tmp_path / "0")
        with pytest.raises(ConflictError, match=re.escape(key)):  # not yet there
            repository.new_version(published.id, "", NoMeter())
        transfer.run(NoMeter())
        with pytest.raises(ConflictError, match=re.escape(key)):
            repository.new_version(published.id, "", NoMeter())
        self.clear(repository, theirs)

    def _announced(self, repository: InvenioRepository, id_: str, key: str, at: Path) -> Transfer:
        at.write_bytes(b"typed in")
        record = Record.model_validate(self.content())
        (transfer,) = repository.transfers(id_, record, [DataFile(key, at, 8)])
        return transfer

    def test_one_with_nothing_but_the_last_versions_files_is_gone_on_with(
        self, repository: InvenioRepository, published: Pushed
    ) -> None:
        begun = self._begin(repository, published)
        for _ in range(2):
            assert repository.new_version(published.id, "", NoMeter()).id == begun
        repository.update(begun, published.record)
        repository.publish(begun, published.record)
        third = repository.new_version(published.id, "", NoMeter())  # asked of the first version
        assert repository.new_version(published.id, "", NoMeter()).id == third.id
        assert self.sizes(repository, third.id) == self.sizes(repository, published.id)
        self.clear(repository, third.id)

    def test_one_is_told_of_the_latest_version_only(
        self, repository: InvenioRepository, published: Pushed
    ) -> None:
        assert "next_version" not in repository.inspect(published.id).details
        begun = repository.new_version(published.id, "", NoMeter()).id
        assert repository.inspect(published.id).details["next_version"]
        self.eventually(
            lambda: repository.inspect(published.id).details, lambda d: d["next_version"] == begun
        )
        repository.update(begun, published.record)
        repository.publish(begun, published.record)
        for id_ in (published.id, begun):
            assert "next_version" not in repository.inspect(id_).details


class TestSharing(LiveTests):
    def test_a_preview_link_shows_a_draft_and_a_view_link_what_is_published(
        self, repository: InvenioRepository, signed_in: SignIn, pushed: Pushed
    ) -> None:
        bob = signed_in("bob")
        preview = repository.share_link(pushed.id, Permission.PREVIEW, None)
        view = repository.share_link(pushed.id, Permission.VIEW, None)
        assert "preview=1" in preview.url
        path = f"records/{pushed.id}/draft"
        assert bob.request("GET", path).status == 403
        assert bob.request("GET", path, params=_token(view.url)).status == 403
        assert bob.request("GET", path, params=_token(preview.url)).status == 200

    def test_a_person_is_given_access_by_number_user_name_or_full_name(
        self, repository: InvenioRepository, invenio_server: InvenioServer, pushed: Pushed
    ) -> None:
        number = invenio_server.user_ids["bob"]
        for name in (number, "bob", "Bob"):
            (share,) = repository.grant(pushed.id, [name], Permission.VIEW)
            assert share.who == "Bob"
        (share,) = repository.grant(pushed.id, ["bob"], Permission.EDIT)
        (kept,) = repository.grant(pushed.id, ["bob"], Permission.VIEW)
        assert (share.permission, kept.permission) == (Permission.EDIT, Permission.EDIT)

    def test_an_address_that_only_resembles_somebodys_name_gives_nobody_access(
        self, repository: InvenioRepository, pushed: Pushed
    ) -> None:
        """The search answers "bob@other.example" with the user bob."""
        with pytest.raises(RejectedError, match=r"bob@other\.example.*near it: Bob \(bob"):
            repository.grant(pushed.id, ["bob@other.example"], Permission.VIEW)
        assert repository.shares(pushed.id) == []

    def test_a_shared_draft_is_seen_by_who_was_given_access(
        self, repository: InvenioRepository, signed_in: SignIn, pushed: Pushed
    ) -> None:
        repository.grant(pushed.id, ["bob"], Permission.PREVIEW)
        assert signed_in("bob").get(pushed.id).title == pushed.title


def _token(url: str) -> dict[str, str]:
    return {"token": url.rpartition("token=")[2]}


class TestAddresses(LiveTests):
    def test_the_pages_and_addresses_of_a_deposit_lead_to_it(
        self, invenio_server: InvenioServer, pushed: Pushed
    ) -> None:
        target = Target(name="t", backend="invenio", url=invenio_server.url)
        links = pushed.deposit.links
        for name in ("self", "self_html", "record", "record_html", "files", "access_links"):
            assert locate(target, links[name]) == pushed.id


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InvenioServer]:
    """An instance that registers DOIs."""
    with invenio(tmp_path_factory.mktemp("invenio-dois"), datacite=True) as started:
        yield started


class TestWithDois(LiveTests, DoiTests, LinkingTests, PullingTests):
    """The same on an instance that registers DOIs."""

    registers_dois: ClassVar[bool | None] = True
    takes_dois: ClassVar[bool] = True

    @pytest.fixture
    def repository(self, server: InvenioServer) -> InvenioRepository:
        return sign_in(server, "alice", dois="on")

    @pytest.fixture
    def collection(self, repository: InvenioRepository, server: InvenioServer) -> Collection:
        return repository.collection(server.community)

    def test_a_reserved_doi_is_the_address_for_good(
        self, repository: InvenioRepository, pushed: Pushed
    ) -> None:
        address = repository.address(pushed.id)
        assert address == f"https://doi.org/{repository.reserve_doi(pushed.id)}"
        repository.publish(pushed.id, pushed.record)
        edited = repository.edit(pushed.id, self.retitled(pushed, self.new_title()))
        assert f"https://doi.org/{edited.doi}" == address == repository.address(pushed.id)

    def test_whether_there_are_dois_is_found_out(
        self, server: InvenioServer, pushed: Pushed
    ) -> None:
        unknowing = sign_in(server, "alice")
        assert unknowing.address(pushed.id).startswith("https://doi.org/10.5072/")

    def test_the_doi_of_all_versions_leads_to_the_latest(
        self, repository: InvenioRepository, published: Pushed
    ) -> None:
        draft = repository.new_version(published.id, "", NoMeter())
        repository.update(draft.id, published.record)
        repository.publish(draft.id, published.record)
        above = repository.get(draft.id).links["parent_doi"].partition("doi.org/")[2]
        self.eventually(lambda: repository.find_doi(above), lambda id_: id_ == draft.id)

    def test_a_doi_from_elsewhere_is_pulled_and_one_of_the_archives_own_is_not(
        self, repository: InvenioRepository, published: Pushed, tmp_path: Path
    ) -> None:
        assert "pids" not in repository.describe(published.id)
        doi = {"identifier": f"10.1234/{self.new_title().split()[-1]}", "provider": "external"}
        content: dict[str, JsonValue] = {
            **self.content(self.new_title()),
            "pids": {"doi": {**doi}},
        }
        other = self.push(repository, tmp_path / "external", content=content)
        assert repository.describe(other.id)["pids"] == {"doi": doi}
        assert repository.address(other.id) == f"https://doi.org/{doi['identifier']}"
        self.clear(repository, other.id)
