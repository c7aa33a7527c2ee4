"""An InvenioRDM that is only answers, many of them taken down from a real one (13.1.2)."""

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
from publishkit_invenio.block import InvenioBlock
from publishkit_invenio.repository import InvenioRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import JsonValue

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
