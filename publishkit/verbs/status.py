"""How deposits stand."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from publishkit.abilities import Grouping
from publishkit.errors import ConfigError, NotFoundError, TemporaryError
from publishkit.finding import Found, find, keeping
from publishkit.keeping import keeping_open
from publishkit.receipts import page_of
from publishkit.repository import RemoteFile, Report, State
from publishkit.tables import Anchor, Tabular, tabled
from publishkit.text import plural, size
from publishkit.verbs.asking import asking
from publishkit.verbs.working import as_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from pydantic import JsonValue

    from publishkit.tables import Cells

__all__ = ["Status", "status"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Tabular):
    """How a deposit stands."""

    name: str
    """The folder as it was given, else the id."""
    target: str
    id: str
    state: State
    title: str = ""
    doi: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, RemoteFile] = field(default_factory=dict)
    """By key."""
    failures: tuple[str, ...] = ()
    """What the repository could not process, in its words."""
    details: Mapping[str, JsonValue] = field(default_factory=dict)
    """What else there is to say, by name: process, entries, review, embargo, versions."""
    created: datetime | None = None
    """In UTC, as `updated`."""
    updated: datetime | None = None
    folder: Path | None = None

    @property
    def page(self) -> str:
        """The page to look at; '' where there is none."""
        return page_of(self.state, self.links)

    def cells(self) -> Cells:
        """What a table says of it."""
        total = sum(file.size for file in self.files.values())
        held = f"{plural(len(self.files), 'file')}, {size(total)}"
        return {
            "record": self.name,
            "target": self.target,
            "state": self.state.value,
            "title": self.title,
            "holds": held if self.state != "gone" else "",
            "DOI": Anchor(self.doi, f"https://doi.org/{self.doi}") if self.doi else "",
            "page": Anchor(self.id, self.page),
            "not processed": "; ".join(self.failures),
        }


@tabled
def status(
    what: str | Path,
    to: str | None = None,
    *,
    links: str | Path | None = None,
    recursive: bool = False,
) -> list[Status]:
    """Look at deposits, and keep what is seen in the links file.

    Args:
        what: A record folder or a folder of them, an id, a DOI or the URL of a page.
        to: The name of the target; for a folder that is on several, all of them by default.
        links: The links file, instead of the one that knows the folder.
        recursive: Whether to look for records in deeper folders too.

    Returns:
        How each stands, one that is gone included if it is known from a links file.

    Raises:
        ConfigError: The folder has no deposit yet, or the target is not known.
        NotFoundError: There is no such deposit.
        RepositoryError: The target cannot be asked.
    """
    found = find(what, to, links=as_path(links), recursive=recursive)
    seen = [(one, _seen(one)) for one in found]
    _keep(seen)  # only now, since a long look must not keep a push waiting
    return [_status(one, report) for one, report in seen]


def _seen(found: Found) -> Report | None:
    """How it stands; None where it is gone and a links file knows it."""
    try:
        with asking(found.setting, found.target):
            return found.repository.inspect(found.id)
    except NotFoundError:
        if found.row is None:
            raise
        return None


def _status(found: Found, report: Report | None) -> Status:
    if report is None:
        return _gone(found)
    report = _part(found, report)
    deposit = report.deposit
    return Status(
        name=found.name,
        target=found.target.name,
        id=deposit.id,
        state=State.FAILED if deposit.failures else deposit.state,
        title=deposit.title,
        doi=deposit.doi,
        links=deposit.links,
        files=report.files,
        failures=deposit.failures,
        details=report.details,
        created=deposit.created,
        updated=deposit.updated,
        folder=found.folder,
    )


def _keep(seen: Iterable[tuple[Found, Report | None]]) -> None:
    """Keep what was seen; looking does not fail because it cannot be kept."""
    with suppress(TemporaryError, ConfigError), keeping_open():
        for found, report in seen:
            with keeping(found) as keeper:
                if keeper.row != found.row:  # changed meanwhile, so what was seen is older
                    continue
                if report:
                    state = State.FAILED if report.deposit.failures else report.deposit.state
                    keeper.keep(report.deposit, state=state.value)
                else:
                    keeper.note(state=State.GONE.value)


def _gone(found: Found) -> Status:
    return Status(
        name=found.name,
        target=found.target.name,
        id=found.id,
        state=State.GONE,
        title=found.row.title if found.row else "",
        doi=(found.row.doi if found.row else "") or None,
        folder=found.folder,
    )


def _part(found: Found, report: Report) -> Report:
    """Of a group's deposit, the part that is the record's."""
    if not (found.member and found.row and isinstance(found.repository, Grouping)):
        return report
    prefix = f"{found.row.folder}/"
    files = {k.removeprefix(prefix): f for k, f in report.files.items() if k.startswith(prefix)}
    deposit = found.repository.member(report.deposit, found.row.folder)
    return replace(report, deposit=deposit, files=files)
