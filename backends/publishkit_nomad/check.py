"""What NOMAD would refuse, drop or change of a record: known before anything is sent."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from publishkit.errors import Problem, Severity
from publishkit_nomad.block import LONGEST_EMBARGO, block_of
from publishkit_nomad.entry import ENTRY
from publishkit_nomad.manifest import MANIFEST
from publishkit_nomad.wishes import embargo_months, embargo_until, is_full_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from publishkit.abilities import Member
    from publishkit.model import Record, Right
    from publishkit.repository import DataFile

__all__ = ["check", "check_group", "is_latin_1", "other_licences"]

_ARCHIVE: Final = re.compile(r".*(archive|metainfo)\.(json|yaml|yml)")
"""The names that NOMAD parses as entries whatever is in them (seen on 1.3.17 to 2.0.0)."""
_UNUSABLE: Final = re.compile(r"[\x00-\x1f\x7f]")
_CC_BY_4: Final = re.compile(
    r"(?i)cc[ -]by[ -]4(\.0)?|creative commons attribution 4\.0( international)?"
    r"|https?://creativecommons\.org/licenses/by/4\.0(/.*)?"
)
_POTCAR: Final = "POTCAR"
_LAST_OF_LATIN_1: Final = 0xFF


def check(
    record: Record, files: Sequence[DataFile], max_bytes: int, *, today: date | None = None
) -> list[Problem]:
    """Everything, in the order of the record.

    Args:
        record: The record.
        files: Its data files.
        max_bytes: How much one upload may hold.
        today: The day on which it would be published.
    """
    day = today or datetime.now(UTC).date()
    return [
        *_access(record, day),
        *_licence(record),
        *_block(record, files),
        *_files(files, max_bytes, archives=not block_of(record).entry),
    ]


def check_group(members: Sequence[Member]) -> list[Problem]:
    """Why the records cannot share an upload: what differs and belongs to the upload."""
    return [
        *_alike(members, "upload_name", "name of the upload"),
        *_alike(members, "coauthors", "coauthors"),
        *_alike(members, "reviewers", "reviewers"),
        *_same_embargo(members),
        *_without_entry(members),
    ]


# ---- access ----


def _access(record: Record, today: date) -> Iterator[Problem]:
    if record.access.record == "restricted":
        yield Problem(
            "access.record",
            "NOMAD shows the metadata of what is published to everybody",
            "set it to public, or do not publish this record on NOMAD",
        )
    months = embargo_months([record], today)
    if record.access.files == "restricted" and not months:
        yield Problem(
            "access.files",
            "NOMAD closes files only by an embargo, and the record has none that lasts",
            f"set access.embargo with a day at most {LONGEST_EMBARGO} months ahead, or "
            "nomad.embargo_length",
        )
    if months > LONGEST_EMBARGO:
        yield Problem(
            "access.embargo.until",
            f"the embargo would last {months} months, NOMAD allows {LONGEST_EMBARGO}",
            "choose an earlier day",
        )
    yield from _shortened(record, today)


def _shortened(record: Record, today: date) -> Iterator[Problem]:
    """The block's embargo must not end before the day that the record promises."""
    length, until = block_of(record).embargo_length, embargo_until(record)
    if length is None or until is None:
        return
    silent = block_of(record).model_copy(update={"embargo_length": None})
    needed = embargo_months([record.model_copy(update={"blocks": {"": silent}})], today)
    if length < needed:
        yield Problem(
            "nomad.embargo_length",
            f"{length} months end before {until}, the day in access.embargo",
            f"leave it out, or set at least {needed}",
        )


# ---- licence ----


def other_licences(record: Record) -> Iterator[tuple[int, str]]:
    """The licences that are not CC BY 4.0: their place among the rights, and what to call them."""
    for number, right in enumerate(record.metadata.rights):
        if not _is_cc_by_4(right):
            named = right.id or next(iter(right.title.values()), "") or right.link
            yield number, named or "a licence"


def _licence(record: Record) -> Iterator[Problem]:
    if block_of(record).accept_license:
        return
    for number, named in other_licences(record):
        yield Problem(
            f"metadata.rights[{number}]",
            f"NOMAD publishes everything as CC BY 4.0, the record states {named}",
            'state cc-by-4.0, or say "nomad": {"accept_license": true}',
        )


