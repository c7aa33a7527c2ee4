"""Signing in: a token as it is, or one got for a user name and password and renewed."""

from __future__ import annotations

import base64
import json
import time
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from requests.auth import AuthBase

from publishkit.errors import TemporaryError
from publishkit.http import Client, json_of
from publishkit.secrets import Secret, remember
from publishkit.sessions import BearerAuth, NoAuth

if TYPE_CHECKING:
    import requests

    from publishkit.hooks import Credentials

__all__ = ["PasswordAuth", "auth_for", "end_of"]

MARGIN: Final = 60.0
"""Seconds before its end at which a token is replaced."""


def auth_for(credentials: Credentials, client: Client) -> AuthBase:
    """How requests are signed.

    Args:
        credentials: A token goes before a password; neither means unsigned requests.
        client: Sends unsigned requests to the same API.
    """
    if credentials.token:
        return BearerAuth(credentials.token)
    if credentials.username and credentials.password:
        return PasswordAuth(client, credentials.username, credentials.password)
    return NoAuth()


class PasswordAuth(AuthBase):
    """Signs with a token that it gets, once for all threads, and again before it expires.

    Nothing of it shows: neither password nor token are in its representation.
    """

    def __init__(self, client: Client, username: str, password: str) -> None:
        self._client = client
        self._username = username
        self._password = Secret(password)
        self._token = ""
        self._ends = 0.0
        self._lock = Lock()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request; gets a token first if there is none, or none that lasts."""
        request.headers["Authorization"] = Secret(f"Bearer {self._current()}")
        return request

    def __repr__(self) -> str:
        return "PasswordAuth(...)"

    def forget(self) -> None:
        """Get a new token for the next request, since the server says that this one expired."""
        with self._lock:
            self._ends = 0.0

    def _form(self) -> bytes:
        # Without grant_type NOMAD from 1.4 on answers 422.
        form = {
            "grant_type": "password",
            "username": self._username,
            "password": self._password,
        }
        return urlencode(form, errors="surrogateescape").encode()

    def _current(self) -> str:
        with self._lock:
            if time.time() > self._ends - MARGIN:
                self._token = self._exchange()
                self._ends = end_of(self._token)
            return self._token

    def _exchange(self) -> str:
        answer = self._client.send(
            "POST",
            "auth/token",
            repeat=True,
            body=self._form,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        token = json_of(answer, self._client.target).get("access_token")
        if isinstance(token, str) and token and token.isascii() and token.isprintable():
            remember(token)
            return Secret(token)
        raise TemporaryError("the server gave no token", target=self._client.target)


def end_of(token: str) -> float:
    """When a JSON web token ends, in seconds since 1970; never for what is not one."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return float("inf")
