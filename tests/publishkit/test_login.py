"""Signing in and out: the verbs, and what the commands say."""

from __future__ import annotations

import io
import itertools
import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import publishkit
from publishkit import kept, plugins
from publishkit.abilities import Token
from publishkit.errors import AuthenticationError, ConfigError, TemporaryError, UnsupportedError
from publishkit.hooks import Backend, Connection, Target, TokenPages
from publishkit.testing import MemoryRepository, PlainRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publishkit.repository import Repository, User

TOKEN = "t0ken-of-an-account"
PASSWORD = "pass word of an account"


@dataclass
class Archive:
    """A server with one account."""

    accepted: dict[str, str] = field(default_factory=lambda: {TOKEN: ""})
    """Tokens, and their ids."""
    revoked: list[str] = field(default_factory=list)
    lasts: timedelta | None = timedelta(days=365)
    down: bool = False
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def open(self, connection: Connection) -> Repository:
        if connection.target.name == "plain":
            return PlainRepository()
        return _Signed(self, connection)


class _Signed(MemoryRepository):
    """The server as one who may or may not be signed in sees it."""

    def __init__(self, archive: Archive, connection: Connection) -> None:
        super().__init__(connection.target.url)
        self._archive = archive
        self._given = connection.credentials

    def whoami(self) -> User:
        if self._archive.down:
            raise TemporaryError("it is down")
        if self._given.token not in self._archive.accepted and self._given.password != PASSWORD:
            raise AuthenticationError("no good")
        return super().whoami()

    def exchange(self, name: str) -> Token:
        if self._given.password != PASSWORD:
            raise AuthenticationError("Incorrect username or password")
        id_ = f"id-{next(self._archive.numbers)}"
        made = f"made-for-{self._given.username}-{id_}"
        self._archive.accepted[made] = id_
        ends = datetime.now(UTC) + self._archive.lasts if self._archive.lasts else None
        return Token(made, ends, id_)

    def revoke_token(self, id: str) -> None:
        if self._given.password != PASSWORD:
            raise AuthenticationError("Incorrect username or password")
        self._archive.revoked.append(id)
        accepted = self._archive.accepted
        self._archive.accepted = {t: one for t, one in accepted.items() if one != id}


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Archive:
    """The server behind `memory` and `other`."""
    made = Archive()
    names = ("memory", "other", "plain")
    targets = [Target(name=n, backend="memory", url=f"https://{n}.example") for n in names]
    targets.append(Target(name="here", backend="memory", url="file:///here"))
    backend = Backend(
        name="memory",
        targets=tuple(targets),
        passwords=True,
        pages=lambda target: TokenPages(make=f"{target.url}/new", revoke=f"{target.url}/all"),
        open=made.open,
    )
    monkeypatch.setattr(plugins, "backends", lambda: {"memory": backend})
    return made


# ---- the verbs ----


def test_a_token_that_is_accepted_signs_in_from_then_on(archive: Archive) -> None:
    with pytest.raises(AuthenticationError, match="no credentials"):
        publishkit.whoami("memory")
    done = publishkit.login("memory", token=f" {TOKEN}\n")
    assert done.kept_in == str(kept.place())
    assert (done.expires, done.before) == (None, "")
    assert publishkit.whoami("memory") == done.user
    with pytest.raises(AuthenticationError):
        publishkit.whoami("other")


def test_a_token_that_is_refused_is_not_kept_and_the_one_before_stays(archive: Archive) -> None:
    publishkit.login("memory", token=TOKEN)
    with pytest.raises(AuthenticationError) as caught:
        publishkit.login("memory", token="an0ther-token")
    said = str(caught.value)
    assert "Nothing was kept" in said
    assert "https://memory.example/new" in said
    assert "publishkit login memory" in said
    assert publishkit.whoami("memory").id
    assert "an0ther" not in said + kept.place().read_text()


def test_nothing_is_kept_when_the_archive_is_away(archive: Archive) -> None:
    archive.down = True
    with pytest.raises(TemporaryError):
        publishkit.login("memory", token=TOKEN)
    assert kept.all_kept() == {}


