"""What the environment says of a target: proxies and certificates."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import requests
import responses

from publishkit import sessions
from publishkit.hooks import Connection, Credentials, Target
from publishkit.http import Client
from publishkit.sessions import BearerAuth

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://archive.example"
PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no certificates but those that a test names."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def options() -> Callable[[], dict[str, object]]:
    """Sends two requests, and gives with what the last one went out."""

    def sent() -> dict[str, object]:
        target = Target(name="mine", backend="memory", url=URL)
        connection = Connection(target=target, credentials=Credentials(), stop=threading.Event())
        client = Client(connection, URL, auth=BearerAuth("t"), words=str)
        with responses.RequestsMock() as archive:
            archive.get(f"{URL}/x", json={})
            for _ in range(2):
                client.send("GET", "x", repeat=True)
            found: dict[str, object] = archive.calls[-1].request.req_kwargs  # type: ignore[attr-defined]
        return found

    return sent


def test_requests_pass_the_proxy_that_the_environment_names(
    options: Callable[[], dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    assert options()["proxies"] == {"https": PROXY}


def test_a_host_that_the_environment_excepts_is_reached_without_a_proxy(
    options: Callable[[], dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", "archive.example")
    assert not options()["proxies"]


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_the_environment_names_are_trusted(
    options: Callable[[], dict[str, object]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "/somewhere/bundle.pem")
    assert options()["verify"] == "/somewhere/bundle.pem"


def test_certificates_are_checked_where_the_environment_names_none(
    options: Callable[[], dict[str, object]],
) -> None:
    assert options()["verify"] is True


def test_the_environment_is_asked_once_and_not_for_each_request(
    options: Callable[[], dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def proxies(url: str, no_proxy: str | None = None) -> dict[str, str]:
        asked.append(url)
        return {}

    monkeypatch.setattr(sessions, "get_environ_proxies", proxies)
    monkeypatch.setattr(requests.sessions, "get_environ_proxies", proxies)
    options()
    assert asked == [URL]
