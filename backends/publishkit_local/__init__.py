"""A folder of BagIt bags as a repository: needs no account and no network.

Each record is a bag with a page of its own, and the folder has an `index.html`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.hooks import Backend, Connection, hookimpl
from publishkit_local.targets import NAME, locate, targets

if TYPE_CHECKING:
    from publishkit.repository import Repository

__all__ = ["publishkit_backend"]


@hookimpl
def publishkit_backend() -> Backend:
    """Declare the backend."""
    return Backend(name=NAME, targets=targets(), locate=locate, open=_open)


def _open(connection: Connection) -> Repository:
    from publishkit_local.repository import (
        LocalRepository,
    )

    return LocalRepository(connection)
