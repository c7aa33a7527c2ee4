"""A page that somebody between the client and NOMAD made up, with a status that means success."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import responses

from publishkit.errors import TemporaryError
from publishkit_nomad.api import NomadApi

if TYPE_CHECKING:
    from publishkit.hooks import Connection


@responses.activate
def test_a_page_instead_of_an_answer_is_no_sign_that_a_zip_arrived(
    connection: Connection,
) -> None:
    page = "<html><body>Please stand by</body></html>"
    responses.put(
        f"{connection.target.url}/uploads/u1/raw/", body=page, status=200, content_type="text/html"
    )
    with pytest.raises(TemporaryError, match="is a web page"):
        NomadApi(connection).put_zip("u1", lambda: b"PK")
