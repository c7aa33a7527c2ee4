"""The tests that every backend passes, against the real thing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest

from publishkit import folder as folders
from publishkit.abilities import DraftLimit, Grouping, Member
from publishkit.errors import Cancelled, IntegrityError, NotFoundError, RejectedError
from publishkit.locate import look
from publishkit.receipts import Outcome
from publishkit.repository import DataFile, Deposit, Digests, Repository, State, Transfer
from publishkit.testing.base import DATA, new_marker
from publishkit.testing.doi_tests import DoiTests
from publishkit.testing.entry_tests import EntryTests
from publishkit.testing.faults import Killer
from publishkit.testing.finding_tests import FindingTests
from publishkit.testing.harness import Bench, write_record
from publishkit.testing.linking_tests import LinkingTests
from publishkit.testing.meter import NoMeter
from publishkit.testing.published_tests import PublishedTests
from publishkit.testing.pulling_tests import PullingTests
from publishkit.testing.request_tests import RequestTests
from publishkit.testing.sharing_tests import SharingTests
from publishkit.testing.token_tests import TokenTests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["RepositoryTests"]

FILES: Mapping[str, bytes] = {
    "data.csv": DATA,
    "empty.txt": b"",
    "sub folder/deep/värde 1%.dat": b"\x00\x01" * 40_000,
    "β+#&?.json": b'{"a": 1}',
}


class _Ended(NoMeter):
    """A meter whose user has stopped the run."""

    def advance(self, nbytes: int) -> None:
        """Stop."""
        if nbytes >= 0:
            raise Cancelled("stopped")


class RepositoryTests(
    PublishedTests,
    SharingTests,
    LinkingTests,
    DoiTests,
    FindingTests,
    PullingTests,
    TokenTests,
    EntryTests,
    RequestTests,
):
    """Give a `repository` fixture, and every obligation of `Repository` is tested.

    So is every ability of `publishkit.abilities` that the repository has; the tests of one that
    it has not do nothing. What they need to know of the archive is overridden likewise:

    - the fixtures `somebody`, `known_to_search` and `collection`,
    - the methods `content`, `named`, `main_file` and `words`,
    - the attributes `kill_requests` (False for a backend that does not send by
      `publishkit.http`), `kill_every`, `patience`, `listed`, `registers_dois`, `takes_dois`.
    """

    @pytest.fixture
    def bench(self, repository: Repository, tmp_path: Path) -> Bench:
        """A record folder with files of odd names."""
        return Bench(repository, write_record(tmp_path / "records" / "0", FILES, self.content()))

    # ---- who, and what there is ----

    def test_says_who_is_signed_in(self, repository: Repository) -> None:
        assert repository.whoami().id

    def test_finds_nothing_wrong_with_a_good_record(self, bench: Bench) -> None:
        record, files = self.load(bench.folder)
        problems = bench.repository.check(record, files)
        assert [str(p) for p in problems if p.severity == "error"] == []

    def test_resolving_leaves_a_plain_record_as_it_is(self, bench: Bench) -> None:
        record, _ = self.load(bench.folder)
        assert bench.repository.resolve(record).record.body() == record.body()

    def test_an_unknown_deposit_is_not_found(self, repository: Repository) -> None:
        with pytest.raises(NotFoundError):
            repository.get("publishkit-no-such-id")

    # ---- creating ----

    def test_a_new_deposit_is_an_empty_draft(self, repository: Repository, draft: Deposit) -> None:
        found = repository.get(draft.id)
        assert found.state is State.DRAFT
        assert repository.files(draft.id) == {}

    def test_a_new_deposit_is_found_by_its_marker(self, repository: Repository) -> None:
        marker = new_marker()
        deposit = repository.create(marker)
        found = look(repository, marker, NoMeter(), self.patience)
        assert found is not None
        assert found.id == deposit.id
        repository.delete(deposit.id)

    def test_a_marker_that_was_never_used_finds_nothing(self, repository: Repository) -> None:
        assert repository.find(new_marker()) is None

    def test_nothing_changes_by_looking(self, repository: Repository, draft: Deposit) -> None:
        first = repository.get(draft.id)
        repository.files(draft.id)
        again = repository.settle(draft.id, NoMeter())
        assert (again.revision, again.contents) == (first.revision, first.contents)

    # ---- files ----

    def test_files_of_any_name_arrive_as_they_are(self, bench: Bench) -> None:
        result = bench.push()
        held = bench.repository.files(result.deposit.id)
        assert {key: file.size for key, file in held.items()} == {
            key: len(data) for key, data in FILES.items()
        }
        assert all(file.complete for file in held.values())
        bench.repository.delete(result.deposit.id)

    def test_a_transfer_may_run_twice(
        self, repository: Repository, draft: Deposit, bench: Bench
    ) -> None:
        record, files = self.load(bench.folder)
        transfers = list(repository.transfers(draft.id, record, files))
        repository.settle(draft.id, NoMeter())
        first = self._run(repository, draft, transfers)
        second = self._run(repository, draft, transfers)
        assert first == second
        assert repository.files(draft.id).keys() == FILES.keys()

    def test_transfers_may_run_side_by_side(
        self, repository: Repository, draft: Deposit, bench: Bench
    ) -> None:
        record, files = self.load(bench.folder)
        transfers = list(repository.transfers(draft.id, record, files))
        with ThreadPoolExecutor(4) as pool:
            done = [pool.submit(transfer.run, NoMeter()) for transfer in transfers]
            keys = {key for future in done for key in future.result()}
        repository.settle(draft.id, NoMeter())
        assert keys >= FILES.keys()
        assert repository.files(draft.id).keys() == FILES.keys()

    def test_a_stopped_transfer_can_be_run_again(
        self, repository: Repository, draft: Deposit, bench: Bench
    ) -> None:
        record, files = self.load(bench.folder)
        transfers = list(repository.transfers(draft.id, record, files))
        for transfer in transfers:
            with pytest.raises(Cancelled):
                transfer.run(_Ended())
        repository.settle(draft.id, NoMeter())
        assert self._run(repository, draft, transfers).keys() >= FILES.keys()

    def test_a_file_that_changed_since_it_was_listed_is_noticed(
        self, repository: Repository, draft: Deposit, bench: Bench
    ) -> None:
        record, files = self.load(bench.folder)
        transfers = list(repository.transfers(draft.id, record, files))
        (bench.folder / "data.csv").write_bytes(DATA + b"2 3.5\n")
        with pytest.raises(IntegrityError, match=r"data\.csv"):
            self._run(repository, draft, transfers)

    def test_a_missing_file_can_be_removed(self, repository: Repository, draft: Deposit) -> None:
        repository.remove(draft.id, ["no such file.txt"])

    def _run(
        self, repository: Repository, draft: Deposit, transfers: Sequence[Transfer]
    ) -> dict[str, Digests]:
        digests: dict[str, Digests] = {}
        for transfer in transfers:
            digests.update(transfer.run(NoMeter()))
            repository.settle(draft.id, NoMeter())
        return digests

    # ---- pushing ----

    def test_pushing_again_changes_nothing(self, bench: Bench) -> None:
        first = bench.push()
        links = bench.ledger_path.read_bytes()
        second = bench.push()
        assert (first.outcome, second.outcome) == (Outcome.CREATED, Outcome.UNCHANGED)
        assert bench.ledger_path.read_bytes() == links
        bench.repository.delete(first.deposit.id)

    def test_changes_of_the_folder_arrive(self, bench: Bench) -> None:
        first = bench.push()
        (bench.folder / "data.csv").write_bytes(b"9 9.9\n9 9.9\n")  # of the same length
        (bench.folder / "empty.txt").unlink()
        (bench.folder / "new.txt").write_bytes(b"new")
        second = bench.push()
        assert second.outcome is Outcome.UPDATED
        assert second.deposit.id == first.deposit.id
        expected = {**{k: len(v) for k, v in FILES.items() if k != "empty.txt"}, "new.txt": 3}
        held = bench.repository.files(first.deposit.id)
        assert {key: file.size for key, file in held.items()} == expected
        bench.repository.delete(first.deposit.id)

    def test_changed_metadata_arrives_without_sending_a_file(self, bench: Bench) -> None:
        first = bench.push()
        content = self.content("Another title")
        (bench.folder / folders.METADATA_FILE).write_text(json.dumps(content), encoding="utf-8")
        second = bench.push()
        assert second.outcome is Outcome.UPDATED
        assert second.files_sent == 0
        assert bench.push().outcome is Outcome.UNCHANGED
        bench.repository.delete(first.deposit.id)

    def test_a_record_without_files_can_be_pushed(
        self, repository: Repository, tmp_path: Path
    ) -> None:
        bench = Bench(repository, write_record(tmp_path / "records" / "0", {}, self.content()))
        result = bench.push()
        assert repository.files(result.deposit.id) == {}
        repository.delete(result.deposit.id)

    # ---- publishing and deleting ----

    def test_a_published_deposit_stays_as_it_is(self, bench: Bench) -> None:
        published = bench.push(publish_it=True)
        assert published.deposit.state is State.PUBLISHED
        assert bench.push(publish_it=True).outcome is Outcome.UNCHANGED
        (bench.folder / "data.csv").write_bytes(b"changed")
        with pytest.raises(RejectedError, match="new-version"):
            bench.push(publish_it=True)
        with pytest.raises(RejectedError):
            bench.repository.delete(published.deposit.id)
        assert bench.deposit().state is State.PUBLISHED

    def test_a_deleted_draft_is_gone(self, repository: Repository) -> None:
        deposit = repository.create(new_marker())
        repository.delete(deposit.id)
        with pytest.raises(NotFoundError):
            repository.get(deposit.id)
        repository.delete(deposit.id)

    # ---- killed ----

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_killed_at_every_step_the_next_push_finishes(
        self, repository: Repository, tmp_path: Path, *, after: bool
    ) -> None:
        """The process ends at the n-th step, for every n; then the same push is run again."""
        step, killed = 1 - self.kill_every, True
        while killed:
            step += self.kill_every
            folder = tmp_path / str(step) / "0"
            files = {"data.csv": DATA, "sub/more.txt": b"more"}
            bench = Bench(repository, write_record(folder, files, self.content()))
            killer = Killer(step, after)
            killed = self.killed(killer, repository, partial(bench.push, publish_it=True))
            rest = Killer(0)
            with rest.around(repository, requests=self.kill_requests):
                bench.push(publish_it=True)
            self._assert_done(bench, files, made=killer.created + rest.created)
        assert step > 5

    def _assert_done(self, bench: Bench, files: Mapping[str, bytes], *, made: int) -> None:
        assert made == 1
        assert bench.deposit().state is State.PUBLISHED
        assert bench.row.state == State.PUBLISHED.value
        held = bench.repository.files(bench.row.id)
        assert {key: file.size for key, file in held.items()} == {
            key: len(data) for key, data in files.items()
        }

    # ---- abilities ----

    def test_a_deposit_takes_room(self, repository: Repository) -> None:
        if isinstance(repository, DraftLimit):
            before = repository.room()
            deposit = repository.create(new_marker())
            assert repository.room() == before - 1
            repository.delete(deposit.id)
            assert repository.room() == before

    def test_a_group_keeps_each_record_apart(self, repository: Repository, tmp_path: Path) -> None:
        if not isinstance(repository, Grouping):
            return
        members, files = [], []
        for name in ("a", "b"):
            folder = write_record(
                tmp_path / name, {"data.csv": DATA}, self.content(f"Group {name}")
            )
            record, own = self.load(folder)
            members.append(Member(name, record))
            files += [DataFile(f"{name}/{f.key}", f.path, f.size) for f in own]
        assert repository.check_group(members) == []
        group = repository.group("A group", members)
        deposit = group.create(new_marker())
        self._run(group, deposit, list(group.transfers(deposit.id, members[0].record, files)))
        group.update(deposit.id, members[0].record)
        settled = group.settle(deposit.id, NoMeter())
        assert settled.failures == ()
        assert group.files(deposit.id).keys() == {"a/data.csv", "b/data.csv"}
        ids = [repository.member(settled, name).id for name in ("a", "b")]
        assert len(set(ids)) == 2
        assert {repository.group_id(member) for member in ids} == {deposit.id}
        repository.delete(deposit.id)
