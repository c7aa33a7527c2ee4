"""What the backend declares, and that declaring it costs nothing."""

from __future__ import annotations

import subprocess
import sys
from threading import Event

from publishkit.hooks import Connection, Credentials
from publishkit_invenio import publishkit_backend
from publishkit_invenio.block import InvenioBlock
from publishkit_invenio.repository import InvenioRepository
from publishkit_invenio.settings import InvenioSettings
from publishkit_invenio.targets import SETTINGS, TARGETS


def test_looking_a_target_up_imports_neither_requests_nor_pydantic() -> None:
    code = (
        "import sys, publishkit_invenio as p; p.publishkit_backend(); "
        "print([m for m in ('requests', 'pydantic') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.strip() == "[]"


def test_big_map_and_zenodo_come_with_their_sandboxes() -> None:
    assert {target.name: (target.url, target.sandbox) for target in TARGETS} == {
        "big-map": ("https://archive.big-map.eu", False),
        "big-map-demo": ("https://big-map-archive-demo.materialscloud.org", True),
        "zenodo": ("https://zenodo.org", False),
        "zenodo-sandbox": ("https://sandbox.zenodo.org", True),
    }


def test_each_target_opens_with_its_limits() -> None:
    backend = publishkit_backend()
    limits = {}
    for target in backend.targets:
        made = backend.open(Connection(target=target, credentials=Credentials(), stop=Event()))
        assert isinstance(made, InvenioRepository)
        limits[target.name] = (made.limits.files, made.limits.bytes)
    assert limits["big-map"] == (100, 100 * 10**9)
    assert limits["zenodo-sandbox"] == (100, 50 * 10**9)


def test_the_declared_settings_are_those_of_the_model() -> None:
    assert publishkit_backend().settings == SETTINGS == InvenioSettings.model_fields.keys()


def test_the_block_is_the_invenio_block() -> None:
    make = publishkit_backend().block
    assert make is not None
    assert make() is InvenioBlock
