"""How calls to one NOMAD are signed, sent, and their answers read."""

from __future__ import annotations

import re
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from publishkit.abilities import Answer as RawAnswer
from publishkit.errors import AuthenticationError, TemporaryError
from publishkit.http import Client
from publishkit.sessions import NoAuth
from publishkit_nomad import answers
from publishkit_nomad.auth import PasswordAuth, auth_for

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from contextlib import AbstractContextManager

    import requests

    from publishkit.bodies import Body
    from publishkit.hooks import Connection

__all__ = ["Calls", "RightsError"]

_SAFE: Final = frozenset({"GET", "HEAD"})
_NO_SUCCESS: Final = range(HTTPStatus.MULTIPLE_CHOICES, 600)

_OF_RIGHTS: Final = re.compile(r"(?i)\b(do not have|only|already published)\b")
"""What NOMAD 1.3 says with 401 to who is known and may not do this; 1.4 and later answer 403."""
_OF_TOKENS: Final = "Missing scopes"
"""With 403, of a token that is not enough for what its owner may do (seen on NOMAD 2.0.0)."""

Answer = TypeVar("Answer", bound=BaseModel)


class RightsError(AuthenticationError):
    """The credentials are fine, but whose they are may not do this."""

    default_advice = "Ask whose it is; they may do it, or make you a coauthor of an upload."

    @classmethod
    def of(cls, error: AuthenticationError) -> RightsError | None:
        """The same error, if NOMAD's words say that it is a matter of rights."""
        said = error.answer
        known = error.status == HTTPStatus.FORBIDDEN and said and _OF_TOKENS not in said
        if not known and not _OF_RIGHTS.search(said):
            return None
        return cls(
            "you are signed in, but may not do this",
            target=error.target,
            method=error.method,
            url=error.url,
            status=error.status,
            answer=said,
        )


class Calls:
    """Sends requests to one NOMAD, signed. Thread-safe."""

    def __init__(self, connection: Connection) -> None:
        base = connection.target.url
        # NOMAD answers POST /uploads as plain text without the id unless Accept is exactly this
        headers = {"Accept": "application/json"}
        unsigned = Client(connection, base, auth=NoAuth(), words=answers.words, headers=headers)
        self._auth = auth_for(connection.credentials, unsigned)
        self._client = Client(
            connection, base, auth=self._auth, words=answers.words, headers=headers
        )
        self.base = self._client.base
        self.target = connection.target.name

    def raw(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None,
        body: bytes | None,
        content_type: str,
    ) -> RawAnswer:
        """Send any request and give its answer, whatever its status; GET and HEAD are repeated."""
        answer = self._send(
            method.upper(),
            path,
            repeat=method.upper() in _SAFE,
            params=params,
            body=None if body is None else lambda: body,
            headers=None if body is None else {"Content-Type": content_type},
            accept=_NO_SUCCESS,
            pages=True,
        )
        return RawAnswer(answer.status_code, dict(answer.headers), answer.content)

    def _stream(
        self, path: str, params: Mapping[str, str | int]
    ) -> AbstractContextManager[Iterator[bytes]]:
        return self._client.stream(path, params=params)

    def _get(
        self,
        model: type[Answer],
        path: str,
        params: Mapping[str, str | int] | None = None,
    ) -> Answer:
        return self._parse(model, self._send("GET", path, repeat=True, params=params))

    def _parse(self, model: type[Answer], answer: requests.Response) -> Answer:
        with self._understanding(answer):
            return model.model_validate_json(answer.content)

    def _model(self, model: type[Answer], found: JsonValue, answer: requests.Response) -> Answer:
        """A part of an answer."""
        with self._understanding(answer):
            return model.model_validate(found)

    @contextmanager
    def _understanding(self, answer: requests.Response) -> Iterator[None]:
        try:
            yield
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise TemporaryError(
                f"the answer is not what NOMAD answers ({where}: {first['msg']})",
                target=self.target,
                method=answer.request.method or "",
                url=answer.url,
                status=answer.status_code,
                advice="Check the target's URL, which ends in /api/v1; if it is right, try later.",
            ) from None

    def _send(
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
        pages: bool = False,
    ) -> requests.Response:
        def once() -> requests.Response:
            return self._client.send(
                method,
                path,
                repeat=repeat,
                params=params,
                json=json,
                body=body,
                headers=headers,
                accept=accept,
                slow=slow,
                pages=pages,
            )

        try:
            return once()
        except AuthenticationError as error:
            lacking = None if isinstance(self._auth, NoAuth) else RightsError.of(error)
            if lacking:
                raise lacking from error
            if not self._renewed(error):
                raise
            return once()

    def _renewed(self, error: AuthenticationError) -> bool:
        """Whether a token that the server calls expired was dropped for a new one."""
        expired = (
            error.status == HTTPStatus.UNAUTHORIZED and "expired token" in error.answer.lower()
        )
        if expired and isinstance(self._auth, PasswordAuth):
            self._auth.forget()
            return True
        return False
