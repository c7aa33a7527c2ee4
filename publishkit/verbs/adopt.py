"""Take over a deposit that was made elsewhere."""

from __future__ import annotations

from pathlib import Path

from publishkit import folder as folders
from publishkit.errors import ConflictError, RecordError
from publishkit.finding import find_deposit
from publishkit.ledger import Ledger, Row, ledger_path
from publishkit.receipts import Outcome, Receipt

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
        taken = [r for r in ledger.rows() if (r.id, r.folder == name) == (deposit.id, False)]
        if any(other.url in urls for other in taken):
            raise ConflictError(
                f"the deposit {deposit.id} already belongs to {taken[0].folder}",
                target=target.name,
                advice=f"Push that folder, or take its object out of {ledger.path} first.",
            )
        if row and row.id not in {"", deposit.id} and not force:
            raise ConflictError(
                f"{path} already belongs to the deposit {row.id}",
                target=target.name,
                advice="Replace it by --force; the other deposit stays as it is.",
            )
        row = ledger.note(
            row or Row(folder=name, target=target.name, url=target.url),
            sync=True,
            id=deposit.id,
            state=deposit.state.value,
            links=dict(deposit.links),
            doi=deposit.doi or "",
            marker="",
            previous="",
            group="",
            linked={},
            linked_before={},
            next="",
            collections=(),
            shares=(),
            sent="",
            revision="",
            contents="",
            extra=dict(deposit.extra),
        )
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
