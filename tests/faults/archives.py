"""What the real servers hold, asked directly and not through publishkit."""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Archive", "Held", "Invenio", "Nomad"]

TIMEOUT: Final = 120.0
MISSING: Final = frozenset({404, 410})
PROCESSING_LASTS: Final = 120.0
"""Seconds after which an upload that is still processed counts as stuck."""
DISGUISE: Final = "a-password-that-stands-nowhere-else"
"""What the client has for a password, so that a leak can be told from the word."""


@dataclass(frozen=True, slots=True)
class Held:
    """A deposit as its server holds it."""

    published: bool
    title: str
    files: Mapping[str, str]
    """The MD5 of each of the user's files, by key."""
    open_edit: bool = False
    """Whether a published one has an edit that nobody finished."""


class Archive(Protocol):
    """A real server, and somebody's account there."""

    @property
    def name(self) -> str:
        """The backend's name, and in these tests the target's."""

    @property
    def url(self) -> str:
        """What a target's `url` would be."""

    @property
    def place(self) -> str:
        """What tells it from others in names and tables: the backend's name, perhaps more."""

    @property
    def version(self) -> str:
        """What runs there."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that sign the client in."""

    @property
    def disguises(self) -> Mapping[str, str]:
        """Passwords that the client has, and the real ones."""

    def held(self, id_: str) -> Held | None:
        """A deposit, None if it is gone."""

    def delete(self, id_: str) -> None:
        """Delete what a failed case left, if that can be."""


def _patient() -> requests.Session:
    """Asks again what fails: InvenioRDM on SQLite answers 500 to a GET while it is busy."""
    session = requests.Session()
    failing = Retry(total=5, backoff_factor=0.5, status_forcelist=[500, 502, 503, 504])
    session.mount("http://", HTTPAdapter(max_retries=failing))
    return session


@dataclass
class Invenio:
    """An InvenioRDM."""

    url: str
    token: str = field(repr=False)
    version: str = "InvenioRDM 13.1.2"
    place: str = "invenio"
    name: str = "invenio"

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PUBLISHKIT_INVENIO_TOKEN": self.token}

    @property
    def disguises(self) -> Mapping[str, str]:
        return {}

    def held(self, id_: str) -> Held | None:
        draft = self._get(f"records/{id_}/draft")
        record = self._get(f"records/{id_}")
        found = record or draft
        if found is None:
            return None
        path = f"records/{id_}/files" if record else f"records/{id_}/draft/files"
        files = (self._get(path) or {}).get("entries", [])
        return Held(
            published=record is not None,
            title=found["metadata"].get("title", ""),
            files={
                f["key"]: (f.get("checksum") or f["status"]).removeprefix("md5:") for f in files
            },
            open_edit=record is not None and draft is not None,
        )

    def delete(self, id_: str) -> None:
        url = f"{self.url}/api/records/{id_}/draft"
        requests.delete(url, headers=self._headers(), timeout=TIMEOUT)

    def _headers(self) -> dict[str, str]:
        # a User-Agent of its own, by which InvenioRDM counts requests
        agent = f"check/{time.time_ns()}"
        return {"Authorization": f"Bearer {self.token}", "User-Agent": agent}

    def _get(self, path: str) -> dict[str, Any] | None:
        url = f"{self.url}/api/{path}"
        with _patient() as session:
            answer = session.get(url, headers=self._headers(), timeout=TIMEOUT)
        if answer.status_code in MISSING:
            return None
        answer.raise_for_status()
        return dict(answer.json())


@dataclass
class Nomad:
    """A NOMAD."""

    url: str
    username: str
    password: str = field(repr=False)
    version: str = "NOMAD 2.0.0"
    place: str = "nomad"
    name: str = "nomad"
    _token: str = field(default="", repr=False)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "PUBLISHKIT_NOMAD_USERNAME": self.username,
            "PUBLISHKIT_NOMAD_PASSWORD": DISGUISE,
        }

    @property
    def disguises(self) -> Mapping[str, str]:
        return {DISGUISE: self.password}

    def held(self, id_: str) -> Held | None:
        upload = self._upload(id_)
        if upload is None:
            return None
        return Held(
            published=upload["published"],
            title=upload.get("upload_name") or "",
            files=self._files(id_),
        )

    def delete(self, id_: str) -> None:
        self._ask("DELETE", f"uploads/{id_}")

    def _upload(self, id_: str) -> dict[str, Any] | None:
        end = time.monotonic() + PROCESSING_LASTS
        while True:
            answer = self._ask("GET", f"uploads/{id_}")
            if answer.status_code in MISSING:
                return None
            answer.raise_for_status()
            upload: dict[str, Any] = answer.json()["data"]
            if not upload["process_running"]:
                return upload
            if time.monotonic() > end:
                raise TimeoutError(f"{id_} is still processed")
            time.sleep(0.2)

    def _files(self, id_: str) -> dict[str, str]:
        answer = self._ask("GET", f"uploads/{id_}/raw/?compress=true")
        if answer.status_code in MISSING:
            return {}
        answer.raise_for_status()
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            return {
                name: hashlib.md5(archive.read(name), usedforsecurity=False).hexdigest()
                for name in archive.namelist()
                if name.rpartition("/")[2] not in OWN
            }

    def _ask(self, method: str, path: str) -> requests.Response:
        if not self._token:
            form = {"grant_type": "password", "username": self.username, "password": self.password}
            signed = requests.post(f"{self.url}/auth/token", data=form, timeout=TIMEOUT)
            signed.raise_for_status()
            self._token = signed.json()["access_token"]
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "*/*"}
        with _patient() as session:
            answer = session.request(method, f"{self.url}/{path}", headers=headers, timeout=TIMEOUT)
        if answer.status_code == requests.codes.unauthorized:  # it expired
            self._token = ""
            return self._ask(method, path)
        return answer


OWN: Final = frozenset(
    {
        "nomad.yaml",
        "publishkit.archive.json",
        "publishkit-manifest-sha256.txt",
        "record_metadata.json",
    }
)
"""What publishkit adds to the user's files, in each record's folder."""
