"""Take over a deposit that was made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from publishkit import folder as folders
from publishkit.errors import ConflictError, RecordError
from publishkit.finding import find_deposit
from publishkit.keeping import said
from publishkit.ledger import Ledger, Row, ledger_path
from publishkit.receipts import Outcome, Receipt
from publishkit.row import FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from publishkit.finding import Found
    from publishkit.repository import Deposit

__all__ = ["adopt"]


def adopt(
    id: str,
    folder: str | Path,
    to: str | None = None,
    *,
    links: str | Path | None = None,
    force: bool = False,
) -> Receipt:
    """Record that a deposit belongs to a folder; the next push takes up there.

    Args:
        id: The deposit's id on the target, its DOI, or the URL of its page.
        folder: The record folder.
        to: The name of the target; needed for an id.
        links: The links file to use; by default `records_links.json` in the folder's parent.
        force: Whether to replace a deposit that the folder already has on this target.

    Raises:
        NotFoundError: The target has no such deposit.
        ConflictError: The folder has another deposit there.
        ConfigError: The target, folder or links file will not do.
        AuthenticationError: The target does not accept the credentials.
    """
    path = Path(folder)
    if folders.find_records(path, recursive=False) != [path]:
        raise RecordError(
            [], f"{path} is not a record but a folder of records", advice="Give one of them."
        )
    found = find_deposit(id, to)
    setting, target = found.setting, found.target
    setting.sign_in()
    deposit = found.repository.get(found.id)
    with Ledger.open(ledger_path(path, Path(links) if links else None)) as ledger:
        name = ledger.name_of(path)
        urls = setting.config.urls_of(target)
        row = ledger.find(name, target, urls)
        _refuse_taken(ledger, name, found, urls)
        if row and row.id not in {"", deposit.id} and not force:
            raise ConflictError(
                f"{path} already belongs to the deposit {row.id}",
                target=target.name,
                advice="Replace it by --force; the other deposit stays as it is.",
            )
        row = row or Row(folder=name, target=target.name, url=target.url)
        ledger.note(row, sync=True, **_blank(row, deposit))
    return Receipt(
        folder=path,
        name=str(path),
        target=target.name,
        outcome=Outcome.UNCHANGED,
        id=deposit.id,
        state=deposit.state,
        doi=deposit.doi,
        links=deposit.links,
    )


def _refuse_taken(ledger: Ledger, name: str, found: Found, urls: Collection[str]) -> None:
    for row in ledger.rows():
        if row.id == found.id and row.folder != name and row.url in urls:
            raise ConflictError(
                f"the deposit {found.id} already belongs to {row.folder}",
                target=found.target.name,
                advice=f"Push that folder, or take its object out of {ledger.path} first.",
            )


def _blank(row: Row, deposit: Deposit) -> dict[str, Any]:
    """What a row says of a deposit of which nothing else is known; keys of the user's stay."""
    fresh = Row(folder=row.folder, target=row.target)
    kept = {"folder", "target", "url", "updated", "others", "inner_others"}
    fields = {name: getattr(fresh, name) for name in FIELDS - kept}
    return {**fields, **said(deposit), "title": deposit.title}
