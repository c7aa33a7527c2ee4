"""Downloads: each into a hidden file beside its place, verified, and only then under its name."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, NoReturn, Self, TypeVar

from publishkit.errors import (
    Cancelled,
    ConfigError,
    IntegrityError,
    RejectedError,
    TemporaryError,
)
from publishkit.keys import PART_SUFFIX, inside
from publishkit.repository import Digests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from threading import Event
    from types import TracebackType

    from publishkit.abilities import Source
    from publishkit.repository import Meter

__all__ = [
    "ATTEMPTS",
    "download",
    "in_parallel",
    "knows",
    "of_system",
    "on_disk",
    "part_path",
    "write_text",
]

_log: Final = logging.getLogger(__name__)
T = TypeVar("T")

ATTEMPTS: Final = 8
"""How often one file is taken up after its connection broke in the middle."""
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 15.0
_BLOCK: Final = 1 << 20
_MOST_NAMED: Final = 10
_ALGORITHMS: Final = ("md5:", "sha256:")


def knows(checksum: str | None) -> bool:
    """Whether a checksum is there, and of a kind that can be compared."""
    return bool(checksum) and str(checksum).lower().startswith(_ALGORITHMS)


def part_path(path: Path, identity: Sequence[str]) -> Path:
    """Where a file lies while it is downloaded.

    Args:
        path: Its place at last.
        identity: Whatever makes this content of it another one: only the same is taken up.
    """
    name = hashlib.sha256("\0".join(identity).encode()).hexdigest()[:24]
    return path.with_name(f".{name}{PART_SUFFIX}")


def download(source: Source, folder: Path, path: Path, part: Path, meter: Meter) -> Digests:
    """Download a file into `part`, which the caller renames to `path`.

    What an earlier run left there is taken up where the source can begin in the middle.

    Args:
        source: What to download.
        folder: Nothing is written outside it.
        path: The file's place, which must be in `folder`.
        part: As `part_path` gives it.
        meter: Told of bytes.

    Raises:
        IntegrityError: What came is not what the repository says it has; `part` is removed.
        TemporaryError: The connection broke too often; `part` stays if it can be taken up.
        RepositoryError: The repository does not give the file.
        Cancelled: By the meter; likewise.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not inside(folder, path.parent):
        raise RejectedError(f"{path.parent} leads out of {folder}", advice="Give another folder.")
    try:
        with _Part(part, meter) as file:
            file.begin(source)
            _receive(source, file, meter)
            return file.verified(source)
    except IntegrityError:
        part.unlink(missing_ok=True)
        raise
    except BaseException:
        if not source.resumes:
            part.unlink(missing_ok=True)
        raise


def _receive(source: Source, file: _Part, meter: Meter) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        before = file.size
        if before and before == source.size:
            return
        try:
            with source.open(before) as blocks:
                for block in blocks:
                    file.write(block, source)
        except TemporaryError as error:
            # what could not even be opened was tried again for long enough already
            if attempt == ATTEMPTS or file.size == before:
                raise
            _log.warning("%s: %s; taking it up (%d of %d)", source.key, error, attempt, ATTEMPTS)
            if not source.resumes:
                file.restart()
            meter.wait(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)))
        else:
            return


class _Part:
    """A file that is being downloaded, and the digests of what is in it so far."""

    def __init__(self, path: Path, meter: Meter) -> None:
        self._meter = meter
        self._file = _opened(path)
        self._path = path
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def _start(self) -> None:
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    def _count(self, block: bytes) -> None:
        self.size += len(block)
        self._md5.update(block)
        self._sha256.update(block)
        self._meter.advance(len(block))

    def begin(self, source: Source) -> None:
        """Take up what an earlier run left, if that can be and it is not too much."""
        there = os.fstat(self._file.fileno()).st_size
        if not source.resumes or (source.size is not None and there > source.size):
            self._file.truncate(0)
        while block := self._file.read(_BLOCK):
            self._count(block)

    def restart(self) -> None:
        """Begin anew."""
        self._meter.advance(-self.size)
        self._start()
        self._file.seek(0)
        self._file.truncate()

    def write(self, block: bytes, source: Source) -> None:
        """Write a block behind what is there. Raises IntegrityError when it is too much."""
        if source.size is not None and self.size + len(block) > source.size:
            raise _wrong(source, f"more than the {source.size} bytes that were announced came")
        self._file.write(block)
        self._count(block)

    def verified(self, source: Source) -> Digests:
        """The digests, if this is what the repository has. Raises IntegrityError."""
        if source.size is not None and self.size != source.size:
            raise _wrong(source, f"{self.size} bytes came instead of {source.size}")
        digests = Digests(self._md5.hexdigest(), self._sha256.hexdigest())
        if source.checksum and knows(source.checksum) and not digests.match(source.checksum):
            raise _wrong(source, "what came has another checksum than the repository names")
        return digests


