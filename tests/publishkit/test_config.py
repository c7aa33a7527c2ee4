"""Targets and credentials, from files and the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from publishkit import config, plugins
from publishkit.errors import ConfigError
from publishkit.hooks import Backend, Credentials, Target
from publishkit.testing import MemoryRepository

if TYPE_CHECKING:
    from pathlib import Path


def backend() -> Backend:
    environment = {"username": "NOMAD_USERNAME", "password": "NOMAD_PASSWORD"}
    return Backend(
        name="kind",
        targets=(
            Target(name="prod", backend="kind", url="https://a.example/api", database="one"),
            Target(name="beta", backend="kind", url="https://b.example/api", database="one"),
            Target(
                name="test-1",
                backend="kind",
                url="https://t.example/api",
                sandbox=True,
                environment=environment,
            ),
        ),
        settings=frozenset({"dois"}),
        open=lambda _connection: MemoryRepository(),
    )


@pytest.fixture(autouse=True)
def one_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "backends", lambda: {"kind": backend()})


def load(folder: Path, text: str = "", **environment: str) -> config.Config:
    if text:
        (folder / config.CONFIG_FILE).write_text(text)
    return config.load(folder, environment=environment)


def test_the_backends_targets_are_there(tmp_path: Path) -> None:
    assert set(load(tmp_path).targets) == {"prod", "beta", "test-1"}


def test_a_file_in_a_parent_adds_targets(tmp_path: Path) -> None:
    text = '[targets.mine]\nbackend = "kind"\nurl = "https://m.example/"\ndois = "on"\n'
    (tmp_path / config.CONFIG_FILE).write_text(text)
    (tmp_path / "a" / "b").mkdir(parents=True)
    target = load(tmp_path / "a" / "b").target("mine")
    assert (target.url, dict(target.settings)) == ("https://m.example", {"dois": "on"})
    assert not target.sandbox


def test_a_file_adds_to_what_a_backend_declares(tmp_path: Path) -> None:
    target = load(tmp_path, '[targets.prod]\ndois = "off"\n').target("prod")
    assert target.url == "https://a.example/api"
    assert target.settings["dois"] == "off"


def test_a_declared_target_cannot_be_led_to_another_host(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="fixed at"):
        load(tmp_path, '[targets.prod]\nurl = "https://evil.example"\n')


def test_everything_that_is_wrong_in_a_file_is_named_at_once(tmp_path: Path) -> None:
    text = (
        'colour = "red"\n[targets.a]\nbackend = "kind"\nurl = "https://a"\nsandbox = "yes"\n'
        'shape = 1\n[targets.b]\nbackend = "other"\n'
    )
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    for expected in ("colour", "sandbox must be true or false", "shape", "url is missing", "other"):
        assert expected in str(caught.value)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=config.CONFIG_FILE):
        load(tmp_path, "[targets")


def test_ad_hoc_targets_need_no_file(tmp_path: Path) -> None:
    target = load(tmp_path).target("kind+http://127.0.0.1:5000/")
    assert (target.backend, target.url, target.sandbox) == ("kind", "http://127.0.0.1:5000", True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://a.example", "plain http"),
        ("ftp://a.example", "https://"),
        ("a.example", "https://"),
        ("https://", "https://"),
        ("https://user:secret@a.example", "more than a host"),
        ("https://a.example?token=secret", "more than a host"),
    ],
)
def test_urls_that_will_not_do_are_refused_without_showing_a_secret(
    tmp_path: Path, url: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        load(tmp_path).target(f"kind+{url}")
    assert "secret" not in str(caught.value)


def test_plain_http_to_another_host_can_be_allowed(tmp_path: Path) -> None:
    text = '[targets.a]\nbackend = "kind"\nurl = "http://a.example"\ninsecure = true\n'
    assert load(tmp_path, text).target("a").url == "http://a.example"


def test_targets_of_one_database_know_each_others_urls(tmp_path: Path) -> None:
    found = load(tmp_path)
    assert found.urls_of(found.target("beta")) == {"https://a.example/api", "https://b.example/api"}
    assert found.urls_of(found.target("test-1")) == {"https://t.example/api"}


def test_credentials_come_from_variables_named_after_the_target(tmp_path: Path) -> None:
    found = load(tmp_path, PUBLISHKIT_TEST_1_TOKEN="t", PUBLISHKIT_TEST_1_USERNAME="u")
    assert found.credentials(found.target("test-1")) == Credentials(token="t", username="u")
    assert not found.credentials(found.target("prod"))


def test_credentials_come_from_the_variables_a_target_names(tmp_path: Path) -> None:
    found = load(tmp_path, NOMAD_USERNAME="u", NOMAD_PASSWORD="p")
    expected = Credentials(username="u", password="p")
    assert found.credentials(found.target("test-1")) == expected
    assert not found.credentials(found.target("kind+https://elsewhere.example"))


def test_credentials_come_from_a_dotenv_file_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PUBLISHKIT_PROD_TOKEN=file\nPUBLISHKIT_BETA_TOKEN=file\n")
    (tmp_path / ".env").chmod(0o600)
    found = load(tmp_path, PUBLISHKIT_PROD_TOKEN="environment")
    assert found.credentials(found.target("prod")).token == "environment"
    assert found.credentials(found.target("beta")).token == "file"


def test_ad_hoc_targets_have_variables_of_their_own(tmp_path: Path) -> None:
    found = load(tmp_path, PUBLISHKIT_TOKEN="t")
    assert found.credentials(found.target("kind+https://a.example")).token == "t"
    assert not found.credentials(found.target("prod"))


def test_secrets_do_not_show(tmp_path: Path) -> None:
    found = load(tmp_path, PUBLISHKIT_PROD_TOKEN="secret", PUBLISHKIT_PROD_PASSWORD="secret")
    assert "secret" not in repr(found) + repr(found.credentials(found.target("prod")))


def test_the_process_environment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PUBLISHKIT_PROD_TOKEN", "t")
    found = config.load(tmp_path)
    assert found.credentials(found.target("prod")).token == "t"


def test_a_target_says_how_long_its_silence_lasts(tmp_path: Path) -> None:
    text = "[targets.prod]\ntimeout = 1.5\n[targets.test-1]\ntimeout = 300\n"
    found = load(tmp_path, text)
    assert [found.target(name).timeout for name in ("prod", "beta", "test-1")] == [1.5, 120, 300]


@pytest.mark.parametrize("wrong", ["0", "-1", '"10"', "true", "inf", "nan"])
def test_a_silence_that_is_no_number_of_seconds_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"targets.prod: timeout must be a number of seconds"):
        load(tmp_path, f"[targets.prod]\ntimeout = {wrong}\n")
