"""No token and no password gets anywhere, though servers repeat all that they are sent."""

from __future__ import annotations

import base64
import io
import json
import logging
import signal
import sys
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hostile import Answer, Asked, as_json, serving
from rich.console import Console
from rich.traceback import Traceback

import publishkit
from publishkit import cli, config, kept, patience, secrets
from publishkit.errors import PublishkitError
from publishkit.testing import write_record
from publishkit_invenio.repository import InvenioRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.enable_socket

TOKEN = "Zx9Kq/+7Lw=2Rt5Vb8Nm4Pd6"
PASSWORD = 'c0rrect h0rse & "battery" st%ple/'


def forms(secret: str) -> set[bytes]:
    """Every way in which a secret could be written."""
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    plain |= {json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    data = secret.encode()
    inner = (base64.b64encode(b"x" * before + data).decode() for before in range(3))
    return {one.encode() for one in plain} | {one[4 : len(data)].encode() for one in inner}


SECRET = forms(TOKEN) | forms(PASSWORD)


def leaked(text: bytes | str) -> list[bytes]:
    data = text if isinstance(text, bytes) else text.encode(errors="replace")
    return [form for form in SECRET if form in data]


def echo(asked: Asked, status: int) -> Answer:
    """All that was sent, in every place of an answer."""
    token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
    basic = base64.b64encode(f"me:{token}".encode()).decode()
    said = f"no good: {token} {quote(token, safe='')} {basic} {asked.path} {asked.body[:500]!r}"
    body = {
        "status": status,
        "message": said,
        "detail": said,
        "error": said,
        "errors": [{"field": token, "messages": [said]}],
        "id": token,
        "title": said,
        "metadata": {"title": said},
        "links": {"self": f"http://127.0.0.1/{token}", "self_html": said},
        "hits": {"total": 1, "hits": [{"id": token, "links": {}, "metadata": {"title": said}}]},
        "data": [{"upload_id": said, "name": said, "user_id": token}],
    }
    headers = {"X-Echo": f"Bearer {token}", "WWW-Authenticate": said[:200].replace("\n", " ")}
    headers["Content-Type"] = "application/json"
    return Answer(status, json.dumps(body).encode(), headers, reason=f"No {token}")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait for nothing, know no secrets of other tests, and put signals back."""
    monkeypatch.setattr(patience, "_FIRST_WAIT", 0.0)
    monkeypatch.setattr(InvenioRepository, "lag", 0.0)
    monkeypatch.setattr(secrets, "_known", {})
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for name in ("publishkit", "urllib3"):
        logging.getLogger(name).handlers.clear()
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run the command line: its exit code and all that it printed."""

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["publishkit", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out + err

    return call


VERBS = [
    ("push", "0"),
    ("push", "0", "--publish", "--yes", "--force"),
    ("status", "abc-123"),
    ("publish", "abc-123", "--yes"),
    ("update", "abc-123", "--set", "metadata.title=x"),
    ("share", "abc-123", "--link"),
    ("share", "abc-123"),
    ("link", "abc-123", "--collection", "c"),
    ("doi", "reserve", "abc-123"),
    ("delete", "abc-123", "--yes"),
    ("discard", "abc-123"),
    ("collections", "list"),
    ("users", "me"),
    ("list",),
    ("search", "x"),
    ("entries", "list", "abc-123"),
    ("pull", "abc-123", "into"),
    ("adopt", "abc-123", "0"),
    ("whoami",),
    ("request", "GET", "records", "-i"),
    ("request", "POST", "records", "--data", "{}", "-i"),
]


@pytest.mark.parametrize("status", [200, 401, 404, 500])
@pytest.mark.parametrize("signed", ["invenio", "password"])
def test_nothing_that_a_run_prints_or_writes_has_the_token_in_it(
    run: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    status: int,
    signed: str,
) -> None:
    """Whatever a server makes of it, by every command and at its loudest."""
    write_record(tmp_path / "0", {"data.csv": b"1,2\n"})
    (tmp_path / "0" / "records_links.json").write_text("[]")
    monkeypatch.chdir(tmp_path)
    variables = {"TOKEN": TOKEN}
    if signed == "password":
        variables = {"USERNAME": "me", "PASSWORD": PASSWORD}
    for name, value in variables.items():
        monkeypatch.setenv(f"PUBLISHKIT_{name}", value)

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("auth/token") and status != 401:
            return Answer(200, json.dumps({"access_token": TOKEN}).encode())
        return echo(asked, status)

    with serving(answer) as server:
        target = f"{'invenio' if signed == 'invenio' else 'nomad'}+{server.url}/api/v1"
        for verb in VERBS:
            code, printed = run(*verb, "--to", target, "-vv")
            assert leaked(printed) == [], verb
            assert "Traceback" not in printed, printed
            assert code in range(1, 9) or status == 200, (verb, printed)
    assert any(TOKEN in one or PASSWORD in one for one in sent(server.asked))
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert leaked(path.read_bytes()) == [], path


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("kind", ["token", "password"])
def test_signing_in_and_out_writes_the_token_into_one_file_and_the_password_into_none(
    run: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    status: int,
    kind: str,
) -> None:
    """Though the server repeats both, at the command's loudest."""
    write_record(tmp_path / "0", {"data.csv": b"1,2\n"})
    monkeypatch.chdir(tmp_path)
    printed = ""
    with serving(lambda asked: _gives_tokens(asked, status)) as server:
        target = f"{'invenio' if kind == 'token' else 'nomad'}+{server.url}/api/v1"
        if kind == "token":
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TOKEN.encode())))
            code, said = run("login", target, "--with-token", "-vv")
            assert code == 0 or status != 200
            printed += said
        else:
            printed += _login(target)
        signed_in = kept.place().exists()
        assert signed_in == (status == 200)
        for verb in (("whoami",), ("push", "0"), ("list",), ("request", "GET", "records", "-i")):
            printed += run(*verb, "--to", target, "-vv")[1]
        assert any(TOKEN in one for one in server.signed) or not signed_in
        holding = {path for path in tmp_path.rglob("*") if path.is_file() and _has(path, TOKEN)}
        assert holding == ({kept.place()} if signed_in else set())
        assert not any(_has(path, PASSWORD) for path in tmp_path.rglob("*") if path.is_file())
        printed += run("logout", target, "-vv")[1]
    assert leaked(printed) == []
    assert not any(_has(path, TOKEN) for path in tmp_path.rglob("*") if path.is_file())


