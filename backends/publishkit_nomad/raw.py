"""The content of one raw file, also where NOMAD cannot give it out by itself."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from functools import partial
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile, ZipFile

from publishkit.errors import RepositoryError, TemporaryError
from publishkit_nomad.check import is_latin_1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit_nomad.api import NomadApi

__all__ = ["opened"]

_BLOCK: Final = 1 << 20


@contextmanager
def opened(api: NomadApi, upload_id: str, key: str, offset: int) -> Iterator[Iterator[bytes]]:
    """A file from an offset on, in blocks.

    NOMAD 1.3.17 and 1.4.3 answer 500 for a file whose name does not fit into a header; that one is
    taken out of a zip, which has to be downloaded whole.
    """
    with ExitStack() as stack:
        try:
            blocks = stack.enter_context(api.open_raw(upload_id, key, offset))
        except RepositoryError as error:
            failed = error.status == HTTPStatus.INTERNAL_SERVER_ERROR
            if not failed or is_latin_1(key.rpartition("/")[2]):
                raise
            blocks = stack.enter_context(_unzipped(api, upload_id, key, offset))
        yield blocks


@contextmanager
def _unzipped(api: NomadApi, upload_id: str, key: str, offset: int) -> Iterator[Iterator[bytes]]:
    with TemporaryFile() as file:
        # a zip of a folder has the folder's name, so that this must fit into a header too
        folder = key.rpartition("/")[0]
        while not is_latin_1(folder.rpartition("/")[2]):
            folder = folder.rpartition("/")[0]
        with api.open_zip(upload_id, folder, f"^{re.escape(key)}$") as blocks:
            for block in blocks:
                file.write(block)
        try:
            archive = ZipFile(file)
            (member,) = archive.infolist()
        except (BadZipFile, ValueError) as error:
            raise TemporaryError(
                f"NOMAD gave no zip with {key} alone in it", target=api.target
            ) from error
        with archive, archive.open(member) as content:
            content.seek(offset)
            yield iter(partial(content.read, _BLOCK), b"")
