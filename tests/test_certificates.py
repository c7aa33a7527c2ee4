"""Whose certificates count: nothing is sent to a server that cannot show who it is."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from hostile import Server, as_json, serving

import publishkit
from publishkit.errors import ConfigError, PublishkitError
from publishkit.verbs.push import setting_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.enable_socket

TOKEN = "Zx9KqQ7LwT2Rt5Vb8Nm4Pd6"


@pytest.fixture(autouse=True)
def no_certificates_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def encrypted(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def asked_with(server: Server, folder: Path, bundle: str = "") -> str:
    """What becomes of a question; where a file is named, with its certificates."""
    text = f'[targets.mine]\nbackend = "invenio"\nurl = "{server.url}"\n'
    text += f'ca_bundle = "{bundle}"\n' if bundle else ""
    (folder / "publishkit.toml").write_text(text)
    try:
        return publishkit.whoami("mine").id
    except PublishkitError as error:
        return f"{type(error).__name__}: {error}"


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PUBLISHKIT_MINE_TOKEN", TOKEN)
    return tmp_path


def test_a_certificate_counts_only_if_its_authority_was_named(
    mine: Path, authority: trustme.CA
) -> None:
    authority.cert_pem.write_to_path(str(mine / "ca.pem"))
    me = as_json({"id": "7", "profile": {"full_name": "Me"}})
    with serving(lambda _: me, tls=encrypted(authority, "127.0.0.1")) as server:
        assert "certificate was not accepted" in asked_with(server, mine)
        assert server.asked == []
        assert asked_with(server, mine, "ca.pem") == "7"
    with serving(lambda _: me, tls=encrypted(authority, "other.example")) as server:
        assert "certificate was not accepted" in asked_with(server, mine, "ca.pem")
        assert server.asked == []


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\x00" * 100])
def test_a_file_of_certificates_that_is_none_is_named_before_anything_is_sent(
    mine: Path, authority: trustme.CA, content: bytes | None
) -> None:
    if content is not None:
        (mine / "ca.pem").write_bytes(content)
    with serving(tls=encrypted(authority, "127.0.0.1")) as server:
        said = asked_with(server, mine, "ca.pem")
        assert said.startswith("ConfigError")
        assert "ca.pem" in said
        assert server.asked == []


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_so_is_one_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "none.pem"))
    with pytest.raises(ConfigError, match=f"{variable}.*none.pem|none.pem.*{variable}"):
        publishkit.whoami("invenio+https://archive.example")


def test_of_two_in_the_environment_only_the_one_that_counts_must_be_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "none.pem"))
    assert setting_of("invenio+https://archive.example").repositories


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_no_variable_switches_verification_off(
    mine: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_VERIFY", "PYTHONHTTPSVERIFY"):
        monkeypatch.setenv(name, value)
    with serving(tls=encrypted(authority, "127.0.0.1")) as server:
        assert "not accepted" in asked_with(server, mine)
        assert server.asked == []


def test_no_setting_switches_verification_off(mine: Path, authority: trustme.CA) -> None:
    with serving(tls=encrypted(authority, "127.0.0.1")) as server:
        for line in ("verify = false", "insecure = true", 'ca_bundle = ""'):
            text = f'[targets.mine]\nbackend = "invenio"\nurl = "{server.url}"\n{line}\n'
            (mine / "publishkit.toml").write_text(text)
            with pytest.raises(PublishkitError):
                publishkit.whoami("mine")
        assert server.asked == []
