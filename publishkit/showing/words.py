"""What is said of a receipt, wherever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.text import clean, plural, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from publishkit.errors import PublishkitError
    from publishkit.receipts import Receipt

__all__ = ["Reason", "details", "reasons", "why_of"]


def details(receipt: Receipt) -> str:
    """What more there is to say of one that did not fail: its state, what was sent."""
    parts = [receipt.state.value] if receipt.state and not receipt.published_now else []
    if receipt.files_sent:
        parts.append(f"{plural(receipt.files_sent, 'file')} sent, {size(receipt.bytes_sent)}")
    if receipt.held:
        parts.append("not published, since another target failed")
    if receipt.waiting:
        parts.append(f"not published until {receipt.waiting} has: push again then")
    return ", ".join(parts)


class Reason:
    """Why records did not go through as asked, and which: one reason for all that share it."""

    def __init__(self, text: str, target: str) -> None:
        self.text = text
        self.target = target
        self.names: list[str] = []


def reasons(receipts: Iterable[Receipt]) -> Sequence[Reason]:
    """Why not all is as asked, each reason once with the records that it concerns."""
    found: dict[tuple[str, str], Reason] = {}
    for receipt in receipts:
        for text in _why(receipt):
            reason = found.setdefault((text, receipt.target), Reason(text, receipt.target))
            reason.names.append(receipt.name)
    return list(found.values())


def _why(receipt: Receipt) -> list[str]:
    if receipt.error:
        return [why_of(receipt.error, receipt.target)]
    held = ["not published, since the same record failed on another target"] * receipt.held
    failures = [f"not processed: {clean(one)}" for one in receipt.failures]
    skipped = ["not valid, so it was left out"] * (receipt.outcome.value == "skipped")
    return held + failures + skipped


def why_of(error: PublishkitError, target: str) -> str:
    """An error in words, without the target's name."""
    return clean(str(error).removeprefix(f"{target}: "))
