"""One HTTP session for each target: sending, repeating, pacing, and what a status means.

A request is repeated only when that is safe. Bodies come from a factory, a new one for each
attempt, since a body that was read once would be sent empty (urllib3 2's own retries do that).
"""

from __future__ import annotations

import hashlib
import logging
import random
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, BinaryIO, Final, TypeAlias
from urllib.parse import urljoin, urlsplit

import requests
from pydantic import JsonValue, TypeAdapter, ValidationError
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from publishkit._version import __version__
from publishkit.errors import (
    AuthenticationError,
    Cancelled,
    IntegrityError,
    RepositoryError,
    TemporaryError,
)
from publishkit.failures import never_sent, of_network, of_status, told_wait, worth_repeating
from publishkit.hooks import LOOPBACK
from publishkit.repository import Digests, Meter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path
    from threading import Event

    from publishkit.hooks import Connection


__all__ = ["BearerAuth", "Body", "Client", "FileBody", "NoAuth", "json_of"]

log = logging.getLogger("publishkit.http")

Body: TypeAlias = "bytes | FileBody | Iterator[bytes]"

USER_AGENT: Final = f"publishkit/{__version__}"
ATTEMPTS: Final = 6
"""How often a request is sent at most; with the waits between, about a minute."""
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
LONGEST_TOLD_WAIT: Final = 900.0
"""Seconds; a server that asks for a longer pause is not waited for."""
REDIRECTS: Final = 5
CONNECT_TIMEOUT: Final = 10.0
READ_TIMEOUT: Final = 120.0
BLOCK: Final = 1 << 20
STREAM_BLOCK: Final = 1 << 16
"""Of downloads: small, so that a slow one notices soon that the user stops."""

_JSON: Final[TypeAdapter[JsonValue]] = TypeAdapter(JsonValue)


class NoAuth(AuthBase):
    """Signs nothing, and keeps requests from taking credentials out of `~/.netrc`."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


class BearerAuth(AuthBase):
    """Signs with a token, which never shows."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token. Raises AuthenticationError when no header can hold it."""
        if not (self._token.isascii() and self._token.isprintable()):
            msg = "the token has characters that no token has"
            raise AuthenticationError(msg)
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return "BearerAuth(...)"


class FileBody:
    """A file as a request's body: reports progress and computes the digests on the way.

    Raises IntegrityError when the file is not the same at its end as when it was listed.
    """

    def __init__(self, path: Path, size: int, meter: Meter) -> None:
        self._path = path
        self._size = size
        self._meter = meter
        self._sent = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._mtime = self._stat()
        self._file: BinaryIO = path.open("rb")

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(BLOCK):
            yield block

    def read(self, size: int = -1) -> bytes:
        """The next bytes, never more than the size that was announced."""
        left = self._size - self._sent
        block = self._file.read(left if size < 0 else min(size, left)) if left else b""
        if left and not block:
            raise self._changed()
        self._sent += len(block)
        self._md5.update(block)
        self._sha256.update(block)
        if self._sent == self._size and self._stat() != self._mtime:
            raise self._changed()
        self._meter.advance(len(block))
        return block

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def rewind(self) -> None:
        """Take back the progress that was reported, since the body must be sent again."""
        self._meter.advance(-self._sent)
        self._sent = 0

    @property
    def digests(self) -> Digests:
        """The digests of the whole file. Raises IntegrityError when it was not read whole."""
        if self._sent != self._size:
            raise self._changed()
        return Digests(self._md5.hexdigest(), self._sha256.hexdigest())

    def _stat(self) -> tuple[int, int]:
        found = self._path.stat()
        if found.st_size != self._size:
            raise self._changed()
        return found.st_size, found.st_mtime_ns

    def _changed(self) -> IntegrityError:
        return IntegrityError(f"{self._path} changed while it was read")


