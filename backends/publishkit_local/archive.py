"""The local archive, with what every repository can do."""

from __future__ import annotations

import getpass
import os
import weakref
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from publishkit.errors import (
    ConflictError,
    NotFoundError,
    Problem,
    RejectedError,
)
from publishkit.repository import (
    DataFile,
    Deposit,
    Digests,
    Limits,
    Meter,
    RemoteFile,
    Report,
    Repository,
    State,
    Transfer,
    User,
)
from publishkit_local import bag as bags
from publishkit_local import check, files, storage
from publishkit_local.deposits import deposit_of, revision_of
from publishkit_local.fixity import fixity
from publishkit_local.index import Index
from publishkit_local.info import COLLECTION, PREVIOUS, values
from publishkit_local.layout import Layout, Place, id_of, is_id
from publishkit_local.manifest import Manifests, arrived
from publishkit_local.targets import folder_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from pydantic import JsonValue

    from publishkit.hooks import Connection
    from publishkit.model import Record

__all__ = ["Archive"]


class Archive(Repository):
    """A folder of BagIt bags.

    A deposit becomes visible, as a bag in `drafts/`, by its first `update`; from then on it is a
    valid bag after each `update`, `settle` and `publish`, which moves it to `published/`.

    Raises:
        ConfigError: The target's URL does not name a folder.
    """

    limits = Limits()
    metadata_first: ClassVar[bool] = False
    overwrites: ClassVar[bool] = True

    def __init__(self, connection: Connection) -> None:
        self._target = connection.target.name
        self._layout = Layout(folder_of(connection.target))
        self._index = Index(self._layout)
        weakref.finalize(self, self._index.finish)  # at the process's end at the latest
        self._manifests = Manifests()

    def whoami(self) -> User:
        """The system's user, and the archive's folder."""
        root = self._layout.root
        if root.exists() and not os.access(root, os.R_OK | os.W_OK | os.X_OK):
            raise RejectedError(
                f"you may not write to {root}",
                advice="Give yourself the right to, or choose another folder.",
                target=self._target,
            )
        user = _user()
        return User(id=user, name=f"{user}, {root}")

    def check(self, record: Record, files: Sequence[DataFile]) -> list[Problem]:
        """What a bag cannot hold, what a folder cannot promise, and whether it will fit."""
        return check.check(record, files, self._layout.root)

    def create(self, marker: str, record: Record | None = None) -> Deposit:  # noqa: ARG002 - later
        """Make an empty deposit, which no page shows yet; its id follows from the marker."""
        with self._failures("create a folder"):
            try:
                place = self._layout.add(id_of(marker))
                bags.declare(place.bag)
                return deposit_of(place)
            except FileExistsError as error:
                raise ConflictError(
                    f"there is a deposit of this marker: {error.filename}",
                    advice="Run the same command again; it takes up the deposit.",
                    target=self._target,
                ) from error

    def find(self, marker: str) -> Deposit | None:
        """The deposit of a marker; at once, and after `update` too."""
        with self._failures("look for a deposit"):
            place = self._layout.find(id_of(marker))
            return deposit_of(place) if place else None

    def get(self, id: str, *, published: bool = False) -> Deposit:  # noqa: ARG002 - one address
        """The deposit as it is now; what a kill left is mended on the way.

        That is an index page that is stale, and the rest of a deposit that was being deleted.
        """
        with self._failures("read a deposit"):
            self._index.repair()
            try:
                return deposit_of(self._place(id))
            except NotFoundError:
                if is_id(id):
                    self._layout.sweep(id)
                raise

    def files(self, id: str) -> Mapping[str, RemoteFile]:
        """The payload: sizes as they are, digests as computed when the files arrived."""
        with self._failures("read a deposit"):
            found = arrived(self._place(id).bag)
        return {
            key: RemoteFile(
                file.size,
                f"sha256:{file.sha256}" if file.sha256 else None,
                complete=bool(file.sha256),
            )
            for key, file in found.items()
        }

    def inspect(self, id: str) -> Report:
        """The deposit, every file of which is read and compared with the bag's manifests."""
        with self._failures("read a bag"):
            place = self._place(id)
            state, wrong = fixity(place.bag)
            details: dict[str, JsonValue] = {"bag": str(place.bag), "fixity": state}
            if before := values(place.bag, PREVIOUS):
                details["previous version"] = before[0]
            if groups := values(place.bag, COLLECTION):
                details["collections"] = [*groups]
            deposit = replace(deposit_of(place), failures=wrong)
        return Report(deposit, self.files(id), details)

    def transfers(
        self,
        id: str,
        record: Record,  # noqa: ARG002 - files do not depend on it
        files: Sequence[DataFile],
    ) -> Iterable[Transfer]:
        """One a file. Until its transfer ends, a file counts as incomplete."""
        place = self._draft(id)
        with self._failures("write to a deposit"):
            self._manifests.drop(place.bag, {file.key for file in files})
        return [Transfer((f.key,), f.size, partial(self._receive, place, f)) for f in files]

    def remove(self, id: str, keys: Sequence[str]) -> None:
        """Remove files from a draft."""
        place = self._draft(id)
        with self._failures("remove a file"):
            files.remove(place.bag, list(keys), self._manifests)

    def update(self, id: str, record: Record, *, revision: str | None = None) -> Deposit | None:
        """Keep the metadata in the bag and on its page, and show the bag among the drafts."""
        place = self._draft(id)
        with self._failures("write metadata"):
            if revision is not None and revision != revision_of(place):
                raise ConflictError(
                    f"the metadata in {place.bag} was changed meanwhile",
                    advice="Take the changes over into the record's folder, or push by --force.",
                    target=self._target,
                )
            bags.store_record(place.bag, record)
            bags.seal(place.bag, id, State.DRAFT)
            self._layout.show(place, record.metadata.title)
            self._index.refresh()
        return None

    def settle(self, id: str, meter: Meter) -> Deposit:  # noqa: ARG002 - no wait
        """Make a draft a valid bag again after its files changed; nothing needs waiting."""
        with self._failures("complete a bag"):
            place = self._place(id)
            if place.state is State.DRAFT:
                bags.seal(place.bag, id, State.DRAFT)
            return deposit_of(place)

    def publish(
        self,
        id: str,
        record: Record,
        *,
        seen: Deposit | None = None,  # noqa: ARG002 - a look costs nothing
    ) -> Deposit | None:
        """Read the whole bag, then move it to what is published: the last change it sees.

        Raises:
            IntegrityError: A file was changed in the archive; the next push sends it anew.
            RejectedError: It is published already, or has no metadata yet.
        """
        place = self._draft(id)
        with self._failures("publish a bag"):
            if place.bag.parent == self._layout.incoming or not bags.record_of(place.bag):
                raise self._no_metadata(place)
            self._finish(place, record.metadata.title)
        return None

    def delete(self, id: str) -> None:
        """Delete a draft with all its files."""
        with self._failures("delete a deposit"):
            place = self._layout.find(id)
            if place:
                self._draft(id)
            self._layout.discard(id)
            self._index.repair()

    def _finish(self, place: Place, title: str) -> None:
        bags.seal(place.bag, place.id, State.DRAFT)
        bags.validate(place.bag, self._manifests)
        bags.seal(place.bag, place.id, State.PUBLISHED)
        bags.sync(place.bag)
        self._layout.publish(place, title)
        self._index.refresh()

    def _receive(self, place: Place, file: DataFile, meter: Meter) -> Mapping[str, Digests]:
        with self._failures("copy a file"):
            return files.receive(place.bag, file, self._manifests, meter)

    def _place(self, id_: str) -> Place:
        place = self._layout.find(id_)
        if place is None:
            raise NotFoundError(
                f"there is no deposit {id_} in {self._layout.root}",
                advice="Look into its index.html for what there is.",
                target=self._target,
            )
        return place

    def _draft(self, id_: str) -> Place:
        with self._failures("look for a deposit"):
            place = self._place(id_)
        if place.state is State.PUBLISHED:
            raise RejectedError(
                f"{place.bag} is published, and a published bag is never changed",
                advice="Change its metadata by publishkit update, its files by publishkit "
                "new-version: each makes a bag that follows it.",
                target=self._target,
            )
        return place

    def _finished(self, id_: str) -> Place:
        place = self._place(id_)
        if place.state is not State.PUBLISHED:
            raise RejectedError(
                f"{place.bag} is not published yet",
                advice="Bring the draft up to date instead: publishkit push",
                target=self._target,
            )
        return place

    def _no_metadata(self, place: Place) -> RejectedError:
        return RejectedError(
            f"{place.bag} has no metadata that can be read",
            advice="Push the record again, by --force if needed.",
            target=self._target,
        )

    def _failures(self, step: str) -> AbstractContextManager[None]:
        return storage.failures(self._target, step, self._layout.root)


def _user() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container's user without a name
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
