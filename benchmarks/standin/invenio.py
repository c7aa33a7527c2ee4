"""Answers as InvenioRDM 13 gives them (their fields were taken down from 13.1.2)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from benchmarks.standin.routes import Call, Refused, Route, as_json, mapping, sequence
from benchmarks.standin.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.standin.counts import Json
    from benchmarks.standin.wire import Head

__all__ = ["Invenio"]

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_QUOTED: Final = re.compile(r'"([^"]+)"')
_FILE: Final = "/api/records/{id}/draft/files/{key}"
_COMMUNITY: Final = "7b2b2b1e-0c5c-4a52-9d3a-3d1c9d8f0a11"


class _Content:
    """Counts and digests what it is fed, and forgets it."""

    def __init__(self) -> None:
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size += len(data)
        self._md5.update(data)

    @property
    def checksum(self) -> str:
        """As InvenioRDM writes it."""
        return f"md5:{self._md5.hexdigest()}"


@dataclass
class _File:
    key: str
    content: _Content | None = None
    complete: bool = False


@dataclass
class _Deposit:
    id: str
    made: str
    metadata: dict[str, Json]
    access: dict[str, Json]
    custom_fields: dict[str, Json]
    enabled: bool = True
    revision: int = 5
    published: bool = False
    review: Json = None
    files: dict[str, _File] = field(default_factory=dict)


class Invenio:
    """All deposits of one InvenioRDM, and the calls to it.

    Args:
        scheme: `http` or `https`, for the links in its answers.
    """

    def __init__(self, scheme: str) -> None:
        self._deposits: dict[str, _Deposit] = {}
        self._scheme = scheme
        self._base = ""
        self.routes = self._all_routes()

    def _all_routes(self) -> list[Route]:
        draft = "/api/records/{id}/draft"
        return [
            Route("PUT", f"{_FILE}/content", self._content, _into_digest),
            Route("POST", f"{_FILE}/commit", self._commit),
            Route("GET", _FILE, self._file),
            Route("DELETE", _FILE, self._delete_file),
            Route("POST", f"{draft}/files", self._init),
            Route("GET", f"{draft}/files", self._files),
            Route("POST", "/api/records", self._create),
            Route("GET", draft, self._draft),
            Route("PUT", draft, self._update),
            Route("DELETE", draft, self._delete),
            Route("POST", f"{draft}/actions/publish", self._publish),
            Route("PUT", f"{draft}/review", self._review),
            Route("GET", "/api/records/{id}", self._record),
            Route("GET", "/api/records/{id}/files", self._files),
            Route("GET", "/api/user/records", self._search),
            Route("GET", "/api/me", lambda _: as_json({"id": 1, "email": "bench@example.org"})),
            Route("GET", "/api/communities", self._communities),
            Route("GET", "/api/vocabularies/{type}/{id}", self._term),
            Route("GET", "/api/{type}/{id}", self._term),
        ]

    def arrived(self) -> list[Json]:
        """Every deposit with its complete files: title, state, and size and md5 of each file."""
        return [
            {
                "id": one.id,
                "title": one.metadata.get("title"),
                "published": one.published,
                "files": {
                    key: [file.content.size, file.content.checksum]
                    for key, file in one.files.items()
                    if file.complete and file.content
                },
            }
            for one in self._deposits.values()
        ]

    # ---- deposits ----

    def _create(self, call: Call) -> Reply:
        id_ = _id_of(len(self._deposits))
        self._base = f"{self._scheme}://{call.head.headers.get('host', '')}"
        deposit = _Deposit(id_, _now(), {}, {}, {})
        self._deposits[id_] = deposit
        _take(deposit, mapping(call.json))
        return as_json(self._shown(deposit), 201)

    def _draft(self, call: Call) -> Reply:
        return as_json(self._shown(self._open(call)))

    def _update(self, call: Call) -> Reply:
        deposit = self._open(call)
        expected = call.head.headers.get("if-match")
        if expected and expected != str(deposit.revision):
            raise Refused(412, {"status": 412, "message": "Revision id does not match."})
        _take(deposit, mapping(call.json))
        deposit.revision += 2
        return as_json(self._shown(deposit))

    def _delete(self, call: Call) -> Reply:
        del self._deposits[self._open(call).id]
        return Reply(204)

    def _publish(self, call: Call) -> Reply:
        deposit = self._open(call)
        if not all(file.complete for file in deposit.files.values()):
            raise Refused(400, {"status": 400, "message": "A validation error occurred."})
        deposit.published = True
        return as_json(self._shown(deposit), 202)

    def _review(self, call: Call) -> Reply:
        self._open(call).review = call.json
        return as_json({"id": call.names["id"], "status": "created"})

    def _record(self, call: Call) -> Reply:
        deposit = self._any(call)
        if not deposit.published:
            raise _missing()
        return as_json(self._shown(deposit))

    def _search(self, call: Call) -> Reply:
        phrases = _QUOTED.findall(call.query.get("q", ""))
        hits = [one for one in self._deposits.values() if one.metadata.get("title") in phrases]
        shown: list[Json] = [self._shown(one) for one in hits]
        return as_json({"hits": {"hits": shown, "total": len(hits)}})

    # ---- files ----

    def _init(self, call: Call) -> Reply:
        deposit = self._open(call)
        keys = [str(mapping(one).get("key")) for one in sequence(call.json)]
        known = [key for key in keys if key in deposit.files]
        if known:
            message = f"File with key {known[0]} already exists."
            raise Refused(400, {"status": 400, "message": message})
        deposit.files |= {key: _File(key) for key in keys}
        return as_json(self._listed(deposit), 201)

    def _content(self, call: Call) -> Reply:
        deposit, file = self._open_file(call)
        if file.complete:  # as all versions do
            del deposit.files[file.key]
            return as_json({"key": file.key, "errors": "File upload transfer failed."})
        if isinstance(call.sink, _Content):
            file.content = call.sink
        return as_json(self._entry(deposit, file))

    def _commit(self, call: Call) -> Reply:
        deposit, file = self._open_file(call)
        if file.content is None:
            raise Refused(500, {"status": 500, "message": "Internal server error"})
        file.complete = True
        return as_json(self._entry(deposit, file))

    def _file(self, call: Call) -> Reply:
        return as_json(self._entry(*self._open_file(call)))

    def _files(self, call: Call) -> Reply:
        return as_json(self._listed(self._any(call)))

    def _delete_file(self, call: Call) -> Reply:
        deposit, file = self._open_file(call)
        del deposit.files[file.key]
        return Reply(204)

    # ---- what else there is ----

    def _communities(self, _call: Call) -> Reply:
        return as_json({"hits": {"hits": [{"id": _COMMUNITY, "slug": "bench"}], "total": 1}})

    def _term(self, call: Call) -> Reply:
        return as_json({"id": call.names["id"], "title": {"en": call.names["id"]}})

    # ---- finding ----

    def _any(self, call: Call) -> _Deposit:
        deposit = self._deposits.get(call.names["id"])
        if deposit is None:
            raise _missing()
        return deposit

    def _open(self, call: Call) -> _Deposit:
        deposit = self._any(call)
        if deposit.published:
            raise _missing()
        return deposit

    def _open_file(self, call: Call) -> tuple[_Deposit, _File]:
        deposit, key = self._open(call), call.names["key"]
        if key not in deposit.files:
            message = f"Record '{deposit.id}' has no file '{key}'."
            raise Refused(404, {"status": 404, "message": message})
        return deposit, deposit.files[key]

    # ---- showing ----

    def _shown(self, deposit: _Deposit) -> dict[str, Json]:
        done = [file for file in deposit.files.values() if file.complete]
        return {
            "id": deposit.id,
            "created": deposit.made,
            "updated": deposit.made,
            "links": self._links(deposit),
            "revision_id": deposit.revision,
            "parent": {"id": f"{deposit.id[:5]}-paren", "communities": {}, "pids": {}},
            "versions": {"is_latest": deposit.published, "is_latest_draft": True, "index": 1},
            "is_published": deposit.published,
            "is_draft": not deposit.published,
            "pids": {"oai": {"identifier": f"oai:bench:{deposit.id}", "provider": "oai"}}
            if deposit.published
            else {},
            "metadata": deposit.metadata,
            "custom_fields": deposit.custom_fields,
            "access": {"record": "public", "files": "public", **deposit.access},
            "files": {
                "enabled": deposit.enabled,
                "order": [],
                "count": len(done),
                "total_bytes": sum(file.content.size for file in done if file.content),
                "entries": {key: _summary(file) for key, file in deposit.files.items()},
            },
            "status": "published" if deposit.published else "draft",
        }

    def _links(self, deposit: _Deposit) -> dict[str, Json]:
        record = f"{self._base}/api/records/{deposit.id}"
        page = f"{self._base}/records/{deposit.id}"
        self_ = record if deposit.published else f"{record}/draft"
        links: dict[str, Json] = {
            "self": self_,
            "self_html": page if deposit.published else page.replace("/records/", "/uploads/"),
            "preview_html": f"{page}?preview=1",
            "reserve_doi": f"{record}/draft/pids/doi",
            "files": f"{self_}/files",
            "archive": f"{self_}/files-archive",
            "versions": f"{record}/versions",
            "access_links": f"{record}/access/links",
            "access_grants": f"{record}/access/grants",
            "communities": f"{record}/communities",
            "requests": f"{record}/requests",
        }
        if deposit.published:
            return links | {"latest": f"{record}/versions/latest", "draft": f"{record}/draft"}
        ours: dict[str, Json] = {
            "record": record,
            "record_html": page,
            "publish": f"{record}/draft/actions/publish",
            "review": f"{record}/draft/review",
        }
        return links | ours

    def _listed(self, deposit: _Deposit) -> dict[str, Json]:
        entries: list[Json] = [self._entry(deposit, file) for file in deposit.files.values()]
        return {
            "enabled": deposit.enabled,
            "links": {"self": f"{self._base}/api/records/{deposit.id}/draft/files"},
            "entries": entries,
            "default_preview": None,
            "order": [],
        }

    def _entry(self, deposit: _Deposit, file: _File) -> dict[str, Json]:
        self_ = f"{self._base}/api/records/{deposit.id}/draft/files/{quote(file.key)}"
        entry: dict[str, Json] = {
            "created": deposit.made,
            "updated": deposit.made,
            "metadata": None,
            "access": {"hidden": False},
            "links": {
                "self": self_,
                "content": f"{self_}/content",
                "commit": f"{self_}/commit",
            },
            "key": file.key,
            "transfer": {"type": "L"},
            "status": "completed" if file.complete else "pending",
        }
        return entry | _told(file)


def _into_digest(_head: Head) -> _Content:
    return _Content()


def _take(deposit: _Deposit, body: dict[str, Json]) -> None:
    deposit.metadata = mapping(body.get("metadata"))
    deposit.access = mapping(body.get("access"))
    deposit.custom_fields = mapping(body.get("custom_fields"))
    deposit.enabled = mapping(body.get("files")).get("enabled") is not False


def _summary(file: _File) -> dict[str, Json]:
    """A file in its deposit's own JSON; pending ones have neither size nor checksum."""
    shown: dict[str, Json] = {"key": file.key, "metadata": {}, "access": {"hidden": False}}
    return shown | _told(file)


def _told(file: _File) -> dict[str, Json]:
    if not (file.complete and file.content):
        return {}
    return {
        "size": file.content.size,
        "checksum": file.content.checksum,
        "mimetype": "application/octet-stream",
        "storage_class": "L",
    }


def _missing() -> Refused:
    message = "The persistent identifier does not exist."
    return Refused(404, {"status": 404, "message": message})


def _id_of(number: int) -> str:
    letters: Iterable[str] = (_ALPHABET[(number >> (5 * place)) & 31] for place in range(9, -1, -1))
    text = "".join(letters)
    return f"{text[:5]}-{text[5:]}"


def _now() -> str:
    return datetime.now(UTC).isoformat()
