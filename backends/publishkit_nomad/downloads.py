"""What can be pulled of an upload: its files, and a record that describes it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from publishkit.abilities import Download, Source
from publishkit_nomad.describing import described
from publishkit_nomad.files import Remote
from publishkit_nomad.raw import opened
from publishkit_nomad.uploads import UploadRepository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

__all__ = ["NomadDownloads"]


class NomadDownloads(UploadRepository, Download):
    """Gives uploads back."""

    def describe(self, id: str) -> Mapping[str, JsonValue]:
        """See `publishkit_nomad.describing`."""
        return described(self.api, self.access.people, self.access.datasets, id)

    def sources(self, id: str) -> Iterator[Source]:
        """The user's files, one at a time since a draft is not given as a zip.

        The checksum is the manifest's, where it speaks of a file of the listed size.
        """
        remote = Remote.of(self.api, id)
        standing = remote.standing()
        for key, size in sorted(remote.sizes.items()):
            if not remote.is_own(key):
                line = standing.get(key)
                yield Source(
                    key=key,
                    size=size,
                    checksum=f"sha256:{line.sha256}" if line else None,
                    open=partial(opened, self.api, id, key),
                    resumes=True,
                )
