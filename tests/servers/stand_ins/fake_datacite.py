"""A little DataCite: DOIs can be made, changed, looked up and deleted, and nobody else sees them.

Usage: fake_datacite.py PORT
"""

from __future__ import annotations

import json
import sys
from typing import Any

from .jsonserver import JsonHandler, serve

STATES = {"publish": "findable", "register": "registered", "hide": "registered"}

dois: dict[str, dict[str, Any]] = {}


class DataCite(JsonHandler):
    """Answers one connection."""

    content_type = "application/vnd.api+json"

    @property
    def doi(self) -> str:
        """The DOI in the path, or nothing."""
        return "/".join(self.path_parts[1:]).lower()

    def do_GET(self) -> None:  # noqa: N802 - http.server's name for it
        """Show one DOI, or all."""
        if self.path_parts == ["heartbeat"]:
            self.answer(200, "OK")
        elif self.doi in dois:
            self.answer(200, {"data": shown(self.doi)})
        elif self.path_parts == ["dois"]:
            self.answer(200, {"data": [shown(doi) for doi in dois]})
        else:
            self.answer(404, {"errors": [{"status": "404", "title": "not found"}]})

    def do_POST(self) -> None:  # noqa: N802 - http.server's name for it
        """Make a DOI."""
        self.write(201)

    def do_PUT(self) -> None:  # noqa: N802 - http.server's name for it
        """Change a DOI, or make it."""
        self.write(200 if self.doi in dois else 201)

    def write(self, status: int) -> None:
        """Keep what was sent, and answer with it."""
        sent = json.loads(self.body() or b"{}").get("data", {}).get("attributes", {})
        doi = (sent.get("doi") or self.doi).lower()
        kept = dois.setdefault(doi, {"doi": doi, "state": "draft"})
        kept.update(sent)
        kept["state"] = STATES.get(sent.get("event", ""), kept["state"])
        self.answer(status, {"data": shown(doi)})

    def do_DELETE(self) -> None:  # noqa: N802 - http.server's name for it
        """Forget a DOI."""
        dois.pop(self.doi, None)
        self.answer(204)


def shown(doi: str) -> dict[str, Any]:
    """Show a DOI as DataCite does."""
    return {"id": doi, "type": "dois", "attributes": dois[doi]}


if __name__ == "__main__":
    serve(DataCite, int(sys.argv[1]))
