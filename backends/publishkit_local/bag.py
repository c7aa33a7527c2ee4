"""What makes a folder of files a bag: everything in it that follows from the payload.

The bagit library judges the bags (`Bag.validate`), and does not write them: `make_bag` and
`Bag.save` of bagit 1.9 change the current folder of the whole process, which threads share, and
read every file again whose digest was computed when it was copied.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import bagit
from pydantic import ValidationError

from publishkit._version import __version__
from publishkit.errors import IntegrityError
from publishkit.markup import plain
from publishkit.model import Record
from publishkit_local import storage
from publishkit_local.manifest import (
    MANIFEST,
    PARTIAL,
    PAYLOAD,
    Arrived,
    Manifests,
    arrived,
    render,
)
from publishkit_local.pages import landing_page
from publishkit_local.storage import write, write_if_new
from publishkit_local.text import human_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publishkit.repository import State

logging.getLogger("bagit").setLevel(logging.CRITICAL)  # it logs what it raises as well

__all__ = [
    "METADATA",
    "PAGE",
    "TAG_MANIFEST",
    "info",
    "record_of",
    "seal",
    "store_record",
    "sync",
    "validate",
]

METADATA: Final = "record_metadata.json"
PAGE: Final = "index.html"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
INFO: Final = "bag-info.txt"
DECLARATION: Final = "bagit.txt"
_DECLARED: Final = b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"
_TAG_FILES: Final = (INFO, DECLARATION, PAGE, MANIFEST, METADATA)
_DATE: Final = "Bagging-Date"


def store_record(bag: Path, record: Record) -> None:
    """Keep a record's metadata in its bag, without the backends' blocks."""
    text = json.dumps(record.body(), ensure_ascii=False, indent=2)
    write_if_new(bag / METADATA, text.encode() + b"\n", sync=True)


def record_of(bag: Path) -> Record | None:
    """The metadata that a bag holds; None where there is none that can be read."""
    try:
        return Record.model_validate_json((bag / METADATA).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def seal(bag: Path, id_: str, state: State) -> None:
    """Make everything but the payload agree with the payload and the metadata.

    Writes only what differs. Files that did not arrive whole are left alone, in no manifest.
    """
    _tidy(bag)
    (bag / PAYLOAD).mkdir(exist_ok=True)
    files = {key: file for key, file in arrived(bag).items() if file.sha256}
    record = record_of(bag)
    write_if_new(bag / MANIFEST, render(files))
    write_if_new(bag / DECLARATION, _DECLARED)
    _seal_info(bag, _describe(id_, record, files))
    if record:
        page = landing_page(record, files, id_=id_, state=state)
        write_if_new(bag / PAGE, page.encode())
    _seal_tags(bag)


def _tidy(bag: Path) -> None:
    """Remove what a kill left half-written."""
    if (bag / PARTIAL).exists():
        shutil.rmtree(bag / PARTIAL, ignore_errors=True)
    for part in bag.glob(f".*{storage.PART}"):
        part.unlink(missing_ok=True)


def sync(bag: Path) -> None:
    """Make a bag survive a power failure; its payload's contents were synced on arrival."""
    for name in (*_TAG_FILES, TAG_MANIFEST):
        storage.sync(bag / name)
    for folder, _, _ in os.walk(bag):
        storage.sync(Path(folder))


def validate(bag: Path, manifests: Manifests) -> None:
    """Read the whole bag as the bagit library does.

    Raises:
        IntegrityError: It is not valid. Payload files that changed count as not arrived, so
            that they are sent anew.
    """
    strays = [key for key, file in arrived(bag).items() if not file.sha256]
    if strays:
        raise IntegrityError(
            f"files are in the bag {bag} that were not sent: {', '.join(strays)}",
            advice="Run the same command again; it removes them, or sends them anew.",
        )
    try:
        bagit.Bag(str(bag)).validate()
    except bagit.BagError as error:
        details = getattr(error, "details", [])
        keys = {Path(e.path).relative_to(PAYLOAD).as_posix() for e in details if _is_payload(e)}
        manifests.drop(bag, keys)
        raise IntegrityError(f"the bag {bag} was changed in the archive: {error}") from error


def info(bag: Path) -> dict[str, str]:
    """The labels and values of `bag-info.txt`; of a label that is there twice the last one."""
    try:
        lines = (bag / INFO).read_text(encoding="utf-8").split("\n")
    except (FileNotFoundError, UnicodeDecodeError):
        return {}
    parts = (line.partition(": ") for line in lines)
    return {label: value for label, colon, value in parts if colon}


def _is_payload(error: bagit.ManifestErrorDetail) -> bool:
    return Path(error.path).parts[:1] == (PAYLOAD,)


def _describe(id_: str, record: Record | None, files: Mapping[str, Arrived]) -> dict[str, str]:
    size = sum(file.size for file in files.values())
    labels = {
        "Bag-Size": human_size(size),
        "Bag-Software-Agent": f"publishkit {__version__}",
        "Internal-Sender-Identifier": id_,
        "Payload-Oxum": f"{size}.{len(files)}",
    }
    if record:
        labels |= _describe_record(record)
    return {label: one_line(value) for label, value in labels.items() if value}


def _describe_record(record: Record) -> dict[str, str]:
    metadata = record.metadata
    first = metadata.creators[0]
    homes = (affiliation.name or affiliation.id for affiliation in first.affiliations)
    return {
        "Contact-Name": first.person_or_org.display_name,
        "External-Description": " ".join(plain(metadata.description or "").split()),
        "External-Identifier": record.doi or "",
        "Internal-Sender-Description": metadata.title,
        "Source-Organization": next((home for home in homes if home), ""),
    }


def one_line(text: str) -> str:
    """Text without line breaks of any kind; the bagit library ends lines at all of them."""
    return " ".join(text.split())


def _seal_info(bag: Path, labels: Mapping[str, str]) -> None:
    now = info(bag)
    if {**now, _DATE: ""} == {**labels, _DATE: ""}:
        return
    dated = {**labels, _DATE: dt.datetime.now().astimezone().date().isoformat()}
    lines = (f"{label}: {value}\n" for label, value in sorted(dated.items()))
    write(bag / INFO, "".join(lines).encode())


def _seal_tags(bag: Path) -> None:
    digests = ((_sha256(bag / name), name) for name in _TAG_FILES if (bag / name).exists())
    write_if_new(bag / TAG_MANIFEST, "".join(f"{d}  {n}\n" for d, n in digests).encode())


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