def _wrong(source: Source, why: str) -> IntegrityError:
    return IntegrityError(
        f"{source.key!r} did not arrive as it is: {why}",
        advice="Run the same command again; it downloads the file anew.",
    )


def _opened(path: Path) -> BinaryIO:
    """Open a file for reading and writing that no link leads anywhere else."""
    found = path.lstat() if os.path.lexists(path) else None
    if found and not (stat.S_ISREG(found.st_mode) and found.st_nlink == 1):
        path.unlink()
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o666), "r+b")


def write_text(folder: Path, path: Path, text: str) -> None:
    """Write a text file at once or not at all, and never outside `folder`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not inside(folder, path.parent):
        raise RejectedError(f"{path.parent} leads out of {folder}", advice="Give another folder.")
    part = part_path(path, [str(path)])
    with _opened(part) as file:
        file.truncate()
        file.write(text.encode())
    part.replace(path)


# ---- what the system refuses ----


def of_system(error: OSError) -> ConfigError:
    """The error to show for what the operating system refused; its own text could hold a secret."""
    why = error.strerror or type(error).__name__
    what = f"{error.filename}: {why}" if error.filename else why
    return ConfigError(what, advice="Mend that and run the same command again.")


@contextmanager
def on_disk() -> Iterator[None]:
    """Work with files of this machine.

    Raises:
        ConfigError: The operating system refused: a full disk, a name that is too long.
    """
    try:
        yield
    except OSError as error:
        raise of_system(error) from error


# ---- side by side ----


def in_parallel(tasks: Sequence[Callable[[], T]], stop: Event, workers: int) -> list[T]:
    """Run tasks side by side, and give what they give, in their order.

    What is refused for one file does not keep the others from coming; what would be the same for
    all ends the run.

    Args:
        tasks: Each for one file.
        stop: Set when one ends the run.
        workers: How many run at once.

    Raises:
        RejectedError: Names all that were refused; of the one's own kind if it is one.
        ConfigError: The operating system refused to write.
        PublishkitError: What else ended the run.
        Cancelled: The user stopped it.
    """
    with ThreadPoolExecutor(workers, "download") as pool:
        futures = [pool.submit(task) for task in tasks]
        try:
            refused = [error for future in as_completed(futures) if (error := _refusal(future))]
        except BaseException as error:  # noqa: BLE001 - what it means is raised below
            stop.set()
            for future in futures:
                future.cancel()
            wait(futures)
            _raise_known(error)
    if refused:
        raise _all_of(refused)
    return [future.result() for future in futures]


def _refusal(future: Future[T]) -> RejectedError | None:
    try:
        future.result()
    except RejectedError as error:
        return error
    return None


def _raise_known(error: BaseException) -> NoReturn:
    if isinstance(error, KeyboardInterrupt):
        raise Cancelled("stopped") from None
    if isinstance(error, OSError):
        raise of_system(error) from error
    raise error


def _all_of(refused: Sequence[RejectedError]) -> RejectedError:
    if len(refused) == 1:
        return refused[0]
    kind = type(refused[0]) if len({type(error) for error in refused}) == 1 else RejectedError
    named = "; ".join(str(error.message) for error in refused[:_MOST_NAMED])
    more = f"; and {len(refused) - _MOST_NAMED} more" if len(refused) > _MOST_NAMED else ""
    return kind(
        f"{len(refused)} files did not come: {named}{more}",
        advice=refused[0].advice,
        target=refused[0].target,
    )