def test_a_password_becomes_a_token_and_is_kept_nowhere(archive: Archive) -> None:
    done = publishkit.login("memory", username="jane", password=PASSWORD)
    assert done.expires is not None
    assert done.expires > datetime.now(UTC) + timedelta(days=364)
    (one,) = kept.all_kept().values()
    assert one.token in archive.accepted
    assert PASSWORD not in kept.place().read_text()
    assert publishkit.whoami("memory") == done.user


def test_a_wrong_password_keeps_nothing(archive: Archive) -> None:
    with pytest.raises(AuthenticationError, match=r"Nothing was kept.*user name") as caught:
        publishkit.login("memory", username="jane", password="wr0ng")
    assert "wr0ng" not in str(caught.value)
    assert kept.all_kept() == {}


def test_signing_in_again_does_not_pile_tokens_up(archive: Archive) -> None:
    for _ in range(3):
        publishkit.login("memory", username="jane", password=PASSWORD)
    (one,) = kept.all_kept().values()
    assert set(archive.accepted.values()) == {"", one.id}


@pytest.mark.parametrize("stage", ["checking", "keeping"])
@pytest.mark.parametrize("error", [TemporaryError("away"), KeyboardInterrupt()], ids=repr)
def test_a_token_that_was_made_and_not_kept_is_revoked(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, stage: str, error: BaseException
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise error

    where, what = (_Signed, "whoami") if stage == "checking" else (kept, "keep")
    monkeypatch.setattr(where, what, fail)
    with pytest.raises(type(error)):
        publishkit.login("memory", username="jane", password=PASSWORD)
    assert set(archive.accepted) == {TOKEN}
    assert kept.all_kept() == {}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"token": "  "},
        {"username": "jane"},
        {"password": PASSWORD},
        {"token": TOKEN, "username": "jane", "password": PASSWORD},
    ],
)
def test_too_little_or_too_much_to_sign_in_by_is_refused(
    archive: Archive, given: dict[str, str]
) -> None:
    with pytest.raises(ConfigError, match="Give a token, or a username and a password"):
        publishkit.login("memory", **given)


def test_a_token_with_characters_that_no_token_has_is_refused(archive: Archive) -> None:
    with pytest.raises(ConfigError, match="no token has") as caught:
        publishkit.login("memory", token="tökèn")
    assert "tökèn" not in str(caught.value)


def test_what_gives_no_token_for_a_password_says_so(archive: Archive) -> None:
    with pytest.raises(UnsupportedError, match="token for a password"):
        publishkit.login("plain", username="jane", password=PASSWORD)


def test_what_needs_no_signing_in_says_so(archive: Archive) -> None:
    with pytest.raises(UnsupportedError, match="needs no signing in"):
        publishkit.login("here", token=TOKEN)
    with pytest.raises(UnsupportedError, match="needs no signing in"):
        publishkit.logout("here")


def test_targets_without_a_name_can_be_signed_in_on(archive: Archive) -> None:
    publishkit.login("memory+https://ad.hoc.example/api", token=TOKEN)
    assert publishkit.whoami("memory+https://ad.hoc.example/api/").id
    with pytest.raises(AuthenticationError, match=r"publishkit login 'memory\+https://b c'"):
        publishkit.whoami("memory+https://b c")


def test_signing_out_takes_the_token_away_and_again_is_no_error(archive: Archive) -> None:
    publishkit.login("memory", token=TOKEN)
    done = publishkit.logout("memory")
    assert done.removed == (str(kept.place()),)
    assert (done.revoked, done.page) == (False, "https://memory.example/all")
    assert TOKEN not in kept.place().read_text()
    with pytest.raises(AuthenticationError, match="no credentials"):
        publishkit.whoami("memory")
    assert publishkit.logout("memory").removed == ()


def test_with_the_password_the_token_is_revoked_too(archive: Archive) -> None:
    publishkit.login("memory", username="jane", password=PASSWORD)
    assert publishkit.logout("memory", password=PASSWORD).revoked
    assert set(archive.accepted) == {TOKEN}
    assert kept.all_kept() == {}


