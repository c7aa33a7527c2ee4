"""A NOMAD in memory that answers in the shapes of NOMAD 2.0.0, and records for it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import responses

from publishkit.hooks import Connection, Credentials, Target
from publishkit.model import Record
from publishkit.repository import DataFile
from publishkit_nomad.block import NomadBlock
from publishkit_nomad.entry import entry_id_of
from publishkit_nomad.repository import NomadRepository

if TYPE_CHECKING:
    from pathlib import Path

    import requests

URL = "https://nomad.example/api/v1"
ME = "00000000-0000-0000-0000-000000000001"
LEONARD = "00000000-0000-0000-0000-000000000002"

Answer = tuple[int, dict[str, str], bytes]
MakeRecord = Callable[..., Record]
MakeFiles = Callable[[Mapping[str, bytes]], list[DataFile]]


class ImpatientEvent(Event):
    """An event whose waits end at once."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


class Counter:
    """A meter that counts."""

    def __init__(self) -> None:
        self.sent = 0
        self.waited: list[float] = []

    def advance(self, nbytes: int) -> None:
        self.sent += nbytes

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)


@dataclass
class FakeUpload:
    """An upload: what the server says of it, its files, its entries by main file."""

    says: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    busy: int = 0
    """How many more looks find it processing."""


class FakeNomad:
    """Answers the requests of `responses`; `log` has every one of them."""

    def __init__(self) -> None:
        self.uploads: dict[str, FakeUpload] = {}
        self.datasets: dict[str, str] = {}
        self.users: list[dict[str, Any]] = [
            {"user_id": ME, "name": "Sheldon Cooper", "username": "scooper"},
            {"user_id": LEONARD, "name": "Leonard Hofstadter", "username": "lhofstadter"},
            {"user_id": "3", "name": "Ada Twin", "username": "twin1", "affiliation": "Here"},
            {"user_id": "4", "name": "Ada Twin", "username": "twin2", "affiliation": "There"},
        ]
        self.addresses = {"leonard@example.org": LEONARD}
        self.is_admin = False
        self.failing: set[str] = set()
        """Main files that cannot be processed."""
        self.dropped: set[str] = set()
        """Fields that an edit answers 200 to and forgets."""
        self.next: list[Answer | None] = []
        """Answers that are given before any other, to requests that are not GET; None is what
        the request would be answered anyway."""
        self.slow = 0
        """How many looks find an upload processing that was sent files."""
        self.log: list[str] = []
        self.edits: list[dict[str, Any]] = []

    def __call__(self, request: requests.PreparedRequest) -> Answer:
        url = urlsplit(str(request.url))
        path = unquote(url.path.removeprefix("/api/v1/"))
        self.log.append(f"{request.method} {path}")
        if self.next and request.method != "GET" and (given := self.next.pop(0)):
            return given
        asked = parse_qs(url.query, keep_blank_values=True)
        query = {key: values[0] for key, values in asked.items()}
        for method, pattern, answer in self._routes():
            found = re.fullmatch(pattern, path, re.DOTALL)
            if found and method == request.method:
                return answer(query, request, *found.groups())
        return _json({"detail": "Not Found"}, 404)

    def _routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        return [
            ("GET", "users/me", self._me),
            ("GET", "users", self._users),
            ("POST", "uploads", self._create),
            ("GET", "uploads", self._list),
            ("POST", "entries/query", self._query),
            ("GET", "datasets/", self._datasets),
            ("POST", "datasets/", self._new_dataset),
            ("GET", "uploads/([^/]+)", self._get),
            ("DELETE", "uploads/([^/]+)", self._delete),
            ("GET", "uploads/([^/]+)/entries", self._entries),
            ("GET", "uploads/([^/]+)/rawdir/(.*)", self._rawdir),
            ("GET", "uploads/([^/]+)/raw/(.*)", self._raw),
            ("PUT", "uploads/([^/]+)/raw/", self._put),
            ("DELETE", "uploads/([^/]+)/raw/(.*)", self._delete_raw),
            ("POST", "uploads/([^/]+)/edit", self._edit),
            ("POST", "uploads/([^/]+)/action/publish", self._publish),
        ]

    # ---- users and datasets ----

    def _me(self, *_: object) -> Answer:
        return _json({**self.users[0], "email": "s@example.org", "is_admin": self.is_admin})

    def _users(self, query: dict[str, str], *_: object) -> Answer:
        asked = next(iter(query.values()), "").lower()
        if not asked:
            return _json({"data": []})  # as NOMAD 2.0.0 finds nobody for no question
        by_address = {self.addresses[a] for a in self.addresses if asked in a}
        found = [
            user
            for user in self.users
            if user["user_id"] in by_address
            or any(asked in user[name].lower() for name in ("user_id", "name", "username"))
        ]
        return _json({"data": found})

    def _datasets(self, query: dict[str, str], *_: object) -> Answer:
        found = [
            {"dataset_id": id_, "dataset_name": name, "user_id": ME}
            for name, id_ in self.datasets.items()
            if query.get("dataset_name") in {None, name}
        ]
        return _json({"data": found, "pagination": {"total": len(found)}})

    def _new_dataset(self, _: object, request: requests.PreparedRequest) -> Answer:
        name = _body(request)["dataset_name"]
        if name in self.datasets:
            return _json({"detail": "The chosen dataset name is already taken."}, 400)
        self.datasets[name] = f"id of {name}"
        return _json({"dataset_id": self.datasets[name]})

    # ---- uploads ----

    def _create(self, query: dict[str, str], *_: object) -> Answer:
        id_ = f"upload-{len(self.uploads) + 1}"
        self.uploads[id_] = FakeUpload(
            {
                "upload_id": id_,
                "upload_name": query["upload_name"],
                "process_status": "READY",
                "main_author": ME,
            }
        )
        return self._get({}, None, id_)

    def _list(self, query: dict[str, str], *_: object) -> Answer:
        found = [
            upload.says
            for upload in self.uploads.values()
            if not upload.says.get("published")
            and query.get("upload_name") in {None, upload.says["upload_name"]}
        ]
        return _json({"data": found, "pagination": {"total": len(found)}})

    def _get(self, _: object, __: object, id_: str) -> Answer:
        upload = self.uploads.get(id_)
        if not upload:
            return _json({"detail": "The specified upload_id was not found."}, 404)
        upload.busy -= 1
        running = upload.busy >= 0
        says = {**upload.says, "process_running": running, "entries": len(upload.entries)}
        return _json({"upload_id": id_, "data": says})

    def _delete(self, _: object, __: object, id_: str) -> Answer:
        del self.uploads[id_]
        return _json({"upload_id": id_})

    def _publish(self, query: dict[str, str], _: object, id_: str) -> Answer:
        says = self.uploads[id_].says
        stale = dict(says)
        says |= {"published": True, "embargo_length": int(query["embargo_length"])}
        return _json({"upload_id": id_, "data": stale})

    def _edit(self, _: object, request: requests.PreparedRequest, id_: str) -> Answer:
        asked = _body(request)
        self.edits.append(asked)
        upload = self.uploads[id_]
        wanted = asked.get("query", {}).get("entry_id:any")
        for name, value in asked["metadata"].items():
            if name in self.dropped:
                continue
            if name in {"comment", "references", "datasets"}:
                for entry in upload.entries.values():
                    if wanted is None or entry["entry_id"] in wanted:
                        entry[name] = _edited(entry, name, value)
            else:
                upload.says[name] = value
        return self._get({}, None, id_)

    # ---- entries ----

    def _query(self, _: object, request: requests.PreparedRequest) -> Answer:
        query = _body(request)["query"]
        found = [
            upload.entries[mainfile]
            for upload in self.uploads.values()
            for mainfile in sorted(upload.entries)
            if query.get("upload_id") in {None, upload.says["upload_id"]}
            and query.get("entry_id") in {None, upload.entries[mainfile]["entry_id"]}
        ]
        return _json({"data": found, "pagination": {"total": len(found)}})

    def _entries(self, _: object, __: object, id_: str) -> Answer:
        entries = self.uploads[id_].entries
        failed = [name for name in entries if name in self.failing]
        data = [
            {"mainfile": name, "process_status": "FAILURE", "errors": ["it is broken"]}
            for name in failed
        ]
        return _json({"data": data, "processing_failed": len(failed)})

    # ---- files ----

    def _rawdir(self, query: dict[str, str], _: object, id_: str, path: str) -> Answer:
        start = f"{path}/" if path else ""
        sizes: dict[str, int] = {}
        folders: set[str] = set()
        for key, content in self.uploads[id_].files.items():
            if key.startswith(start):
                name, slash, _rest = key.removeprefix(start).partition("/")
                sizes[name] = sizes.get(name, 0) + len(content)
                folders |= {name} if slash else set()
        size, page = int(query["page_size"]), int(query["page"])
        shown = sorted(sizes)[(page - 1) * size : page * size]
        elements = [{"name": n, "is_file": n not in folders, "size": sizes[n]} for n in shown]
        listing = {"size": sum(sizes.values()), "content": elements}
        return _json({"directory_metadata": listing, "pagination": {"total": len(sizes)}})

    def _raw(self, _: object, __: object, id_: str, path: str) -> Answer:
        content = self.uploads[id_].files.get(path)
        return (404, {}, b"") if content is None else (200, {}, content)

    def _put(self, query: dict[str, str], request: requests.PreparedRequest, id_: str) -> Answer:
        sent = b"".join(request.body)  # type: ignore[arg-type] # an iterator, read by nobody else
        assert int(request.headers.get("Content-Length", len(sent))) == len(sent)
        assert query["file_name"].endswith(".zip")
        upload = self.uploads[id_]
        with zipfile.ZipFile(io.BytesIO(sent)) as archive:
            upload.files |= {name: archive.read(name) for name in archive.namelist()}
        self._match(upload)
        answer = self._get({}, None, id_)
        upload.busy = self.slow
        return answer

    def _delete_raw(self, _: object, __: object, id_: str, path: str) -> Answer:
        upload = self.uploads[id_]
        gone = [k for k in upload.files if k == path or k.startswith(f"{path}/")]
        if not gone:
            return _json({"detail": "No file or folder with that path found."}, 404)
        for key in gone:
            del upload.files[key]
        self._match(upload)
        return self._get({}, None, id_)

    def _match(self, upload: FakeUpload) -> None:
        id_ = upload.says["upload_id"]
        found = [key for key in upload.files if key.endswith("archive.json")]
        upload.entries = {
            key: upload.entries.get(
                key,
                {"entry_id": entry_id_of(id_, key), "mainfile": key, "references": []},
            )
            for key in found
        }
        upload.says |= {"process_status": "SUCCESS", "current_process": "_process_upload"}


