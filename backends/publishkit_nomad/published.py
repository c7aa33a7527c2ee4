"""What goes on after publishing: editing, and a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.abilities import Editing, Link, Versions
from publishkit.errors import RejectedError
from publishkit_nomad.relations import NomadRelations
from publishkit_nomad.uploads import UploadRepository

if TYPE_CHECKING:
    from publishkit.model import Record
    from publishkit.repository import Deposit, Meter

__all__ = ["NomadEditing", "NomadVersions"]


class NomadEditing(UploadRepository, Editing):
    """Edits published uploads, whether they hold one record or a group of them."""

    def edit(self, id: str, record: Record) -> Deposit:
        """Name, comment, references, datasets, coauthors; an embargo can only be lifted.

        The raw files stay as they are, the generated entry among them. An edit is in force at
        once: NOMAD has no draft of a published upload.
        """
        self._editor.apply(id, self.layout(record))
        return self.get(id)

    def discard(self, id: str) -> Deposit:
        """There is never anything to throw away."""
        return self.get(id)


class NomadVersions(NomadRelations, Versions):
    """Follows published uploads by new ones."""

    def new_version(self, id: str, marker: str, meter: Meter) -> Deposit:  # noqa: ARG002 - no wait
        """An upload of its own, without files, since NOMAD copies none from one to another."""
        if not self.api.upload(id).published:
            raise RejectedError(
                f"the upload {id} is not published",
                target=self.api.target,
                advice="Push the changed files into it; only what is published needs a version.",
            )
        return self.find(marker) or self.create(marker)

    def follows(self, id: str) -> tuple[Link, ...]:
        """The old upload's address: NOMAD itself knows nothing of versions."""
        return (Link(self.address(id), "isnewversionof"),)
