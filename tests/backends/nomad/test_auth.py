"""Signing in."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
import responses

from publishkit.errors import AuthenticationError, TemporaryError
from publishkit.hooks import Connection, Credentials
from publishkit_nomad.api import NomadApi

if TYPE_CHECKING:
    import requests

URL = "https://nomad.example/api/v1"
PASSWORD = "pass word&"


def token(seconds: float, name: str = "a") -> str:
    """A token that lasts so long."""
    claims = json.dumps({"exp": time.time() + seconds, "name": name}).encode()
    return f"head.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature"


@pytest.fixture
def api(connection: Connection) -> NomadApi:
    credentials = Credentials(username="jane", password=PASSWORD)
    return NomadApi(
        Connection(target=connection.target, credentials=credentials, stop=connection.stop)
    )


def bearer_of(call: responses.Call) -> str:
    return str(call.request.headers["Authorization"]).removeprefix("Bearer ")


def give_me() -> None:
    responses.get(f"{URL}/users/me", json={"user_id": "1", "name": "Jane"})


@responses.activate
def test_a_password_is_exchanged_for_a_token_once(api: NomadApi) -> None:
    lasting = token(3600)
    exchange = responses.post(f"{URL}/auth/token", json={"access_token": lasting})
    give_me()
    with ThreadPoolExecutor(4) as pool:
        names = [user.name for user in pool.map(lambda _: api.me(), range(8))]
    assert names == ["Jane"] * 8
    assert exchange.call_count == 1
    sent = exchange.calls[0].request
    assert parse_qs(bytes(sent.body or b"").decode()) == {
        "grant_type": ["password"],
        "username": ["jane"],
        "password": [PASSWORD],
    }
    assert bearer_of(responses.calls[-1]) == lasting


@responses.activate
def test_a_token_is_replaced_before_it_expires(api: NomadApi) -> None:
    exchange = responses.post(f"{URL}/auth/token", json={"access_token": token(30)})
    give_me()
    api.me()
    api.me()
    assert exchange.call_count == 2


@responses.activate
def test_a_token_that_the_server_calls_expired_is_replaced(api: NomadApi) -> None:
    tokens = iter([token(3600, "old"), token(3600, "new")])

    def exchange(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        return 200, {}, json.dumps({"access_token": next(tokens)})

    responses.add_callback("POST", f"{URL}/auth/token", callback=exchange)
    responses.get(f"{URL}/users/me", json={"detail": "Expired token."}, status=401)
    give_me()
    assert api.me().name == "Jane"
    assert bearer_of(responses.calls[1]) != bearer_of(responses.calls[-1])


@responses.activate
def test_a_wrong_password_is_an_authentication_error_that_shows_no_secret(api: NomadApi) -> None:
    responses.post(
        f"{URL}/auth/token", json={"detail": "Incorrect username or password"}, status=401
    )
    with pytest.raises(AuthenticationError, match="Incorrect username or password") as caught:
        api.me()
    assert PASSWORD not in str(caught.value) + repr(caught.value)


@responses.activate
def test_an_answer_without_a_token_is_a_temporary_error(api: NomadApi) -> None:
    responses.post(f"{URL}/auth/token", json={})
    with pytest.raises(TemporaryError, match="no token"):
        api.me()


@responses.activate
def test_a_token_that_tells_nothing_is_used_until_the_server_refuses(api: NomadApi) -> None:
    exchange = responses.post(f"{URL}/auth/token", json={"access_token": "opaque"})
    give_me()
    api.me()
    api.me()
    assert exchange.call_count == 1
    assert bearer_of(responses.calls[-1]) == "opaque"


@responses.activate
def test_a_token_of_ones_own_is_sent_as_it_is(connection: Connection) -> None:
    give_me()
    NomadApi(connection).me()
    assert bearer_of(responses.calls[0]) == "made-up"


@responses.activate
def test_an_expired_token_of_ones_own_is_an_authentication_error(connection: Connection) -> None:
    responses.get(f"{URL}/users/me", json={"detail": "Expired token."}, status=401)
    with pytest.raises(AuthenticationError, match="Expired token"):
        NomadApi(connection).me()
    assert len(responses.calls) == 1


@responses.activate
def test_without_credentials_nothing_is_signed(connection: Connection) -> None:
    give_me()
    bare = Connection(target=connection.target, credentials=Credentials(), stop=connection.stop)
    NomadApi(bare).me()
    assert "Authorization" not in responses.calls[0].request.headers


@responses.activate
def test_nomad_is_asked_for_json_and_nothing_else(connection: Connection) -> None:
    give_me()
    NomadApi(connection).me()
    assert responses.calls[0].request.headers["Accept"] == "application/json"


def test_no_representation_shows_a_secret(api: NomadApi) -> None:
    assert PASSWORD not in repr(vars(api))
