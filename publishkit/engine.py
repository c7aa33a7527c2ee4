"""One deposit of one target: brought to hold what the folder holds, then published.

Whatever moment the process ends at, the same steps taken again finish the work: before the id is
kept the marker finds the deposit; until what was sent is kept the server says what it holds;
after that one look tells whether it was published.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, wait
from dataclasses import replace
from typing import TYPE_CHECKING

from publishkit.abilities import Collections
from publishkit.comparing import fingerprint, is_same, wrong
from publishkit.errors import (
    ConflictError,
    IntegrityError,
    RejectedError,
    RepositoryError,
    TemporaryError,
)
from publishkit.job import DONE, Job, Result
from publishkit.locate import follow, locate
from publishkit.progress import Activity, PatienceError
from publishkit.receipts import Outcome
from publishkit.refusals import edited_elsewhere, unchangeable
from publishkit.repository import (
    DataFile,
    Deposit,
    Digests,
    RemoteFile,
    State,
    Transfer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publishkit.row import Row

__all__ = ["bring_up", "publish"]

log = logging.getLogger("publishkit")

SHOWN = 5  # names in a message
_NEW_VERSION = "It is published, so send what is wrong as a new version: publishkit new-version"


def bring_up(job: Job) -> Result:
    """Make the deposit hold what the folder holds; publishes nothing.

    Raises:
        RepositoryError: Of the kind that says what to do next.
        Cancelled: The user stopped the run.
    """
    deposit, created = locate(job)
    if job.choices.new_version or job.rows.row.next:
        deposit, created = follow(job, deposit, created=created)
    if deposit.state in DONE or (deposit.state is State.DECLINED and not job.choices.resubmit):
        return _leave(job, deposit)
    if not created and _is_current(job, deposit):
        job.rows.keep(deposit)
        return Result(deposit=deposit, outcome=Outcome.UNCHANGED)
    try:
        result = _bring(job, deposit, created=created)
    except PatienceError:
        job.rows.note(state=State.PROCESSING.value)
        raise
    return replace(result, outcome=Outcome.CREATED if created else Outcome.UPDATED)


def publish(job: Job, deposit: Deposit, *, late: float = 0.0) -> Deposit:
    """Publish a deposit, or submit it for review, unless that was done.

    Args:
        job: What it takes.
        deposit: As it was just seen.
        late: As in `Result`.

    Raises:
        RejectedError: The repository refuses, or the user must decide first.
        IntegrityError: It does not hold what the folder holds.
        TemporaryError: It is not known to be published.
    """
    if deposit.state not in DONE:
        deposit = _landed(job, deposit, late)
    if deposit.state in DONE:
        return deposit
    _may_publish(job, deposit)
    contents = job.rows.row.contents
    failure: RepositoryError | None = None
    # publishing moves the revision (InvenioRDM 13.1.2): should this run end before it sees by
    # how much, the next one must not take that for somebody's edit
    job.rows.note(contents="")
    after: Deposit | None = None
    job.doing(Activity.PUBLISHING)
    try:
        after = job.repository.publish(deposit.id, job.record(), seen=deposit)
    except RepositoryError as error:  # a 500 can have published: look before anything else
        failure = error
    if after is None or after.state not in DONE:
        after = job.repository.settle(deposit.id, job.settling)
    if after.state not in DONE:
        job.rows.note(contents=contents)
        raise failure or TemporaryError("it was told to publish, and has not yet")
    job.rows.keep(after)
    if job.files and after.files is not None:
        _verify(job, after)
    return after


def _landed(job: Job, deposit: Deposit, late: float) -> Deposit:
    """The deposit once no request is under way any more whose end nobody waits for.

    A file that such a request sends once more, when it is complete, makes InvenioRDM 13.1.2
    delete it: what is lost so is sent again, since what is published cannot be mended.
    """
    looked = 0.0
    while (until := max(late, job.repository.late(deposit.id))) > looked:
        looked = _wait_for_the_late(job, until)
        deposit = job.repository.settle(deposit.id, job.settling)
        whole = deposit.state in DONE or not job.files
        if not whole and _lacking(job, deposit, _digests(job)):
            log.warning("%s lost files that came twice: sending them again", deposit.id)
            result = _bring(job, deposit, created=False)
            deposit, late = result.deposit, result.late
    return deposit


# ---- what is there already ----


def _leave(job: Job, deposit: Deposit) -> Result:
    """A deposit that must not be changed: in order only if the folder is as it was."""
    same, row = is_same(job, deposit), job.rows.row
    if row.revision and not _was_publishing(row):
        # nothing was sent, so somebody's edit on the web goes on counting as one
        job.rows.keep(replace(deposit, revision=row.revision, contents=row.contents))
    else:
        job.rows.keep(deposit)
    if not same:
        raise unchangeable(job.folder, row.target, deposit)
    return Result(deposit=deposit, outcome=Outcome.UNCHANGED)


def _was_publishing(row: Row) -> bool:
    """Whether a run ended before it knew what became of its publishing, as `publish` notes it."""
    return bool(row.sent) and not row.contents


def _is_current(job: Job, deposit: Deposit) -> bool:
    row = job.rows.row
    return (
        bool(row.sent)
        and deposit.state in {State.DRAFT, State.DECLINED}
        and row.state not in {State.FAILED.value, State.PROCESSING.value}
        and (row.revision, row.contents) == (deposit.revision, deposit.contents)
        and row.sent == fingerprint(job)
    )


# ---- making it so ----


def _bring(job: Job, deposit: Deposit, *, created: bool) -> Result:
    _refuse_foreign_edits(job, deposit)
    repository, id_ = job.repository, deposit.id
    if deposit.state in {State.PROCESSING, State.FAILED}:
        deposit = _calm(job, deposit)
    known = job.rows.row.revision
    job.record()  # which may be refused, and then nothing was begun
    job.rows.note(state=deposit.state.value, sent="", revision="", contents="")
    new = created and not job.rows.row.previous  # a new version has files of the old one
    described = deposit if new else _describe_first(job, deposit, known)
    # kept at once, so that an edit on the web is noticed even if this push ends here
    job.rows.note(revision=described.revision if repository.metadata_first and described else "")
    held = {} if new else _held(job, deposit)
    sent = _send(job, id_, held)
    last = new or not described
    deposit = _describe_last(job, deposit, new=new) if last else _settled(job, id_)
    job.doing(Activity.CHECKING)
    deposit = _mended(job, deposit)
    digests = _verify(job, deposit)
    job.rows.keep(deposit)
    job.rows.note(sent=job.fingerprint(digests))
    _collect(job, deposit)
    return Result(
        deposit=deposit,
        outcome=Outcome.UPDATED,
        files_sent=len(sent),
        bytes_sent=sum(f.size for f in sent),
        late=job.began + repository.lag if not all(f.complete for f in held.values()) else 0.0,
    )


def _mended(job: Job, deposit: Deposit) -> Deposit:
    """The deposit with the files again that it lost because this run had to send them twice."""
    looked = 0.0
    while (until := job.repository.late(deposit.id)) > looked and _lacking(
        job, deposit, _digests(job)
    ):
        looked = _wait_for_the_late(job, until)
        log.warning("%s lost files that came twice: sending them again", deposit.id)
        _send(job, deposit.id, job.repository.files(deposit.id))
        deposit = job.repository.settle(deposit.id, job.settling)
    return deposit


def _wait_for_the_late(job: Job, until: float) -> float:
    """Wait for what may still be under way; gives the time of the end."""
    if (seconds := until - time.monotonic()) > 0:
        log.info("waiting %.0f s for requests that may still be under way", seconds)
        job.meter.wait(seconds)
    return time.monotonic()


def _describe_first(job: Job, deposit: Deposit, known: str) -> Deposit | None:
    """Replace the metadata before the files come, where that is how it goes."""
    return _describe(job, deposit, known) if job.repository.metadata_first else None


def _describe_last(job: Job, deposit: Deposit, *, new: bool) -> Deposit:
    """Replace the metadata when all files are there; what that answers is the last look."""
    repository, id_ = job.repository, deposit.id
    if new and repository.metadata_first:
        job.rows.note(revision="")  # this run may end before it knows the new one
        after = _describe(job, deposit, deposit.revision)
    else:
        job.doing(Activity.PROCESSING)
        repository.wait(id_, job.settling)
        job.doing(Activity.DESCRIBING)
        after = repository.update(id_, job.record())
    return after or _settled(job, id_)


def _settled(job: Job, id_: str) -> Deposit:
    job.doing(Activity.PROCESSING)
    return job.repository.settle(id_, job.settling)


def _held(job: Job, deposit: Deposit) -> Mapping[str, RemoteFile]:
    """The files of a deposit as it was just seen."""
    return job.repository.files(deposit.id) if deposit.files is None else deposit.files


def _describe(job: Job, deposit: Deposit, known: str) -> Deposit | None:
    """Replace the metadata, at the revision that was looked at."""
    repository, record = job.repository, job.record()
    job.doing(Activity.DESCRIBING)
    try:
        return repository.update(deposit.id, record, revision=deposit.revision)
    except ConflictError:
        if known:  # this push sent nothing yet, so it was somebody else
            job.rows.note(revision=known)
            raise
        # the last request of a run that was killed may have been under way
        now = repository.get(deposit.id).revision
        return repository.update(deposit.id, record, revision=now)


def _collect(job: Job, deposit: Deposit) -> None:
    """Put a deposit that was made anew into the collections where the row says it is."""
    row, repository = job.rows.row, job.repository
    if not row.collections or row.group or not isinstance(repository, Collections):
        return
    for collection in row.collections:
        try:
            repository.collect(deposit.id, collection)
        except RejectedError as error:
            log.warning("%s is no longer in the collection %s: %s", row.folder, collection, error)
            left = tuple(one for one in job.rows.row.collections if one != collection)
            job.rows.note(collections=left)
    job.rows.keep(repository.get(deposit.id))


def _refuse_foreign_edits(job: Job, deposit: Deposit) -> None:
    row = job.rows.row
    if row.revision and row.revision != deposit.revision and not job.choices.force:
        raise edited_elsewhere(deposit.id, job.folder)


def _calm(job: Job, deposit: Deposit) -> Deposit:
    """Wait for the end of processing; that it failed is no reason not to send what is right."""
    try:
        return _settled(job, deposit.id)
    except RejectedError:
        return job.repository.get(deposit.id)


def _send(job: Job, id_: str, remote: Mapping[str, RemoteFile]) -> list[DataFile]:
    local = {f.key: f for f in job.files}
    changed = wrong(job, remote)
    superfluous = [key for key in remote if key not in local]
    unwanted = superfluous if job.repository.overwrites else [*superfluous, *changed]
    if unwanted:  # on InvenioRDM 13.1.2 that moves the revision of the metadata too
        job.rows.note(revision="")
        job.repository.remove(id_, unwanted)
    missing = [f for f in job.files if f.key not in remote or f.key in changed]
    job.told.expected(len(missing), sum(f.size for f in missing))
    job.doing(Activity.SENDING)
    transfers = sorted(
        job.repository.transfers(id_, job.record(), missing), key=lambda t: t.size, reverse=True
    )
    for keys in _run_all(job, transfers):
        for key, digests in keys.items():
            if key in local:
                job.digests.remember(local[key], digests)
    return missing


def _run_all(job: Job, transfers: Iterable[Transfer]) -> Iterable[Mapping[str, Digests]]:
    """Run transfers on their own pool; the first failure stops those not yet begun."""
    futures: list[Future[Mapping[str, Digests]]] = [
        job.transfers.submit(_run, job, transfer) for transfer in transfers
    ]
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:
            future.cancel()
        wait(futures)


def _run(job: Job, transfer: Transfer) -> Mapping[str, Digests]:
    digests = transfer.run(job.settling)  # which may wait for processing between
    job.told.arrived(len(transfer.keys))
    return digests


def _verify(job: Job, deposit: Deposit) -> dict[str, Digests]:
    """Compare what the deposit holds with the folder; gives the digests of the folder's files."""
    digests = _digests(job)
    if bad := _lacking(job, deposit, digests):
        shown = ", ".join(bad[:SHOWN])
        if len(bad) > SHOWN:
            shown += f" and {len(bad) - SHOWN} more"
        raise IntegrityError(
            f"{deposit.id} does not hold what the folder holds: {shown}",
            advice=_NEW_VERSION if deposit.state is State.PUBLISHED else "",
        )
    return digests