class Client:
    """Sends requests to one target.

    Nothing of it changes after construction, and threads share it.

    Args:
        connection: The target, the credentials' owner and the event that stops waits.
        base: The URL that paths are appended to.
        auth: How requests are signed.
        words: Turns the JSON of an error answer into the server's own words.
        headers: Sent with every request.
    """

    def __init__(
        self,
        connection: Connection,
        base: str,
        *,
        auth: AuthBase,
        words: Callable[[JsonValue], str],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.target = connection.target.name
        self.base = base.rstrip("/")
        self._stop: Event = connection.stop
        self._words = words
        self._session = _session(connection, auth, headers or {})
        self._unsigned = _session(connection, NoAuth(), {})
        bundle = connection.target.ca_bundle
        # named in each request: the environment's REQUESTS_CA_BUNDLE wins over a session's
        self._verify = str(bundle) if bundle else None

    def send(
        self,
        method: str,
        path: str,
        *,
        repeat: bool,
        params: Mapping[str, str | int] | None = None,
        json: JsonValue = None,
        body: Callable[[], Body] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
        timeout: float = READ_TIMEOUT,
    ) -> requests.Response:
        """Send a request and give its answer, 2xx or a status in `accept`.

        Args:
            method: The HTTP method.
            path: Below `base`, or an absolute URL of the same origin.
            repeat: Whether sending it twice does no harm.
            params: The query.
            json: A body of JSON.
            body: Makes the body, for each attempt anew.
            headers: Sent beside the session's.
            accept: Statuses beyond 2xx that are answers and not errors.
            timeout: Seconds of silence after which the answer counts as lost.

        Raises:
            LostAnswerError: `repeat` is false and no one knows whether the server acted.
            TemporaryError: Every attempt failed.
            RepositoryError: The kind that the status means.
            Cancelled: The user stopped the run.
        """
        url = self._given(path)
        return self._answered(
            lambda: self._exchange(method, url, params, json, body, headers, timeout),
            (method, url),
            repeat=repeat,
            accept=accept,
        )

    @contextmanager
    def stream(
        self, path: str, *, params: Mapping[str, str | int] | None = None
    ) -> Iterator[Iterator[bytes]]:
        """GET a file, and give its content in blocks.

        A redirect to another host, as archives with an object store send it, is followed there
        without the credentials.

        Args:
            path: Below `base`, or an absolute URL of the same origin.
            params: The query.

        Raises:
            TemporaryError: It could not be opened, or broke off: what came is not all of it.
            RepositoryError: The kind that the status means.
            Cancelled: The user stopped the run.
        """
        url = self._given(path)
        answer = self._answered(lambda: self._opened(url, params), ("GET", url), repeat=True)
        try:
            yield self._blocks(answer)
        except requests.RequestException as error:
            failure = of_network(error, repeat=True)
            failure.target, failure.method, failure.url = self.target, "GET", _bare(url)
            raise failure from error
        finally:
            answer.close()

    def _opened(self, url: str, params: Mapping[str, str | int] | None) -> requests.Response:
        own = _origin(self.base)
        for _ in range(REDIRECTS):
            signed = _origin(url) == own
            session = self._session if signed else self._elsewhere(url)
            answer = session.get(
                url,
                params=params,
                headers={"Accept": "*/*", "Accept-Encoding": "identity"},
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                verify=self._verify if signed else None,
                allow_redirects=False,
                stream=True,
            )
            location = answer.headers.get("Location")
            if not (answer.is_redirect and location):
                if not answer.ok:
                    _ = answer.content  # its words, read here so that a break counts as one
                return answer
            answer.close()
            url, params = self._secured(urljoin(url, location)), None
        raise requests.TooManyRedirects("too many redirects")

    def _elsewhere(self, url: str) -> requests.Session:
        """For a host that is not the target's: nothing of the target's goes along."""
        parts = urlsplit(url)
        here = urlsplit(self.base).hostname in LOOPBACK and parts.hostname in LOOPBACK
        if parts.scheme != "https" and not here:  # nor may a server reach this machine's own
            raise RepositoryError(
                f"refused to download from {parts.hostname} without encryption",
                target=self.target,
                advice="Tell the archive's operators that their storage redirects to http.",
            )
        return self._unsigned

    def _blocks(self, answer: requests.Response) -> Iterator[bytes]:
        for block in answer.iter_content(STREAM_BLOCK):
            self._check_stop()
            yield block

    def _answered(
        self,
        exchange: Callable[[], requests.Response],
        what: tuple[str, str],
        *,
        repeat: bool,
        accept: Collection[int] = (),
    ) -> requests.Response:
        """The answer to a request, which is repeated while that is safe and may help."""
        method, url = what
        for attempt in range(1, ATTEMPTS + 1):
            self._check_stop()
            try:
                answer = exchange()
            except requests.RequestException as error:
                failure = of_network(error, repeat=repeat or never_sent(error))
                told = None
            except ValueError as error:  # requests reads the address of a redirect itself
                failure = RepositoryError(
                    "the server redirects to what is no URL",
                    advice="Check the target's URL; if it is right, tell its operators.",
                )
                failure.__cause__ = error
                told = None
            else:
                if answer.ok or answer.status_code in accept:
                    return answer
                failure = self._failure(answer, repeat=repeat)
                told = told_wait(answer)
            failure.target, failure.method, failure.url = self.target, method, _bare(url)
            if not worth_repeating(failure) or attempt == ATTEMPTS:
                raise failure
            self._pause(attempt, told, failure)
        raise AssertionError

    def get_json(
        self,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
    ) -> dict[str, JsonValue]:
        """GET a JSON object."""
        return json_of(self.send("GET", path, repeat=True, params=params), self.target)

    def _given(self, path: str) -> str:
        try:
            return self._url(path)
        except ValueError as error:
            raise RepositoryError(
                f"{_bare(path)} is no URL",
                target=self.target,
                advice="Give a path below the API's address, or a full URL of the same host.",
            ) from error

    def _url(self, path: str) -> str:
        url = path if "://" in path else f"{self.base}/{path.lstrip('/')}"
        if _origin(url) != _origin(self.base):
            msg = f"refused to go to another host, {urlsplit(url).netloc}"
            raise RepositoryError(
                msg,
                target=self.target,
                advice="Credentials are sent to the target's own host only.",
            )
        return url

    def _exchange(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | int] | None,
        json: JsonValue,
        body: Callable[[], Body] | None,
        headers: Mapping[str, str] | None,
        timeout: float,
    ) -> requests.Response:
        for _ in range(REDIRECTS):
            data = body() if body else None
            try:
                answer = self._session.request(
                    method,
                    url,
                    params=params,
                    json=json,
                    data=_nonempty(data),
                    headers=headers,
                    timeout=(CONNECT_TIMEOUT, timeout),
                    verify=self._verify,
                    allow_redirects=False,
                )
            except BaseException:
                _close(data, again=True)
                raise
            location = answer.headers.get("Location")
            if not (answer.is_redirect and location):
                _close(data, again=not answer.ok)
                log.debug("%s %s: %d", method, _bare(url), answer.status_code)
                return answer
            _close(data, again=True)
            url, params = self._url(self._secured(urljoin(url, location))), None
            method = method if answer.status_code in {307, 308} else "GET"
        msg = "too many redirects"
        raise requests.TooManyRedirects(msg)

    def _secured(self, url: str) -> str:
        """A redirect to plain http on the target's own host, as a proxy's server gives it."""
        base, parts = urlsplit(self.base), urlsplit(url)
        if (base.scheme, parts.scheme, parts.netloc) == ("https", "http", base.netloc):
            return parts._replace(scheme="https").geturl()
        return url

    def _failure(self, answer: requests.Response, *, repeat: bool) -> RepositoryError:
        return of_status(answer, self._words_of(answer), repeat=repeat)

    def _words_of(self, answer: requests.Response) -> str:
        try:
            return self._words(_JSON.validate_json(answer.content))
        except ValidationError:  # an error page of a proxy
            return ""

    def _pause(self, attempt: int, told: float | None, failure: RepositoryError) -> None:
        if told is not None and told > LONGEST_TOLD_WAIT:
            raise failure
        backoff = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1))
        jittered = backoff * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret
        # InvenioRDM 13.1.2 says "Retry-After: 0" in the last second of its window
        seconds = max(told or 0.0, jittered)
        log.warning("%s; trying again in %.1f s (%d of %d)", failure, seconds, attempt, ATTEMPTS)
        if self._stop.wait(seconds):
            msg = "stopped"
            raise Cancelled(msg)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            msg = "stopped"
            raise Cancelled(msg)


