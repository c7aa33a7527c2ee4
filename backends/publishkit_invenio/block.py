"""The `invenio` block of `record_metadata.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

if TYPE_CHECKING:
    from publishkit.model import Record

__all__ = ["InvenioBlock", "block_of"]

Slug = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^/\s]+$")]


class InvenioBlock(BaseModel):
    """What a record says to InvenioRDM only."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    communities: tuple[Slug, ...] = ()
    """The communities that the record is for, by the last part of their page's address. It is
    published by a review of the first one; `[]` says that it is for none, whatever
    `publishkit link` said before."""

    @property
    def names_none(self) -> bool:
        """Whether the record says that it is for no community."""
        return "communities" in self.model_fields_set and not self.communities


def block_of(record: Record) -> InvenioBlock:
    """The record's block, or one that says nothing."""
    return record.block(InvenioBlock) or InvenioBlock()
