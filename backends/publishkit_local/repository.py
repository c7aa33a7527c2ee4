"""The local archive as a `Repository`."""

from __future__ import annotations

import getpass
import hashlib
import os
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
    Repository,
    State,
    Transfer,
    User,
)
from publishkit_local import bag as bags
from publishkit_local import check, files, storage
from publishkit_local.index import Index
from publishkit_local.layout import Layout, Place, id_of
from publishkit_local.manifest import PAYLOAD, Manifests, arrived
from publishkit_local.targets import folder_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from publishkit.hooks import Connection
    from publishkit.model import Record

__all__ = ["LocalRepository"]


class LocalRepository(Repository):
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

    def create(self, marker: str) -> Deposit:
        """Make an empty deposit, which no page shows yet; its id follows from the marker."""
        with self._failures("create a folder"):
            try:
                return _deposit(self._layout.add(id_of(marker)))
            except FileExistsError as error:
                raise ConflictError(
                    f"there is a deposit of this marker: {error.filename}",
                    advice="Run the same command again; it takes up the deposit.",
                    target=self._target,
                ) from error

    def find(self, marker: str, meter: Meter) -> Deposit | None:  # noqa: ARG002 - no wait
        """The deposit of a marker; at once, and after `update` too."""
        with self._failures("look for a deposit"):
            place = self._layout.find(id_of(marker))
            return _deposit(place) if place else None

    def get(self, id: str) -> Deposit:
        """The deposit as it is now; an index page that a kill left stale is mended on the way."""
        with self._failures("read a deposit"):
            place = self._place(id)
            self._index.repair()
            return _deposit(place)

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

    def update(self, id: str, record: Record, *, revision: str | None = None) -> str:
        """Keep the metadata in the bag and on its page, and show the bag among the drafts."""
        place = self._draft(id)
        with self._failures("write metadata"):
            if revision is not None and revision != _revision(place):
                raise ConflictError(
                    f"the metadata in {place.bag} was changed meanwhile",
                    advice="Take the changes over into the record's folder, or push by --force.",
                    target=self._target,
                )
            bags.store_record(place.bag, record)
            bags.seal(place.bag, id, State.DRAFT)
            self._layout.show(place, record.metadata.title)
            self._index.refresh()
        return ""

    def settle(self, id: str, meter: Meter) -> Deposit:  # noqa: ARG002 - no wait
        """Make a draft a valid bag again after its files changed; nothing needs waiting."""
        with self._failures("complete a bag"):
            place = self._place(id)
            if place.state is State.DRAFT:
                bags.seal(place.bag, id, State.DRAFT)
            return _deposit(place)

    def publish(self, id: str, record: Record) -> None:
        """Read the whole bag, then move it to what is published: the last change it sees.

        Raises:
            IntegrityError: A file was changed in the archive; the next push sends it anew.
            RejectedError: It is published already, or has no metadata yet.
        """
        place = self._draft(id)
        with self._failures("publish a bag"):
            if place.bag.parent == self._layout.incoming or not bags.record_of(place.bag):
                raise RejectedError(
                    f"{place.bag} has no metadata that can be read",
                    advice="Push the record again, by --force if needed, then publish it.",
                    target=self._target,
                )
            bags.seal(place.bag, id, State.DRAFT)
            bags.validate(place.bag, self._manifests)
            bags.seal(place.bag, id, State.PUBLISHED)
            bags.sync(place.bag)
            self._layout.publish(place, record.metadata.title)
            self._index.refresh()

    def delete(self, id: str) -> None:
        """Delete a draft with all its files."""
        with self._failures("delete a deposit"):
            place = self._layout.find(id)
            if place:
                self._draft(id)
            self._layout.discard(id)
            self._index.repair()

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
                advice="Push what is new as a record of its own, from another folder.",
                target=self._target,
            )
        return place

    def _failures(self, step: str) -> AbstractContextManager[None]:
        return storage.failures(self._target, step, self._layout.root)


def _deposit(place: Place) -> Deposit:
    record = bags.record_of(place.bag)
    return Deposit(
        id=place.id,
        state=place.state,
        revision=_revision(place),
        contents=_contents(place),
        links=_links(place),
        doi=record.doi if record else None,
    )


def _revision(place: Place) -> str:
    """Of the metadata; empty while there is none."""
    try:
        return hashlib.sha256((place.bag / bags.METADATA).read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _contents(place: Place) -> str:
    """Of the payload's names, sizes and digests."""
    found = sorted(arrived(place.bag).items())
    lines = (f"{file.sha256} {file.size} {key}\n" for key, file in found)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _links(place: Place) -> dict[str, str]:
    """File URLs under InvenioRDM's names: the bag, its page, its payload."""
    itself = place.bag.as_uri()
    if not (place.bag / bags.PAGE).exists():
        return {"self": itself}
    html, payload = f"{itself}/{bags.PAGE}", f"{itself}/{PAYLOAD}"
    links = {"self": itself, "self_html": html, "files": payload}
    if place.state is State.PUBLISHED:
        links |= {"record": itself, "record_html": html}
    return links


def _user() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container's user without a name
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
