"""`bag-info.txt`: what a bag says of itself, by label."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from publishkit._version import __version__
from publishkit.markup import plain
from publishkit_local.storage import write
from publishkit_local.text import human_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from publishkit.model import Record
    from publishkit_local.manifest import Arrived

__all__ = ["COLLECTION", "INFO", "PREVIOUS", "info", "one_line", "seal_info", "values"]

INFO: Final = "bag-info.txt"
COLLECTION: Final = "Bag-Group-Identifier"
"""The label that BagIt keeps for sets of bags; one line for each collection."""
PREVIOUS: Final = "Previous-Version"
"""The label of the published bag, by its folder's name, that this one follows."""
_DATE: Final = "Bagging-Date"
_KEPT: Final = (COLLECTION, PREVIOUS)
"""Labels that follow from neither the payload nor the metadata."""


def info(bag: Path) -> dict[str, str]:
    """The labels and values of `bag-info.txt`; of a label that is there twice the last one."""
    return dict(_read(bag))


def values(bag: Path, label: str) -> tuple[str, ...]:
    """The values of a label, in order."""
    return tuple(value for name, value in _read(bag) if name == label)


def seal_info(
    bag: Path,
    id_: str,
    record: Record | None,
    files: Mapping[str, Arrived],
    kept: Mapping[str, Sequence[str]],
) -> None:
    """Make `bag-info.txt` agree with the rest of the bag.

    Args:
        bag: The bag.
        id_: The deposit's id.
        record: Its metadata, if there is any yet.
        files: The payload by key.
        kept: New values of the labels that follow from neither; others stay.
    """
    labels = [(name, v) for name in _KEPT for v in kept.get(name, values(bag, name))]
    labels += _describe(id_, record, files).items()
    _write(bag, ((name, one_line(value)) for name, value in labels))


def one_line(text: str) -> str:
    """Text without line breaks of any kind; the bagit library ends lines at all of them."""
    return " ".join(text.split())


def _read(bag: Path) -> list[tuple[str, str]]:
    try:
        lines = (bag / INFO).read_text(encoding="utf-8").split("\n")
    except (FileNotFoundError, UnicodeDecodeError):
        return []
    parts = (line.partition(": ") for line in lines)
    return [(label, value) for label, colon, value in parts if colon]


def _write(bag: Path, labels: Iterable[tuple[str, str]]) -> None:
    new = sorted((name, value) for name, value in labels if value)
    if [one for one in _read(bag) if one[0] != _DATE] == new:
        return
    today = dt.datetime.now().astimezone().date().isoformat()
    lines = (f"{name}: {value}\n" for name, value in sorted([*new, (_DATE, today)]))
    write(bag / INFO, "".join(lines).encode())


def _describe(id_: str, record: Record | None, files: Mapping[str, Arrived]) -> dict[str, str]:
    size = sum(file.size for file in files.values())
    labels = {
        "Bag-Size": human_size(size),
        "Bag-Software-Agent": f"publishkit {__version__}",
        "Internal-Sender-Identifier": id_,
        "Payload-Oxum": f"{size}.{len(files)}",
    }
    return labels | _describe_record(record) if record else labels


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
