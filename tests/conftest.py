"""What every test has: no home folder, no credentials, no network unless it is marked live."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from servers.api import InvenioServer, NomadServer, invenio, nomad
from servers.versions import NOMAD_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_TRUST = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
"""A machine's certificates: no business of ours, and each run would read them."""
RECORDS = Path(__file__).parents[1] / "records"

# how long an example takes says nothing; `--hypothesis-profile=thorough` tries many more
settings.register_profile("quick", deadline=None, max_examples=60)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the live tests, and no others, open connections; they take long, so they go first."""
    items.sort(key=lambda item: item.get_closest_marker("live") is None)
    for item in items:
        if item.get_closest_marker("live"):
            item.add_marker(pytest.mark.enable_socket)


@pytest.fixture(autouse=True)
def nobody_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test an empty home, cache and current folder, and no credentials."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in list(os.environ):
        ours = name.startswith("PUBLISHKIT_") and not name.startswith("PUBLISHKIT_TEST_")
        if ours or name.startswith(("XDG_", "NOMAD_")) or name in _TRUST:
            monkeypatch.delenv(name)
    monkeypatch.setenv("PUBLISHKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    # a password of another test, such as `password`, is no secret in this one
    monkeypatch.setattr("publishkit.secrets._known", {})
    monkeypatch.chdir(home)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder with a copy of the example records, without the links of earlier pushes."""
    ours = shutil.ignore_patterns("records_links.json", ".publishkit")
    shutil.copytree(RECORDS, tmp_path / "work" / "records", ignore=ours)
    return tmp_path / "work"


@pytest.fixture(scope="session")
def invenio_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InvenioServer]:
    """A real InvenioRDM for all live tests."""
    with invenio(tmp_path_factory.mktemp("invenio")) as server:
        yield server


@pytest.fixture(scope="session")
def nomad_servers(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], NomadServer]]:
    """Gives a real NOMAD of a version, the same one for all live tests."""
    with ExitStack() as stack:

        @cache
        def start(version: str) -> NomadServer:
            folder = tmp_path_factory.mktemp(f"nomad-{version}")
            return stack.enter_context(nomad(folder, version))

        yield start


@pytest.fixture(params=NOMAD_VERSIONS)
def nomad_server(
    request: pytest.FixtureRequest, nomad_servers: Callable[[str], NomadServer]
) -> NomadServer:
    """Real NOMADs, one version after the other."""
    return nomad_servers(request.param)
