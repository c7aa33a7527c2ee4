"""Servers, links files, names and proxies that mean harm."""

from __future__ import annotations

import json
import logging
import os
import signal
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from hostile import Answer, Asked, as_json, serving

import publishkit
from publishkit import cli, patience, received
from publishkit.errors import PublishkitError, RepositoryError
from publishkit.testing import write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.enable_socket

TOKEN = "Zx9KqQ7LwT2Rt5Vb8Nm4Pd6"
STEERING = "\x1b]0;pwned\x07\x9b2J\u202egnp.\u2066\r\n\x00\u2028"
"""A terminal's commands, text that runs backwards, ends of lines."""


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(patience, "_FIRST_WAIT", 0.0)
    monkeypatch.setenv("PUBLISHKIT_TOKEN", TOKEN)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for name in ("publishkit", "urllib3"):
        logging.getLogger(name).handlers.clear()
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command line: its exit code and what it printed."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["publishkit", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capfd.readouterr()

    return call


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_record(tmp_path / "0", {"data.csv": b"1,2\n"})


def draft(links_to: str, text: str = "A title") -> dict[str, object]:
    """What InvenioRDM says of a draft, with every link to somewhere else."""
    links = ("self", "self_html", "files", "content", "commit", "publish", "record", "next")
    entry = {
        "key": "data.csv",
        "status": "completed",
        "size": 4,
        "checksum": "md5:1bc29b36f623ba82aaf6724fd3b16718",
        "links": dict.fromkeys(links, f"{links_to}/steal"),
    }
    return {
        "id": "abc12-3de45",
        "is_published": False,
        "status": "draft",
        "revision_id": 4,
        "links": dict.fromkeys(links, f"{links_to}/steal"),
        "metadata": {"title": text, "resource_type": {"id": "dataset"}},
        "files": {"enabled": True, "entries": {"data.csv": entry}},
        "entries": [entry],
        "hits": {"total": 0, "hits": []},
        "access": {"record": "public", "files": "public"},
        "parent": {},
    }


# ---- where tokens go ----


def test_links_of_a_server_to_another_host_are_not_followed(
    run: Callable[..., tuple[int, str, str]], record: Path
) -> None:
    with serving() as thief, serving(lambda _: as_json(draft(thief.url))) as server:
        target = f"invenio+{server.url}"
        for verb in (
            ("push", "0"),
            ("adopt", "abc12-3de45", "0"),
            ("status", "0"),
            ("publish", "0", "--yes"),
            ("pull", "abc12-3de45", "into"),
            ("share", "0", "--link"),
            ("delete", "0", "--yes"),
        ):
            run(*verb, "--to", target)
    assert server.signed
    assert thief.asked == []


def test_links_of_the_links_file_to_another_host_are_not_followed(
    run: Callable[..., tuple[int, str, str]], record: Path
) -> None:
    with serving() as thief, serving(lambda _: as_json(draft("https://here.example"))) as server:
        target = f"invenio+{server.url}"
        run("adopt", "abc12-3de45", "0", "--to", target)
        path = record.parent / "records_links.json"
        (row,) = json.loads(path.read_text())
        ours = {"folder", "target", "id", "state", "publishkit"}
        row |= dict.fromkeys(set(row) - ours, f"{thief.url}/steal")
        path.write_text(json.dumps([row]))
        for verb in ("push", "status", "publish", "pull"):
            run(verb, "0", "--to", target, *(["--yes"] * (verb == "publish")))
        assert server.signed
        row["publishkit"]["url"] = thief.url
        path.write_text(json.dumps([row]))
        for verb in ("push", "status"):
            code, _, err = run(verb, "0", "--to", target)
            assert (code, thief.url in err) == (3, True)
    assert thief.asked == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_host_gets_neither_the_token_nor_the_call(
    run: Callable[..., tuple[int, str, str]], record: Path, status: int
) -> None:
    with serving() as thief:
        away = {"Location": f"{thief.url}/steal"}
        with serving(lambda _: Answer(status, b"", away)) as server:
            code, _, err = run("push", "0", "--to", f"invenio+{server.url}")
    assert (code, thief.asked) == (1, [])
    assert "another host" in err


