"""Files that hold credentials: those of the user must be private, none must get into a record."""

from __future__ import annotations

import os
import shlex
import string
import subprocess
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import publishkit
from publishkit import config, secrets
from publishkit.cli import cli
from publishkit.datafiles import data_files
from publishkit.errors import ConfigError, PartialError, Problem, RecordError, Severity
from publishkit.leaks import credentials_in
from publishkit.testing import metadata, write_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publishkit.testing import MemoryRepository

KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END ...\n"
WORD = (string.ascii_letters + string.digits).encode()
JWT = b".".join((b"eyJhbGciOiJSUzI1NiJ9", b"eyJzdWIiOiIxMjM0NTY3ODkwIn0", WORD))


def found(folder: Path, *, allowed: bool = False) -> list[Problem]:
    files, _ = data_files(folder)
    return list(credentials_in(folder, files, allowed=allowed))


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return write_record(tmp_path / "records" / "0", {"data.csv": b"1,2\n"})


# ---- what is refused ----


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("id_rsa", b"x"),
        ("keys/id_ed25519", b"x"),
        ("_netrc", b"x"),
        ("pypirc", b"x"),
        ("site.htpasswd", b"x"),
        ("credentials.json", b"{}"),
        ("KubeConfig", b"x"),
        ("cluster.yaml", b"users:\n- user:\n    client-key-data: " + WORD),
        ("server.pem", b"some text\n" + KEY),
        ("server.key", b"-----BEGIN RSA PRIVATE KEY-----\n"),
        ("backup.asc", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n"),
        ("me.p12", b"\x30\x82\x0a\x10\x02\x01\x03\x30\x82"),
        ("me.pfx", b"\x30\x80\x02\x01\x03\x30\x80"),
        ("prod.env", b"# ours\nexport DB_PASSWORD='hunter22'\n"),
        ("token", WORD + b"\n"),
        ("zenodo_token.txt", WORD),
        ("my.token", WORD),
        ("analysis.ipynb", b'{"source": ["login(\\"ghp_' + WORD[:36] + b'\\")"]}'),
        ("push.sh", b"curl -H 'Authorization: Bearer " + JWT + b"'"),
        ("notes.md", b"xoxb-123456789012-123456789012-abcdefABCDEF"),
        ("aws.ini", b"aws_access_key_id = AKIAZ2X7Q5LMNBVC3RT6"),
        ("aws.cfg", b"aws_secret_access_key=" + WORD[:40]),
        ("ci.yml", b"password: glpat-" + WORD[:20]),
        ("setup.py", b"# pypi-AgEIcHlwaS5vcmc" + WORD),
        ("login.txt", b"machine ftp.example.org login me password hunter2"),
        ("run.sh", b"export PUBLISHKIT_ZENODO_TOKEN=" + WORD),
    ],
)
def test_a_file_that_looks_like_credentials_is_named_and_how_to_leave_it_out(
    record: Path, name: str, content: bytes
) -> None:
    path = record / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    (problem,) = found(record)
    assert (problem.path, problem.severity) == (name, Severity.ERROR)
    assert ".publishignore" in problem.advice
    assert "--allow-secrets" in problem.advice


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("talk.key", b"PK\x03\x04 a Keynote presentation"),
        ("sample.key", b"REFLECTION KEY\n 1 0 0\n"),
        ("ca.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
        ("id_rsa.pub", b"ssh-rsa AAAAB3NzaC1yc2E me@host"),
        ("signed.asc", b"-----BEGIN PGP SIGNATURE-----\n"),
        ("token.csv", b"token,count\nthe,17\n"),
        ("token.txt", b"A token is a word of a text.\n"),
        ("token", b"short"),
        ("empty.token", b""),
        ("id_rsa", b""),
        ("protein.txt", b"AKIAAAKIDEFGHIKLMNPQ AKIAWWWWWWWWWWWWWWWW"),
        ("ring.p12", b"phase 12 of 30"),
        ("bench.env", b"TEMPERATURE=298\nHUMIDITY=40\n"),
        ("settings.env", b"API_TOKEN=\nDB_PASSWORD=$SECRET\nSECRET=<yours>\n"),
        ("README.md", b"Set PUBLISHKIT_ZENODO_TOKEN=your-token and push.\n"),
        ("README.txt", b"the password is printed on the machine\n"),
    ],
)
def test_what_a_scientist_calls_a_key_or_a_token_passes(
    record: Path, name: str, content: bytes
) -> None:
    (record / name).write_bytes(content)
    assert found(record) == []


