"""Real servers: sign in, push, sign out, and be refused."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shell import ARCHIVE, NOMAD, Shell, shell
from terminal import Terminal

import publishkit
from publishkit import kept
from publishkit.errors import AuthenticationError

if TYPE_CHECKING:
    from pathlib import Path

    from servers.api import InvenioServer, NomadServer

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]


_BOTH = ("USERNAME", "PASSWORD")


def refused(user: Shell, target: str) -> None:
    """Without credentials nothing is pushed, and the way to sign in is named."""
    said = user.run("push", "records/0", "--to", target, code=5)
    assert f"publishkit login {target}" in said


def test_on_invenio(
    invenio_server: InvenioServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell(folder, invenio=invenio_server)
    monkeypatch.chdir(folder)
    user, token = Shell(folder), invenio_server.tokens["alice"]
    refused(user, ARCHIVE)
    with Terminal("login", ARCHIVE) as terminal:
        terminal.until("Token (does not show): ")
        terminal.type(f"{token[:-4]}0000", hidden=True)
        assert terminal.end() == 5
    refused(user, ARCHIVE)
    with Terminal("login", ARCHIVE) as terminal:
        terminal.until(f"{invenio_server.url}/account/settings/applications/tokens/new/")
        terminal.until("Token (does not show): ")
        terminal.type(token, hidden=True)
        assert terminal.end() == 0
        assert token.encode() not in terminal.raw
    user.run("push", "records/0", "--to", ARCHIVE)
    user.run("delete", "records/0", "--to", ARCHIVE, "--yes")
    assert "stays valid until you delete it at" in user.run("logout", ARCHIVE)
    refused(user, ARCHIVE)


def sign_in(name: str, password: str, *, code: int = 0) -> str:
    """Sign in on the NOMAD at a terminal, and give what showed there."""
    with Terminal("login", NOMAD) as terminal:
        terminal.until("User name or e-mail address: ")
        terminal.type(name)
        terminal.until("Password (does not show): ")
        terminal.type(password, hidden=True)
        assert terminal.end() == code
        return str(terminal.seen)


def test_on_nomad(nomad_server: NomadServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = dict(shell(folder, nomad=nomad_server).environment)["PUBLISHKIT_NOMAD_HERE_USERNAME"]
    monkeypatch.chdir(folder)
    user, password = Shell(folder), nomad_server.password
    refused(user, NOMAD)
    sign_in(name, f"not-{password}", code=5)
    screen = sign_in(name, password)
    (one,) = kept.all_kept().values()
    assert one.token is not None
    assert one.token not in screen
    # a year or a month, unless the server is set up otherwise
    assert one.expires is not None
    assert one.expires > datetime.now(UTC) + timedelta(days=29)
    assert f"valid until {one.expires:%Y-%m-%d}." in screen
    assert one.token.startswith("nomad_pat_") == bool(one.id)
    assert bool(one.id) == nomad_server.version.startswith("2.")
    user.run("push", "records/0", "--to", NOMAD)
    user.run("delete", "records/0", "--to", NOMAD, "--yes")
    assert "until" in user.run("whoami", NOMAD)
    with Terminal("logout", NOMAD) as terminal:
        if one.id:
            terminal.until(f"Password of {name}")
            terminal.type(password, hidden=True)
        assert terminal.end() == 0
    refused(user, NOMAD)
    monkeypatch.setenv("PUBLISHKIT_NOMAD_HERE_TOKEN", str(one.token))
    user.run("whoami", NOMAD, code=5 if one.id else 0)  # an app token cannot be revoked


def test_signing_in_again_leaves_one_token_at_the_server(
    nomad_server: NomadServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = shell(folder, nomad=nomad_server)
    monkeypatch.chdir(folder)
    name, password = (user.environment[f"PUBLISHKIT_NOMAD_HERE_{w}"] for w in _BOTH)
    tokens = []
    for _ in range(2):
        publishkit.login(NOMAD, username=name, password=password)
        tokens += [one.token for one in kept.all_kept().values()]
    assert publishkit.whoami(NOMAD).username == name
    (one,) = kept.all_kept().values()
    if one.id:
        monkeypatch.setenv("PUBLISHKIT_NOMAD_HERE_TOKEN", str(tokens[0]))
        with pytest.raises(AuthenticationError):
            publishkit.whoami(NOMAD)
    assert publishkit.logout(NOMAD, password=password).revoked == bool(one.id)
