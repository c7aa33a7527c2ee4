"""One HTTP session for each target: sending, repeating, pacing, and what a status means.

A request is repeated only when that is safe. Bodies come from a factory, a new one for each
attempt, since a body that was read once would be sent empty (urllib3 2's own retries do that).
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

import requests
from pydantic import JsonValue, TypeAdapter, ValidationError

from publishkit.bodies import FileBody
from publishkit.errors import Cancelled, RepositoryError, TemporaryError
from publishkit.exchanges import Retry, Sent, retrying, trying
from publishkit.failures import (
    away,
    is_page,
    never_sent,
    of_network,
    of_page,
    of_status,
    told_wait,
    worth_repeating,
)
from publishkit.hooks import LOOPBACK
from publishkit.pace import Pace
from publishkit.patience import Patience, Spent
from publishkit.received import read
from publishkit.secrets import hidden
from publishkit.sessions import NoAuth, session

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from threading import Event

    from requests.auth import AuthBase

    from publishkit.bodies import Body
    from publishkit.hooks import Connection


__all__ = ["Client", "json_of"]

REDIRECTS: Final = 5
CONNECT_TIMEOUT: Final = 10.0
"""Seconds."""
_SLOW: Final = 5
"""How many times the usual silence a slow request may be silent: publishing 1,000 files took 37 s
on InvenioRDM 13.1.2."""
_SLOWEST: Final = 20e6
"""Bytes a second that a server (or a proxy that keeps the body first) digests at least."""
STREAM_BLOCK: Final = 1 << 16
"""Of downloads: small, so that a slow one notices soon that the user stops."""

_JSON: Final[TypeAdapter[JsonValue]] = TypeAdapter(JsonValue)


@dataclass(frozen=True, slots=True)
class _Failure:
    """What became of a request that was sent once."""

    error: RepositoryError
    away: bool = False
    """Whether it did not get through to the archive."""
    told: float | None = None
    """Seconds that the server says to wait."""

    @property
    def refused(self) -> bool:
        """Whether nobody acts on it, now or later."""
        unsent = self.away and not self.error.status
        return unsent or self.error.status == HTTPStatus.TOO_MANY_REQUESTS


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
        self._session = session(connection, auth, headers or {})
        self._unsigned = session(connection, NoAuth(), {})
        self._timeout = connection.target.timeout
        self._patience = Patience()
        self._pace = Pace(connection.workers, connection.stop)
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
        slow: bool = False,
        digests: int = 0,
        pages: bool = False,
        repeated: Callable[[], None] | None = None,
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
            slow: Whether the server may think for long before it answers.
            digests: How many bytes the server must read through before it answers.
            pages: Whether an HTML page may be an answer; else one with a status of success is
                taken for that of somebody on the way, and the archive's as lost.
            repeated: Called before it is sent again though an attempt before may yet be acted on.

        Raises:
            LostAnswerError: `repeat` is false and no one knows whether the server acted.
            TemporaryError: Every attempt failed.
            RepositoryError: The kind that the status means.
            Cancelled: The user stopped the run.
        """
        url = self._given(path)
        timeout = self._timeout * (_SLOW if slow else 1) + digests / _SLOWEST
        return self._answered(
            lambda: self._exchange(method, url, params, json, body, headers, timeout),
            (method, url),
            repeat=repeat,
            accept=accept,
            pages=pages,
            repeated=repeated,
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
        answer = self._answered(
            lambda: self._opened(url, params), ("GET", url), repeat=True, pages=True
        )
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
            with trying("GET", _bare(url)) as tried:
                answer = tried.answer = session.get(
                    url,
                    params=params,
                    headers={"Accept": "*/*", "Accept-Encoding": "identity"},
                    timeout=(self._connecting, self._timeout),
                    verify=self._verify if signed else None,
                    allow_redirects=False,
                    stream=True,
                )
            location = answer.headers.get("Location")
            if not (answer.is_redirect and location):
                if not answer.ok:
                    read(answer)  # its words, here so that a break counts as one
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
        pages: bool,
        accept: Collection[int] = (),
        repeated: Callable[[], None] | None = None,
    ) -> requests.Response:
        """The answer to a request, which is repeated while that is safe and may help."""
        method, url = what
        spent = Spent()
        while True:
            self._check_stop()
            self._patience.check(self.target)
            answer = self._tried(exchange, repeat=repeat, accept=accept)
            if isinstance(answer, requests.Response) and not pages and is_page(answer):
                answer = _Failure(of_page(answer, repeat=repeat))
            if isinstance(answer, requests.Response):
                self._patience.answered()
                return answer
            failure = answer.error
            failure.target, failure.method, failure.url = self.target, method, _bare(url)
            seconds = None
            if worth_repeating(failure):
                seconds = self._patience.wait(spent, away=answer.away, told=answer.told)
            if seconds is None:
                raise failure
            if repeated and not answer.refused:
                repeated()
            self._pause(seconds, failure)

    def _tried(
        self, exchange: Callable[[], requests.Response], *, repeat: bool, accept: Collection[int]
    ) -> requests.Response | _Failure:
        """Send a request once, in its turn."""
        try:
            with self._pace.turn():
                began = time.monotonic()
                answer = exchange()
                self._pace.heard(began, answer.status_code, answer.headers)
        except requests.RequestException as error:
            unsent = never_sent(error)
            return _Failure(of_network(error, repeat=repeat or unsent), away=unsent)
        except ValueError as error:  # requests reads the address of a redirect itself
            failure = RepositoryError(
                "the server redirects to what is no URL",
                advice="Check the target's URL; if it is right, tell its operators.",
            )
            failure.__cause__ = error
            return _Failure(failure)
        if answer.ok or answer.status_code in accept:
            return answer
        failure = of_status(answer, self._words_of(answer), repeat=repeat)
        return _Failure(failure, away=away(answer), told=told_wait(answer))

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
                advice="Credentials are sent to the target's own host only; if that is where the "
                "archive is, write it as the target's url.",
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
                with trying(method, _bare(url), Sent(params, json, data)) as tried:
                    answer = tried.answer = self._session.request(
                        method,
                        url,
                        params=params,
                        json=json,
                        data=_nonempty(data),
                        headers=headers,
                        timeout=(self._connecting, timeout),
                        verify=self._verify,
                        allow_redirects=False,
                    )
            except BaseException:
                _close(data, again=True)
                raise
            location = answer.headers.get("Location")
            if not (answer.is_redirect and location):
                _close(data, again=not answer.ok)
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

    def _words_of(self, answer: requests.Response) -> str:
        try:
            return hidden(self._words(_JSON.validate_json(answer.content)))
        except ValidationError:  # an error page of a proxy
            return ""

    def _pause(self, seconds: float, failure: RepositoryError) -> None:
        what = str(failure).removesuffix(f". {failure.advice}")
        retrying(Retry(self.target, failure.method, failure.url, failure.status, what, seconds))
        if self._stop.wait(seconds):
            msg = "stopped"
            raise Cancelled(msg)

    @property
    def _connecting(self) -> float:
        return min(CONNECT_TIMEOUT, self._timeout)

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
