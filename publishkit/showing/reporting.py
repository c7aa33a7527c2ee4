"""A watcher that prints: a line a record, a live table in a terminal, and a summary."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final, Self

from publishkit.receipts import Outcome
from publishkit.showing.display import Display
from publishkit.showing.ink import Ink
from publishkit.showing.tally import Tally
from publishkit.showing.words import details, reasons, why_of
from publishkit.text import clean, duration, natural, near, plural, size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from publishkit.plan import Plan
    from publishkit.receipts import Receipt

__all__ = ["Reporter", "checking", "receipt_lines"]

ORDER: Final = ("created", "updated", "unchanged", "published", "submitted", "skipped", "failed")
MANY: Final = 10
"""Records; of more, those that failed are named once more at the end."""
NAMED: Final = 8
"""Records of one reason."""
_BELOW: Final = " " * 11


@contextmanager
def checking(*, quiet: bool) -> Iterator[None]:
    """Say in a terminal that records are being checked, as long as that takes."""
    with Display(Tally().snapshot, sys.stdout, None if quiet else sys.stderr):
        yield


class Reporter(Tally):
    """Says how a run goes on.

    Args:
        quiet: Say nothing but which records failed.
        out: Where the lines go; standard output by default.
    """

    def __init__(self, *, quiet: bool = False, out: IO[str] | None = None) -> None:
        super().__init__()
        self._quiet = quiet
        self._out = out or sys.stdout
        self._ink = Ink.of(self._out)
        self._display = Display(self.snapshot, self._out, None if quiet else sys.stderr)
        self._ledgers: set[Path] = set()

    def __enter__(self) -> Self:
        self._display.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._display.__exit__(kind, error, trace)
        self.explain(error)
        if not self._quiet and self.receipts:
            self._display.lines(self._summary())

    def planned(self, plan: Plan) -> None:
        """Know what there is to do, and where the links will be."""
        super().planned(plan)
        self._ledgers |= {part.ledger for step in plan.steps for part in step.parts}

    def finished(self, receipt: Receipt) -> None:
        """Print a line, errors even when quiet."""
        super().finished(receipt)
        if not self._quiet or not receipt.ok:
            self._display.lines(receipt_lines(receipt, self._ink))

    # ---- the end ----

    def _summary(self) -> list[str]:
        bad = [receipt for receipt in self.receipts if not receipt.ok]
        bad.sort(key=lambda receipt: natural(receipt.folder.parts))  # they end in any order
        again = self._why(bad) if len(self.receipts) > MANY and bad else []
        counts = ", ".join(f"{self.counts[verb]} {verb}" for verb in ORDER if self.counts[verb])
        sent = sum(receipt.files_sent for receipt in self.receipts)
        nbytes = sum(receipt.bytes_sent for receipt in self.receipts)
        said = [f"{counts}."]
        if sent:
            took = f", in {duration(self.seconds)}" if self.seconds >= 1 else ""
            said.append(f"{plural(sent, 'file')} sent, {size(nbytes)}{took}.")
        if self._ledgers:
            said.append(f"Links: {', '.join(map(self._linked, sorted(self._ledgers)))}")
        return [*again, " ".join(said)]

    def _linked(self, path: Path) -> str:
        return self._ink.link(clean(near(path)), path.absolute().as_uri())

    def _why(self, bad: list[Receipt]) -> list[str]:
        lines = [self._ink.paint(f"Not as asked, {len(bad)} of {len(self.receipts)}:", "bold")]
        for reason in reasons(bad):
            names = reason.names[:NAMED]
            more = len(reason.names) - len(names)
            named = ", ".join(map(clean, names)) + (f" and {more} more" if more else "")
            lines += [f"  {named} on {clean(reason.target)}:", f"    {reason.text}"]
        return lines


def receipt_lines(receipt: Receipt, ink: Ink, verb: str = "") -> list[str]:
    """What became of one record on one target, and what could not be processed.

    Args:
        receipt: Of the record.
        ink: What the lines may hold.
        verb: What was done; by default what the receipt says.
    """
    failed = receipt.outcome is Outcome.FAILED
    colour = "red" if failed else "green" if receipt.ok else "yellow"
    if receipt.outcome is Outcome.UNCHANGED and receipt.ok and not receipt.published_now:
        colour = "dim"
    said = ink.paint(f"{verb or receipt.verb:<10}", colour)
    line = f"{said} {clean(receipt.name)} on {clean(receipt.target)}{_said_of(receipt, ink)}"
    return [line, *(f"{_BELOW}not processed: {clean(one)}" for one in receipt.failures)]


def _said_of(receipt: Receipt, ink: Ink) -> str:
    if receipt.error:
        return f": {why_of(receipt.error, receipt.target)}"
    said = f": {clean(details(receipt))}" if details(receipt) else ""
    if receipt.doi:
        doi = clean(receipt.doi)
        said += f"  {ink.link(doi, f'https://doi.org/{doi}')}"
    if receipt.page:
        page = clean(receipt.page)
        said += f"  {ink.link(page, page)}"
    return said
