"""Answers as NOMAD 2.0 gives them (their fields were taken down from 2.0.0)."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Final

from benchmarks.standin.routes import Call, Refused, Route, as_json, integer, mapping
from benchmarks.standin.uploads import AUTHOR, Upload
from benchmarks.standin.wire import Buffer, Reply
from benchmarks.standin.zips import Spool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.standin.counts import Json
    from benchmarks.standin.wire import Head, Sink

__all__ = ["Nomad"]

_API: Final = "/api/v1"
_UPLOAD: Final = f"{_API}/uploads/{{id}}"


class Nomad:
    """All uploads of one NOMAD, and the calls to it.

    Args:
        processing: How many seconds a zip is processed.
        spool: Where zips are kept.
    """

    def __init__(self, processing: float, spool: Path) -> None:
        self._processing = processing
        self._spool = spool
        self._uploads: dict[str, Upload] = {}
        self.routes = [
            Route("GET", _UPLOAD, self._get),
            Route("PUT", f"{_UPLOAD}/raw/{{path*}}", self._put, self._into_spool),
            Route("GET", f"{_UPLOAD}/raw/{{path*}}", self._raw),
            Route("DELETE", f"{_UPLOAD}/raw/{{path*}}", self._remove),
            Route("GET", f"{_UPLOAD}/rawdir/{{path*}}", self._folder),
            Route("GET", f"{_UPLOAD}/entries", self._processed),
            Route("POST", f"{_UPLOAD}/edit", self._edit),
            Route("POST", f"{_UPLOAD}/action/publish", self._publish),
            Route("DELETE", _UPLOAD, self._delete),
            Route("POST", f"{_API}/uploads", self._create, self._into_spool),
            Route("GET", f"{_API}/uploads", self._list),
            Route("POST", f"{_API}/entries/query", self._query),
            Route("POST", f"{_API}/auth/token", _token),
            Route("GET", f"{_API}/users/me", lambda _: as_json(_person())),
            Route("GET", f"{_API}/users", lambda _: as_json({"data": [_person()]})),
            Route("GET", f"{_API}/datasets", lambda _: as_json({"data": [], **_pages(0)})),
        ]

    def arrived(self) -> list[Json]:
        """Every upload with size and CRC-32 of each file, and how its process was waited for."""
        return [
            {
                "id": one.id,
                "running": one.running,
                "title": one.name,
                "published": one.published is not None,
                "files": {path: [size, crc] for path, (size, crc) in one.files.checked().items()},
                "waited": one.waited(),
            }
            for one in self._uploads.values()
        ]

    # ---- uploads ----

    def _create(self, call: Call) -> Reply:
        number = len(self._uploads).to_bytes(16, "big")
        id_ = base64.urlsafe_b64encode(number).decode().rstrip("=")
        upload = Upload(id_, call.query.get("upload_name"))
        self._uploads[id_] = upload
        if isinstance(call.sink, Spool):
            upload.unpack(call.sink.opened(), "", self._processing)
        return _told(upload)

    def _get(self, call: Call) -> Reply:
        upload = self._upload(call)
        upload.looked_at()
        return _told(upload)

    def _list(self, call: Call) -> Reply:
        name = call.query.get("upload_name")
        drafts_only = call.query.get("is_published") == "false"
        uploads = [
            one
            for one in self._uploads.values()
            if (name is None or one.name == name) and not (drafts_only and one.published)
        ]
        shown, pages = _page([one.shown() for one in uploads], call)
        return as_json({"data": shown, **pages})

    def _delete(self, call: Call) -> Reply:
        upload = self._uploads.pop(self._upload(call).id)
        return _told(upload)

    def _edit(self, call: Call) -> Reply:
        upload, fields = self._upload(call), mapping(mapping(call.json).get("metadata"))
        upload.name = str(fields.get("upload_name", upload.name))
        upload.embargo = integer(fields.get("embargo_length"), upload.embargo)
        upload.comment = str(fields.get("comment", upload.comment))
        references = fields.get("references", upload.references)
        upload.references = references if isinstance(references, list) else upload.references
        upload.process("_edit_metadata")
        return _told(upload)

    def _publish(self, call: Call) -> Reply:
        upload = self._upload(call)
        if upload.running or not upload.mainfiles:
            raise Refused(400, {"detail": "The upload cannot be published."})
        before = _told(upload)  # as NOMAD does
        upload.embargo = integer(call.query.get("embargo_length"), upload.embargo)
        upload.published = time.time()
        return before

    # ---- files ----

    def _into_spool(self, head: Head) -> Sink:
        return Spool(self._spool) if head.has_body else Buffer()

    def _put(self, call: Call) -> Reply:
        upload = self._upload(call)
        if upload.running:
            raise Refused(400, {"detail": "The upload is currently blocked by another process."})
        if not isinstance(call.sink, Spool):
            raise Refused(400, {"detail": "No files provided."})
        upload.unpack(call.sink.opened(), call.names["path"], self._processing)
        return _told(upload)

    def _raw(self, call: Call) -> Reply:
        content = self._idle(call).files.read(call.names["path"])
        if content is None:
            raise Refused(404, {"detail": "Not found. Invalid path?"})
        return Reply(200, content, {"Content-Type": "application/octet-stream"})

    def _remove(self, call: Call) -> Reply:
        upload = self._idle(call)
        if not upload.files.remove(call.names["path"].rstrip("/")):
            raise Refused(404, {"detail": "No file or folder with that path found."})
        upload.process("_process_upload")
        return _told(upload)

    def _folder(self, call: Call) -> Reply:
        above = call.names["path"].strip("/")
        elements = _elements(self._idle(call), f"{above}/" if above else "")
        if above and not elements:
            raise Refused(404, {"detail": "Not found. Invalid path?"})
        content, pages = _page(elements, call)
        size = sum(integer(element["size"], 0) for element in elements)
        listing: Json = {"name": above.rpartition("/")[2], "size": size, "content": content}
        return as_json({"path": above, "directory_metadata": listing, **pages})

    # ---- entries ----

    def _processed(self, call: Call) -> Reply:
        upload = self._idle(call)
        entries = upload.processed()
        return as_json(
            {
                "data": entries,
                "processing_successful": len(entries),
                "processing_failed": 0,
                "upload": upload.shown(),
                **_pages(len(entries)),
            }
        )

    def _query(self, call: Call) -> Reply:
        asked = mapping(mapping(call.json).get("query")).get("upload_id")
        uploads = [one for one in self._uploads.values() if asked in {None, one.id}]
        entries: list[Json] = [entry for one in uploads for entry in one.entries()]
        return as_json({"data": entries, **_pages(len(entries))})

    # ---- finding ----

    def _upload(self, call: Call) -> Upload:
        upload = self._uploads.get(call.names["id"])
        if upload is None:
            raise Refused(404, {"detail": "The specified upload_id was not found."})
        return upload

    def _idle(self, call: Call) -> Upload:
        """The upload; asked whether it runs, it unpacks what has come."""
        upload = self._upload(call)
        upload.running  # noqa: B018
        return upload


def _token(_call: Call) -> Reply:
    said: Json = {"access_token": "bench-token", "token_type": "Bearer", "expires_in": 86400}
    return as_json(said)


def _person() -> dict[str, Json]:
    return {
        "user_id": AUTHOR,
        "name": "Sheldon Cooper",
        "first_name": "Sheldon",
        "last_name": "Cooper",
        "username": "scooper",
        "email": "sheldon.cooper@example.org",
        "affiliation": "Test Institute",
        "is_admin": False,
    }


def _told(upload: Upload) -> Reply:
    return as_json({"upload_id": upload.id, "data": upload.shown()})


def _elements(upload: Upload, above: str) -> list[dict[str, Json]]:
    """What is directly in a folder; a folder has the size of all below it."""
    files: dict[str, int] = {}
    folders: dict[str, int] = {}
    for path, size in upload.files.sizes().items():
        if path.startswith(above):
            name, deeper, _ = path.removeprefix(above).partition("/")
            kind = folders if deeper else files
            kind[name] = kind.get(name, 0) + size
    return [*_named(folders, is_file=False), *_named(files, is_file=True)]


def _named(sizes: Mapping[str, int], *, is_file: bool) -> list[dict[str, Json]]:
    return [{"name": name, "size": size, "is_file": is_file} for name, size in sizes.items()]


def _page(items: Sequence[dict[str, Json]], call: Call) -> tuple[list[Json], dict[str, Json]]:
    size = integer(call.query.get("page_size"), 10)
    first = (integer(call.query.get("page"), 1) - 1) * size
    return [*items[first : first + size]], _pages(len(items))


def _pages(total: int) -> dict[str, Json]:
    return {"pagination": {"page": 1, "total": total}}
