"""Lists that are longer than a server shows."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import responses

from publishkit.abilities import Query
from publishkit.errors import LimitError, RejectedError
from publishkit_invenio import catalogue

if TYPE_CHECKING:
    import requests
    from pydantic import JsonValue

    from publishkit_invenio.repository import InvenioRepository

API = "https://archive.example/api"
WINDOW = 6
"""How many hits this server shows; a real one shows 10,000."""


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "PAGE", 2)
    monkeypatch.setattr(catalogue, "PAGES", WINDOW // 2)


def _record(number: int, day: int) -> dict[str, JsonValue]:
    return {"id": f"id-{number}", "created": f"2026-01-{day:02}T00:00:00+00:00"}


def _serve(web: responses.RequestsMock, records: list[dict[str, JsonValue]]) -> None:
    """The newest first; those until a time, for a query that says so."""

    def found(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        params = dict(request.params)  # type: ignore[attr-defined]  # responses adds it
        until = re.search(r'TO "([^"]+)"\]', params.get("q", ""))
        hits = [r for r in records if until is None or str(r["created"]) <= until.group(1)]
        page, size = int(params["page"]), int(params["size"])
        if page * size > WINDOW:
            return 400, {}, json.dumps({"status": 400, "message": "Invalid querystring"})
        shown = hits[(page - 1) * size : page * size]
        return 200, {}, json.dumps({"hits": {"hits": shown, "total": len(hits)}})

    web.add_callback(responses.GET, f"{API}/user/records", callback=found)
    web.add_callback(responses.GET, f"{API}/records", callback=found)
    web.assert_all_requests_are_fired = False


def test_a_list_goes_on_where_the_server_stops(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    _serve(web, [_record(n, 28 - n // 2) for n in range(21)])
    assert [one.id for one in repository.deposits()] == [f"id-{n}" for n in range(21)]


def test_a_list_that_cannot_go_on_says_so(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    _serve(web, [_record(n, 1) for n in range(21)])
    found = repository.deposits()
    assert [next(found).id for _ in range(WINDOW)] == [f"id-{n}" for n in range(WINDOW)]
    with pytest.raises(LimitError, match="first 6"):
        next(found)


def test_the_best_matches_end_where_the_server_stops(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    _serve(web, [_record(n, 1) for n in range(21)])
    with pytest.raises(LimitError, match="Search for more words"):
        list(repository.search(Query("words")))


def test_pages_are_asked_for_when_they_are_needed(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    _serve(web, [_record(n, 1) for n in range(21)])
    next(repository.deposits())
    assert len(web.calls) == 1


def test_an_owner_that_no_search_knows_is_refused(repository: InvenioRepository) -> None:
    with pytest.raises(RejectedError, match="public, user"):
        repository.search(Query("words", owner="everybody"))