def _login(target: str) -> str:
    """What a traceback shows if it fails; '' if it does not."""
    try:
        publishkit.login(target, username="me", password=PASSWORD)
    except PublishkitError as error:
        return shown(error)
    return ""


def _has(path: Path, secret: str) -> bool:
    return any(form in path.read_bytes() for form in forms(secret))


def _gives_tokens(asked: Asked, status: int) -> Answer:
    """A server that signs everybody in, or nobody, and says so in all words that it knows."""
    if status != 200:
        return echo(asked, status)
    if asked.path.endswith("auth/token"):
        return as_json({"access_token": "an-access-token"})
    if asked.path.endswith("auth/pats"):
        return as_json({"pat": {"id": "1", "expired_at": None}, "raw_token": TOKEN}, 201)
    if asked.path.endswith("users/me"):
        return as_json({"user_id": TOKEN, "name": f"Me, by {TOKEN}", "username": "me"})
    return echo(asked, 200)


def sent(asked: list[Asked]) -> list[str]:
    from urllib.parse import unquote_plus

    return [*(one.headers.get("Authorization", "") for one in asked)] + [
        unquote_plus(one.body.decode(errors="replace")) for one in asked
    ]


@pytest.mark.parametrize(
    ("signed", "status"), [("invenio", 500), ("nomad", 200), ("nomad", 401), ("password", 401)]
)
def test_no_traceback_shows_a_secret_though_it_lists_what_every_function_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, signed: str, status: int
) -> None:
    folder = write_record(tmp_path / "0", {"data.csv": b"1,2\n"})
    if signed == "password":
        monkeypatch.setenv("PUBLISHKIT_USERNAME", "me")
        monkeypatch.setenv("PUBLISHKIT_PASSWORD", PASSWORD)
    else:
        monkeypatch.setenv("PUBLISHKIT_TOKEN", TOKEN)
    with serving(lambda asked: echo(asked, status)) as server:
        target = f"{'invenio' if signed == 'invenio' else 'nomad'}+{server.url}/api/v1"
        with pytest.raises(PublishkitError) as caught:
            publishkit.push(folder, target)
    text = shown(caught.value)
    assert leaked(text) == [], text[max(0, text.find(TOKEN) - 300) :][:500]


def shown(error: BaseException) -> str:
    """A traceback with the variables of every function, as rich and pytest show them."""
    out = io.StringIO()
    trace = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=200
    )
    Console(file=out, width=300).print(trace)
    return out.getvalue() + "\n".join(chain.from_iterable(map(_held, _behind(error))))


def _behind(error: BaseException | None) -> list[BaseException]:
    """An error and those that led to it."""
    found: list[BaseException] = []
    while error and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _held(error: BaseException) -> Iterator[str]:
    yield repr(error)
    where = error.__traceback__
    while where:
        if "site-packages" in where.tb_frame.f_code.co_filename:
            yield from map(repr, where.tb_frame.f_locals.values())
        where = where.tb_next


def test_no_representation_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Event

    environment = {"PUBLISHKIT_TOKEN": TOKEN, "PUBLISHKIT_USERNAME": "me"}
    environment["PUBLISHKIT_PASSWORD"] = PASSWORD
    found = config.load(environment=environment)
    for backend in ("invenio", "nomad"):
        target = found.target(f"{backend}+https://archive.example/api/v1")
        repository = config.open_repository(found, target, Event(), 1)
        for one in chain([found, found.credentials(target), repository], _inside(repository)):
            assert leaked(repr(one)) == [], type(one)


def _inside(thing: object) -> Iterator[object]:
    """What an object of ours is made of."""
    seen: set[int] = set()
    left = [thing]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if type(one).__module__.startswith(("publishkit", "requests")):
            left += list(vars(one).values()) if hasattr(one, "__dict__") else []


def test_targets_are_listed_without_their_tokens(
    run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHKIT_ZENODO_TOKEN", TOKEN)
    code, printed = run("targets")
    assert (code, leaked(printed)) == (0, [])
    assert "signed in" in printed


def test_a_token_that_cannot_be_one_is_refused_without_showing_it(
    run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHKIT_TOKEN", f"{TOKEN}\n{TOKEN}")
    with serving() as server:
        code, printed = run("whoami", "--to", f"invenio+{server.url}", "-vv")
    assert (code, leaked(printed), server.asked) == (3, [], [])


def test_a_new_token_is_understood_though_an_older_one_was_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is masked in answers is not what a server gives to sign in with."""
    monkeypatch.setenv("PUBLISHKIT_USERNAME", "me")
    monkeypatch.setenv("PUBLISHKIT_PASSWORD", PASSWORD)

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("auth/token"):
            return Answer(200, json.dumps({"access_token": TOKEN}).encode())
        return Answer(200, b'{"user_id": "1", "name": "Me", "username": "me"}')

    with serving(answer) as server:
        for _ in range(2):
            publishkit.whoami(f"nomad+{server.url}/api/v1")
    assert server.signed == [f"Bearer {TOKEN}"] * 2
