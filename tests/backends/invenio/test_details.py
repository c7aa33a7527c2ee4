"""A deposit looked at closely, as servers answer that have what the test server has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import responses
    from pydantic import JsonValue

    from publishkit_invenio.repository import InvenioRepository

    Answers = Callable[..., dict[str, JsonValue]]

API = "https://archive.example/api"
ID = "zvzja-0p521"
RECORD = f"{API}/records/{ID}"
DRAFT = f"{RECORD}/draft"


@pytest.mark.parametrize(
    ("expires", "said"),
    [
        ("2026-11-21 05:37:21.275206", None),  # when it was made: it stays
        ("2027-01-01 00:00:00", "2027-01-01T00:00:00+00:00"),
        ("2027-01-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"),
    ],
)
def test_it_is_said_when_a_draft_goes(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    expires: str,
    said: str | None,
) -> None:
    web.get(DRAFT, json=answer("draft", expires_at=expires))
    web.get(f"{DRAFT}/files", json=answer("files"))
    assert repository.inspect(ID).details.get("expires") == said


def test_an_embargo_is_named_with_its_end(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    embargo: JsonValue = {"active": True, "until": "2030-01-01", "reason": None}
    access: JsonValue = {"record": "public", "files": "restricted", "embargo": embargo}
    web.get(DRAFT, status=404, json={"status": 404, "message": "Not found."})
    web.get(RECORD, json=answer("record", access=access))
    web.get(f"{RECORD}/files", json=answer("files"))
    report = repository.inspect(ID)
    assert report.details["embargo"] == {"until": "2030-01-01"}
    assert report.deposit.created is not None
    kept = {"record": "public", "files": "restricted"}
    told: JsonValue = {"active": True, "until": "2030-01-01"}
    assert repository.describe(ID)["access"] == {**kept, "embargo": told}


def test_a_community_that_may_not_be_seen_is_named_by_its_id(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    hidden = web.get(
        f"{API}/communities/uuid-1", status=403, json={"message": "Permission denied."}
    )
    parent: JsonValue = {"id": "parent", "communities": {"ids": ["uuid-1"]}}
    web.get(DRAFT, status=404, json={"status": 404, "message": "Not found."})
    web.get(RECORD, json=answer("record", parent=parent))
    web.get(f"{RECORD}/files", json=answer("files"))
    assert repository.inspect(ID).details["communities"] == ["uuid-1"]
    assert "invenio" not in repository.describe(ID)
    assert hidden.call_count == 2
