"""Where a DOI leads, as doi.org says."""

from __future__ import annotations

from threading import Event
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from publishkit.errors import NotFoundError
from publishkit.hooks import Connection, Credentials, Target
from publishkit.http import Client
from publishkit.sessions import NoAuth

__all__ = ["landing_page"]

_HOST: Final = "https://doi.org"


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Data(_Model):
    value: object = None


class _Value(_Model):
    type: str = ""
    data: _Data = _Data()


class _Handle(_Model):
    """What the proxy server of doi.org gives at `/api/handles/DOI`."""

    values: tuple[_Value, ...] = ()


def landing_page(doi: str) -> str:
    """The address of the page that a DOI leads to; asks doi.org, without any credentials.

    Args:
        doi: Bare: `10.1234/abc`.

    Raises:
        NotFoundError: Nobody registered it.
        TemporaryError: doi.org cannot be reached.
    """
    try:
        found = _client().get_json(f"api/handles/{quote(doi)}")
        values = _Handle.model_validate(found).values
    except NotFoundError as error:
        raise NotFoundError(f"nobody registered {doi}", advice="Check the DOI.") from error
    except ValidationError:
        values = ()
    page = next((v.data.value for v in values if v.type == "URL"), None)
    if not isinstance(page, str):
        raise NotFoundError(f"{doi} leads to no page", advice="Check the DOI.")
    return page


def _client() -> Client:
    target = Target(name="doi.org", backend="", url=_HOST)
    connection = Connection(target=target, credentials=Credentials(), stop=Event())
    return Client(connection, _HOST, auth=NoAuth(), words=lambda _: "")