def _lacking(job: Job, deposit: Deposit, digests: Mapping[str, Digests]) -> list[str]:
    """The keys of the files that a deposit does not hold as the folder does, or holds beside."""
    remote = _held(job, deposit)
    return sorted(remote.keys() - digests.keys()) + [
        f.key for f in job.files if not _arrived(remote.get(f.key), f, digests[f.key])
    ]


def _digests(job: Job) -> dict[str, Digests]:
    return {f.key: job.digests.digests(f, job.meter) for f in job.files}


def _arrived(remote: RemoteFile | None, file: DataFile, digests: Digests) -> bool:
    return (
        remote is not None
        and remote.complete
        and remote.size == file.size
        and (remote.checksum is None or digests.match(remote.checksum))
    )


def _may_publish(job: Job, deposit: Deposit) -> None:
    if deposit.state is State.DECLINED and not job.choices.resubmit:
        raise RejectedError(
            f"the review of {deposit.id} was declined",
            advice="Submit it again by --resubmit.",
        )
    if deposit.failures and not job.choices.allow_failed_entries:
        raise RejectedError(
            f"{deposit.id} was not published, since not all of it could be processed",
            advice="Correct the files named above, or publish as it is: --allow-failed-entries",
            answer="; ".join(deposit.failures[:3]),
        )
