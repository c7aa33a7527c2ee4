"""Everything that one upload goes through, whether it holds one record or a group of them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Final

from publishkit.errors import (
    ConflictError,
    LimitError,
    NotFoundError,
    RejectedError,
    RepositoryError,
)
from publishkit.expiry import in_months
from publishkit.repository import (
    DataFile,
    Deposit,
    Digests,
    Limits,
    Meter,
    RemoteFile,
    Report,
    Repository,
    Terms,
    Transfer,
    User,
)
from publishkit_nomad.api import NomadApi
from publishkit_nomad.block import block_of
from publishkit_nomad.datasets import Datasets
from publishkit_nomad.deposits import deposit_of, failures_of, reason_of_failure
from publishkit_nomad.edits import Editor
from publishkit_nomad.files import Remote, Sending, leftovers, plan
from publishkit_nomad.folders import removals
from publishkit_nomad.inspecting import details_of
from publishkit_nomad.people import People, shown, user_of
from publishkit_nomad.settings import NomadSettings
from publishkit_nomad.stages import stages
from publishkit_nomad.uplink import Uplink
from publishkit_nomad.waiting import Patient, pauses
from publishkit_nomad.wishes import Layout, embargo_months
from publishkit_nomad.zipping import ZipBody, zip_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from threading import Event

    from publishkit.hooks import Connection
    from publishkit.model import Record
    from publishkit_nomad.answers import Upload

__all__ = ["Access", "UploadRepository"]

_SENDS: Final = 3
_BLOCKED: Final = "blocked by another process"
_TOO_MANY: Final = "Limit of unpublished uploads"


@dataclass(frozen=True, slots=True)
class Access:
    """One NOMAD, signed in: what single uploads and groups share."""

    settings: NomadSettings
    stop: Event
    """Ends waits."""
    api: NomadApi
    people: People
    datasets: Datasets
    gui: str
    """The base of NOMAD's web pages, empty if there are none."""
    uplink: Uplink

    @classmethod
    def of(cls, connection: Connection) -> Access:
        """Make one; sends nothing. Raises ConfigError for settings that are wrong."""
        settings = NomadSettings.of(connection.target)
        api = NomadApi(connection)
        people = People(api)
        datasets = Datasets(api, people)
        gui = settings.gui_base(api.base)
        return cls(settings, connection.stop, api, people, datasets, gui, Uplink())


