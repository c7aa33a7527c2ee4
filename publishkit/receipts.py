"""What became of one record on one target."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from publishkit.repository import State
from publishkit.tables import Anchor, Tabular
from publishkit.text import plural, size

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from publishkit.errors import PublishkitError
    from publishkit.tables import Cells

__all__ = ["Outcome", "Receipt", "page_of"]


def page_of(state: State | None, links: Mapping[str, str]) -> str:
    """The page to look at: the record's own once published, the draft's before; or ''."""
    pages = ("record_html", "self_html", "self")
    order = pages if state is State.PUBLISHED else ("self_html", "record_html", "self")
    return next((links[name] for name in order if links.get(name)), "")


class Outcome(StrEnum):
    """What a run did with a record."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It is not valid, and `skip_invalid` was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Tabular):
    """What became of one record on one target."""

    folder: Path
    name: str
    """The folder as messages show it."""
    target: str
    outcome: Outcome
    id: str = ""
    state: State | None = None
    """The deposit's state as last seen; None when there is no deposit."""
    published_now: bool = False
    """Whether this run published the deposit or submitted it for review."""
    held: bool = False
    """Whether it was not published because the same record failed on another target."""
    waiting: str = ""
    """The target that must make the same record public first, since this deposit names it there;
    the same command takes up then."""
    doi: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    files_sent: int = 0
    bytes_sent: int = 0
    failures: tuple[str, ...] = ()
    """What the repository could not process, in its words."""
    error: PublishkitError | None = None
    """Why the outcome is `failed`."""

    @property
    def page(self) -> str:
        """The page to look at: the record's own once published, the draft's before; or ''."""
        return page_of(self.state, self.links)

    @property
    def verb(self) -> str:
        """What was done, in a word: the outcome, or `published` or `submitted`."""
        if self.published_now and not self.error:
            return "published" if self.state is State.PUBLISHED else "submitted"
        return self.outcome.value

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for was done."""
        return (
            self.error is None
            and not self.failures
            and not self.held
            and self.outcome is not Outcome.SKIPPED
        )

    def cells(self) -> Cells:
        """What a table says of it."""
        sent = f"{plural(self.files_sent, 'file')}, {size(self.bytes_sent)}"
        waits = f"waits for {self.waiting}" if self.waiting else ""
        held = "waits, since another target failed" if self.held else ""
        why = "; ".join(filter(None, [str(self.error or ""), waits, held, *self.failures]))
        return {
            "record": self.name,
            "target": self.target,
            "outcome": self.verb,
            "state": self.state.value if self.state else "",
            "sent": sent if self.files_sent else "",
            "DOI": Anchor(self.doi, f"https://doi.org/{self.doi}") if self.doi else "",
            "page": Anchor(self.id or self.page, self.page) if self.page else self.id,
            "why": why,
        }
