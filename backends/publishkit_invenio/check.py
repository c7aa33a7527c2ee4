"""What this archive would refuse, drop or change, found without asking it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from publishkit.errors import Problem, Severity
from publishkit_invenio.block import block_of
from publishkit_invenio.metadata import is_doi, same_doi

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publishkit.model import Record
    from publishkit.repository import DataFile
    from publishkit_invenio.settings import InvenioSettings

__all__ = ["check"]

LONGEST_KEY = 255
"""Characters; a longer key is taken at first and refused with its content."""


def check(record: Record, files: Sequence[DataFile], settings: InvenioSettings) -> list[Problem]:
    """Every problem of a record with its files at one target."""
    return [
        *_access(record),
        *_publisher(record, settings),
        *_doi(record, settings),
        *_grants(record),
        *_communities(record),
        *_shown_files(record, files),
        *(problem for file in files for problem in _key(file.key)),
        *_amount(files, settings),
    ]


def _access(record: Record) -> Iterator[Problem]:
    access = record.access
    if access.files != "public":
        return
    if access.record == "restricted":
        yield Problem(
            "access.files",
            "files of a restricted record are restricted too",
            'write "files": "restricted"; it is what the archive makes of it',
            Severity.WARNING,
        )
    elif access.embargo.active:
        # seen on InvenioRDM 13.1.2: labelled embargoed, and anybody downloads the files
        yield Problem(
            "access.files",
            "the files would be open to all during the embargo",
            'write "files": "restricted", or leave the embargo out',
        )


def _publisher(record: Record, settings: InvenioSettings) -> Iterator[Problem]:
    """A draft without one is refused where DOIs are registered (seen on InvenioRDM 13.1.2)."""
    if record.metadata.publisher or settings.publisher or settings.dois == "off":
        return
    sure = settings.dois == "on"
    yield Problem(
        "metadata.publisher",
        "missing; this archive registers DOIs, which need a publisher"
        if sure
        else "missing; an archive that registers DOIs refuses a record without it",
        'write it, or set publisher = "..." for this target in publishkit.toml',
        Severity.ERROR if sure else Severity.WARNING,
    )


def _doi(record: Record, settings: InvenioSettings) -> Iterator[Problem]:
    if settings.dois != "on" and record.doi:
        yield Problem(
            "pids.doi",
            f"{record.doi} goes into the record's further identifiers, since it is not certain "
            "that this archive has a place for DOIs",
            'if it has, set dois = "on" for this target in publishkit.toml',
            Severity.NOTICE,
        )
        yield from _second_doi(record)


def _second_doi(record: Record) -> Iterator[Problem]:
    """Identifiers of one scheme twice are refused."""
    for number, item in enumerate(record.metadata.identifiers):
        if is_doi(item.identifier, item.scheme) and not same_doi(item.identifier, record.doi or ""):
            yield Problem(
                f"metadata.identifiers[{number}]",
                f"a DOI beside {record.doi} in pids, which goes into the same list here",
                "keep one of them; name the other one in metadata.related_identifiers",
            )


def _grants(record: Record) -> Iterator[Problem]:
    for number, funding in enumerate(record.metadata.funding):
        for field in ("acronym", "program"):
            if funding.award and getattr(funding.award, field):
                yield Problem(
                    f"metadata.funding[{number}].award.{field}",
                    "this archive has no place for it, so it is left out",
                    "write it into the award's title",
                    Severity.WARNING,
                )


def _communities(record: Record) -> Iterator[Problem]:
    first, *others = block_of(record).communities or ("",)
    if others:
        yield Problem(
            "invenio.communities",
            f"the record is submitted to {first} only; a draft takes one review",
            f"ask for {', '.join(others)} on the record's page once {first} has accepted it",
            Severity.NOTICE,
        )


def _shown_files(record: Record, files: Sequence[DataFile]) -> Iterator[Problem]:
    keys = {file.key for file in files}
    preview = record.files.default_preview
    if preview and preview not in keys:
        yield Problem(
            "files.default_preview", f"there is no file {preview}", "name a file of the record"
        )
    if record.files.order:
        yield Problem(
            "files.order",
            "this archive lists files in an order of its own",
            "leave it out, or number the files' names",
            Severity.WARNING,
        )


def _key(key: str) -> Iterator[Problem]:
    parts = key.split("/")
    if not key:
        yield Problem("files", "a file has no name", "name it")
    elif key.startswith("/") or ".." in parts or "." in parts:
        yield Problem(key, "this archive cannot serve a name such as this", "rename the file")
    elif any(unicodedata.category(char) == "Cc" for char in key):
        shown = key.encode("unicode_escape").decode()
        yield Problem(shown, "the name has a line break or the like in it", "rename the file")
    elif key.endswith("/content"):
        yield Problem(
            key, "a file named content in a folder cannot be told from its address", "rename it"
        )
    if len(key) > LONGEST_KEY:
        yield Problem(
            key,
            f"the name has {len(key)} characters, folders included; {LONGEST_KEY} are possible",
            "shorten it",
        )


def _amount(files: Sequence[DataFile], settings: InvenioSettings) -> Iterator[Problem]:
    if len(files) > settings.max_files:
        yield Problem(
            "files",
            f"{len(files):,} files; this archive takes {settings.max_files:,} a record",
            "put some into a zip archive, or set max_files for this target in publishkit.toml if "
            "the archive allows more",
        )
    total = sum(file.size for file in files)
    if total > settings.max_bytes:
        yield Problem(
            "files",
            f"{_size(total)} in all; this archive takes {_size(settings.max_bytes)} a record",
            "split the record, or set max_bytes for this target in publishkit.toml if the archive "
            "allows more",
        )
    for file in files:
        if settings.largest_file < file.size <= settings.max_bytes:
            yield Problem(
                file.key,
                f"{_size(file.size)}; this archive takes files of {_size(settings.largest_file)}",
                "split the file",
            )


def _size(count: int) -> str:
    return f"{count / 10**9:,.2f} GB" if count >= 10**7 else f"{count:,} bytes"
