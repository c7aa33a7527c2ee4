"""Passwords that become tokens."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import responses

from publishkit.errors import AuthenticationError, LostAnswerError, NotFoundError, RejectedError
from publishkit.hooks import Connection, Credentials
from publishkit.secrets import remember
from publishkit_nomad.repository import NomadRepository
from publishkit_nomad.tokens import SCOPES

if TYPE_CHECKING:
    import requests

URL = "https://nomad.example/api/v1"
ENDS = "2027-11-21T20:44:58.129594Z"
SHORT = "Requested lifetime (365 days) exceeds the maximum allowed (90 days)."
INFINITE = "Infinite tokens are disabled. Max lifetime is 365 days."


def jwt(seconds: int) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"user": "1", "exp": seconds}).encode()).decode()
    return f"head.{claims.rstrip('=')}.signature"


@pytest.fixture
def repository(connection: Connection) -> NomadRepository:
    """A NOMAD, signed in by a password."""
    responses.post(f"{URL}/auth/token", json={"access_token": "access"})
    credentials = Credentials(username="jane", password="pass word")
    return NomadRepository(
        Connection(target=connection.target, credentials=credentials, stop=connection.stop)
    )


def personal(*refusals: str) -> list[dict[str, Any]]:
    """NOMAD 2.0 refuses for these reasons first; gives what it is asked for then."""
    asked: list[dict[str, Any]] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked.append(json.loads(request.body or b""))
        if len(asked) <= len(refusals):
            return 400, {}, json.dumps({"detail": refusals[len(asked) - 1]})
        made = {"id": "6b01", "name": "x", "expired_at": ENDS, "revoked": False}
        return 201, {}, json.dumps({"pat": made, "raw_token": "nomad_pat_made-up"})

    responses.add_callback("POST", f"{URL}/auth/pats", callback=answer)
    return asked


@responses.activate
def test_a_personal_token_lasts_as_long_as_nomad_allows(repository: NomadRepository) -> None:
    asked = personal(INFINITE, SHORT)
    token = repository.exchange("publishkit on a host")
    assert (token.value, token.id) == ("nomad_pat_made-up", "6b01")
    assert token.expires == datetime.fromisoformat(ENDS)
    assert [one["expires_in_days"] for one in asked] == [None, 365, 90]
    assert asked[-1]["metadata"] == {"name": "publishkit on a host", "scopes": [*SCOPES]}
    assert not any(scope.startswith("tokens:") for scope in SCOPES)


@responses.activate
def test_where_tokens_may_last_for_ever_one_request_is_enough(repository: NomadRepository) -> None:
    asked = personal()
    repository.exchange("x")
    assert [one["expires_in_days"] for one in asked] == [None]


@responses.activate
def test_scopes_that_a_nomad_does_not_know_are_left_out(repository: NomadRepository) -> None:
    asked = personal("Invalid scopes: {'graph:read', 'apps:read'}")
    repository.exchange("x")
    assert set(SCOPES) - set(asked[-1]["metadata"]["scopes"]) == {"graph:read", "apps:read"}


@pytest.mark.parametrize(
    "why", ["Maximum number of active PAT (100) reached.", INFINITE, "", "No such thing."]
)
@responses.activate
def test_where_no_personal_token_is_to_be_had_an_app_token_is(
    repository: NomadRepository, why: str
) -> None:
    personal(*[why] * 9)
    ends = 1_900_000_000
    responses.get(f"{URL}/auth/app_token", json={"app_token": jwt(ends)})
    token = repository.exchange("x")
    assert (token.value, token.id) == (jwt(ends), "")
    assert token.expires == datetime.fromtimestamp(ends, UTC)
    assert str(responses.calls[-1].request.url).endswith("expires_in=2592000")


@pytest.mark.parametrize("status", [404, 405])
@responses.activate
def test_a_nomad_before_personal_tokens_gives_an_app_token(
    repository: NomadRepository, status: int
) -> None:
    responses.post(f"{URL}/auth/pats", status=status, json={"detail": "Not Found"})
    responses.get(f"{URL}/auth/app_token", json={"app_token": "opaque"})
    token = repository.exchange("x")
    assert (token.value, token.expires) == ("opaque", None)


@responses.activate
def test_an_app_token_lasts_as_long_as_the_installation_allows(repository: NomadRepository) -> None:
    responses.post(f"{URL}/auth/pats", status=404, json={"detail": "Not Found"})
    said = [{"loc": ["query", "expires_in"], "msg": "Input should be less than or equal to 3600"}]
    responses.get(f"{URL}/auth/app_token", status=422, json={"detail": said})
    responses.get(f"{URL}/auth/app_token", json={"app_token": jwt(1_900_000_000)})
    repository.exchange("x")
    assert str(responses.calls[-1].request.url).endswith("expires_in=3600")


@responses.activate
def test_an_app_token_that_is_refused_for_good_is_an_error(repository: NomadRepository) -> None:
    responses.post(f"{URL}/auth/pats", status=404, json={"detail": "Not Found"})
    responses.get(f"{URL}/auth/app_token", status=422, json={"detail": "never"})
    with pytest.raises(RejectedError, match="never"):
        repository.exchange("x")


@responses.activate
def test_the_same_app_token_as_in_the_same_second_before_is_not_taken_for_stars(
    repository: NomadRepository,
) -> None:
    """What this process knows is hidden in answers, this one too."""

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        seconds = int(str(request.url).partition("expires_in=")[2])
        return 200, {}, json.dumps({"app_token": jwt(1_900_000_000 + seconds)})

    responses.post(f"{URL}/auth/pats", status=404, json={"detail": "Not Found"})
    responses.add_callback("GET", f"{URL}/auth/app_token", callback=answer)
    remember(jwt(1_900_000_000 + 2_592_000))
    assert repository.exchange("x").value == jwt(1_900_000_000 + 2_591_999)


@responses.activate
def test_a_wrong_password_is_no_reason_to_try_another_kind(connection: Connection) -> None:
    wrong = {"detail": "Incorrect username or password"}
    responses.post(f"{URL}/auth/token", status=401, json=wrong)
    credentials = Credentials(username="jane", password="wr0ng")
    repository = NomadRepository(
        Connection(target=connection.target, credentials=credentials, stop=connection.stop)
    )
    with pytest.raises(AuthenticationError, match="Incorrect"):
        repository.exchange("x")
    assert len(responses.calls) == 1


@responses.activate
def test_a_personal_token_is_asked_for_once_though_the_answer_is_lost(
    repository: NomadRepository,
) -> None:
    """Else NOMAD would have two of them."""
    made = responses.post(f"{URL}/auth/pats", status=502)
    with pytest.raises(LostAnswerError):
        repository.exchange("x")
    assert made.call_count == 1


@pytest.mark.parametrize(("status", "said"), [(204, ""), (404, '{"detail": "Token not found"}')])
@responses.activate
def test_revoking_asks_nomad_and_a_missing_token_is_no_error(
    repository: NomadRepository, status: int, said: str
) -> None:
    gone = responses.delete(f"{URL}/auth/pats/6b01", status=status, body=said)
    repository.revoke_token("6b01")
    assert gone.call_count == 1


@pytest.mark.parametrize("id_", ["../../uploads/x", "", "a/b"])
def test_what_is_no_id_leads_nowhere(id_: str, connection: Connection) -> None:
    with pytest.raises(NotFoundError):
        NomadRepository(connection).revoke_token(id_)
