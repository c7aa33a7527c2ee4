"""Real servers for live tests: `invenio` and `nomad` start one, or take the one that is named.

Whoever has a server already names it in environment variables; then nothing is started::

    PUBLISHKIT_TEST_INVENIO_URL        its address, with or without /api at the end
    PUBLISHKIT_TEST_INVENIO_TOKEN      a token; optional: _TOKEN_BOB, _TOKEN_CURATOR
    PUBLISHKIT_TEST_INVENIO_COMMUNITY  optional: the slug of a community of the curator's

    PUBLISHKIT_TEST_NOMAD_URL          its API's address, which ends in /api/v1
    PUBLISHKIT_TEST_NOMAD_USERNAME
    PUBLISHKIT_TEST_NOMAD_PASSWORD
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from . import start_invenio, start_nomad
from .process import ServerError, Services
from .stand_ins.users import PASSWORD, USERS
from .web import call

if TYPE_CHECKING:
    from collections.abc import Iterator

INVENIO_VARIABLE = "PUBLISHKIT_TEST_INVENIO"
NOMAD_VARIABLE = "PUBLISHKIT_TEST_NOMAD"


class NotAdjustableError(ServerError):
    """A test wants a setting changed, but the server is somebody else's."""


@dataclass(frozen=True)
class InvenioServer:
    """An InvenioRDM that runs.

    Attributes:
        url: Its address.
        tokens: A token of each user: "alice", "bob", and "curator" who owns the community.
        user_ids: The users' ids.
        community: The community's slug.
        community_id: The community's id.
        folder: Where its files and logs are, if it was started here.
    """

    url: str
    tokens: dict[str, str]
    user_ids: dict[str, str]
    community: str
    community_id: str
    folder: Path | None = None

    @property
    def api(self) -> str:
        """The address of its API."""
        return f"{self.url}/api"


@dataclass(frozen=True)
class NomadServer:
    """A NOMAD that runs.

    Attributes:
        api: The address of its API.
        version: NOMAD's version.
        users: The users by name: username, email, user_id, first_name, last_name.
        password: Everybody's password.
        worker_pid: The process that works on uploads, and leads a process group: stopped by a
            SIGSTOP, uploads stay in processing until a SIGCONT.
        folder: Where its files and logs are, if it was started here.
    """

    api: str
    version: str
    users: dict[str, dict[str, str]] = field(repr=False)
    password: str
    worker_pid: int | None = None
    folder: Path | None = None


@contextmanager
def invenio(
    run_dir: Path,
    *,
    datacite: bool = False,
    rate_limit: str | None = None,
    quota: int | None = None,
    max_files: int | None = None,
    database: str = start_invenio.DATABASES[0],
) -> Iterator[InvenioServer]:
    """Have an InvenioRDM, fresh unless it is somebody else's.

    Args:
        run_dir: Where it makes a folder of its own.
        datacite: Whether records get DOIs (under 10.5072).
        rate_limit: Requests allowed, such as "5 per minute"; InvenioRDM's default is 500.
        quota: Bytes allowed per record and per file; InvenioRDM's default is 10^10.
        max_files: Files allowed per record; InvenioRDM's default is 100.
        database: "sqlite", or "postgresql", where requests are worked on at the same time.

    Raises:
        ServerError: It cannot be installed or started.
        NotAdjustableError: Something is to be changed, but the server is somebody else's.
    """
    knobs = start_invenio.Knobs(datacite, rate_limit, quota, max_files, database)
    if url := os.environ.get(f"{INVENIO_VARIABLE}_URL"):
        if knobs != start_invenio.Knobs():
            raise NotAdjustableError(f"{INVENIO_VARIABLE}_URL is set: {knobs} cannot be had")
        yield given_invenio(url)
        return
    with Services(fresh_folder(run_dir, "invenio")) as services:
        yield run_invenio(services, knobs)


