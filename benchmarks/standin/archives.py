"""Both archives behind one address, counted and limited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.standin.counts import Counts, RateLimit
from benchmarks.standin.invenio import Invenio
from benchmarks.standin.nomad import Nomad
from benchmarks.standin.routes import Call, Refused, Route, as_json, found
from benchmarks.standin.wire import Buffer, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.standin.counts import Json
    from benchmarks.standin.wire import Head, Sink

__all__ = ["Archives", "Control"]

_NOMAD: Final = "/api/v1/"


class Archives:
    """Answers for InvenioRDM below `/api`, and for NOMAD below `/api/v1`.

    Args:
        limit: How many requests it bears.
        processing: How many seconds NOMAD processes a zip.
        spool: Where zips are kept.
        scheme: Of the links in answers.
    """

    def __init__(self, limit: RateLimit, processing: float, spool: Path, scheme: str) -> None:
        self.counts = Counts()
        self._limit = limit
        self._invenio = Invenio(scheme)
        self._nomad = Nomad(processing, spool)

    def sink(self, head: Head) -> Sink:
        """Where the body goes; the route decides."""
        route = self._find(head)
        return route[0].sink(head) if route else Buffer()

    def reply(self, head: Head, sink: Sink) -> Reply:
        """The archive's answer, unless the limit is reached."""
        route = self._find(head)
        passes, headers = self._limit.ask()
        reply = self._answered(head, sink, route) if passes else _too_many()
        self.counts.requests[route[0].name if route else f"{head.method} ?"] += 1
        self.counts.statuses[reply.status] += 1
        return Reply(reply.status, reply.body, {**headers, **(reply.headers or {})})

    def report(self) -> dict[str, Json]:
        """The counts, and all that arrived."""
        invenio, nomad = self._invenio.arrived(), self._nomad.arrived()
        return {**self.counts.as_json(), "invenio": [*invenio], "nomad": [*nomad]}

    def _find(self, head: Head) -> tuple[Route, dict[str, str]] | None:
        archive = self._nomad if head.path.startswith(_NOMAD) else self._invenio
        return found(archive.routes, head)

    def _answered(
        self, head: Head, sink: Sink, route: tuple[Route, dict[str, str]] | None
    ) -> Reply:
        if route is None:
            return as_json({"status": 404, "message": "Not found."}, 404)
        try:
            return route[0].answer(Call(head, sink, route[1]))
        except Refused as refused:
            return refused.reply


class Control:
    """Tells the harness what the archives saw; at an address of its own, and not counted."""

    def __init__(self, archives: Archives) -> None:
        self._archives = archives

    def sink(self, _head: Head) -> Sink:
        """What comes is not looked at."""
        return Buffer()

    def reply(self, head: Head, _sink: Sink) -> Reply:
        """The report; the counts begin anew for `POST /reset`."""
        if (head.method, head.path) == ("POST", "/reset"):
            self._archives.counts.reset()
            return as_json({})
        return as_json(self._archives.report())


def _too_many() -> Reply:
    return as_json({"message": "too many requests", "status": 429}, 429)