def test_the_users_own_token_is_found_whatever_it_looks_like(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "Qj3vV0d9TtX5s2LwZrY8"
    monkeypatch.setattr(secrets, "_known", {})
    monkeypatch.setenv("PUBLISHKIT_MEMORY_TOKEN", own)
    (record / "upload.py").write_text(f"client.sign_in({own!r})")
    with pytest.raises(RecordError) as caught:
        publishkit.push(record, "memory")
    assert "upload.py" in str(caught.value.problems[0])
    assert own not in str(caught.value.problems)


def test_a_token_in_the_metadata_is_found_too(tmp_path: Path) -> None:
    folder = write_record(tmp_path / "0", {}, metadata(title=f"ghp_{WORD[:36].decode()}"))
    (problem,) = found(folder)
    assert problem.path == "record_metadata.json"


def test_what_is_hidden_or_ignored_is_not_sent_and_so_not_refused(record: Path) -> None:
    for name in (".env", ".netrc", "id_rsa"):
        (record / name).write_bytes(KEY)
    (record / ".publishignore").write_text("id_rsa\n")
    assert found(record) == []


def test_data_and_large_files_are_not_looked_into(record: Path) -> None:
    (record / "spectrum.csv").write_bytes(KEY)
    (record / "log.txt").write_bytes(KEY + bytes(1 << 20))
    assert found(record) == []


# ---- by every command that sends files ----


def test_nothing_is_sent_of_a_record_with_credentials_in_it(
    record: Path, memory: MemoryRepository, run: Callable[..., tuple[int, str, str]]
) -> None:
    (record / "id_rsa").write_bytes(KEY)
    (record / "server.pem").write_bytes(KEY)
    code, _, err = run("push", record, "--to", "memory")
    assert code == 4
    assert "id_rsa" in err
    assert "server.pem" in err
    assert memory.shelves == {}


def test_they_are_sent_when_that_is_asked_for_with_a_warning(
    record: Path, memory: MemoryRepository, run: Callable[..., tuple[int, str, str]]
) -> None:
    (record / "id_rsa").write_bytes(KEY)
    code, _, err = run("push", record, "--to", "memory", "--allow-secrets")
    assert code == 0
    assert "warning" in err
    (deposit,) = memory.shelves.values()
    assert "id_rsa" in deposit.files


def test_other_records_go_when_those_with_credentials_may_be_skipped(
    records: Path, memory: MemoryRepository
) -> None:
    (records / "1" / "id_rsa").write_bytes(KEY)
    with pytest.raises(PartialError):
        publishkit.push(records, "memory", skip_invalid=True)
    assert len(memory.shelves) == 2


@pytest.mark.parametrize("verb", ["validate", "publish", "update", "new-version"])
def test_every_other_command_that_looks_at_files_refuses_them_too(
    record: Path, run: Callable[..., tuple[int, str, str]], verb: str
) -> None:
    run("push", record, "--to", "memory", *(["--publish", "--yes"] * (verb == "new-version")))
    (record / "id_rsa").write_bytes(KEY)
    more = ["--yes"] if verb in {"publish", "new-version"} else []
    code, _, err = run(verb, record, "--to", "memory", *more)
    assert (code, "id_rsa" in err) == (4, True)
    code, _, err = run(verb, record, "--to", "memory", *more, "--allow-secrets")
    assert (code, "warning" in err) == (0, True)


def test_a_key_that_appears_after_the_check_is_not_sent(
    record: Path, memory: MemoryRepository
) -> None:
    from publishkit.progress import Quiet
    from publishkit.setting import Options
    from publishkit.verbs.push import carry_out, plan

    made = plan(record, "memory", Options())
    (record / "id_rsa").write_bytes(KEY)
    with pytest.raises(RecordError):
        carry_out(made, Quiet())
    assert all("id_rsa" not in one.files for one in memory.shelves.values())


# ---- the user's own ----


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such rights")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_dotenv_file_with_a_token_that_others_can_read_is_refused_with_the_remedy(
    tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "it's" / ".env"
    path.parent.mkdir()
    path.write_text("PUBLISHKIT_MEMORY_TOKEN=abcdef\n")
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600") as caught:
        config.load(path.parent)
    assert "abcdef" not in str(caught.value)
    remedy = str(caught.value.advice).split("Run ")[1].split(" (")[0]
    subprocess.run(shlex.split(remedy), timeout=60, check=True)
    loaded = config.load(path.parent)
    assert loaded.credentials(loaded.target("memory")).token == "abcdef"


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such rights")
def test_a_dotenv_file_of_something_else_may_be_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=x\nPUBLISHKIT_MEMORY_TOKEN=\n")
    (tmp_path / ".env").chmod(0o644)
    assert config.load(tmp_path, environment={}).sources.dotenv["DATABASE_URL"] == "x"


@pytest.mark.skipif(os.name != "posix", reason="other systems have no named pipes")
def test_settings_that_are_pipes_deep_or_endless_do_not_hang_or_crash(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    config.load(tmp_path, environment={})
    (tmp_path / config.CONFIG_FILE).write_text("targets = " + "[" * 100_000)
    with pytest.raises(ConfigError, match=config.CONFIG_FILE):
        config.load(tmp_path, environment={})
    (tmp_path / config.CONFIG_FILE).write_text("#" * 2_000_000)
    with pytest.raises(ConfigError, match="more than"):
        config.load(tmp_path, environment={})


def test_a_dotenv_file_that_is_no_text_is_refused_without_its_content(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PUBLISHKIT_MEMORY_TOKEN=abcdef\xff\n")
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        config.load(tmp_path, environment={})
    assert caught.value.__cause__ is None


def test_no_help_shows_what_the_environment_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHKIT_MEMORY_TOKEN", "Qj3vV0d9TtX5s2LwZrY8")
    for command in ("push", "targets", "whoami"):
        assert "Qj3v" not in CliRunner().invoke(cli, [command, "--help"]).output
