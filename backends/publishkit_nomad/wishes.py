"""What an upload and its entries should say: the `nomad` block, and the rest of the record."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from publishkit.markup import plain
from publishkit_nomad.block import block_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publishkit.abilities import Member
    from publishkit.model import Record

__all__ = [
    "EntryWishes",
    "Layout",
    "as_url",
    "embargo_months",
    "embargo_until",
    "entry_wishes",
    "is_full_url",
    "lifts_embargo",
    "upload_name",
]

_LABEL: Final = r"[^\W_]([\w-]{0,61}[^\W_])?"
_FULL_URL: Final = re.compile(
    rf"""(?ix) https?:// (\S+@)?
    ( ({_LABEL}\.)+ [^\W\d_]([\w-]{{0,61}}[^\W_]) \.? | \d{{1,3}}(\.\d{{1,3}}){{3}} )
    (:\d{{1,5}})? ([/?\#] [^\s<>{{}}|\\^`\[\]"]* )?"""
)
_KEPT_IN_URLS: Final = ":/?#@!$&'()*+,;=%~"


@dataclass(frozen=True, slots=True)
class Layout:
    """What one upload holds: a record at its root, or several in folders of their own."""

    name: str
    """The upload's name."""
    members: tuple[Member, ...]

    @property
    def lead(self) -> Record:
        """The record that speaks for the upload as a whole."""
        return self.members[0].record

    @property
    def datasets(self) -> frozenset[str]:
        """The names of all datasets that the records ask for."""
        wanted = (block_of(member.record).datasets for member in self.members)
        return frozenset(name for names in wanted for name in names or ())

    @property
    def is_group(self) -> bool:
        """Whether the members have folders of their own."""
        return any(member.prefix for member in self.members)


@dataclass(frozen=True, slots=True)
class EntryWishes:
    """What the entries of one record should say; None leaves a field as it is.

    A comment or references that the user's own files set stay where the record is silent.
    """

    comment: str | None
    references: tuple[str, ...] | None
    datasets: tuple[str, ...] | None
    """By name."""
    kept: frozenset[str] = frozenset()
    """The ids of datasets that they stay in, if any of them is in it."""


def upload_name(record: Record) -> str:
    """The name of the upload that holds the record."""
    return block_of(record).upload_name or record.metadata.title


def entry_wishes(record: Record) -> EntryWishes:
    """What the block says of entries, and where it is silent what follows from the metadata."""
    block = block_of(record)
    comment = block.comment
    if comment is None:
        comment = plain(record.metadata.description or "") or None
    references = block.references
    if references is None:
        references = tuple(dict.fromkeys(_derived_references(record))) or None
    else:
        linked = (as_url(one.identifier, one.scheme) for one in record.linked)
        references = tuple(dict.fromkeys((*references, *(url for url in linked if url))))
    return EntryWishes(
        comment=comment,
        references=references,
        datasets=block.datasets,
        kept=frozenset(record.collections),
    )


def is_full_url(text: str) -> bool:
    """Whether NOMAD takes it as a reference: http(s), a host with a dot, no odd characters.

    NOMAD refuses `localhost`, bare DOIs and what its `validators.url` refuses (seen on 1.3.17
    to 2.0.0).
    """
    return bool(_FULL_URL.fullmatch(text))


def lifts_embargo(record: Record) -> bool:
    """Whether the record says in so many words that there is no embargo.

    One that is silent leaves the embargo of a published upload as it is.
    """
    block = block_of(record)
    if block.embargo_length is not None:
        return block.embargo_length == 0
    return "embargo" in record.access.model_fields_set and not record.access.embargo.active


def embargo_until(record: Record) -> date | None:
    """The day on which the record's embargo ends, None where none is active."""
    embargo = record.access.embargo
    return embargo.until if embargo.active else None


def embargo_months(records: Sequence[Record], today: date | None = None) -> int:
    """The months of embargo that all records ask for, if the upload is published today.

    NOMAD lifts an embargo when the publishing date plus whole months has passed; so the fewest
    months that reach the day.
    """
    day = today or datetime.now(UTC).date()
    return max(_months(record, day) for record in records)


def _months(record: Record, today: date) -> int:
    length = block_of(record).embargo_length
    until = embargo_until(record)
    if length is not None or until is None:
        return length or 0
    months = max(0, (until.year - today.year) * 12 + until.month - today.month)
    return months if _plus_months(today, months) >= until else months + 1


def _plus_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def as_url(identifier: str, scheme: str | None = None) -> str | None:
    """The address that resolves an identifier, if there is one and NOMAD takes it."""
    import idutils

    found = scheme or next(iter(idutils.detect_identifier_schemes(identifier)), "")
    address = idutils.to_url(identifier, found, url_scheme="https") or identifier
    url = quote(str(address), safe=_KEPT_IN_URLS)
    return url if is_full_url(url) else None


def _derived_references(record: Record) -> Iterator[str]:
    metadata = record.metadata
    named: list[tuple[str | None, str | None]] = [(record.doi, "doi")]
    named += [(one.identifier, one.scheme) for one in metadata.related_identifiers]
    named += [(one.identifier, one.scheme) for one in metadata.references]
    for identifier, scheme in named:
        url = as_url(identifier, scheme) if identifier else None
        if url:
            yield url
