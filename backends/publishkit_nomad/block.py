"""The `nomad` block of `record_metadata.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

if TYPE_CHECKING:
    from publishkit.model import Record

__all__ = ["LONGEST_EMBARGO", "NomadBlock", "block_of"]

LONGEST_EMBARGO = 36
"""Months; NOMAD refuses more."""

Text = Annotated[str, StringConstraints(min_length=1)]


class NomadBlock(BaseModel):
    """What a record says to NOMAD only."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    upload_name: Text | None = None
    """The upload's name; the record's title unless given."""
    datasets: tuple[Text, ...] | None = None
    """The names of your datasets that the entries belong to, and no others; those that you lack
    are created. Not given: left as they are."""
    coauthors: tuple[Text, ...] | None = None
    """Who may edit and publish too: user id, user name, e-mail address or full name. These and no
    others; not given: left as they are."""
    reviewers: tuple[Text, ...] | None = None
    """Who may read before publication; as `coauthors`."""
    embargo_length: Annotated[int, Field(strict=True, ge=0, le=LONGEST_EMBARGO)] | None = None
    """Months for which the files stay closed after publication; from `access.embargo` unless
    given."""
    comment: str | None = None
    """Shown with every entry; the description as plain text unless given."""
    references: tuple[Text, ...] | None = None
    """Full URLs, shown with every entry; from the related identifiers unless given."""
    entry: StrictBool = True
    """Whether to send an entry made of the metadata."""
    accept_license: StrictBool = False
    """Whether it is fine that NOMAD publishes as CC BY 4.0 what states another licence."""


def block_of(record: Record) -> NomadBlock:
    """The record's block, or one that says nothing."""
    return record.block(NomadBlock) or NomadBlock()
