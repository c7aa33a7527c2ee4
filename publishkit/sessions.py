"""Sessions of requests: how they sign, what they trust, and how their connections behave."""

from __future__ import annotations

import os
import socket
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

from publishkit._version import __version__
from publishkit.bodies import BLOCK
from publishkit.errors import AuthenticationError
from publishkit.hooks import LOOPBACK
from publishkit.received import read
from publishkit.secrets import Secret, remember

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3._base_connection import BaseHTTPConnection
    from urllib3.connectionpool import ConnectionPool

    from publishkit.hooks import Connection

__all__ = ["BearerAuth", "NoAuth", "session"]

USER_AGENT: Final = f"publishkit/{__version__}"


class NoAuth(AuthBase):
    """Signs nothing, and keeps requests from taking credentials out of `~/.netrc`."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


class BearerAuth(AuthBase):
    """Signs with a token, which never shows."""

    def __init__(self, token: str) -> None:
        self._token = Secret(token)
        remember(token)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token. Raises AuthenticationError when no header can hold it."""
        if not (self._token.isascii() and self._token.isprintable()):
            msg = "the token has characters that no token has"
            raise AuthenticationError(msg)
        request.headers["Authorization"] = Secret(f"Bearer {self._token}")
        return request

    def __repr__(self) -> str:
        return "BearerAuth(...)"


def session(connection: Connection, auth: AuthBase, headers: Mapping[str, str]) -> requests.Session:
    """A session for one target; threads may share it.

    Args:
        connection: The target, and how many requests may be under way.
        auth: How requests are signed.
        headers: Sent with every request.
    """
    remember(connection.credentials.token, connection.credentials.password)
    made = requests.Session()
    made.auth = auth
    made.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", **headers})
    # InvenioRDM sets a csrftoken cookie, and refuses writes that carry it without more
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.hooks["response"].append(_whole)
    if urlsplit(connection.target.url).hostname in LOOPBACK:
        made.trust_env = False  # what stays on this machine passes no proxy
    elif not isinstance(auth, NoAuth):  # signed requests go to the target's host only
        _as_environment_says(made, connection.target.url)
    adapter = _Adapter(connection)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def _as_environment_says(made: requests.Session, url: str) -> None:
    """Look up proxies and certificates once for all requests to one host.

    requests would do it for each, which costs as much as all else that it does for one.
    """
    made.trust_env = False
    made.proxies.update(get_environ_proxies(url))
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    made.verify = bundle or made.verify


def _whole(answer: requests.Response, **options: object) -> None:
    if not options.get("stream"):  # before requests reads it itself, without end
        read(answer)


class _Adapter(HTTPAdapter):
    """Reads and writes in large blocks, and lets slow lines take their time."""

    def __init__(self, connection: Connection) -> None:
        self._timeout = connection.target.timeout
        super().__init__(
            pool_connections=1,
            pool_maxsize=connection.workers,
            pool_block=True,
            max_retries=0,
        )

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - as requests has it
        **more: object,
    ) -> None:
        more |= {
            "blocksize": BLOCK,  # urllib3's own 16 kB cost a system call each
            # so that a router on the way does not forget a connection that waits for long
            "socket_options": [
                *HTTPConnection.default_socket_options,
                (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            ],
        }
        super().init_poolmanager(connections, maxsize, block, **more)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,  # noqa: FBT001 - as requests has it
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> ConnectionPool:
        pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        if isinstance(pool, HTTPConnectionPool):
            pool.ConnectionCls = _unhurried(pool.ConnectionCls, self._timeout)
        return pool


def _unhurried(kind: type[BaseHTTPConnection], timeout: float) -> type[BaseHTTPConnection]:
    """The same connections, whose `timeout` of connecting does not go on to hold for sending.

    urllib3 2 leaves it in force until the answer is waited for, and Python counts it for each
    block: a line of less than a block in ten seconds could never send a file.
    """
    if hasattr(kind, "timeout_of_sending"):
        return kind

    def connect(self: HTTPConnection) -> None:
        kind.connect(self)
        self.sock.settimeout(timeout)

    return type(kind.__name__, (kind,), {"connect": connect, "timeout_of_sending": timeout})
