"""What became of one record on one target."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from publishkit.repository import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from publishkit.errors import PublishkitError

__all__ = ["Outcome", "Receipt"]


class Outcome(StrEnum):
    """What a run did with a record."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It is not valid, and `skip_invalid` was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
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
        first = "record_html" if self.state is State.PUBLISHED else "self_html"
        return self.links.get(first) or self.links.get("record_html") or self.links.get("self", "")

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for was done."""
        return (
            self.error is None
            and not self.failures
            and not self.held
            and self.outcome is not Outcome.SKIPPED
        )