@contextmanager
def nomad(
    run_dir: Path, version: str = "2.0.0", *, upload_limit: int = 10
) -> Iterator[NomadServer]:
    """Have a NOMAD, fresh unless it is somebody else's, of whatever version that is.

    Args:
        run_dir: Where it makes a folder of its own.
        version: One of `start_nomad.VERSIONS`.
        upload_limit: Unpublished uploads allowed per user.

    Raises:
        ServerError: It cannot be installed or started.
        NotAdjustableError: Something is to be changed, but the server is somebody else's.
    """
    if url := os.environ.get(f"{NOMAD_VARIABLE}_URL"):
        if upload_limit != 10:
            raise NotAdjustableError(f"{NOMAD_VARIABLE}_URL is set: its upload limit is its own")
        yield given_nomad(url.rstrip("/"))
        return
    with Services(fresh_folder(run_dir, f"nomad-{version}")) as services:
        yield run_nomad(services, version, upload_limit)


def run_invenio(services: Services, knobs: start_invenio.Knobs) -> InvenioServer:
    """Start an InvenioRDM."""
    started = start_invenio.start(services, knobs)
    return InvenioServer(
        url=started["url"],
        tokens={name: user["token"] for name, user in started["users"].items()},
        user_ids={name: str(user["id"]) for name, user in started["users"].items()},
        community=started["community"]["slug"],
        community_id=started["community"]["id"],
        folder=services.folder,
    )


def run_nomad(services: Services, version: str, upload_limit: int) -> NomadServer:
    """Start a NOMAD."""
    started = start_nomad.start(services, version, upload_limit)
    return NomadServer(
        api=started["api"],
        version=version,
        users={user["username"]: user for user in USERS},
        password=PASSWORD,
        worker_pid=started["worker_pid"],
        folder=services.folder,
    )


def given_invenio(address: str) -> InvenioServer:
    """Describe the InvenioRDM that the environment names."""
    url = address.rstrip("/").removesuffix("/api")
    variables = {"alice": "_TOKEN", "bob": "_TOKEN_BOB", "curator": "_TOKEN_CURATOR"}
    tokens = {
        name: token
        for name, suffix in variables.items()
        if (token := os.environ.get(INVENIO_VARIABLE + suffix))
    }
    if "alice" not in tokens:
        raise ServerError(f"{INVENIO_VARIABLE}_TOKEN is not set")
    ids = {name: str(known(f"{url}/api/me", token)["id"]) for name, token in tokens.items()}
    slug, found = os.environ.get(f"{INVENIO_VARIABLE}_COMMUNITY", ""), ""
    if slug:
        found = known(f"{url}/api/communities/{slug}", tokens["alice"])["id"]
    return InvenioServer(url, tokens, ids, slug, found)


def given_nomad(api: str) -> NomadServer:
    """Describe the NOMAD that the environment names."""
    try:
        name = os.environ[f"{NOMAD_VARIABLE}_USERNAME"]
        password = os.environ[f"{NOMAD_VARIABLE}_PASSWORD"]
    except KeyError as error:
        raise ServerError(f"{error.args[0]} is not set") from None
    form = {"grant_type": "password", "username": name, "password": password}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, answer = call("POST", f"{api}/auth/token", urlencode(form).encode(), headers)
    if status != 200:
        raise ServerError(f"{api} answered {status} to {name}'s password")
    me = known(f"{api}/users/me", answer["access_token"])
    user = {key: str(value) for key, value in me.items() if isinstance(value, str)}
    return NomadServer(api, known(f"{api}/info")["version"], {name: user}, password)


def known(url: str, token: str = "") -> dict[str, Any]:
    """Get what a server must know."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    status, answer = call("GET", url, headers=headers)
    if status != 200:
        raise ServerError(f"{url} answered {status}")
    return dict(answer)


def fresh_folder(run_dir: Path, name: str) -> Path:
    """Make a folder that no other server uses."""
    run_dir.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=run_dir.absolute()))
