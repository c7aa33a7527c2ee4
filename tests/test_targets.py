"""The targets that come with publishkit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publishkit import config
from publishkit.plugins import declared_targets

if TYPE_CHECKING:
    from pathlib import Path


def test_these_are_there() -> None:
    assert set(declared_targets()) == {
        *("local", "nomad-prod", "nomad-staging", "nomad-test"),
        *("big-map", "big-map-demo", "zenodo", "zenodo-sandbox"),
    }


def test_publishing_counts_everywhere_but_in_sandboxes(tmp_path: Path) -> None:
    found = config.load(tmp_path, environment={})
    sandboxes = {name for name, target in found.targets.items() if target.sandbox}
    assert sandboxes == {"local", "nomad-test", "big-map-demo", "zenodo-sandbox"}


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost", "[::1]:8000"])
def test_whatever_runs_on_this_machine_is_a_sandbox(tmp_path: Path, host: str) -> None:
    found = config.load(tmp_path, environment={})
    assert found.target(f"invenio+http://{host}").sandbox
    assert not found.target("invenio+https://archive.example").sandbox


def test_a_target_can_be_called_a_sandbox(tmp_path: Path) -> None:
    text = '[targets.mine]\nbackend = "nomad"\nurl = "https://a.example/api/v1"\nsandbox = true\n'
    (tmp_path / config.CONFIG_FILE).write_text(text)
    assert config.load(tmp_path, environment={}).target("mine").sandbox


def test_nomad_staging_and_prod_hold_the_same_deposits(tmp_path: Path) -> None:
    found = config.load(tmp_path, environment={})
    prod, staging, test = (found.target(f"nomad-{name}") for name in ("prod", "staging", "test"))
    assert found.urls_of(prod) == found.urls_of(staging) == {prod.url, staging.url}
    assert found.urls_of(test) == {test.url}


def test_nomads_own_variables_serve_nomads_targets_and_no_others(tmp_path: Path) -> None:
    found = config.load(tmp_path, environment={"NOMAD_USERNAME": "u", "NOMAD_PASSWORD": "p"})
    signed = {name for name, target in found.targets.items() if found.credentials(target)}
    assert signed == {"nomad-prod", "nomad-staging", "nomad-test"}
    assert not found.credentials(found.target("nomad+https://elsewhere.example/api/v1"))
