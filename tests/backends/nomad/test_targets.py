"""What the backend declares."""

from __future__ import annotations

import subprocess
import sys
from threading import Event

import pytest

from publishkit.errors import ConfigError
from publishkit.hooks import Connection, Credentials, Target
from publishkit_nomad import publishkit_backend
from publishkit_nomad.settings import NomadSettings
from publishkit_nomad.targets import SETTINGS, TARGETS


def test_the_three_central_deployments_are_declared() -> None:
    assert {target.name: target.url for target in publishkit_backend().targets} == {
        "nomad-prod": "https://nomad-lab.eu/prod/v1/api/v1",
        "nomad-staging": "https://nomad-lab.eu/prod/v1/staging/api/v1",
        "nomad-test": "https://nomad-lab.eu/prod/v1/test/api/v1",
    }


def test_prod_and_staging_are_one_database_and_no_sandbox() -> None:
    prod, staging, test = TARGETS
    assert prod.database == staging.database != test.database
    assert [target.sandbox for target in TARGETS] == [False, False, True]


def test_credentials_have_the_names_that_nomads_users_know() -> None:
    for target in TARGETS:
        assert target.environment == {"username": "NOMAD_USERNAME", "password": "NOMAD_PASSWORD"}


def test_looking_a_target_up_imports_nothing_heavy() -> None:
    code = (
        "import sys, publishkit_nomad; publishkit_nomad.publishkit_backend();"
        "sys.exit(' '.join({'requests', 'pydantic', 'zipstream', 'idutils'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.strip() == ""


def test_settings_are_those_that_the_backend_declares() -> None:
    assert set(NomadSettings.model_fields) == SETTINGS == publishkit_backend().settings


def test_all_that_is_wrong_with_settings_is_named_at_once() -> None:
    target = Target(
        name="mine",
        backend="nomad",
        url="https://nomad.example/api/v1",
        settings={"max_bytes": "much", "max_drafts": -1, "colour": "red"},
    )
    connection = Connection(target=target, credentials=Credentials(), stop=Event())
    with pytest.raises(ConfigError, match="mine") as caught:
        publishkit_backend().open(connection)
    assert all(name in str(caught.value) for name in ("max_bytes", "max_drafts", "colour"))


@pytest.mark.parametrize(
    ("gui", "expected"),
    [
        (None, "https://nomad.example/oasis/gui"),
        ("https://pages.example/", "https://pages.example"),
        ("", ""),
    ],
)
def test_the_pages_are_beside_the_api_unless_told(gui: str | None, expected: str) -> None:
    settings = NomadSettings(gui=gui)
    assert settings.gui_base("https://nomad.example/oasis/api/v1") == expected


def test_the_block_model_is_given_when_asked_for() -> None:
    block = publishkit_backend().block
    assert block is not None
    assert "coauthors" in block().model_fields
