"""Access to a deposit, where a server answers as none does on demand."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import requests
from responses.matchers import json_params_matcher

from publishkit.abilities import Permission
from publishkit.errors import LostAnswerError, NotFoundError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Callable

    import responses
    from pydantic import JsonValue

    from publishkit_invenio.repository import InvenioRepository

    Answers = Callable[..., dict[str, JsonValue]]

API = "https://archive.example/api"
ID = "zvzja-0p521"
DRAFT = f"{API}/records/{ID}/draft"
LINKS = f"{API}/records/{ID}/access/links"
GRANTS = f"{API}/records/{ID}/access/grants"
USERS = f"{API}/users"
LOST = requests.ConnectionError("lost")


def _link(permission: str = "preview", expires: str | None = None) -> dict[str, JsonValue]:
    link: dict[str, JsonValue] = {"id": "link-1", "permission": permission, "token": "t0k3n"}
    return {**link, "expires_at": expires} if expires else link


def _hits(*hits: JsonValue) -> dict[str, JsonValue]:
    return {"hits": {"hits": list(hits), "total": len(hits)}}


def _person(number: str, username: str, email: str | None = None) -> dict[str, JsonValue]:
    profile: JsonValue = {"full_name": username.title(), "affiliations": "Test"}
    person: dict[str, JsonValue] = {"id": number, "username": username, "profile": profile}
    return {**person, "email": email} if email else person


# ---- secret links ----


def test_a_link_whose_answer_is_lost_is_found_again(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, json=answer("draft"))
    web.get(LINKS, json=_hits())
    made = web.post(LINKS, body=LOST)
    web.get(LINKS, json=_hits(_link()))
    share = repository.share_link(ID, Permission.PREVIEW, None)
    assert share.url == f"https://archive.example/records/{ID}?preview=1&token=t0k3n"
    assert made.call_count == 1


def test_a_link_that_was_not_made_is_not_made_up(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, json=answer("draft"))
    web.get(LINKS, json=_hits(_link("edit")))
    web.post(LINKS, body=LOST)
    with pytest.raises(LostAnswerError):
        repository.share_link(ID, Permission.PREVIEW, None)


@pytest.mark.parametrize(
    ("expires", "day"),
    [
        (datetime(2099, 1, 31, tzinfo=UTC), "2099-01-31"),
        (datetime(2099, 1, 31, 0, 0, 1, tzinfo=UTC), "2099-02-01"),
        (datetime(2099, 1, 31, 23, tzinfo=timezone(timedelta(hours=-2))), "2099-02-02"),
    ],
)
def test_a_link_lasts_until_the_first_midnight_that_is_not_too_early(
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Answers,
    expires: datetime,
    day: str,
) -> None:
    web.get(DRAFT, json=answer("draft"))
    web.get(LINKS, json=_hits())
    sent = json_params_matcher({"permission": "edit", "expires_at": day})
    web.post(LINKS, status=201, json=_link("edit", day), match=[sent])
    share = repository.share_link(ID, Permission.EDIT, expires)
    assert share.expires == datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert share.url == f"https://archive.example/uploads/{ID}?token=t0k3n"
    assert "t0k3n" not in repr(share)


@pytest.mark.parametrize(
    ("expires", "wrong"),
    [(datetime(2020, 1, 1, tzinfo=UTC), "is over"), (datetime(2099, 1, 1), "no time zone")],  # noqa: DTZ001 - that is the point
)
def test_an_end_that_cannot_be_is_refused_before_anything_is_sent(
    repository: InvenioRepository, expires: datetime, wrong: str
) -> None:
    with pytest.raises(RejectedError, match=wrong):
        repository.share_link(ID, Permission.VIEW, expires)


def test_no_link_can_be_had_that_lets_somebody_manage(repository: InvenioRepository) -> None:
    with pytest.raises(RejectedError, match="view, preview, edit"):
        repository.share_link(ID, Permission.MANAGE, None)


# ---- people ----


def test_a_person_is_found_by_an_address_that_they_show(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    hits = _hits(_person("7", "jane", "Jane@Example.org"), _person("8", "janet"))
    web.get(USERS, json=hits)
    grants = _hits({"permission": "view", "subject": {"type": "user", "id": "7"}})
    web.get(GRANTS, json=_hits())
    subject = {"type": "user", "id": "7"}
    sent = json_params_matcher({"grants": [{"subject": subject, "permission": "view"}]})
    web.post(GRANTS, status=201, json=grants, match=[sent])
    web.get(GRANTS, json=grants)
    (share,) = repository.grant(ID, ["jane@example.org"], Permission.VIEW)
    assert (share.id, share.permission) == ("user:7", Permission.VIEW)


@pytest.mark.parametrize("number", ["jane", "٣", "2147483648", "9" * 5000])
def test_a_user_who_can_have_no_such_number_is_not_asked_for(
    repository: InvenioRepository,
    number: str,
) -> None:
    with pytest.raises(NotFoundError, match="there is no user"):
        repository.user(number)


@pytest.mark.parametrize("name", ["٣", "2147483648"])
def test_a_name_of_digits_that_is_no_number_is_looked_for_as_a_name(
    repository: InvenioRepository, web: responses.RequestsMock, name: str
) -> None:
    web.get(USERS, json=_hits())
    with pytest.raises(RejectedError, match="nobody is called"):
        repository.grant(ID, [name], Permission.VIEW)


def test_two_people_of_one_name_are_both_named_and_neither_gets_access(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(USERS, json=_hits(_person("7", "jane"), _person("8", "Jane")))
    with pytest.raises(RejectedError, match=re.escape("Jane (jane, number 7), Jane (Jane")):
        repository.grant(ID, ["jane"], Permission.VIEW)
    assert all(call.request.method == "GET" for call in web.calls)


def test_a_grant_whose_answer_is_lost_and_that_is_sent_again_is_there(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(USERS, json=_hits(_person("2", "bob")))
    held = _hits({"permission": "edit", "subject": {"type": "user", "id": "2"}})
    web.get(GRANTS, json=_hits())
    web.post(GRANTS, body=LOST)
    said = "Grant for this user/role already exists within this record."
    web.post(GRANTS, status=400, json={"status": 400, "message": said})
    web.get(GRANTS, json=held)
    (share,) = repository.grant(ID, ["bob"], Permission.EDIT)
    assert share.id == "user:2"


def test_access_is_not_taken_back_by_a_name_that_two_people_have(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    two = [_granted("7", "jane"), _granted("8", "Jane")]
    web.get(GRANTS, json=_hits(*two))
    with pytest.raises(RejectedError, match=r"user:7.*user:8"):
        repository.revoke(ID, "jane")
    assert all(call.request.method == "GET" for call in web.calls)


@pytest.mark.parametrize("share", ["user:8", "8", "john"])
def test_access_is_taken_back_from_the_one_who_is_meant(
    repository: InvenioRepository, web: responses.RequestsMock, share: str
) -> None:
    web.get(GRANTS, json=_hits(_granted("7", "jane"), _granted("8", "john")))
    gone = web.delete(f"{API}/records/{ID}/access/users/8", status=204)
    repository.revoke(ID, share)
    assert gone.call_count == 1


def test_an_id_takes_access_back_also_where_it_is_somebodys_name(
    repository: InvenioRepository, web: responses.RequestsMock
) -> None:
    web.get(GRANTS, json=_hits(_granted("7", "user:8"), _granted("8", "john")))
    gone = web.delete(f"{API}/records/{ID}/access/users/8", status=204)
    repository.revoke(ID, "user:8")
    assert gone.call_count == 1


def _granted(number: str, username: str) -> dict[str, JsonValue]:
    subject: JsonValue = {"type": "user", "id": number}
    expanded: JsonValue = {"subject": _person(number, username)}
    return {"permission": "view", "subject": subject, "expanded": expanded}


def test_a_groups_access_is_listed_and_taken_back(
    repository: InvenioRepository, web: responses.RequestsMock, answer: Answers
) -> None:
    web.get(DRAFT, json=answer("draft"))
    web.get(GRANTS, json=_hits({"permission": "view", "subject": {"type": "role", "id": "it"}}))
    web.get(LINKS, json=_hits())
    (share,) = repository.shares(ID)
    assert (share.id, share.who) == ("role:it", "it")
    gone = web.delete(f"{API}/records/{ID}/access/groups/it", status=204)
    repository.revoke(ID, share.id)
    assert gone.call_count == 1
