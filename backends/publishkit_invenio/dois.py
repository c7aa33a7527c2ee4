"""DOIs, and the address of a deposit where there are none."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from publishkit.abilities import Addresses, DoiLookup, DoiReservation
from publishkit.errors import LostAnswerError, RejectedError
from publishkit.identifiers import as_doi
from publishkit.repository import State
from publishkit_invenio.connected import Connected
from publishkit_invenio.deposits import links_of, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit.hooks import Connection
    from publishkit_invenio.answers import Deposited

__all__ = ["Dois"]


class Dois(Connected, Addresses, DoiReservation, DoiLookup):
    """Reserves DOIs, where the instance gives them, and finds deposits by theirs."""

    registers: ClassVar[bool] = True

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._without_dois = self._settings.dois == "off"
        """Set once the instance has shown that it gives none."""

    def reserve_doi(self, id: str) -> str:
        """The DOI that the draft has, or else a new one."""
        found = self._existing(id)
        return _held(found) or self._reserved(found)

    def address(self, id: str) -> str:
        """The DOI's URL; without DOIs the page that the draft will have once it is published."""
        found = self._existing(id)
        doi = _held(found)
        if doi is None and state_of(found) is not State.PUBLISHED and not self._without_dois:
            try:
                doi = self._reserved(found)
            except RejectedError:
                if not self._without_dois:
                    raise
        links = links_of(found)
        page = links.get("record_html") or links.get("self_html") or links.get("self", "")
        return f"https://doi.org/{doi}" if doi else page

    def _reserved(self, found: Deposited) -> str:
        if state_of(found) is State.PUBLISHED:
            raise RejectedError(
                f"{found.id} is published and has no DOI",
                target=self._api.target,
                advice="DOIs are reserved on drafts; ask the archive's curators.",
            )
        if self._without_dois:
            raise self._gives_none()
        try:
            doi = _held(self._api.reserve_doi(found.id))
        except (LostAnswerError, RejectedError) as error:
            # a second call is a 400, and an instance without DOIs answers 500
            doi = _held(self._existing(found.id))
            failed = error.status == HTTPStatus.INTERNAL_SERVER_ERROR
            if doi is None and failed and self._settings.dois is None:
                self._without_dois = True
                raise self._gives_none() from error
            if doi is None:
                raise
        if doi is None:
            raise self._gives_none()
        return doi

    def _gives_none(self) -> RejectedError:
        return RejectedError(
            "this archive gives no DOIs",
            target=self._api.target,
            advice="Leave the DOI out; the record's page is its address here.",
        )

    # ---- finding ----

    def find_doi(self, doi: str) -> str | None:
        """One's own drafts too; the DOI of all versions gives the latest."""
        for path in ("records", "user/records"):
            hits = self._with_doi(path, doi)
            exact = [hit.id for hit in hits if doi.lower() in _dois_of(hit)]
            latest = [hit.id for hit in hits if hit.versions.is_latest]
            if exact or latest:
                return (exact or latest)[0]
        return None

    def _with_doi(self, path: str, doi: str) -> tuple[Deposited, ...]:
        """The index knows a DOI only as it was written, nearly always in lower case."""
        spelt = dict.fromkeys((doi, doi.lower(), doi.upper()))
        fields = ("pids.doi.identifier", "parent.pids.doi.identifier")
        other = "metadata.identifiers.identifier"  # where DOIs go when an instance gives none
        quoted = (one.replace("\\", r"\\").replace('"', r"\"") for one in spelt)
        query = " OR ".join(f'{field}:"{one}"' for one in quoted for field in (*fields, other))
        return self._api.records(path, {"q": query, "allversions": "true", "size": "25"}).hits


def _held(found: Deposited) -> str | None:
    pid = found.pids.get("doi")
    return (pid.identifier if pid else "") or None


def _dois_of(found: Deposited) -> Iterator[str]:
    pid = found.pids.get("doi")
    if pid:
        yield pid.identifier.lower()
    listed = found.metadata.get("identifiers")
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and item.get("scheme") == "doi":
            yield as_doi(str(item.get("identifier") or "")) or ""