def test_a_proxy_is_not_passed_by_what_stays_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving() as proxy, serving(lambda _: Answer(401)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with pytest.raises(PublishkitError):
            publishkit.whoami(f"invenio+{server.url}")
    assert (proxy.asked, len(server.asked)) == ([], 1)


def test_a_proxy_learns_the_host_and_no_more(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda _: Answer(502)) as proxy:
        url = proxy.url.replace("//", "//me:hunter22@")
        monkeypatch.setenv("HTTPS_PROXY", url)
        code, out, err = run("whoami", "--to", "invenio+https://archive.example", "-vv")
    assert code == 7
    assert {(one.method, one.path) for one in proxy.asked} == {("CONNECT", "archive.example:443")}
    assert TOKEN not in str([one.headers for one in proxy.asked])
    assert "hunter22" not in out + err


# ---- what they say ----


def test_nothing_that_a_server_says_steers_the_terminal(
    run: Callable[..., tuple[int, str, str]], record: Path, tmp_path: Path
) -> None:
    text = f"A title{STEERING}"
    found = draft("https://archive.example", text) | {
        "errors": [{"field": text, "messages": [text]}],
        "message": text,
        "title": text,
        "profile": {"full_name": text, "affiliations": text},
        "email": text,
        "link": text,
    }
    found["hits"] = {"total": 1, "hits": [dict(found, slug=text)]}
    for status in (200, 400, 500):
        with serving(lambda _, status=status: as_json(found, status)) as server:
            for verb in (
                *(("push", "0"), ("status", "abc12-3de45"), ("list",), ("search", "x")),
                *(("users", "x"), ("collections", "list"), ("whoami",), ("link", "0")),
                *(("pull", "abc12-3de45", f"into{status}"), ("publish", "abc12-3de45", "--yes")),
                *(("share", "abc12-3de45"), ("delete", "abc12-3de45"), ("request", "GET", "x")),
                ("link", "abc12-3de45", "--collection", "c"),
            ):
                _, out, err = run(*verb, "--to", f"invenio+{server.url}", "-v")
                assert not [c for c in "\x1b\x07\x9b\u202e\u2066\r\x00\u2028" if c in out + err]


def test_nor_does_what_a_folder_or_a_file_is_called(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "0\x1b]0;pwned\x07\u202e"
    write_record(tmp_path / name, {"a\u202eb.csv": b"1", "id_rsa": b"1"})
    for verb in (
        ("push", "."),
        ("push", ".", "--dry-run", "--allow-secrets"),
        ("push", ".", "--allow-secrets"),
        ("status", "."),
        ("push", name, "--links", f"{name}/x"),
        ("push", f"{name}/none"),
        ("update", ".", "--metadata", f"{name}/a\u202eb.csv"),
        ("update", ".", "--set", name),
    ):
        _, out, err = run(*verb, "--to", f"local+{(tmp_path / 'archive').as_uri()}")
        assert not [c for c in "\x1b\x07\u202e" if c in out + err], verb


def test_an_answer_on_a_terminal_is_text_and_elsewhere_as_it_came(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = f"one\n{STEERING}".encode()
    with serving(lambda _: Answer(200, said)) as server:
        _, out, _ = run("request", "GET", "x", "--to", f"invenio+{server.url}")
        assert "\x1b]0;pwned" in out
        monkeypatch.setattr("publishkit.cli.catalogue._seen", lambda: True)
        _, out, _ = run("request", "GET", "x", "--to", f"invenio+{server.url}")
    assert out.startswith("one\n")
    assert not [c for c in "\x1b\x07\x9b\u202e" if c in out]


def endless(block: bytes) -> Iterator[bytes]:
    while True:
        yield block


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("block", [b" " * 65536, b'{"message": "' + b"[" * 65536, b"<html>" * 9999])
def test_an_answer_without_end_is_left(
    monkeypatch: pytest.MonkeyPatch, status: int, block: bytes
) -> None:
    monkeypatch.setattr(received, "MAX_ANSWER", 1 << 20)
    with serving(lambda _: Answer(status, endless(block))) as server:
        for target in (f"invenio+{server.url}", f"nomad+{server.url}/api/v1"):
            with pytest.raises(RepositoryError) as caught:
                publishkit.whoami(target)
            assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"id": "x", "links": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        b'{"id": ' + b"9" * 100_000 + b"}",
        b'{"id": "\\ud800"}',
        b"\xff\xfe",
        b"null",
    ],
)
def test_json_that_is_deep_or_no_json_is_the_servers_mistake_and_not_ours(
    run: Callable[..., tuple[int, str, str]], record: Path, status: int, body: bytes
) -> None:
    with serving(lambda _: Answer(status, body)) as server:
        for target in (f"invenio+{server.url}", f"nomad+{server.url}/api/v1"):
            for verb in (("push", "0"), ("whoami",), ("status", "abc"), ("list",), ("users", "x")):
                code, _, err = run(*verb, "--to", target)
                assert code in {1, 5, 6, 7}, (verb, err)
                assert "publishkit made a mistake" not in err
            code, _, err = run("request", "GET", "x", "--to", target)
            assert "publishkit made a mistake" not in err


def test_a_token_that_is_no_token_is_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    import base64

    monkeypatch.delenv("PUBLISHKIT_TOKEN")
    monkeypatch.setenv("PUBLISHKIT_USERNAME", "me")
    monkeypatch.setenv("PUBLISHKIT_PASSWORD", "hunter22")
    deep = base64.urlsafe_b64encode(b"[" * 30_000).decode()
    huge = base64.urlsafe_b64encode(b'{"exp": 1' + b"0" * 400 + b"}").decode()
    for token in (f"a.{deep}.c", f"a.{huge}.c", "a\r\nX-Evil: 1", ""):

        def answer(asked: Asked, token: str = token) -> Answer:
            if asked.path.endswith("token"):
                return as_json({"access_token": token})
            return as_json({"user_id": "1", "name": "Me", "username": "me"})

        with serving(answer) as server:
            target = f"nomad+{server.url}/api/v1"
            if token.startswith("a."):
                assert publishkit.whoami(target).id == "1"
            else:
                with pytest.raises(RepositoryError, match="no token"):
                    publishkit.whoami(target)


# ---- files that are none ----


@pytest.mark.skipif(os.name != "posix", reason="other systems have no named pipes")
@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("0/record_metadata.json", ("push", "0")),
        ("0/record_metadata.json", ("validate", "0")),
        ("0/.publishignore", ("push", "0")),
        ("records_links.json", ("push", "0")),
        ("records_links.json", ("status", "0")),
        ("records_links.json", ("list",)),
        (".publishkit/journal.jsonl", ("push", "0")),
        (".publishkit/journal.jsonl", ("status", "0")),
        (".publishkit/lock", ("push", "0")),
        ("0/record_metadata.json", ("update", "0", "--set", "metadata.title=x")),
    ],
)
def test_a_named_pipe_in_the_place_of_a_file_is_not_waited_for(
    run: Callable[..., tuple[int, str, str]], record: Path, name: str, verb: tuple[str, ...]
) -> None:
    target = f"local+{(record.parent / 'archive').as_uri()}"
    if verb[0] == "update":
        assert run("push", "0", "--to", target)[0] == 0
    path = record.parent / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path)
    code, _, err = run(*verb, "--to", target)
    if verb != ("list",) and path.name != "lock":
        assert code in {3, 4}, err
        assert path.name in err