def test_with_a_wrong_password_one_stays_signed_in(archive: Archive) -> None:
    publishkit.login("memory", username="jane", password=PASSWORD)
    with pytest.raises(AuthenticationError, match=r"still kept.*publishkit logout memory"):
        publishkit.logout("memory", password="wr0ng")
    assert publishkit.whoami("memory").id


def test_a_password_for_a_token_that_cannot_be_revoked_is_not_used(archive: Archive) -> None:
    publishkit.login("memory", token=TOKEN)
    done = publishkit.logout("memory", password="of no use")
    assert (len(done.removed), done.revoked) == (1, False)


def test_other_credentials_that_go_before_are_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHKIT_MEMORY_TOKEN", TOKEN)
    before = "PUBLISHKIT_MEMORY_TOKEN in the environment"
    assert publishkit.login("memory", token=TOKEN).before == before
    assert publishkit.logout("memory").before == before


# ---- what is said when it does not work ----


def test_a_token_that_ended_says_when_and_how_to_go_on(archive: Archive) -> None:
    archive.lasts = -timedelta(days=2)
    publishkit.login("memory", username="jane", password=PASSWORD)
    archive.accepted.clear()
    day = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"
    with pytest.raises(AuthenticationError, match=f"ended on {day}. Run publishkit login memory"):
        publishkit.whoami("memory")


def test_a_token_that_was_revoked_says_how_to_go_on(archive: Archive) -> None:
    publishkit.login("memory", token=TOKEN)
    archive.accepted.clear()
    with pytest.raises(AuthenticationError, match=r"revoked. Run publishkit login memory"):
        publishkit.whoami("memory")


