"""What a deposit holds against what its folder holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publishkit.digests import DigestCache
    from publishkit.job import Job
    from publishkit.repository import DataFile, Deposit, Meter, RemoteFile

__all__ = ["fingerprint", "is_equal", "is_same", "wrong"]


def is_same(job: Job, deposit: Deposit) -> bool:
    """Whether a deposit that must not be changed is what the folder is."""
    sent = job.rows.row.sent
    return sent == fingerprint(job) if sent else _holds_the_same(job, deposit)


def _holds_the_same(job: Job, deposit: Deposit) -> bool:
    """Whether a deposit made elsewhere has the folder's files and, where it is known, title."""
    if deposit.title and deposit.title != job.record().metadata.title:
        return False
    remote = job.repository.files(deposit.id)
    return remote.keys() == {f.key for f in job.files} and not wrong(job, remote)


def fingerprint(job: Job) -> str:
    """The fingerprint of what the folder holds now; digests that are known are not computed."""
    if job.known:
        return job.known
    return job.fingerprint({f.key: job.digests.digests(f, job.meter) for f in job.files})


def wrong(job: Job, remote: Mapping[str, RemoteFile]) -> set[str]:
    """The keys that are there but not as the local file is."""
    return {
        f.key
        for f in job.files
        if f.key in remote and not is_equal(f, remote[f.key], job.digests, job.meter)
    }


def is_equal(
    file: DataFile, remote: RemoteFile, digests: DigestCache, meter: Meter | None = None
) -> bool:
    """Whether a file is known to be there as it is here; reads it if its digests are not known."""
    if not remote.complete or remote.size != file.size or remote.checksum is None:
        return False
    return digests.digests(file, meter).match(remote.checksum)
