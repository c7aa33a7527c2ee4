"""What a target's configuration may say."""

from __future__ import annotations

import pytest

from publishkit.errors import ConfigError
from publishkit.hooks import Target
from publishkit_invenio.settings import InvenioSettings


def settings(**given: object) -> InvenioSettings:
    return InvenioSettings.of(
        Target(name="t", backend="invenio", url="https://archive.example", settings=given)
    )


def test_without_settings_the_defaults_of_inveniordm_hold() -> None:
    found = settings()
    assert (found.dois, found.publisher, found.max_files) == (None, None, 100)
    assert found.largest_file == found.max_bytes == 10**10


def test_one_file_may_have_a_limit_of_its_own() -> None:
    assert settings(max_bytes=100, max_file_bytes=10).largest_file == 10


def test_all_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        settings(dois="maybe", max_files="many", max_bytes=0, color="red")
    told = str(caught.value)
    assert all(word in told for word in ("dois", "max_files", "max_bytes", "color"))
    assert "publishkit.toml" in told