def json_of(answer: requests.Response, target: str) -> dict[str, JsonValue]:
    """The JSON object in an answer; TemporaryError when it is something else."""
    try:
        found = _JSON.validate_json(answer.content)
    except ValidationError:
        found = None
    if isinstance(found, dict):
        return found
    msg = "the server's answer is not a JSON object"
    raise TemporaryError(
        msg,
        target=target,
        method=answer.request.method or "",
        url=_bare(answer.url),
        status=answer.status_code,
        advice="Check the target's URL; if it is right, try again later.",
    )


def _session(
    connection: Connection,
    auth: AuthBase,
    headers: Mapping[str, str],
) -> requests.Session:
    session = requests.Session()
    session.auth = auth
    session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", **headers})
    # InvenioRDM sets a csrftoken cookie, and refuses writes that carry it without more
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if urlsplit(connection.target.url).hostname in LOOPBACK:
        session.trust_env = False  # what stays on this machine passes no proxy
    adapter = _Adapter(
        pool_connections=1,
        pool_maxsize=connection.workers,
        pool_block=True,
        max_retries=0,
    )
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _Adapter(HTTPAdapter):
    """Reads and writes in large blocks; urllib3's own 16 kB cost a system call each."""

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        super().init_poolmanager(*args, blocksize=BLOCK, **kwargs)  # type: ignore[arg-type]


def _nonempty(data: Body | None) -> Body | None:
    # requests would send an empty file with chunked encoding
    return b"" if isinstance(data, FileBody) and not len(data) else data


def _close(data: Body | None, *, again: bool) -> None:
    if isinstance(data, FileBody):
        if again:
            data.rewind()
        data.close()


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _bare(url: str) -> str:
    return url.partition("?")[0]
