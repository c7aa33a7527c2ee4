"""Files on their way into the archive, and what may stop them."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import bagit
import pytest

from publishkit.errors import (
    Cancelled,
    IntegrityError,
    RejectedError,
    TemporaryError,
)
from publishkit.testing import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable

    from publishkit_local.repository import LocalRepository
    from tests.backends.local.conftest import MakeFiles, MakeRecord, Push

# ---- transfers ----


def test_a_transfer_computes_the_digests_on_the_way(
    repository: LocalRepository, make_record: MakeRecord, make_files: MakeFiles
) -> None:
    deposit = repository.create("m")
    (transfer,) = repository.transfers(deposit.id, make_record(), make_files({"a": b"abc"}))
    meter = NoMeter()
    digests = transfer.run(meter)["a"]
    assert digests.md5 == "900150983cd24fb0d6963f7d28e17f72"
    assert repository.files(deposit.id)["a"].checksum == f"sha256:{digests.sha256}"
    assert meter.sent == 3


def test_a_stopped_transfer_takes_its_progress_back_and_leaves_nothing(
    repository: LocalRepository, make_record: MakeRecord, make_files: MakeFiles, archive: Path
) -> None:
    class Stopping(NoMeter):
        def advance(self, nbytes: int) -> None:
            super().advance(nbytes)
            if self.sent > 1_500_000:
                raise Cancelled("stopped")

    deposit = repository.create("m")
    files = make_files({"a": b"x" * 3_000_000})
    (transfer,) = repository.transfers(deposit.id, make_record(), files)
    meter = Stopping()
    with pytest.raises(Cancelled):
        transfer.run(meter)
    assert meter.sent == 0
    assert [path.name for path in archive.rglob("*") if path.is_file()] == ["bagit.txt"]


@pytest.mark.parametrize("change", ["vanish", "forbid", "grow"])
def test_a_file_that_cannot_be_read_as_listed_is_named(
    change: str,
    repository: LocalRepository,
    make_record: MakeRecord,
    make_files: MakeFiles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deposit = repository.create("m")
    (file,) = make_files({"a.dat": b"1"})
    (transfer,) = repository.transfers(deposit.id, make_record(), [file])
    if change == "vanish":
        file.path.unlink()
    elif change == "grow":
        file.path.write_bytes(b"12")
    else:  # root may read everything
        _refuse_to_open(monkeypatch, file.path)
    with pytest.raises(IntegrityError, match=r"a\.dat") as caught:
        transfer.run(NoMeter())
    assert caught.value.advice


# ---- when the system refuses ----


def _refuse_to_open(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    real = os.open

    def failing(one: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if Path(one) == path:
            raise PermissionError(errno.EACCES, "denied")
        return real(one, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", failing)


def _fail(monkeypatch: pytest.MonkeyPatch, name: str, only: Path, error: OSError) -> None:
    real = getattr(Path, name)

    def failing(self: Path, *args: object, **kwargs: object) -> object:
        if self == only or only in self.parents:
            raise error
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, name, failing)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_ends_in_one_clear_message_and_loses_nothing(
    code: int,
    push: Push,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
    bags: Callable[[], list[Path]],
) -> None:
    def full(_: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TemporaryError, match=r"is full.*Free space") as caught:
            push({"a": b"1", "b": b"2"})
        assert str(archive) in str(caught.value)
        assert caught.value.exit_code == 7
    push({"a": b"1", "b": b"2"}, publish=True)
    (bag,) = bags()
    assert bagit.Bag(str(bag)).validate()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.EACCES, RejectedError),
        (errno.EROFS, RejectedError),
        (errno.ENAMETOOLONG, RejectedError),
        (errno.EEXIST, RejectedError),
        (errno.EIO, TemporaryError),
    ],
)
def test_what_the_system_refuses_is_said_with_what_to_do(
    code: int,
    kind: type[Exception],
    push: Push,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _fail(monkeypatch, "open", archive, OSError(code, os.strerror(code), "some/file"))
    with pytest.raises(kind, match=r"local: .*some/file") as caught:
        push({"a": b"1"})
    assert getattr(caught.value, "advice", "")


def test_a_file_where_the_archive_should_be_is_said(push: Push, archive: Path) -> None:
    archive.write_text("I am in the way")
    with pytest.raises(RejectedError, match="in the way"):
        push({"a": b"1"})


def test_who_may_not_write_is_told_so(
    repository: LocalRepository, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.mkdir()
    assert str(archive) in repository.whoami().name
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(RejectedError, match="may not write"):
        repository.whoami()


def test_a_user_without_a_name_is_a_number(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert repository.whoami().id == str(os.getuid())
