"""An InvenioRDM that is only answers, many of them taken down from a real one (13.1.2).

And what the live tests share.
"""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
import responses

from publishkit.hooks import Connection, Credentials, Target
from publishkit.model import Record
from publishkit.repository import DataFile
from publishkit.testing.base import ConformanceTests
from publishkit_invenio.block import InvenioBlock
from publishkit_invenio.repository import InvenioRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import JsonValue
    from servers.api import InvenioServer

    SignIn = Callable[[str], InvenioRepository]

DATA = Path(__file__).parent / "data"


class _Hasty(Event):
    """Nobody waits."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set() if timeout is not None else super().wait()


@pytest.fixture
def answer() -> Callable[..., dict[str, JsonValue]]:
    def read(name: str, **changes: JsonValue) -> dict[str, JsonValue]:
        text = (DATA / f"{name}.json").read_text(encoding="utf-8")
        return {**json.loads(text), **changes}

    return read


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def open_repository() -> Callable[..., InvenioRepository]:
    def open_it(
        *,
        token: str | None = "s3cr3t",  # noqa: S107 - made up
        url: str = "https://archive.example",
        **settings: object,
    ) -> InvenioRepository:
        target = Target(name="archive", backend="invenio", url=url, settings=settings)
        credentials = Credentials(token=token)
        return InvenioRepository(Connection(target=target, credentials=credentials, stop=_Hasty()))

    return open_it


@pytest.fixture
def repository(open_repository: Callable[..., InvenioRepository]) -> InvenioRepository:
    return open_repository()


@pytest.fixture
def make_record() -> Callable[..., Record]:
    def make(*, invenio: JsonValue = None, **parts: JsonValue) -> Record:
        person = {"type": "personal", "family_name": "Doe", "given_name": "Jane"}
        own = {key: parts.pop(key) for key in ("access", "files", "pids") if key in parts}
        metadata = {
            "title": "Valid",
            "resource_type": {"id": "dataset"},
            "publication_date": "2026-01-01",
            "publisher": "BIG-MAP",
            "creators": [{"person_or_org": person}],
            **parts,
        }
        given = {key: value for key, value in metadata.items() if value is not None}
        record = Record.model_validate({"metadata": given, **own})
        if invenio is None:
            return record
        block = InvenioBlock.model_validate(invenio)
        return record.model_copy(update={"blocks": {"invenio": block}})

    return make


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., DataFile]:
    def make(key: str, content: bytes = b"hello") -> DataFile:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.dat"
        path.write_bytes(content)
        return DataFile(key, path, len(content))

    return make


# ---- live tests ----


RICH: Mapping[str, JsonValue] = {
    "description": "<p>Salt &amp; <b>water</b></p>",
    "additional_titles": [{"title": "More", "type": {"id": "alternative-title"}}],
    "additional_descriptions": [{"description": "Notes", "type": {"id": "other"}}],
    "rights": [{"id": "cc-by-4.0"}, {"title": {"en": "Mine"}, "link": "https://example.org/l"}],
    "contributors": [
        {
            "person_or_org": {
                "type": "organizational",
                "name": "Lab",
                "identifiers": [{"identifier": "https://ror.org/02s376052", "scheme": "ror"}],
            },
            "role": {"id": "other"},
            "affiliations": [{"name": "University"}],
        }
    ],
    "subjects": [{"subject": "salt"}],
    "languages": [{"id": "eng"}],
    "dates": [{"date": "2020/2021", "type": {"id": "other"}, "description": "Measured"}],
    "identifiers": [{"identifier": "https://example.org/1", "scheme": "url"}],
    "related_identifiers": [
        {
            "identifier": "https://doi.org/10.1234/Abc",
            "relation_type": {"id": "cites"},
            "resource_type": {"id": "dataset"},
        }
    ],
    "locations": {
        "features": [{"place": "Here", "geometry": {"type": "Point", "coordinates": [1.5, 2.5]}}]
    },
    "funding": [{"funder": {"name": "Fund"}, "award": {"number": "1", "title": {"en": "Grant"}}}],
    "references": [{"reference": "Doe 2020"}],
    "sizes": ["1 page"],
    "formats": ["text/csv"],
    "version": "1.0",
}
"""Metadata that the server gives back in another form."""


def sign_in(server: InvenioServer, name: str, **settings: object) -> InvenioRepository:
    target = Target(name="invenio-live", backend="invenio", url=server.url, settings=settings)
    credentials = Credentials(token=server.tokens[name])
    return InvenioRepository(Connection(target=target, credentials=credentials, stop=Event()))


class LiveTests(ConformanceTests):
    """Alice's records, and what the curator and Bob see of them."""

    @pytest.fixture
    def signed_in(self, invenio_server: InvenioServer) -> SignIn:
        return lambda name: sign_in(invenio_server, name)

    @pytest.fixture
    def repository(self, signed_in: SignIn) -> InvenioRepository:
        return signed_in("alice")

    @pytest.fixture
    def curator(self, signed_in: SignIn) -> InvenioRepository:
        return signed_in("curator")

    def decide(self, curator: InvenioRepository, link: str, action: str) -> None:
        """Accept or decline a request, as a curator does on its page."""
        id_ = link.rstrip("/").rpartition("/")[2]
        answer = curator.request("POST", f"requests/{id_}/actions/{action}", body=b"{}")
        assert answer.status == 200, answer.content

    def review_of(self, repository: InvenioRepository, id_: str) -> dict[str, str]:
        review = repository.inspect(id_).details["review"]
        assert isinstance(review, dict)
        return {name: str(value) for name, value in review.items()}

    def new_community(self, owner: InvenioRepository) -> str:
        """The UUID of a new community."""
        slug = self.new_title().rpartition(" ")[2]
        body = (
            f'{{"slug": "c-{slug}", "metadata": {{"title": "Community {slug}"}}, '
            '"access": {"visibility": "public"}}'
        )
        made = owner.request("POST", "communities", body=body.encode())
        assert made.status == 201, made.content
        return owner.collection(f"c-{slug}").id
