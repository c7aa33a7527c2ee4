"""A links file of bare links, as the BIG-MAP Archive's example script writes it.

It is an array with one object of links for each record folder, in their order, that names neither
folder nor target. The first push to the archive that the links lead to takes all of them over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishkit import folder as folders
from publishkit.errors import ConfigError
from publishkit.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publishkit.hooks import Target
    from publishkit.ledger import Ledger

__all__ = ["Adoption", "adoptions"]


@dataclass(frozen=True, slots=True)
class Adoption:
    """An object of bare links that becomes a folder's row."""

    ledger: Path
    index: int
    """Of the object in the file."""
    row: Row


def adoptions(
    ledger: Ledger, target: Target, locate: Callable[[Target, str], str | None]
) -> list[Adoption]:
    """What the bare links of a links file say of a target, folder by folder.

    Args:
        ledger: The links file.
        target: The target.
        locate: Gives the id of the deposit that a URL of the target leads to.

    Raises:
        ConfigError: There are not as many record folders as objects.
    """
    found = [(index, links, locate(target, links["self"])) for index, links in ledger.bare]
    if not any(id_ for _, _, id_ in found):
        return []
    here = folders.find_records(ledger.path.parent, recursive=False)
    places = max(index for index, _, _ in found) + 1  # a killed run may have taken some over
    if len(here) < places:
        raise ConfigError(
            f"{ledger.path} has the links of {places} records, but there are {len(here)} "
            f"record folders in {ledger.path.parent}",
            advice="Put the missing folders back, or move the file away and tell which deposit is "
            f"whose: publishkit adopt ID FOLDER --to {target.name}",
        )
    return [
        Adoption(ledger.path, index, _row(ledger, here[index], target, id_, links))
        for index, links, id_ in found
        if id_ and not ledger.find(ledger.name_of(here[index]), target, {target.url})
    ]


def _row(ledger: Ledger, folder: Path, target: Target, id_: str, links: dict[str, str]) -> Row:
    return Row(
        folder=ledger.name_of(folder), target=target.name, url=target.url, id=id_, links=links
    )
