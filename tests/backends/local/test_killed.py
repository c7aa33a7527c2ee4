"""The process ends at any step that reaches the file system; the same calls again finish."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

import bagit
import pytest
from faults.local import SCENARIOS, matrix

from publishkit.errors import NotFoundError
from publishkit.hooks import Connection, Credentials, Target
from publishkit.repository import State
from publishkit.testing import Killed, NoMeter
from publishkit_local.repository import LocalRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from publishkit.model import Record
    from publishkit.repository import DataFile
    from tests.backends.local.conftest import MakeFiles, MakeRecord

MARKER = "publishkit-0123"
STEPS = ("fsync", "mkdir", "rename", "replace", "rmdir", "unlink", "utime", "ftruncate")


class _Kill:
    """Ends everything at the n-th step, before or after it is done; nothing is tidied up."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at = at
        self.after = after
        self.steps = 0
        self.dead = False

    def around(self, function: Callable[..., object]) -> Callable[..., object]:
        def step(*args: object, **kwargs: object) -> object:
            if self.dead:
                raise Killed
            self.steps += 1
            self.dead = self.steps == self.at
            if self.dead and not self.after:
                raise Killed
            result = function(*args, **kwargs)
            if self.dead:
                raise Killed
            return result

        return step


@contextmanager
def _killed_at(at: int, *, after: bool) -> Iterator[_Kill]:
    kill = _Kill(at, after=after)
    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, kill.around(getattr(os, name)))
        yield kill


def _open(archive: Path) -> LocalRepository:
    """As a new process."""
    target = Target(name="local", backend="local", url=archive.as_uri())
    return LocalRepository(Connection(target=target, credentials=Credentials(), stop=Event()))


def _push(archive: Path, record: Record, files: list[DataFile]) -> LocalRepository:
    """What the engine does, from whatever state it finds."""
    repository = _open(archive)
    deposit = repository.find(MARKER) or repository.create(MARKER)
    if repository.get(deposit.id).state is State.PUBLISHED:
        return repository
    repository.settle(deposit.id, NoMeter())
    held = repository.files(deposit.id)
    repository.remove(deposit.id, [key for key in held if key not in {f.key for f in files}])
    missing = [f for f in files if f.key not in held or not _same(f, held[f.key].checksum)]
    for transfer in repository.transfers(deposit.id, record, missing):
        transfer.run(NoMeter())
    repository.settle(deposit.id, NoMeter())
    repository.update(deposit.id, record)
    repository.settle(deposit.id, NoMeter())
    return repository


def _same(file: DataFile, checksum: str | None) -> bool:
    return checksum == f"sha256:{hashlib.sha256(file.path.read_bytes()).hexdigest()}"


def _push_and_publish(archive: Path, record: Record, files: list[DataFile]) -> None:
    repository = _push(archive, record, files)
    deposit = repository.find(MARKER)
    assert deposit is not None
    if deposit.state is not State.PUBLISHED:
        repository.publish(deposit.id, record)


def _until_unharmed(
    archives: Path, before: Callable[[Path], object], run: Callable[[Path], object], *, after: bool
) -> Iterator[Path]:
    """Kill `run` at its first step, its second ...; gives the archive after running it again."""
    for at in range(1, 1000):
        archive = archives / str(at)
        before(archive)
        try:
            with _killed_at(at, after=after):
                run(archive)
        except Killed:
            _assert_that_published_bags_are_valid(archive)
            run(archive)
            yield archive
        else:
            assert at > 10
            return


def _assert_that_published_bags_are_valid(archive: Path) -> None:
    for bag in archive.glob("published/*"):
        assert bagit.Bag(str(bag)).validate()


