"""Files on their way into a draft: announced together, then sent, committed and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit.bodies import FileBody
from publishkit.errors import (
    IntegrityError,
    LimitError,
    NotFoundError,
    RejectedError,
    RepositoryError,
    TemporaryError,
)
from publishkit.repository import DataFile, Digests, Meter, RemoteFile, Transfer
from publishkit_invenio.answers import FileList

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from publishkit_invenio.answers import Entry, FieldError
    from publishkit_invenio.api import InvenioApi

__all__ = ["announce", "remote", "transfer"]

SENDINGS: Final = 3
"""How often a file is sent whose entry the server loses on the way."""
_AGAIN: Final = ("transfer failed", "smaller than expected")
"""What a server says when the content did not arrive; the entry is pending still, or gone."""


def remote(entry: Entry) -> RemoteFile:
    """A file as the server holds it; one that was only announced has no size yet."""
    known = entry.size is not None and entry.checksum is not None  # as of every complete file
    return RemoteFile(entry.size or 0, entry.checksum, entry.complete and known)


def announce(api: InvenioApi, id_: str, keys: Sequence[str]) -> frozenset[str]:
    """Let a draft expect files, those that it expects already included.

    Returns:
        The keys whose files are complete already: sent again, they would be deleted.

    Raises:
        LimitError: There would be too many.
    """
    try:
        announced = api.init(id_, keys)
    except LimitError:
        raise
    except RejectedError:  # a single key that is there already is a refusal of all
        held = {entry.key: entry for entry in api.files(id_)}
        if not held.keys() & set(keys):
            raise
        lacking = [key for key in keys if key not in held]
        announced = api.init(id_, lacking) if lacking else FileList()
    else:
        held = {}
    if announced.errors:
        raise _refused(api, "some files were refused", announced.errors)
    return frozenset(key for key in keys if key in held and held[key].complete)


def transfer(
    api: InvenioApi, id_: str, file: DataFile, *, complete: bool, repeated: Callable[[], None]
) -> Transfer:
    """The sending of one file that was announced.

    Args:
        api: The server.
        id_: The draft.
        file: The file.
        complete: Whether the draft has a complete file of this key.
        repeated: Called when content is sent again that may arrive twice.
    """
    sending = _Sending(api, id_, file, repeated, look=complete)
    return Transfer((file.key,), file.size, sending.run)


class _Sending:
    """Sends one file, however often that takes. Used by one thread at a time."""

    def __init__(
        self,
        api: InvenioApi,
        id_: str,
        file: DataFile,
        repeated: Callable[[], None],
        *,
        look: bool,
    ) -> None:
        self._api = api
        self._id = id_
        self._file = file
        self._repeated = repeated
        self._look = look
        """Whether the file may be complete: content sent then makes the server delete it."""

    def run(self, meter: Meter, left: int = SENDINGS) -> Mapping[str, Digests]:
        key = self._file.key
        meter.advance(0)  # an empty file is never read, and must be stopped all the same
        try:
            digests = self._arrived(meter) if self._look else None
            return {key: digests or self._send(meter)}
        except (NotFoundError, _NotArrivedError) as error:
            if left == 1:
                raise TemporaryError(
                    f"the server lost {key} {SENDINGS} times while it was sent",
                    target=self._api.target,
                    method=error.method,
                    url=error.url,
                    answer=error.answer,
                ) from error
        # raises NotFoundError when it is the draft that is gone
        self._look = key in announce(self._api, self._id, [key])
        return self.run(meter, left - 1)

    def _arrived(self, meter: Meter) -> Digests | None:
        """The digests of a file that an earlier run completed though its answer was lost."""
        entry = self._api.file(self._id, self._file.key)
        if not entry.complete:
            return None
        body = FileBody(self._file, meter)
        try:
            for _ in body:
                pass
        finally:
            body.close()
        digests = body.digests
        if _agree(entry, self._file, digests):
            return digests
        body.rewind()
        self._api.delete_file(self._id, self._file.key)
        raise _NotArrivedError("another file is there")

    def _send(self, meter: Meter) -> Digests:
        body = self._put(meter)
        digests = body.digests
        try:
            self._commit(digests)
        except BaseException:
            body.rewind()
            raise
        return digests

    def _put(self, meter: Meter) -> FileBody:
        file, bodies = self._file, list[FileBody]()

        def make() -> FileBody:
            bodies.append(FileBody(file, meter))
            return bodies[-1]

        try:
            entry = self._api.content(self._id, file.key, make, file.size, self._repeated)
        except RejectedError as error:
            # InvenioRDM 12 answers 400 where 13 and 14 answer 200 with errors
            raise _not_arrived(error) if _is_again(error.answer) else error from error
        if entry.errors:
            bodies[-1].rewind()
            said = "; ".join(str(error) for error in entry.errors)
            raise _NotArrivedError(f"{file.key} did not arrive", answer=said)
        return bodies[-1]

    def _commit(self, digests: Digests) -> None:
        file = self._file
        self._look = True  # from here on the file may be complete whatever the answer
        entry = self._api.commit(self._id, file.key, file.size)
        if entry.errors:
            raise _refused(self._api, f"{file.key} was refused", entry.errors)
        if not _agree(entry, file, digests):
            raise IntegrityError(
                f"{file.key} arrived as {entry.size} bytes, {entry.checksum}; "
                f"sent were {file.size} bytes, md5:{digests.md5}",
                target=self._api.target,
            )


class _NotArrivedError(RepositoryError):
    """The content did not arrive; to be sent again."""


def _not_arrived(error: RepositoryError) -> _NotArrivedError:
    return _NotArrivedError(
        error.message, method=error.method, url=error.url, status=error.status, answer=error.answer
    )


def _is_again(answer: str) -> bool:
    return any(said in answer for said in _AGAIN)


def _agree(entry: Entry, file: DataFile, digests: Digests) -> bool:
    # the server verifies neither: what it says is of what it received
    return entry.complete and entry.size == file.size and digests.match(entry.checksum or "")


def _refused(api: InvenioApi, message: str, errors: Sequence[FieldError]) -> RejectedError:
    said = "; ".join(str(error) for error in errors)
    return RejectedError(message, target=api.target, answer=said)
