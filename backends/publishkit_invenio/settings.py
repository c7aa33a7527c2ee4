"""What a target's configuration may say beyond its URL."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from publishkit.settings import Settings

__all__ = ["InvenioSettings"]

Count = Annotated[int, Field(strict=True, gt=0)]


class InvenioSettings(Settings):
    """The settings of one InvenioRDM target."""

    dois: Literal["on", "off"] | None = None
    """Whether the instance registers DOIs; None where that is not known. A server without DOIs
    answers 500 to a draft that has one in `pids`."""
    publisher: Annotated[str, StringConstraints(min_length=1)] | None = None
    """For records that name none."""
    max_files: Count = 100
    """How many files a record may have."""
    max_bytes: Count = 10**10
    """How much a record may hold; InvenioRDM's own default unless the target says."""
    max_file_bytes: Count | None = None
    """How large one file may be; as `max_bytes` unless given."""

    @property
    def largest_file(self) -> int:
        """The most bytes that one file may have."""
        return self.max_file_bytes or self.max_bytes
