"""What makes a folder of files a bag: everything in it that follows from the payload.

The bagit library judges the bags (`Bag.validate`), and does not write them: `make_bag` and
`Bag.save` of bagit 1.9 change the current folder of the whole process, which threads share, and
read every file again whose digest was computed when it was copied.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import bagit
from pydantic import ValidationError

from publishkit.errors import IntegrityError
from publishkit.model import Record
from publishkit.repository import State
from publishkit_local import storage
from publishkit_local.info import COLLECTION, INFO, PREVIOUS, seal_info, values
from publishkit_local.manifest import (
    MANIFEST,
    PARTIAL,
    PAYLOAD,
    Manifests,
    arrived,
    render,
)
from publishkit_local.pages import landing_page
from publishkit_local.storage import write_if_new

if TYPE_CHECKING:
    from collections.abc import Sequence


logging.getLogger("bagit").setLevel(logging.CRITICAL)  # it logs what it raises as well

__all__ = [
    "DECLARATION",
    "METADATA",
    "PAGE",
    "TAG_MANIFEST",
    "declare",
    "record_of",
    "regroup",
    "seal",
    "store_record",
    "sync",
    "validate",
]

METADATA: Final = "record_metadata.json"
PAGE: Final = "index.html"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
DECLARATION: Final = "bagit.txt"
_DECLARED: Final = b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"
_TAG_FILES: Final = (INFO, DECLARATION, PAGE, MANIFEST, METADATA)


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


def declare(bag: Path) -> None:
    """Make a new folder say that it is a bag; it says since when by that file's time."""
    write_if_new(bag / DECLARATION, _DECLARED)


def seal(
    bag: Path,
    id_: str,
    state: State,
    *,
    collections: Sequence[str] | None = None,
    previous: str | None = None,
) -> None:
    """Make everything but the payload agree with the payload and the metadata.

    Writes only what differs. Files that did not arrive whole are left alone, in no manifest.

    Args:
        bag: The bag.
        id_: The deposit's id.
        state: Draft or published.
        collections: The collections that it is in from now on; None where that does not change.
        previous: The folder's name of the bag that it follows; None where that does not change.
    """
    _tidy(bag)
    (bag / PAYLOAD).mkdir(exist_ok=True)
    files = {key: file for key, file in arrived(bag).items() if file.sha256}
    record = record_of(bag)
    write_if_new(bag / MANIFEST, render(files))
    declare(bag)
    kept = {COLLECTION: collections, PREVIOUS: None if previous is None else [previous]}
    new = {label: given for label, given in kept.items() if given is not None}
    seal_info(bag, id_, record, files, new)
    if record:
        previous = next(iter(values(bag, PREVIOUS)), "")
        groups = values(bag, COLLECTION)
        page = landing_page(
            record, files, id_=id_, state=state, previous=previous, collections=groups
        )
        write_if_new(bag / PAGE, page.encode())
    _seal_tags(bag)


def regroup(bag: Path, id_: str, collections: Sequence[str]) -> None:
    """Change which collections a published bag is in: its payload and metadata stay.

    It is a valid bag at each moment, since one need not have a manifest of its tag files.
    """
    (bag / TAG_MANIFEST).unlink(missing_ok=True)
    seal(bag, id_, State.PUBLISHED, collections=collections)
    sync(bag)


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


def _is_payload(error: bagit.ManifestErrorDetail) -> bool:
    return Path(error.path).parts[:1] == (PAYLOAD,)


def _seal_tags(bag: Path) -> None:
    digests = ((_sha256(bag / name), name) for name in _TAG_FILES if (bag / name).exists())
    write_if_new(bag / TAG_MANIFEST, "".join(f"{d}  {n}\n" for d, n in digests).encode())


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