def test_a_variable_that_is_not_accepted_is_named_with_its_place(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishkit.login("memory", token=TOKEN)
    monkeypatch.setenv("PUBLISHKIT_MEMORY_TOKEN", "an0ther-token")
    with pytest.raises(AuthenticationError) as caught:
        publishkit.whoami("memory")
    assert "PUBLISHKIT_MEMORY_TOKEN in the environment" in str(caught.value)
    assert "https://memory.example/new" in str(caught.value)
    assert "an0ther" not in str(caught.value)


def test_who_has_no_credentials_is_told_both_ways(archive: Archive) -> None:
    with pytest.raises(AuthenticationError) as caught:
        publishkit.whoami("memory")
    advice = caught.value.advice
    assert advice.startswith("Run publishkit login memory, or, as in CI, set ")
    for what in ("TOKEN", "USERNAME", "PASSWORD"):
        assert f"PUBLISHKIT_MEMORY_{what}" in advice


# ---- the commands ----


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Put something into standard input, which is no terminal then."""

    def call(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return call


@pytest.mark.parametrize("content", [f"{TOKEN}\n", f"\ufeff{TOKEN}\r\nmore\n", TOKEN])
def test_a_token_can_come_from_standard_input(
    archive: Archive,
    run: Callable[..., tuple[int, str, str]],
    pipe: Callable[[bytes], None],
    content: str,
) -> None:
    pipe(content.encode())
    code, out, err = run("login", "memory", "--with-token")
    assert (code, err) == (0, "")
    assert f"kept in {kept.place()}." in out
    assert TOKEN not in out
    assert run("whoami", "memory")[0] == 0


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n"])
def test_no_token_on_standard_input_is_a_usage_error(
    archive: Archive,
    run: Callable[..., tuple[int, str, str]],
    pipe: Callable[[bytes], None],
    content: bytes,
) -> None:
    pipe(content)
    code, _, err = run("login", "memory", "--with-token")
    assert (code, "no token on standard input" in err) == (2, True)


def test_bytes_that_are_no_token_are_refused(
    archive: Archive, run: Callable[..., tuple[int, str, str]], pipe: Callable[[bytes], None]
) -> None:
    pipe(b"\xff\xfe\x00secret\n")
    code, out, err = run("login", "memory", "--with-token")
    assert (code, "no token has" in err, "secret" in out + err) == (3, True, False)


def test_without_a_terminal_nobody_is_asked_and_the_ways_are_named(
    archive: Archive, run: Callable[..., tuple[int, str, str]], pipe: Callable[[bytes], None]
) -> None:
    pipe(f"{TOKEN}\n".encode())
    code, out, err = run("login", "memory")
    assert (code, out) == (2, "")
    assert "--with-token" in err
    assert "PUBLISHKIT_MEMORY_TOKEN" in err


def test_quiet_says_nothing(
    archive: Archive, run: Callable[..., tuple[int, str, str]], pipe: Callable[[bytes], None]
) -> None:
    pipe(TOKEN.encode())
    assert run("login", "memory", "--with-token", "-q") == (0, "", "")
    assert run("logout", "memory", "-q") == (0, "", "")


def test_whoami_says_where_the_credentials_come_from(
    archive: Archive,
    run: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publishkit.login("memory", username="jane", password=PASSWORD)
    for named in (["memory"], ["--to", "memory"], ["memory", "--to", "memory"]):
        code, out, _ = run("whoami", *named)
        assert (code, f"publishkit login, kept in {kept.place()}, until " in out) == (0, True)
    found = json.loads(run("whoami", "memory", "--json")[1])
    assert found["credentials"] == f"publishkit login, kept in {kept.place()}"
    assert found["expires"].endswith("Z")
    assert found["id"]
    monkeypatch.setenv("PUBLISHKIT_MEMORY_TOKEN", TOKEN)
    code, out, _ = run("whoami", "memory")
    assert "PUBLISHKIT_MEMORY_TOKEN in the environment" in out
    assert TOKEN not in out
    assert json.loads(run("whoami", "memory", "--json")[1])["expires"] is None


@pytest.mark.parametrize("command", ["login", "logout", "whoami"])
def test_one_target_must_be_named(
    archive: Archive, run: Callable[..., tuple[int, str, str]], command: str
) -> None:
    assert run(command)[0] == 2
    code, _, err = run(command, "memory", "--to", "other")
    assert (code, "two targets" in err) == (2, True)


def test_logout_says_what_became_of_the_token(
    archive: Archive, run: Callable[..., tuple[int, str, str]]
) -> None:
    publishkit.login("memory", token=TOKEN)
    code, out, _ = run("logout", "memory")
    assert code == 0
    assert f"gone from {kept.place()}" in out
    assert "delete it at https://memory.example/all" in out
    code, out, _ = run("logout", "--to", "memory")
    assert (code, out) == (0, "You are not signed in on memory.\n")


def test_login_and_logout_name_what_goes_before(
    archive: Archive,
    run: Callable[..., tuple[int, str, str]],
    pipe: Callable[[bytes], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUBLISHKIT_MEMORY_TOKEN", TOKEN)
    note = "PUBLISHKIT_MEMORY_TOKEN in the environment goes before"
    pipe(TOKEN.encode())
    assert note in run("login", "memory", "--with-token")[2]
    assert note in run("logout", "memory")[2]


def test_targets_tells_who_is_signed_in_and_whose_token_ended(
    archive: Archive, run: Callable[..., tuple[int, str, str]]
) -> None:
    publishkit.login("memory", token=TOKEN)
    archive.lasts = -timedelta(days=2)
    publishkit.login("other", username="jane", password=PASSWORD)
    lines = {line.split()[0]: line for line in run("targets")[1].splitlines()}
    assert "signed in)" in lines["memory"]
    assert "expired" in lines["other"]
    assert "no credentials" in lines["plain"]


# ---- what is declared ----


def test_every_archive_has_a_page_for_tokens_and_the_documented_ones_are_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from publishkit.config import load, pages_of

    monkeypatch.undo()
    found = load(environment={})
    pages = {name: pages_of(target) for name, target in found.targets.items() if name != "local"}
    assert all(page.make.startswith("https://") for page in pages.values())
    new = "/account/settings/applications/tokens/new/"
    assert pages["zenodo"].make == f"https://zenodo.org{new}"
    assert pages["zenodo-sandbox"].make == f"https://sandbox.zenodo.org{new}"
    assert pages["big-map"].make == f"https://archive.big-map.eu{new}"
    assert pages["zenodo"].revoke == "https://zenodo.org/account/settings/applications/"
    for url in ("https://a.example", "https://a.example/api"):
        assert pages_of(found.target(f"invenio+{url}")).make == f"https://a.example{new}"
