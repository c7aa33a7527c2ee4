"""The .env of the tutorials of nomad-utility-workflows 0.3.2 works as it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from publishkit import config
from publishkit.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

ENV = 'NOMAD_USERNAME="MyLogin"\nNOMAD_PASSWORD="MyPassWord"\n'
"""As the tutorial has it; these two are all that the tool reads."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "DFT-1").mkdir(parents=True)
    (folder / ".env").write_text(ENV)
    (folder / ".env").chmod(0o600)
    return folder


@pytest.mark.parametrize("target", ["nomad-prod", "nomad-staging", "nomad-test"])
@pytest.mark.parametrize("where", [".", "DFT-1"])
def test_it_signs_in_to_every_nomad_from_every_folder_below(
    root: Path, target: str, where: str
) -> None:
    found = config.load(root / where, environment={})
    given = found.credentials(found.target(target))
    assert (given.username, given.password) == ("MyLogin", "MyPassWord")


def test_it_signs_in_nowhere_else(root: Path) -> None:
    found = config.load(root, environment={})
    assert not found.credentials(found.target("zenodo"))
    assert not found.credentials(found.target("nomad+https://elsewhere.example/api/v1"))


def test_the_environment_wins_as_it_does_there(root: Path) -> None:
    found = config.load(root, environment={"NOMAD_USERNAME": "other"})
    given = found.credentials(found.target("nomad-test"))
    assert (given.username, given.password) == ("other", "MyPassWord")


@pytest.mark.skipif(os.name != "posix", reason="these rights are POSIX's")
def test_with_the_rights_that_an_editor_gives_it_the_command_to_run_is_said(root: Path) -> None:
    (root / ".env").chmod(0o644)
    with pytest.raises(ConfigError) as refused:
        config.load(root, environment={})
    assert refused.value.advice.startswith(f"Run chmod 600 {root / '.env'}")
    assert "MyPassWord" not in str(refused.value)
