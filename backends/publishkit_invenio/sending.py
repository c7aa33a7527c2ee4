"""Signed requests to an InvenioRDM, and their answers as models."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from publishkit.errors import NotFoundError, TemporaryError
from publishkit.http import Client
from publishkit.sessions import BearerAuth, NoAuth
from publishkit_invenio.answers import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests
    from pydantic import JsonValue

    from publishkit.hooks import Connection

__all__ = ["Sender", "quoted"]

Answer = TypeVar("Answer", bound=BaseModel)


class Sender:
    """What all calls have in common.

    Args:
        connection: The target and how to sign in.
    """

    def __init__(self, connection: Connection) -> None:
        token = connection.credentials.token
        url = connection.target.url.rstrip("/")
        self._client = Client(
            connection,
            url if url.endswith("/api") else f"{url}/api",
            auth=BearerAuth(token) if token else NoAuth(),
            words=words,
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
    ) -> requests.Response:
        """Any request, with the server's answer whatever its status.

        GET and HEAD are repeated while the server is too busy; nothing else is, but for a 429,
        which was refused before it was looked at.
        """
        repeat = method.upper() in {"GET", "HEAD"}
        busy = {429, 502, 503, 504} if repeat else {429}
        return self._client.send(
            method,
            path,
            repeat=repeat,
            params=params,
            body=(lambda: body) if body is not None else None,
            headers={"Content-Type": content_type} if body is not None else None,
            accept=set(range(300, 600)) - busy,
            pages=True,
        )

    def _get(self, model: type[Answer], path: str, params: dict[str, str] | None = None) -> Answer:
        return self._parsed(model, self._client.send("GET", path, repeat=True, params=params))

    def _post(self, model: type[Answer], path: str, body: JsonValue = None) -> Answer:
        """POST what does no harm when it is sent twice."""
        return self._parsed(model, self._client.send("POST", path, repeat=True, json=body))

    def _parsed(self, model: type[Answer], answer: requests.Response) -> Answer:
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            where = ", ".join(".".join(map(str, e["loc"])) for e in error.errors()[:3])
            raise TemporaryError(
                f"the server's answer is not what InvenioRDM answers ({where or 'no JSON'})",
                target=self.target,
                method=answer.request.method or "",
                url=answer.url,
                status=answer.status_code,
                advice="Check the target's URL; if it is right, try again later.",
            ) from None


def quoted(segment: str) -> str:
    """A key or id as one segment of a path: slashes percent-encoded too.

    Raises:
        NotFoundError: The path would lead elsewhere: nothing is called so.
    """
    if segment in {"", ".", ".."}:
        raise NotFoundError(f"nothing is called {segment!r}")
    return quote(segment, safe="")