def _json(content: object, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _body(request: requests.PreparedRequest) -> dict[str, Any]:
    assert isinstance(request.body, bytes)
    found = json.loads(request.body)
    assert isinstance(found, dict)
    return found


def _edited(entry: dict[str, Any], name: str, value: Any) -> object:  # noqa: ANN401 - JSON
    if name != "datasets":
        return value
    now = {d["dataset_id"] for d in entry.get("datasets", [])}
    now = (now | set(value.get("add", []))) - set(value.get("remove", []))
    return [{"dataset_id": id_, "dataset_name": id_.removeprefix("id of ")} for id_ in sorted(now)]


@pytest.fixture
def nomad() -> Iterator[FakeNomad]:
    """A NOMAD without uploads."""
    fake = FakeNomad()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "POST", "PUT", "DELETE"):
            mock.add_callback(method, re.compile(re.escape(URL)), callback=fake)
        yield fake


@pytest.fixture
def connection() -> Connection:
    """A connection to it that never waits."""
    target = Target(name="test", backend="nomad", url=URL)
    return Connection(
        target=target, credentials=Credentials(token="made-up"), stop=ImpatientEvent()
    )


@pytest.fixture
def repository(nomad: FakeNomad, connection: Connection) -> NomadRepository:
    """The repository of that NOMAD."""
    return NomadRepository(connection)


@pytest.fixture
def meter() -> Counter:
    """A meter that counts."""
    return Counter()


@pytest.fixture(scope="session")
def make_record() -> MakeRecord:
    """Makes records: `make_record({metadata...}, block={...}, access={...})`."""

    def make(
        metadata: Mapping[str, object] | None = None,
        block: Mapping[str, object] | None = None,
        **rest: object,
    ) -> Record:
        basics = {
            "title": "Resistivity",
            "creators": [{"person_or_org": {"type": "organizational", "name": "Lab"}}],
            "publication_date": "2024-05",
            "resource_type": {"id": "dataset"},
        }
        record = Record.model_validate({"metadata": {**basics, **(metadata or {})}, **rest})
        blocks = {} if block is None else {"nomad": NomadBlock.model_validate(block)}
        return record.model_copy(update={"blocks": blocks})

    return make


@pytest.fixture
def make_files(tmp_path: Path) -> MakeFiles:
    """Makes data files of a content each, by key."""

    def make(contents: Mapping[str, bytes]) -> list[DataFile]:
        made: list[DataFile] = []
        for key, content in contents.items():
            path = tmp_path / "data" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            made.append(DataFile(key, path, len(content)))
        return made

    return make
