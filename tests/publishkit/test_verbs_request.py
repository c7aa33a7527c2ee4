"""The signed-in raw call, from Python and at a shell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click import testing
from click.testing import CliRunner, Result

import publishkit
from publishkit.abilities import Answer
from publishkit.cli import cli
from publishkit.errors import ConfigError, PublishkitError, RepositoryError, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.testing import MemoryRepository

JSON = {"Content-Type": "application/json"}


def run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(cli, ["request", *arguments, "--to", "memory"], input=stdin)


def test_an_answer_comes_whatever_its_status(memory: MemoryRepository) -> None:
    memory.create("x")
    assert publishkit.request("GET", "m1", "memory").status == 200
    assert publishkit.request("GET", "m9", "memory").status == 404


def test_what_is_sent_is_what_was_given(memory: MemoryRepository) -> None:
    memory.answers["POST", "things"] = Answer(201, JSON, b"{}")
    given = publishkit.request("post", "/things", "memory", params={"q": "1"}, body=b"{}")
    assert given.status == 201
    assert memory.requests == [("POST", "things", {"q": "1"}, b"{}")]


def test_what_is_no_method_is_not_sent(memory: MemoryRepository) -> None:
    with pytest.raises(ConfigError, match="no HTTP method"):
        publishkit.request("GET /x HTTP/1.1\r\n", "m1", "memory")
    assert memory.requests == []


def test_a_target_without_http_says_so(plain: str) -> None:
    with pytest.raises(UnsupportedError, match="plain cannot take requests"):
        publishkit.request("GET", "m1", plain)


def test_another_host_is_refused() -> None:
    with pytest.raises(RepositoryError, match="another host"):
        publishkit.request("GET", "https://elsewhere.example/x", "memory")


# ---- the command ----


def test_the_body_is_printed_byte_by_byte(memory: MemoryRepository) -> None:
    content = bytes(range(256))
    memory.answers["GET", "raw"] = Answer(200, {}, content)
    done = run("GET", "raw")
    assert (done.exit_code, done.stdout_bytes, done.stderr) == (0, content, "")


def test_json_is_indented_for_a_person_only(
    memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.answers["GET", "one"] = Answer(200, JSON, b'{"a":"\xc3\xa4\\u001b"}')
    assert run("GET", "one").stdout_bytes == b'{"a":"\xc3\xa4\\u001b"}'
    monkeypatch.setattr(testing._NamedTextIOWrapper, "isatty", lambda _: True, raising=False)  # noqa: SLF001 - what stands for the terminal
    shown = run("GET", "one").stdout
    assert shown.splitlines()[0] == "{"
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 6), (401, 5), (403, 5), (404, 6), (409, 6), (429, 7), (500, 7), (503, 7)],
)
def test_an_error_is_printed_and_told_by_the_exit_code(
    memory: MemoryRepository, status: int, code: int
) -> None:
    memory.answers["GET", "one?token=hidden"] = Answer(status, JSON, b'{"message": "no"}')
    done = run("GET", "one?token=hidden")
    assert done.stdout_bytes == b'{"message": "no"}'
    assert isinstance(done.exception, PublishkitError)
    assert done.exception.exit_code == code
    assert f"GET one answered {status}" in str(done.exception)
    assert "hidden" not in str(done.exception)


def test_headers_are_shown_when_asked_for_without_secrets(memory: MemoryRepository) -> None:
    headers = {"ETag": "1", "Set-Cookie": "session=hidden", "authorization": "hidden"}
    memory.answers["GET", "one"] = Answer(200, headers, b"body")
    assert run("GET", "one", "--include").stdout == "HTTP 200\nETag: 1\n\nbody"


def test_the_body_comes_from_the_line_a_file_or_standard_input(
    memory: MemoryRepository, tmp_path: Path
) -> None:
    memory.answers["POST", "one"] = Answer(200, {}, b"")
    (tmp_path / "body.json").write_bytes(b"[2]")
    run("POST", "one", "--data", "[1]", "--param", "a=1", "--param", "b=x=y")
    run("POST", "one", "--data", f"@{tmp_path / 'body.json'}")
    run("POST", "one", "--data", "-", stdin=b"[3]")
    assert [body for *_, body in memory.requests] == [b"[1]", b"[2]", b"[3]"]
    assert memory.requests[0][2] == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize("wrong", [("--param", "a"), ("--data", "@nowhere")])
def test_what_cannot_be_meant_is_not_sent(memory: MemoryRepository, wrong: tuple[str, str]) -> None:
    assert run("POST", "one", *wrong).exit_code == 2
    assert memory.requests == []


def test_an_answer_can_be_written_to_a_file(memory: MemoryRepository, tmp_path: Path) -> None:
    memory.answers["GET", "one"] = Answer(200, {}, b"\x00\xff")
    assert run("GET", "one", "-o", str(tmp_path / "file")).output == ""
    assert (tmp_path / "file").read_bytes() == b"\x00\xff"
    done = run("GET", "one", "-o", str(tmp_path / "no" / "file"))
    assert isinstance(done.exception, ConfigError)


def test_the_command_line_shows_no_empty_line_for_nothing(memory: MemoryRepository) -> None:
    memory.answers["DELETE", "one"] = Answer(204, {}, b"")
    assert run("DELETE", "one").output == ""
    assert json.loads(run("GET", "m9").stdout) == {"message": "not found"}
