"""Whatever an InvenioRDM answers, a call gives what it says or a RepositoryError."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
import responses
from hypothesis import HealthCheck, given, settings
from mutated import SPOILERS, Endless, Spoiler

from publishkit.abilities import Link, Permission, Query
from publishkit.bodies import FileBody
from publishkit.errors import NotFoundError, RepositoryError, TemporaryError
from publishkit.repository import Deposit, RemoteFile, Report, State
from publishkit_invenio.answers import Entry
from publishkit_invenio.files import remote

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from mutated import Answer
    from pydantic import JsonValue

    from publishkit.model import Record
    from publishkit.repository import DataFile
    from publishkit_invenio.repository import InvenioRepository

    Call = Callable[[InvenioRepository, Record, list[DataFile]], object]

DATA = Path(__file__).parent / "data"
API = "https://archive.example/api/"
ID = "zvzja-0p521"
MARKER = "publishkit-1"

MANY = settings.default.max_examples if settings.default else 100
FEW = settings(max_examples=MANY // 6, suppress_health_check=list(HealthCheck))


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return found


DRAFT, RECORD, FILES, ENTRY = map(_read, ("draft", "record", "files", "committed"))
IN_REVIEW = _read("in_review")
PERSON: JsonValue = {
    "id": "2",
    "username": "bob",
    "email": "b@x.org",
    "profile": {"full_name": "B"},
}
COMMUNITY: JsonValue = {
    "id": "c0ffee00-0000-4000-8000-000000000000",
    "slug": "bigmap",
    "metadata": {"title": "BIG-MAP"},
    "access": {"record_submission_policy": "open"},
    "links": {"self_html": "https://archive.example/communities/bigmap"},
    "created": "2026-11-21T05:37:21.275214+00:00",
}
GRANT: JsonValue = {
    "permission": "view",
    "subject": {"id": "2", "type": "user"},
    "expanded": {"subject": PERSON},
}
SECRET: JsonValue = {
    "id": "l1",
    "permission": "view",
    "token": "tok",
    "expires_at": "2099-01-01T00:00:00+00:00",
}
REQUEST: JsonValue = {
    "id": "r1",
    "status": "submitted",
    "is_open": True,
    "receiver": {"community": "c0ffee00-0000-4000-8000-000000000000"},
    "links": {"actions": {"accept": "https://archive.example/api/requests/r1/actions/accept"}},
}


def _hits(*items: JsonValue) -> JsonValue:
    return {"hits": {"hits": list(items), "total": len(items)}}


class Archive:
    """One draft, or one published record; every answer may be spoilt on its way."""

    def __init__(self, *, published: bool) -> None:
        self.says = RECORD if published else {**DRAFT, "metadata": {"title": MARKER}}
        self.published = published
        self.spoil = Spoiler()

    def __call__(self, request: requests.PreparedRequest) -> Answer:
        path = unquote(urlsplit(str(request.url)).path.removeprefix("/api/"))
        if isinstance(request.body, FileBody):
            request.body.read()
        return self.spoil(self._answer(str(request.method), path))

    def _answer(self, method: str, path: str) -> Answer:
        for pattern, found in self._table():
            if re.fullmatch(pattern, f"{method} {path}"):
                return _json(found)
        return _json({"status": 404, "message": "Not found"}, 404)

    def _table(self) -> list[tuple[str, JsonValue]]:
        files, own = f"records/{ID}(/draft)?/files", f"records/{ID}"
        table: list[tuple[str, JsonValue]] = [
            ("GET me", {"id": 1, "email": "alice@x.org", "username": "alice"}),
            (r"GET users/\d+", PERSON),
            ("GET users", _hits(PERSON)),
            ("GET (user/)?communities", _hits(COMMUNITY)),
            ("GET communities/[^/]+", COMMUNITY),
            ("GET (user/records|records|communities/[^/]+/records)", _hits(self.says)),
            ("POST records", self.says),
            (f"(GET|POST) {files}", FILES),
            (f"GET {files}/[^/]+/content", {"some": "content"}),
            (f"(GET|PUT|POST|DELETE) {files}/.+", ENTRY),
            (f"(GET|PUT) {own}/draft/review", REQUEST),
            (f"GET {own}/requests", _hits(REQUEST)),
            (f"POST {own}/communities", {"processed": [{"request": REQUEST}]}),
            (f"GET {own}/access/grants", _hits(GRANT)),
            (f"GET {own}/access/links", _hits(SECRET)),
            (f"POST {own}/access/links", SECRET),
            (f".* {own}/access/.*", {}),
            (f"GET {own}/versions", _hits(self.says)),
            (f"POST {own}/versions", DRAFT),
            (f"POST {own}/draft/pids/doi", self.says),
            (f"POST {own}/draft/actions/.*", {}),
            (f"(PUT|POST) {own}/draft", self.says),
            (f"DELETE {own}/draft", {}),
            ("POST requests/.*", {}),
            ("GET vocabularies/.*", {"id": "x"}),
        ]
        if self.published:
            return [*table, (f"GET {own}(/versions/latest)?", self.says)]
        return [*table, (f"GET {own}/draft", self.says)]


def _json(content: JsonValue, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


class Impatient:
    """A meter whose user has little patience."""

    def __init__(self) -> None:
        self.left = 20

    def advance(self, nbytes: int) -> None:
        """Nothing is shown."""

    def wait(self, seconds: float) -> None:
        self.left -= 1
        if not self.left:
            raise TemporaryError("this takes too long")


def _download(repository: InvenioRepository) -> None:
    for source in repository.sources(ID):
        with source.open(0) as blocks:
            list(blocks)


CALLS: dict[str, Call] = {
    "whoami": lambda r, _, __: r.whoami(),
    "create": lambda r, _, __: r.create(MARKER),
    "find": lambda r, _, __: r.find(MARKER),
    "get": lambda r, _, __: r.get(ID),
    "files": lambda r, _, __: r.files(ID),
    "update": lambda r, record, _: r.update(ID, record),
    "update_at": lambda r, record, _: r.update(ID, record, revision="4"),
    "transfers": lambda r, record, files: [
        t.run(Impatient()) for t in r.transfers(ID, record, files)
    ],
    "remove": lambda r, _, __: r.remove(ID, ["a.txt"]),
    "settle": lambda r, _, __: r.settle(ID, Impatient()),
    "inspect": lambda r, _, __: r.inspect(ID),
    "publish": lambda r, record, _: r.publish(ID, record),
    "delete": lambda r, _, __: r.delete(ID),
    "resolve": lambda r, record, _: r.resolve(record),
    "deposits": lambda r, _, __: list(r.deposits()),
    "search": lambda r, _, __: list(r.search(Query("x", owner="public"))),
    "shares": lambda r, _, __: r.shares(ID),
    "grant": lambda r, _, __: r.grant(ID, ["bob"], Permission.VIEW),
    "revoke": lambda r, _, __: r.revoke(ID, "user:2"),
    "share_link": lambda r, _, __: r.share_link(ID, Permission.VIEW, None),
    "users": lambda r, _, __: list(r.users("bob")),
    "user": lambda r, _, __: r.user("2"),
    "relate": lambda r, _, __: r.relate(ID, [Link("10.1234/x", "cites")]),
    "address": lambda r, _, __: r.address(ID),
    "collections": lambda r, _, __: list(r.collections("x")),
    "collection": lambda r, _, __: r.collection("bigmap"),
    "collect": lambda r, _, __: r.collect(ID, "bigmap"),
    "reserve_doi": lambda r, _, __: r.reserve_doi(ID),
    "find_doi": lambda r, _, __: r.find_doi("10.1234/x"),
    "describe": lambda r, _, __: r.describe(ID),
    "sources": lambda r, _, __: _download(r),
    "edit": lambda r, record, _: r.edit(ID, record),
    "discard": lambda r, _, __: r.discard(ID),
    "new_version": lambda r, _, __: r.new_version(ID, MARKER, Impatient()),
    "request": lambda r, _, __: r.request("GET", f"records/{ID}"),
}


@pytest.fixture(params=[False, True], ids=["draft", "published"])
def archive(request: pytest.FixtureRequest) -> Archive:
    return Archive(published=request.param)


def _run(archive: Archive, call: Callable[[], object]) -> object:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            mock.add_callback(method, re.compile(re.escape(API)), callback=archive)
        try:
            return call()
        except RepositoryError:
            return None


@pytest.mark.parametrize("name", CALLS)
def test_a_spoilt_answer_is_told_and_never_believed(
    archive: Archive,
    repository: InvenioRepository,
    make_record: Callable[..., Record],
    make_file: Callable[..., DataFile],
    name: str,
) -> None:
    record, file = make_record(), make_file("a.txt", b"other")

    @FEW
    @given(spoiler=SPOILERS)
    def check(spoiler: Spoiler) -> None:
        archive.spoil = spoiler
        found = _run(archive, lambda: CALLS[name](repository, record, [file]))
        _sound(archive, found)

    check()


def _sound(archive: Archive, found: object) -> None:
    """What is given is of the types that it is said to be of, and claims nothing."""
    if isinstance(found, Report):
        _sound(archive, found.deposit)
        _sound(archive, found.files)
    elif isinstance(found, Deposit):
        assert all(isinstance(v, str) for v in [*found.links, *found.links.values()])
        assert isinstance(found.title, str)
        json.dumps(asdict(found), default=str).encode()
        assert archive.published or found.state not in {State.PUBLISHED, State.IN_REVIEW}
    elif isinstance(found, dict):
        for one in found.values():
            assert not isinstance(one, RemoteFile) or not _claims(one)


def _claims(file: RemoteFile) -> bool:
    """Whether a file is said to hold `other`, which none does."""
    return file.complete and file.size == len(b"other") and file.checksum is None


@pytest.mark.parametrize("name", CALLS)
def test_what_is_not_spoilt_is_understood(
    archive: Archive,
    repository: InvenioRepository,
    make_record: Callable[..., Record],
    make_file: Callable[..., DataFile],
    name: str,
) -> None:
    """Else nothing above would be tried."""
    _run(archive, lambda: CALLS[name](repository, make_record(), [make_file("a.txt", b"hello")]))
    assert archive.spoil.count > 0


@pytest.mark.parametrize("name", CALLS)
def test_a_list_that_never_ends_is_given_up(
    archive: Archive,
    repository: InvenioRepository,
    make_record: Callable[..., Record],
    name: str,
) -> None:
    archive.spoil = Endless()
    _run(archive, lambda: CALLS[name](repository, make_record(), []))


@pytest.mark.parametrize(
    "changes",
    [
        {"created": "0001-01-01T00:00:00+14:00"},
        {"updated": "9999-12-31T23:59:59-14:00"},
        {"files": {"entries": {"a": {"key": "x", "size": None}, "b": {"key": "x", "size": 1}}}},
    ],
)
def test_what_is_odd_and_does_not_matter_is_passed_over(
    archive: Archive, repository: InvenioRepository, changes: dict[str, Any]
) -> None:
    archive.says = {**archive.says, **changes}
    assert isinstance(_run(archive, lambda: repository.get(ID)), Deposit)


@pytest.mark.parametrize("changes", [{"id": "another"}, {"is_published": "yes"}])
def test_what_would_be_believed_wrongly_is_refused(
    archive: Archive, repository: InvenioRepository, changes: dict[str, Any]
) -> None:
    archive.says = {**archive.says, "parent": {}, **changes}
    assert _run(archive, lambda: repository.get(ID)) is None


@pytest.mark.parametrize("lacking", ["size", "checksum"])
def test_a_file_without_size_or_checksum_is_not_complete(lacking: str) -> None:
    says = {"key": "a.txt", "status": "completed", "size": 0, "checksum": "md5:x", lacking: None}
    assert not remote(Entry.model_validate(says)).complete


@pytest.mark.parametrize("id_", ["", ".", ".."])
def test_an_id_that_leads_elsewhere_is_sent_nowhere(
    archive: Archive, repository: InvenioRepository, id_: str
) -> None:
    with pytest.raises(NotFoundError):
        repository.get(id_)
    with pytest.raises(NotFoundError):
        repository.remove(ID, [id_])
    assert archive.spoil.count == 0
