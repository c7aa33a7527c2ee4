"""The zip that carries files into an upload, made while it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING, Final

from zipstream.ng import ZIP_DEFLATED, ZIP_STORED, ZipStream

from publishkit.bodies import BLOCK, FileBody
from publishkit.errors import IntegrityError
from publishkit_nomad import manifest
from publishkit_nomad.manifest import MANIFEST, Line
from publishkit_nomad.uplink import LEVEL, SAMPLE, Gauge

if TYPE_CHECKING:
    from publishkit.repository import DataFile, Digests, Meter
    from publishkit_nomad.files import Sending
    from publishkit_nomad.uplink import Uplink

__all__ = ["SizedZip", "Unmetered", "ZipBody", "zip_body"]

_LEAST: Final = 1 << 16
"""Bytes to send at a time, if there are so many: small files come in three pieces each."""
_SAMPLED: Final = 8
"""Files that are looked at to tell whether compressing may pay: the largest."""


def zip_body(sending: Sending, meter: Meter, uplink: Uplink) -> ZipBody:
    """A request's body, of known length unless compressing may pay.

    NOMAD 1.3.17 and 2.0.0 take zips of unknown length, with nginx 1.22 before them too, whether it
    buffers requests or not, and nothing of one that breaks off.

    Args:
        sending: What it carries.
        meter: Told of the bytes of the user's files that were read.
        uplink: The way to the server.

    Raises:
        IntegrityError: A file is not what it was when it was listed.
    """
    largest = sorted(sending.files, key=lambda file: -file.size)[:_SAMPLED]
    if sending.size > BLOCK and any(uplink.compresses(_sample_of(file)) for file in largest):
        return ZipBody(sending, meter, uplink)
    return SizedZip(sending, meter, uplink)


class _Counted:
    """A meter that can take back what was reported."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._sent = 0

    def advance(self, nbytes: int) -> None:
        self._sent += nbytes
        self._meter.advance(nbytes)

    def wait(self, seconds: float) -> None:
        self._meter.wait(seconds)

    def undo(self) -> None:
        sent, self._sent = self._sent, 0
        self._meter.advance(-sent)


class Unmetered:
    """A meter for what is only looked at."""

    def advance(self, nbytes: int) -> None:
        """Nothing is sent."""

    def wait(self, seconds: float) -> None:
        """Nothing is waited for."""


class ZipBody(Iterator[bytes]):
    """A zip made while it is sent, as a request's body: nothing is copied, little is held.

    Each file is compressed if that sends it earlier, going by its first block and by how fast
    those before it were taken, the smallest first. The manifest comes last, with the digests
    computed on the way. Raises IntegrityError when a file is not the same at its end as when it
    was listed.
    """

    compresses = True

    def __init__(self, sending: Sending, meter: Meter, uplink: Uplink) -> None:
        self._sending = sending
        self._meter = _Counted(meter)
        self._uplink, self._gauge = uplink, Gauge(uplink)
        self._given, self._when = 0, 0.0
        self._blocks = self._zipped()
        self.digests: dict[str, Digests] = {}
        """Of the user's files, as far as they were read."""

    def __next__(self) -> bytes:
        if self._given:
            self._gauge.took(self._given, perf_counter() - self._when)
        parts, size = list[bytes](), 0
        while size < _LEAST and (part := next(self._blocks, None)) is not None:
            parts.append(part)
            size += len(part)
        if not size:
            raise StopIteration
        self._given, self._when = size, perf_counter()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def undo(self) -> None:
        """Take back the progress that was reported, since the body must be sent again."""
        self._meter.undo()

    def _zipped(self) -> Iterator[bytes]:
        stream = ZipStream()
        for key, content in self._sending.generated.items():
            stream.add(content, key)
        yield from stream.all_files()
        for file in sorted(self._sending.files, key=lambda file: file.size):
            with _closing(file, self._meter) as body:
                yield from self._member(stream, file, body)
        stream.add(manifest.dump(self.lines), MANIFEST)
        yield from stream.finalize()

    def _member(self, stream: ZipStream, file: DataFile, body: FileBody) -> Iterator[bytes]:
        try:
            first = body.read(BLOCK)
            deflated = self.compresses and self._uplink.compresses(first[-SAMPLE:])
            stream.add(
                chain((first,), body),
                file.key,
                size=file.size,
                compress_type=ZIP_DEFLATED if deflated else ZIP_STORED,
                compress_level=LEVEL if deflated else None,
            )
            yield from stream.all_files()
            self.digests[file.key] = body.digests
        except OSError as error:
            raise _unreadable(file, error) from error

    @property
    def lines(self) -> dict[str, Line]:
        """What the manifest says when this is sent."""
        lines = dict(self._sending.standing)
        for key, content in self._sending.generated.items():
            lines[key] = Line(hashlib.sha256(content).hexdigest(), len(content), generated=True)
        for file in self._sending.files:
            known = self.digests.get(file.key)
            lines[file.key] = Line(known.sha256 if known else manifest.PLACEHOLDER, file.size)
        return lines


class SizedZip(ZipBody):
    """A zip whose length is known before, since nothing in it is compressed."""

    compresses = False

    def __init__(self, sending: Sending, meter: Meter, uplink: Uplink) -> None:
        super().__init__(sending, meter, uplink)
        sizes = {key: len(content) for key, content in sending.generated.items()}
        sizes |= {file.key: file.size for file in sending.files}
        stream = ZipStream(sized=True)
        for key, size in {**sizes, MANIFEST: len(manifest.dump(self.lines))}.items():
            stream.add((), key, size=size)
        self._length = len(stream)

    def __len__(self) -> int:
        return self._length


def _closing(file: DataFile, meter: Meter) -> closing[FileBody]:
    try:
        return closing(FileBody(file, meter))
    except OSError as error:
        raise _unreadable(file, error) from error


def _sample_of(file: DataFile) -> bytes:
    with _closing(file, Unmetered()) as body:
        try:
            return body.read(BLOCK)[-SAMPLE:]
        except OSError as error:
            raise _unreadable(file, error) from error


def _unreadable(file: DataFile, error: OSError) -> IntegrityError:
    # an OSError out of a body would be taken for one of the network
    return IntegrityError(
        f"{file.path} cannot be read: {error.strerror or type(error).__name__}",
        advice="Look at the file, then run the same command again.",
    )
