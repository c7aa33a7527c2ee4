"""NOMAD (nomad-lab.eu and Oasis installations) as a repository: a record becomes an upload.

Works with the API v1 of NOMAD 1.3, 1.4 and 2.0; what a docstring says of the server's behaviour
was seen on 1.3.17, 1.4.3 and 2.0.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.hooks import Backend, Connection, hookimpl
from publishkit_nomad.targets import NAME, SETTINGS, TARGETS
from publishkit_nomad.urls import locate, pages

if TYPE_CHECKING:
    from pydantic import BaseModel

    from publishkit.entryfiles import EntryFiles
    from publishkit.repository import Repository

__all__ = ["publishkit_backend"]


@hookimpl
def publishkit_backend() -> Backend:
    """Declare the backend."""
    return Backend(
        name=NAME,
        targets=TARGETS,
        settings=SETTINGS,
        passwords=True,
        pages=pages,
        locate=locate,
        entry_files=_entry_files,
        block=_block,
        open=_open,
    )


def _block() -> type[BaseModel]:
    from publishkit_nomad.block import NomadBlock

    return NomadBlock


def _entry_files() -> EntryFiles:
    from publishkit_nomad.entry_files import ArchiveFiles

    return ArchiveFiles()


def _open(connection: Connection) -> Repository:
    from publishkit_nomad.repository import NomadRepository

    return NomadRepository(connection)