def _is_cc_by_4(right: Right) -> bool:
    link = right.link or (right.props.url if right.props else None)
    return any(_CC_BY_4.fullmatch(text) for text in (right.id, *right.title.values(), link) if text)


# ---- the block ----


def _block(record: Record, files: Sequence[DataFile]) -> Iterator[Problem]:
    block = block_of(record)
    for number, reference in enumerate(block.references or ()):
        if not is_full_url(reference):
            yield Problem(
                f"nomad.references[{number}]",
                f"NOMAD does not take {reference} as a reference",
                "give a full URL on a public host, such as https://doi.org/10.1234/abc",
            )
    if not block.entry and not any(_ARCHIVE.fullmatch(file.key) for file in files):
        yield Problem(
            "nomad.entry",
            "without an entry NOMAD keeps no comment, references or datasets, and refuses to "
            "publish, unless it can parse one of the files",
            "leave nomad.entry out, or make sure that NOMAD has a parser for a file",
            Severity.WARNING,
        )


# ---- files ----


def _files(files: Sequence[DataFile], max_bytes: int, *, archives: bool) -> Iterator[Problem]:
    total = sum(file.size for file in files)
    if total > max_bytes:
        yield Problem(
            "",
            f"the files hold {total:,} bytes, an upload at most {max_bytes:,}",
            "split the record",
        )
    for file in files:
        yield from _file(file.key, archives=archives)


def _file(key: str, *, archives: bool) -> Iterator[Problem]:
    name = key.rpartition("/")[2]
    if key in {ENTRY, MANIFEST}:
        yield Problem(key, "publishkit puts a file of this name into every upload", "rename it")
    elif _UNUSABLE.search(key):
        yield Problem(
            key,
            "NOMAD cannot delete or serve a file with a control character in its name",
            "rename it",
        )
    elif _ARCHIVE.fullmatch(key) and not archives:
        yield Problem(
            key,
            "NOMAD reads a file of this name as an entry, which fails unless it is an archive",
            "rename it if it is not meant for NOMAD's parser",
            Severity.WARNING,
        )
    elif not is_latin_1(name):
        yield Problem(
            key,
            "NOMAD 1.3 and 1.4 keep a file of this name, but do not give it out by itself",
            "use letters of western European languages if it should be downloaded alone",
            Severity.WARNING,
        )
    elif name.startswith(_POTCAR) and not name.endswith(".stripped"):
        yield Problem(
            key,
            "NOMAD may put a stripped copy in this file's place, for VASP's licence",
            severity=Severity.WARNING,
        )


def is_latin_1(name: str) -> bool:
    """Whether the name fits into a header as NOMAD writes it (a 500 on 1.3.17 and 1.4.3)."""
    return all(ord(character) <= _LAST_OF_LATIN_1 for character in name)


# ---- groups ----


def _alike(members: Sequence[Member], field: str, what: str) -> Iterator[Problem]:
    first = getattr(block_of(members[0].record), field)
    for member in members[1:]:
        if getattr(block_of(member.record), field) != first:
            yield Problem(
                f"nomad.{field}",
                f"{member.prefix} and {members[0].prefix} ask for a different {what}, which "
                "belongs to the upload",
                "make them alike, or push the two apart",
            )


def _same_embargo(members: Sequence[Member]) -> Iterator[Problem]:
    first = embargo_months([members[0].record])
    for member in members[1:]:
        if embargo_months([member.record]) != first:
            yield Problem(
                "access.embargo",
                f"{member.prefix} and {members[0].prefix} ask for embargoes of different length, "
                "which belong to the upload",
                "make them alike, or push the two apart",
            )


def _without_entry(members: Sequence[Member]) -> Iterator[Problem]:
    for member in members:
        if not block_of(member.record).entry:
            yield Problem(
                "nomad.entry",
                f"{member.prefix} has no generated entry, which is what tells the records of a "
                "group apart",
                "leave nomad.entry out, or push the record apart",
            )
