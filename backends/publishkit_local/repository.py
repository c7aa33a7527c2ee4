"""The local archive as a `Repository`, with all that it can do."""

from __future__ import annotations

from publishkit_local.catalogue import Listed
from publishkit_local.collections import Grouped
from publishkit_local.versions import Followed

__all__ = ["LocalRepository"]


class LocalRepository(Followed, Grouped, Listed):
    """A folder of BagIt bags; see `Archive`."""
