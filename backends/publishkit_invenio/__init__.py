"""InvenioRDM (BIG-MAP Archive, Zenodo and others) as a repository: a record becomes a draft.

Works with the REST API of InvenioRDM 12, 13 and 14; what a docstring says of the server's
behaviour was seen on 12.1.0, 13.1.2 and 14.0.5 unless it names one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.hooks import Backend, Connection, hookimpl
from publishkit_invenio.addresses import locate, pages
from publishkit_invenio.targets import NAME, SETTINGS, TARGETS

if TYPE_CHECKING:
    from pydantic import BaseModel

    from publishkit.repository import Repository

__all__ = ["publishkit_backend"]


@hookimpl
def publishkit_backend() -> Backend:
    """Declare the backend."""
    return Backend(
        name=NAME,
        targets=TARGETS,
        settings=SETTINGS,
        pages=pages,
        locate=locate,
        block=_block,
        open=_open,
    )


def _block() -> type[BaseModel]:
    from publishkit_invenio.block import InvenioBlock

    return InvenioBlock


def _open(connection: Connection) -> Repository:
    from publishkit_invenio.repository import InvenioRepository

    return InvenioRepository(connection)