@pytest.mark.skipif(os.name != "posix", reason="other systems have no named pipes")
@pytest.mark.parametrize(
    "name", ["into/.publishkit/pulled.jsonl", "into/data.csv", "into/record_metadata.json"]
)
def test_nor_by_a_pull_into_a_folder_that_somebody_prepared(
    run: Callable[..., tuple[int, str, str]], record: Path, name: str
) -> None:
    target = f"local+{(record.parent / 'archive').as_uri()}"
    run("push", "0", "--to", target)
    (row,) = json.loads((record.parent / "records_links.json").read_text())
    path = record.parent / name
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    code, _, err = run("pull", row["id"], "into", "--to", target)
    assert code in {0, 3, 6}, err
    assert stat.S_ISFIFO(path.lstat().st_mode) or code == 0


def test_a_download_without_end_is_left_and_leaves_nothing(
    run: Callable[..., tuple[int, str, str]], record: Path
) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/content"):
            return Answer(200, endless(bytes(65536)))
        return as_json(draft("https://here.example"))

    with serving(answer) as server:
        code, _, err = run("pull", "abc12-3de45", "into", "--to", f"invenio+{server.url}")
    assert code == 6
    assert "more than the 4 bytes" in err
    there = [path for path in (record.parent / "into").rglob("*") if path.is_file()]
    assert all(path.stat().st_size < 1000 for path in there)
