"""Whether every file of a bag is what it was when the bag was completed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import bagit

from publishkit_local.bag import TAG_MANIFEST
from publishkit_local.info import one_line
from publishkit_local.manifest import MANIFEST, PAYLOAD, arrived, digests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["fixity"]


def fixity(bag: Path) -> tuple[str, tuple[str, ...]]:
    """Read the whole bag: in a word what it is, and everything that is wrong with it.

    The bagit library stops at the first wrong number of bytes, and so names no file: it is asked
    last, for what is no matter of a single file.
    """
    if not (bag / MANIFEST).exists():
        return "not a bag yet", ()
    wrong = (*_payload(bag), *_tags(bag)) or tuple(_bag(bag))
    return ("damaged" if wrong else "valid"), wrong


def _payload(bag: Path) -> Iterator[str]:
    there = arrived(bag)
    for key in digests(bag).keys() - there.keys():
        yield f"{PAYLOAD}/{key} is missing"
    for key, file in there.items():
        if not file.sha256:
            yield f"{PAYLOAD}/{key} did not arrive whole, or was put there by somebody else"
        elif _sha256(bag / PAYLOAD / key) != file.sha256:
            yield f"{PAYLOAD}/{key} was changed"


def _tags(bag: Path) -> Iterator[str]:
    try:
        lines = (bag / TAG_MANIFEST).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        digest, _, name = line.partition("  ")
        if not (bag / name).is_file():
            yield f"{name} is missing"
        elif _sha256(bag / name) != digest:
            yield f"{name} was changed"


def _bag(bag: Path) -> Iterator[str]:
    try:
        bagit.Bag(str(bag)).validate(fast=True)
    except bagit.BagError as error:
        yield one_line(str(error))


def _sha256(path: Path) -> str:
    if path.is_symlink():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