class UploadRepository(Repository):
    """A NOMAD, seen as a keeper of uploads; what one holds is told by `layout`."""

    metadata_first: ClassVar[bool] = False
    """NOMAD drops comment, references and datasets of an upload that has no entries yet."""
    overwrites: ClassVar[bool] = True
    lag: ClassVar[float] = 30.0

    def __init__(self, access: Access) -> None:
        self.access = access
        self.settings = access.settings
        self.api = access.api
        self.limits = Limits(bytes=self.settings.max_bytes)
        self._editor = Editor(self.api, access.people, access.datasets, self._settled)

    @abstractmethod
    def layout(self, record: Record) -> Layout:
        """What the upload of a record holds."""

    def terms(self, record: Record) -> Terms:
        """NOMAD publishes as CC BY 4.0, shows metadata at once, and opens files after months."""
        layout = self.layout(record)
        block = block_of(layout.lead)
        months = embargo_months([member.record for member in layout.members])
        roles = {"coauthors": block.coauthors, "reviewers": block.reviewers}
        return Terms(
            licences=("CC BY 4.0",),
            files="restricted" if months else "public",
            embargo=in_months(months) if months else None,
            people={role: self._named(ids) for role, ids in roles.items() if ids},
            collections=tuple(sorted(layout.datasets)),
        )

    def _named(self, ids: Iterable[str]) -> tuple[str, ...]:
        found = ((id_, self.access.people.by_id(id_)) for id_ in ids)
        return tuple(shown(person) if person else id_ for id_, person in found)

    def whoami(self) -> User:
        """Who is signed in; one request."""
        try:
            return user_of(self.access.people.signed_in())
        except NotFoundError as error:
            raise RejectedError(
                f"there is no NOMAD at {self.api.base}",
                target=self.api.target,
                advice="Check the target's url: it ends in /api/v1.",
            ) from error

    def create(self, marker: str, record: Record | None = None) -> Deposit:  # noqa: ARG002 - later
        """Make an empty upload called `marker`."""
        try:
            upload = self.api.create_upload(marker)
        except RejectedError as error:
            if _TOO_MANY not in error.answer:
                raise
            raise LimitError(
                f"you have {self.settings.max_drafts} unpublished uploads, which is the limit",
                target=self.api.target,
                answer=error.answer,
                advice="Publish or delete some on NOMAD, or push with --publish or --group NAME.",
            ) from error
        return self._deposit(upload)

    def find(self, marker: str) -> Deposit | None:
        """The upload called `marker`; NOMAD's list has it as soon as it is made."""
        found = self.api.uploads_named(marker)
        return self._deposit(found[0]) if found else None

    def get(self, id: str, *, published: bool = False) -> Deposit:  # noqa: ARG002 - one address
        """The upload, and two small requests for what is not in its own JSON."""
        return self._deposit(self.api.upload(id))

    def files(self, id: str) -> Mapping[str, RemoteFile]:
        """The user's files; a request a folder and ten thousand files, and one for the manifest.

        The digest of a file of the listed size is what the manifest says; NOMAD keeps none, so
        that a file which somebody replaced by one of equal size counts as unchanged.
        """
        remote = Remote.of(self.api, id)
        standing = remote.standing()
        found: dict[str, RemoteFile] = {}
        for key in remote.sizes.keys() | standing.keys():
            if not remote.is_own(key):
                line = standing.get(key)
                size = line.size if line else remote.sizes[key]
                checksum = f"sha256:{line.sha256}" if line else None
                found[key] = RemoteFile(size=size, checksum=checksum, complete=True)
        return found

    def transfers(
        self,
        id: str,
        record: Record,
        files: Sequence[DataFile],
    ) -> Iterable[Transfer]:
        """One zip of everything that lacks or changed, or nothing; several, where entries refer."""
        layout, upload = self.layout(record), self._settled(id)
        remote = Remote({}, {}) if upload.untouched else Remote.of(self.api, id)
        old = leftovers(layout, remote, files)
        if old:  # else they would be published with the rest
            self.remove(id, old)
            remote = Remote.of(self.api, id)
        sending = plan(layout, remote, files)
        if sending is None:
            return ()
        keys = tuple(file.key for file in files)
        return (Transfer(keys=keys, size=sending.size, run=partial(self._send, id, sending)),)

    def remove(self, id: str, keys: Sequence[str]) -> None:
        """Remove files one at a time, since each deletion is a process of its own.

        A folder of which nothing stays is removed as one, which also makes way for a file of its
        name.
        """
        if not keys:
            return
        present = Remote.of(self.api, id).sizes
        for path in removals(present, set(keys)):
            self._settled(id)
            self._unblocked(id, partial(self.api.delete_raw, id, path))
        self._settled(id)

    def update(self, id: str, record: Record, *, revision: str | None = None) -> Deposit:
        """Edit what differs, then read it back; waits for processing before and after.

        NOMAD has nothing like `If-Match`: `revision` is compared just before.
        """
        if revision is not None and self.get(id).revision != revision:
            raise ConflictError(
                f"the metadata of the upload {id} was edited meanwhile",
                target=self.api.target,
                advice="Take the edits over into record_metadata.json, then push with --force.",
            )
        upload, entries = self._editor.apply(id, self.layout(record))
        deposit = deposit_of(self.api, upload, self.access.gui, entries)
        return replace(deposit, failures=failures_of(self.api, upload))

    def wait(self, id: str, meter: Meter) -> None:
        """Wait while the upload is processed."""
        self._over(id, meter)

    def settle(self, id: str, meter: Meter) -> Deposit:
        """Wait while the upload is processed; entries that failed are in `failures`."""
        upload = self._over(id, meter)
        return replace(self._deposit(upload), failures=failures_of(self.api, upload))

    def _over(self, id_: str, meter: Meter) -> Upload:
        upload = self._wait(id_, meter)
        reason = reason_of_failure(upload)
        if reason and not upload.published:
            raise RejectedError(
                f"NOMAD could not process the upload {id_}",
                target=self.api.target,
                answer=reason,
                advice="Look at the upload's page, then push again; the files are sent anew.",
            )
        return upload

    def inspect(self, id: str) -> Report:
        """The deposit with the failures of its entries, its files and what its process says."""
        upload = self.api.upload(id)
        deposit = self._deposit(upload)
        failures = failures_of(self.api, upload)
        details = details_of(self.api, upload, deposit.extra.get("datasets", {}))
        return Report(replace(deposit, failures=failures), self.files(id), details)

    def publish(
        self,
        id: str,
        record: Record,
        *,
        seen: Deposit | None = None,  # noqa: ARG002 - there is no look before
    ) -> Deposit | None:
        """Publish, with the embargo in months counted from today; it goes on after the answer."""
        records = [member.record for member in self.layout(record).members]
        self.api.publish(id, embargo_months(records))
        return None

    def delete(self, id: str) -> None:
        """Delete an upload and wait until it is gone (NOMAD 1.3 answers before)."""
        if self._gone(id):
            return
        try:
            self.api.delete_upload(id)
        except RepositoryError as error:
            # repeated after a lost answer, NOMAD 1.3.17 answers 500
            if error.status < HTTPStatus.INTERNAL_SERVER_ERROR and not self._gone(id):
                raise
        meter, pause = Patient(self.access.stop), pauses()
        while not self._gone(id):
            meter.wait(next(pause))

    # ---- inside ----

    def _deposit(self, upload: Upload) -> Deposit:
        return deposit_of(self.api, upload, self.access.gui)

    def _gone(self, id_: str) -> bool:
        """Whether the draft is gone. Raises RejectedError for what is published."""
        try:
            upload = self.api.upload(id_)
        except NotFoundError:
            return True
        if upload.published:
            raise RejectedError(
                f"the upload {id_} is published and cannot be deleted",
                target=self.api.target,
                advice="Ask NOMAD's administrators if it must go.",
            )
        return False

    def _wait(self, id_: str, meter: Meter) -> Upload:
        pause = pauses()
        while (upload := self.api.upload(id_)).process_running:
            meter.wait(next(pause))
        return upload

    def _settled(self, id_: str) -> Upload:
        return self._wait(id_, Patient(self.access.stop))

    def _send(self, id_: str, sending: Sending, meter: Meter) -> Mapping[str, Digests]:
        sent: list[ZipBody] = []
        generated, standing = sending.generated, sending.standing
        try:
            for files in stages(sending.files, meter):
                if sent:
                    self._over(id_, meter)
                part = Sending(generated=generated, files=files, standing=standing)
                sent.append(self._send_zip(id_, part, meter))
                generated, standing = {}, sent[-1].lines
        except BaseException:
            for body in sent:
                body.undo()
            raise
        return {key: digests for body in sent for key, digests in body.digests.items()}

    def _send_zip(self, id_: str, part: Sending, meter: Meter) -> ZipBody:
        bodies: list[ZipBody] = []

        def new_body() -> ZipBody:
            if bodies:
                bodies.pop().undo()
            bodies.append(zip_body(part, meter, self.access.uplink))
            return bodies[0]

        try:
            self._unblocked(id_, lambda: self._put(id_, new_body))
        except BaseException:
            for body in bodies:
                body.undo()
            raise
        return bodies[0]

    def _put(self, id_: str, body: Callable[[], ZipBody]) -> None:
        try:
            self.api.put_zip(id_, body)
        except RejectedError as error:
            if error.status != HTTPStatus.LENGTH_REQUIRED:
                raise
            self.access.uplink.takes_chunks = False  # a proxy on the way, not NOMAD
            self.api.put_zip(id_, body)

    def _unblocked(self, id_: str, step: Callable[[], None]) -> None:
        """Take a step that NOMAD from 1.4 on refuses while the upload is processed."""
        for attempt in range(1, _SENDS + 1):
            try:
                return step()
            except RejectedError as error:
                if _BLOCKED not in error.answer or attempt == _SENDS:
                    raise
            self._settled(id_)
        raise AssertionError
