"""Signing in at a terminal: what is asked, what shows, and what is left behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from hostile import Answer, Asked, Server, as_json, serving
from terminal import CTRL_C, Terminal

from publishkit import kept

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]

TOKEN = "t0ken-that-is-accepted"
PASSWORD = "pass word of jane"
MADE = "nomad_pat_made-up"


def answer(asked: Asked) -> Answer:
    """An InvenioRDM and a NOMAD 2.0, as far as signing in goes."""
    if asked.path.endswith("auth/token"):
        right = parse_qs(asked.body.decode())["password"] == [PASSWORD]
        wrong = {"detail": "Incorrect username or password"}
        return as_json({"access_token": "access"}) if right else as_json(wrong, 401)
    if asked.path.endswith("auth/pats"):
        made = {"id": "6b01", "expired_at": "2100-01-02T00:00:00Z"}
        return as_json({"pat": made, "raw_token": MADE}, 201)
    if "/auth/pats/" in asked.path:
        return Answer(204, b"")
    signed = asked.headers.get("Authorization")
    if signed not in {f"Bearer {TOKEN}", f"Bearer {MADE}", "Bearer access"}:
        return as_json({"message": "Permission denied."}, 401)
    return as_json({"id": "1", "user_id": "1", "name": "Jane Doe", "username": "jane"})


@pytest.fixture
def server() -> Iterator[Server]:
    """The archives."""
    with serving(answer) as one:
        yield one


def signed_in() -> bool:
    return bool(kept.all_kept())


def test_a_token_is_asked_for_and_does_not_show(server: Server) -> None:
    target = f"invenio+{server.url}"
    with Terminal("login", target) as terminal:
        terminal.until(f"{server.url}/account/settings/applications/tokens/new/")
        terminal.until("Token (does not show): ")
        terminal.type(f" {TOKEN} ", hidden=True)
        assert terminal.end() == 0
        assert TOKEN.encode() not in terminal.raw
        assert f"{target}: signed in as" in terminal.seen
        assert f"kept in {kept.place()}." in terminal.seen
    with Terminal("whoami", target) as terminal:
        assert terminal.end() == 0
    with Terminal("logout", target) as terminal:
        assert terminal.end() == 0
        assert f"delete it at {server.url}/account/settings/applications/" in terminal.seen
    assert not signed_in()


def test_an_empty_answer_is_asked_again(server: Server) -> None:
    with Terminal("login", f"invenio+{server.url}") as terminal:
        for nothing in ("", "   "):
            terminal.until("Token (does not show): ")
            terminal.type(nothing, hidden=True)
        terminal.until("Token (does not show): ")
        terminal.type(TOKEN, hidden=True)
        assert terminal.end() == 0


def test_a_token_that_is_refused_is_not_kept(server: Server) -> None:
    with Terminal("login", f"invenio+{server.url}") as terminal:
        terminal.until("Token (does not show): ")
        terminal.type("an0ther-token", hidden=True)
        assert terminal.end() == 5
        assert "Nothing was kept." in terminal.seen
        assert b"an0ther" not in terminal.raw
    assert not signed_in()


def test_user_name_and_password_become_a_token_until_logout_revokes_it(server: Server) -> None:
    target = f"nomad+{server.url}/api/v1"
    with Terminal("login", target) as terminal:
        terminal.until("User name or e-mail address: ")
        terminal.type("jane")
        terminal.until("Password (does not show): ")
        terminal.type(PASSWORD, hidden=True)
        assert terminal.end() == 0
        assert "valid until 2100-01-02." in terminal.seen
        assert PASSWORD.encode() not in terminal.raw
        assert MADE.encode() not in terminal.raw
    assert PASSWORD not in kept.place().read_text()
    with Terminal("logout", target) as terminal:
        terminal.until("valid until 2100-01-02")
        terminal.until("Password of jane")
        terminal.type(PASSWORD, hidden=True)
        assert terminal.end() == 0
        assert "It is revoked." in terminal.seen
    assert [one.path for one in server.asked if one.method == "DELETE"] == [
        "/api/v1/auth/pats/6b01"
    ]
    assert not signed_in()


def test_who_does_not_give_the_password_is_signed_out_all_the_same(server: Server) -> None:
    target = f"nomad+{server.url}/api/v1"
    kept.keep(f"{server.url}/api/v1", MADE, user="jane", expires=None, id="6b01")
    with Terminal("logout", target) as terminal:
        terminal.until("Password of jane")
        terminal.type("", hidden=True)
        assert terminal.end() == 0
        assert "It stays valid." in terminal.seen
    assert not signed_in()
    assert server.asked == []


@pytest.mark.parametrize("at", ["User name or e-mail address: ", "Password (does not show): "])
def test_ctrl_c_at_a_question_leaves_nothing_behind(server: Server, at: str) -> None:
    with Terminal("login", f"nomad+{server.url}/api/v1") as terminal:
        terminal.until("User name or e-mail address: ")
        if at.startswith("Password"):
            terminal.type("jane")
            terminal.until(at)
        terminal.press(CTRL_C, hidden=at.startswith("Password"))
        assert terminal.end() == 130
        assert "Traceback" not in terminal.seen
    assert server.asked == []
    assert list(Path.home().rglob("credentials*")) == []


@pytest.mark.parametrize("how", ["option", "variable"])
def test_non_interactive_asks_nothing_though_there_is_a_terminal(server: Server, how: str) -> None:
    options = ["--non-interactive"] if how == "option" else []
    variables = {"PUBLISHKIT_NON_INTERACTIVE": "1"} if how == "variable" else {}
    with Terminal("login", f"invenio+{server.url}", *options, **variables) as terminal:
        assert terminal.end() == 2
        assert "--with-token" in terminal.seen
    kept.keep(server.url, MADE, user="jane", expires=None, id="6b01")
    with Terminal("logout", f"nomad+{server.url}", *options, **variables) as terminal:
        assert terminal.end() == 0
    assert server.asked == []


def test_non_interactive_publishes_nothing_that_nobody_confirmed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[targets.real]\nbackend = "local"\nurl = "{}"\nsandbox = false\n'
    (folder / "publishkit.toml").write_text(text.format((folder / "archive").as_uri()))
    question = "This cannot be undone"
    arguments = ("push", folder / "records" / "0", "--to", "real", "--publish")
    monkeypatch.chdir(folder)
    with Terminal(*arguments, "--non-interactive") as terminal:
        assert terminal.end() == 2
        assert "confirm it by --yes" in terminal.seen
    with Terminal(*arguments) as terminal:
        terminal.until(question)
        terminal.type("n")
        assert terminal.end() == 2
    with Terminal(*arguments, "--non-interactive", "--yes") as terminal:
        assert terminal.end() == 0


def test_the_system_keyring_keeps_the_token_where_there_is_one(
    server: Server, tmp_path: Path
) -> None:
    target = f"invenio+{server.url}"
    ring = {
        "PYTHON_KEYRING_BACKEND": "rings.FileRing",
        "PYTHONPATH": str(Path(__file__).parent),
        "FILE_RING": str(tmp_path / "ring.json"),
    }
    with Terminal("login", target, **ring) as terminal:
        terminal.until("Token (does not show): ")
        terminal.type(TOKEN, hidden=True)
        assert terminal.end() == 0
        assert "kept in the system keyring." in terminal.seen
    assert json.loads((tmp_path / "ring.json").read_text()) == {f"publishkit {server.url}": TOKEN}
    assert TOKEN not in kept.place().read_text()
    with Terminal("whoami", target, **ring) as terminal:
        assert terminal.end() == 0
        assert "kept in the system keyring" in terminal.seen
    with Terminal("whoami", target) as terminal:
        assert terminal.end() == 3
        assert "no keyring here" in terminal.seen
    with Terminal("logout", target, **ring) as terminal:
        assert terminal.end() == 0
        assert "gone from the system keyring" in terminal.seen
    assert json.loads((tmp_path / "ring.json").read_text()) == {}
