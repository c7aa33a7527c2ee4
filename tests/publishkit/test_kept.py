"""What `login` keeps, and where."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail, null
from rings import Forgetful, Locked, Ring

import publishkit
from publishkit import config, kept
from publishkit.errors import ConfigError
from publishkit.secrets import hidden

URL = "https://memory.example"
TOKEN = "t0ken-of-the-memory"


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    """A keyring that works."""
    made = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: made)
    return made


def keep(url: str = URL, token: str = TOKEN, expires: datetime | None = None, id_: str = "") -> str:
    return kept.keep(url, token, user="jane", expires=expires, id=id_)


def token_for(target: str) -> str | None:
    found = config.load(environment={})
    return found.credentials(found.target(target)).token


def test_a_token_is_found_again_with_all_that_is_known_of_it() -> None:
    ends = datetime(2100, 1, 2, 3, 4, 5, tzinfo=UTC)
    place = keep(expires=ends, id_="7")
    assert place == str(kept.place())
    (one,) = kept.all_kept().values()
    assert (one.user, one.expires, one.id, one.token) == ("jane", ends, "7", TOKEN)
    assert token_for("memory") == TOKEN
    assert token_for("other") is None


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such rights")
def test_file_and_folder_are_their_owners_alone() -> None:
    keep()
    path = kept.place()
    assert [one.stat().st_mode & 0o777 for one in (path, path.parent)] == [0o600, 0o700]


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such rights")
def test_a_file_that_others_may_read_is_refused_with_the_command_that_mends_it() -> None:
    keep()
    kept.place().chmod(0o640)
    with pytest.raises(ConfigError, match="others than you") as caught:
        config.load(environment={})
    assert TOKEN not in str(caught.value)
    remedy = str(caught.value.advice).split("Run ")[1].split(" (")[0]
    subprocess.run(shlex.split(remedy), timeout=60, check=True)
    assert token_for("memory") == TOKEN


def test_a_token_goes_to_its_url_and_not_to_a_name(tmp_path: Path) -> None:
    keep("https://one.example/api")
    for number, url in enumerate(["https://one.example/api/", "https://two.example/api"]):
        text = f'[targets.mine]\nbackend = "memory"\nurl = "{url}"\n'
        (tmp_path / config.CONFIG_FILE).write_text(text)
        found = config.load(tmp_path, environment={})
        assert bool(found.credentials(found.target("mine"))) == (number == 0)
    assert token_for("memory+HTTPS://One.Example:443/api") == TOKEN
    for other in ("https://one.example:8443/api", "https://one.example/api2"):
        assert token_for(f"memory+{other}") is None


def test_the_keyring_has_the_token_and_the_file_has_not(ring: Ring) -> None:
    assert keep() == kept.KEYRING
    assert ring.held == {("publishkit", URL): TOKEN}
    assert TOKEN not in kept.place().read_text()
    assert token_for("memory") == TOKEN


@pytest.mark.parametrize(
    "kind", [fail.Keyring, null.Keyring, Locked, Forgetful], ids=lambda one: one.__module__
)
def test_where_no_keyring_keeps_anything_the_file_does(
    monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    none = kind()
    monkeypatch.setattr(keyring, "get_keyring", lambda: none)
    assert keep() == str(kept.place())
    assert token_for("memory") == TOKEN
    assert kept.forget(URL) == [str(kept.place())]


@pytest.mark.parametrize("broken", ["no extra", "no such backend"])
def test_without_the_extra_or_with_a_wrong_setting_the_file_keeps_it(
    monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def no_such() -> None:
        raise ModuleNotFoundError("no backend of that name")

    if broken == "no extra":
        monkeypatch.setitem(sys.modules, "keyring", None)
    else:
        monkeypatch.setattr(keyring, "get_keyring", no_such)
    assert keep() == str(kept.place())
    assert kept.forget(URL) == [str(kept.place())]


def test_the_keyring_is_asked_once_and_only_when_it_is_needed(ring: Ring, records: Path) -> None:
    keep()
    ring.asked = 0
    publishkit.validate(records, to="memory")
    found = config.load(environment={"PUBLISHKIT_MEMORY_TOKEN": "of the environment"})
    assert found.credentials(found.target("memory")).token == "of the environment"
    found = config.load(environment={})
    assert found.has_credentials(found.target("memory"))
    assert not found.credentials(found.target("other"))
    assert ring.asked == 0
    for _ in range(3):
        assert found.credentials(found.target("memory")).token == TOKEN
    assert ring.asked == 1


def test_the_extra_is_not_imported_unless_a_token_is_there() -> None:
    code = (
        "import sys; from publishkit import config; found = config.load();"
        "found.credentials(found.target('zenodo')); assert 'keyring' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)


def test_a_keyring_that_stays_locked_is_an_error_that_says_so(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep()
    locked = Locked()
    locked.held = ring.held
    monkeypatch.setattr(keyring, "get_keyring", lambda: locked)
    with pytest.raises(ConfigError, match=r"keyring.*Unlock it") as caught:
        token_for("memory")
    assert TOKEN not in str(caught.value)
    with pytest.raises(ConfigError, match="Unlock it"):
        kept.forget(URL)
    assert kept.all_kept()


def test_a_token_that_somebody_took_out_of_the_keyring_is_missed(ring: Ring) -> None:
    keep()
    ring.held.clear()
    with pytest.raises(ConfigError, match=r"not there any more.*publishkit login"):
        token_for("memory")


def test_forgetting_takes_it_out_of_both_and_says_where_it_was(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "keyring", None)
        keep()
    ring.set_password("publishkit", URL, "an old one")
    assert kept.forget(URL) == [kept.KEYRING, str(kept.place())]
    assert (ring.held, kept.all_kept()) == ({}, {})
    assert kept.forget(URL) == []


def test_forgetting_where_nothing_was_kept_makes_no_folder() -> None:
    assert kept.forget(URL) == []
    assert not kept.place().parent.exists()


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", '{"format": 1}', '{"format": 1, "tokens": {"u": 1}}', "{" * 100_000, "\xff"),
        '{"format": 1, "tokens": {"u": {"expires": "2100-01-01T00:00:00", "token": "secret"}}}',
    ],
)
def test_a_file_that_is_something_else_is_named_and_its_content_is_not(text: str) -> None:
    keep()
    kept.place().write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=r"credentials.json.*publishkit login") as caught:
        config.load(environment={})
    assert "secret" not in str(caught.value)


def test_a_newer_publishkits_file_is_left_alone() -> None:
    keep()
    text = json.dumps({"format": 2, "tokens": {}})
    kept.place().write_text(text)
    with pytest.raises(ConfigError, match="newer publishkit"):
        keep("https://b.example")
    assert kept.place().read_text() == text


def test_when_the_file_cannot_be_written_nothing_is_kept_anywhere(ring: Ring) -> None:
    kept.place().parent.parent.mkdir(parents=True)
    kept.place().parent.write_text("a file in the place of the folder")
    with pytest.raises(ConfigError, match="cannot be written"):
        keep()
    assert ring.held == {}


def test_who_has_no_home_is_told_to_use_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.setattr(platformdirs, "user_config_path", lambda _: Path("~/.config/publishkit"))
    assert token_for("memory") is None
    with pytest.raises(ConfigError, match=r"no home folder.*environment"):
        keep()
    assert list(Path.cwd().iterdir()) == []


def test_two_who_sign_in_at_once_both_are() -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keep, [f"https://{n}.example" for n in range(12)]))
    assert len(kept.all_kept()) == 12


@pytest.mark.skipif(os.name != "posix", reason="elsewhere that takes rights")
def test_a_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "credentials.json"
    real.parent.mkdir()
    kept.place().parent.mkdir(parents=True)
    kept.place().symlink_to(real)
    keep()
    assert kept.place().is_symlink()
    assert TOKEN in real.read_text()


def test_it_is_known_whether_a_token_ended() -> None:
    now = datetime.now(UTC)
    keep("https://a.example", expires=now - timedelta(seconds=1))
    keep("https://b.example", expires=now + timedelta(days=1))
    keep("https://c.example")
    assert [one.expired for one in kept.all_kept().values()] == [True, False, False]


def test_every_token_in_the_file_is_hidden_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    keep()
    monkeypatch.setattr("publishkit.secrets._known", {})
    config.load(environment={})
    assert hidden(f"it said {TOKEN}") == "it said ***"
    assert TOKEN not in repr(config.load(environment={})) + repr(kept.all_kept())


# ---- which goes first ----


def test_the_environment_goes_before_a_dotenv_file_and_that_before_what_is_kept(
    tmp_path: Path,
) -> None:
    keep()
    (tmp_path / ".env").write_text("PUBLISHKIT_MEMORY_TOKEN=of-the-file\n")
    (tmp_path / ".env").chmod(0o600)

    def found(**environment: str) -> tuple[str | None, str]:
        loaded = config.load(tmp_path, environment=environment)
        credentials = loaded.credentials(loaded.target("memory"))
        return credentials.token, credentials.source

    given = "PUBLISHKIT_MEMORY_TOKEN in the environment"
    assert found(PUBLISHKIT_MEMORY_TOKEN="given") == ("given", given)
    in_file = f"PUBLISHKIT_MEMORY_TOKEN in {tmp_path / '.env'}"
    assert found() == ("of-the-file", in_file)
    (tmp_path / ".env").unlink()
    assert found() == (TOKEN, f"publishkit login, kept in {kept.place()}")


def test_a_password_of_the_environment_goes_before_a_token_of_a_dotenv_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PUBLISHKIT_MEMORY_TOKEN=t\nPUBLISHKIT_MEMORY_USERNAME=jane\n")
    (tmp_path / ".env").chmod(0o600)
    given = {"PUBLISHKIT_MEMORY_USERNAME": "ada", "PUBLISHKIT_MEMORY_PASSWORD": "p"}
    loaded = config.load(tmp_path, environment=given)
    found = loaded.credentials(loaded.target("memory"))
    assert (found.token, found.username, found.password) == (None, "ada", "p")


def test_a_dotenv_file_and_the_environment_complete_each_other(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PUBLISHKIT_MEMORY_USERNAME=jane\n")
    loaded = config.load(tmp_path, environment={"PUBLISHKIT_MEMORY_PASSWORD": "p"})
    found = loaded.credentials(loaded.target("memory"))
    assert (found.username, found.password) == ("jane", "p")
    assert found.source == "PUBLISHKIT_MEMORY_PASSWORD in the environment"