def _assert_one(archive: Path, folder: str, files: list[DataFile]) -> None:
    (bag,) = [path for kind in ("drafts", "published") for path in archive.glob(f"{kind}/*")]
    assert bag.parent.name == folder
    assert bagit.Bag(str(bag)).validate()
    found = {
        p.relative_to(bag / "data").as_posix() for p in (bag / "data").rglob("*") if p.is_file()
    }
    assert found == {file.key for file in files}
    for file in files:
        assert (bag / "data" / file.key).read_bytes() == file.path.read_bytes()
    assert list((archive / ".incoming").iterdir()) == []
    assert list(archive.rglob("*.part*")) == []
    html = (archive / "index.html").read_text(encoding="utf-8")
    assert html.count(f'href="{folder}/{bag.name}/index.html"') == 1
    assert html.count("<li>") == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_step_of_a_first_push_the_next_one_finishes(
    tmp_path: Path, make_record: MakeRecord, make_files: MakeFiles, *, after: bool
) -> None:
    record, files = make_record(), make_files({"a": b"1", "sub/b": b"22"})
    for archive in _until_unharmed(
        tmp_path / "archives",
        lambda _: None,
        lambda archive: _push_and_publish(archive, record, files),
        after=after,
    ):
        _open(archive).get(_id(archive))  # looking mends what only the index page lacks
        _assert_one(archive, "published", files)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_step_of_a_later_push_the_next_one_finishes(
    tmp_path: Path, make_record: MakeRecord, make_files: MakeFiles, *, after: bool
) -> None:
    old = make_files({"a": b"1", "b": b"2", "sub/c": b"3"})
    new = make_files({"a": b"one", "b": b"2", "d/e": b"5"})
    for archive in _until_unharmed(
        tmp_path / "archives",
        lambda archive: _push(archive, make_record("Old"), old),
        lambda archive: _push(archive, make_record("New"), new),
        after=after,
    ):
        _assert_one(archive, "drafts", new)
        assert "New" in (archive / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_step_of_a_deletion_the_next_one_finishes(
    tmp_path: Path, make_record: MakeRecord, make_files: MakeFiles, *, after: bool
) -> None:
    files = make_files({"a": b"1", "sub/b": b"2"})
    id_: list[str] = []

    def before(archive: Path) -> None:
        _push(archive, make_record(), files)
        id_[:] = [_id(archive)]

    for at in range(1, 100):
        archive = tmp_path / "archives" / str(at)
        before(archive)
        try:
            with _killed_at(at, after=after):
                _open(archive).delete(id_[0])
        except Killed:
            for bag in archive.glob("drafts/*"):
                assert bagit.Bag(str(bag)).validate()
            _open(archive).delete(id_[0])
        else:
            break
        assert [path for path in archive.rglob("*") if id_[0] in path.name] == []
    assert at > 5


def test_a_look_at_a_deposit_whose_deletion_was_killed_finishes_it(
    tmp_path: Path, make_record: MakeRecord, make_files: MakeFiles
) -> None:
    archive, files = tmp_path / "archive", make_files({"a": b"1", "sub/b": b"2"})
    _push(archive, make_record(), files)
    id_ = _id(archive)
    (bag,) = archive.glob("drafts/*")
    bag.rename(archive / ".incoming" / f".deleted-{id_}")
    with pytest.raises(NotFoundError):
        _open(archive).get(id_)
    assert [path for path in archive.rglob("*") if id_ in path.name] == []
    assert "A title" not in (archive / "index.html").read_text(encoding="utf-8")


def _published_once(archive: Path, record: Record, files: list[DataFile]) -> str:
    _push_and_publish(archive, record, files)
    _open(archive).create_collection("Batteries")
    return _id(archive)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_step_of_an_edit_the_next_one_finishes(
    tmp_path: Path, make_record: MakeRecord, make_files: MakeFiles, *, after: bool
) -> None:
    files, record = make_files({"a": b"1", "sub/b": b"22"}), make_record("Edited")
    for archive in _until_unharmed(
        tmp_path / "archives",
        lambda archive: _published_once(archive, make_record(), files),
        lambda archive: _open(archive).edit(_id(archive), record),
        after=after,
    ):
        edited = _open(archive).edit(_id(archive), record)
        assert sorted(path.name for path in archive.glob("published/*")) == sorted(
            [f"a-title-{_id(archive)}", f"edited-{edited.id}"]
        )
        _assert_that_published_bags_are_valid(archive)
        assert _open(archive).files(edited.id) == _open(archive).files(_id(archive))
        assert [
            path
            for kind in (".incoming", ".editing", "drafts")
            for path in archive.glob(f"{kind}/*")
        ] == []
        html = (archive / "index.html").read_text(encoding="utf-8")
        assert "1 older version" in html


def test_what_a_killed_edit_left_is_on_no_page_and_can_be_thrown_away(
    tmp_path: Path, make_record: MakeRecord, make_files: MakeFiles
) -> None:
    left = 0
    files, record = make_files({"a": b"1", "sub/b": b"22"}), make_record("Edited")
    for at in range(1, 40, 3):
        archive = tmp_path / str(at)
        id_ = _published_once(archive, make_record(), files)
        with pytest.raises(Killed), _killed_at(at, after=True):
            _open(archive).edit(id_, record)
        left += len(list(archive.glob(".editing/*")))
        repository = _open(archive)
        shown = [deposit.title for deposit in repository.deposits()]
        assert shown in (["A title"], ["Edited", "A title"])
        assert repository.discard(id_).id == id_
        assert list(archive.glob(".editing/*")) == []
    assert left > 5


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_step_of_a_new_version_the_next_call_finishes(
    tmp_path: Path, make_record: MakeRecord, make_files: MakeFiles, *, after: bool
) -> None:
    files = make_files({"a": b"1", "sub/b": b"22"})
    for archive in _until_unharmed(
        tmp_path / "archives",
        lambda archive: _published_once(archive, make_record(), files),
        lambda archive: _open(archive).new_version(_id(archive), "next", NoMeter()),
        after=after,
    ):
        repository = _open(archive)
        draft = repository.find("next")
        assert draft is not None
        assert repository.files(draft.id) == repository.files(_id(archive))
        assert len(list((archive / ".incoming").iterdir())) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_step_of_putting_it_into_a_collection_a_published_bag_stays_valid(
    tmp_path: Path, make_record: MakeRecord, make_files: MakeFiles, *, after: bool
) -> None:
    files = make_files({"a": b"1"})
    for archive in _until_unharmed(
        tmp_path / "archives",
        lambda archive: _published_once(archive, make_record(), files),
        lambda archive: _open(archive).collect(_id(archive), "Batteries"),
        after=after,
    ):
        (bag,) = archive.glob("published/*")
        assert bagit.Bag(str(bag)).validate()
        assert (bag / "tagmanifest-sha256.txt").exists()
        assert bagit.Bag(str(bag)).info["Bag-Group-Identifier"] == "Batteries"
        assert "In Batteries" in (archive / "index.html").read_text(encoding="utf-8")
        assert "Batteries" in (bag / "index.html").read_text(encoding="utf-8")


def _id(archive: Path) -> str:
    deposit = _open(archive).find(MARKER)
    assert deposit is not None
    return deposit.id


@pytest.mark.enable_socket  # by which processes are asked for that can be killed
def test_a_command_that_is_killed_is_finished_by_the_same_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample of `python -m tests.faults.local`, which kills every command at every step."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    push = next(one for one in SCENARIOS if one.name == "push --publish")
    kills = matrix(every=40, jobs=1, scenarios=[push])
    assert [one for one in kills if one.problems] == []
    assert len(kills) > 1
