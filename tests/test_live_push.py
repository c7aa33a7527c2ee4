"""The whole way, as a user goes it: the installed command against real servers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from servers.versions import NOMAD_VERSIONS
from shell import in_time

from publishkit.testing import metadata, write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from servers.api import InvenioServer, NomadServer

pytestmark = pytest.mark.live

COMMAND = Path(sys.executable).with_name("publishkit")


@dataclass(frozen=True)
class User:
    """Somebody with a folder of records, an archive, and a shell."""

    target: str
    credentials: Mapping[str, str]
    token: str
    folder: Path

    def run(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command in an empty folder of the user's own."""
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, **self.credentials, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def push(self, *arguments: object, code: int = 0, **environment: str) -> str:
        """Push the records, and give what it prints."""
        done = self.run("push", "records", "--to", self.target, *arguments, **environment)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The links file."""
        rows: list[dict[str, Any]] = json.loads(
            (self.folder / "records/records_links.json").read_text()
        )
        return rows

    def get(self, url: str, *, signed: bool = True) -> requests.Response:
        """Ask the archive directly."""
        headers = {"Authorization": f"Bearer {self.token}"} if signed else {}
        return requests.get(url, headers={**headers, "Accept": "application/json"}, timeout=60)


def user_of_invenio(server: InvenioServer, folder: Path) -> User:
    token = server.tokens["alice"]
    return User(f"invenio+{server.url}", {"PUBLISHKIT_TOKEN": token}, token, folder)


@contextmanager
def user_of_nomad(server: NomadServer, folder: Path) -> Iterator[User]:
    known = [name for name in ("scooper", *server.users) if name in server.users]
    credentials = {"PUBLISHKIT_USERNAME": known[0], "PUBLISHKIT_PASSWORD": server.password}
    form = {"grant_type": "password", "username": known[0], "password": server.password}
    answer = requests.post(f"{server.api}/auth/token", data=form, timeout=60)
    user = User(f"nomad+{server.api}", credentials, answer.json()["access_token"], folder)
    yield user
    headers = {"Authorization": f"Bearer {user.token}"}
    drafts = user.get(f"{server.api}/uploads?is_published=false&page_size=100").json()
    for upload in drafts["data"]:  # so that the limit of 10 drafts is there for the next test
        url = f"{server.api}/uploads/{upload['upload_id']}"
        requests.delete(url, headers=headers, timeout=60)


@pytest.fixture
def alice(invenio_server: InvenioServer, folder: Path) -> User:
    """A user of InvenioRDM."""
    return user_of_invenio(invenio_server, folder)


@pytest.fixture
def sheldon(nomad_server: NomadServer, folder: Path) -> Iterator[User]:
    """A user of each NOMAD in turn."""
    with user_of_nomad(nomad_server, folder) as user:
        yield user


@pytest.fixture(params=["invenio", *NOMAD_VERSIONS])
def user(
    request: pytest.FixtureRequest,
    folder: Path,
    nomad_servers: Callable[[str], NomadServer],
) -> Iterator[User]:
    """A user of each archive in turn."""
    if request.param == "invenio":
        yield user_of_invenio(request.getfixturevalue("invenio_server"), folder)
        return
    with user_of_nomad(nomad_servers(request.param), folder) as found:
        yield found


# ---- both archives ----


def test_a_user_is_known(user: User) -> None:
    done = user.run("whoami", "--to", user.target)
    assert done.returncode == 0, done.stderr
    assert "@example.org" in done.stdout or "(id " in done.stdout


def test_drafts_then_published_then_nothing_to_do(user: User) -> None:
    sending = re.compile(r" (POST|PUT|DELETE) \S*/(files|raw)")
    said = user.push("-vv")
    assert said.count("created ") == 3
    assert sending.search(said)  # else the next look could not fail
    drafts = user.rows
    assert {row["state"] for row in drafts} == {"draft"}

    said = user.push("-vv")
    assert said.count("unchanged ") == 3
    assert not sending.search(said)

    assert user.push("--publish").count("published ") >= 3
    assert {row["state"] for row in user.rows} == {"published"}
    assert [row["id"] for row in user.rows] == [row["id"] for row in drafts]

    before = (user.folder / "records/records_links.json").read_bytes()
    assert user.push("--publish").count("unchanged ") == 3
    assert (user.folder / "records/records_links.json").read_bytes() == before


def test_every_link_answers(user: User) -> None:
    for options in ([], ["--publish"]):
        user.push(*options)
        for row in user.rows:
            links = {name: url for name, url in row.items() if str(url).startswith("http")}
            if row["state"] == "draft":
                links = {name: url for name, url in links.items() if name not in LATER}
            assert {"self", "self_html"} <= links.keys()
            statuses = {
                name: user.get(url).status_code
                for name, url in links.items()
                if not _is_page(name, url)
            }
            assert {name: code for name, code in statuses.items() if not _answers(code)} == {}
            assert len(statuses) > 2


LATER = {"record", "review"}
"""Links of an InvenioRDM draft that answer once it is published or submitted."""


def _is_page(name: str, url: str) -> bool:
    """Whether a link is to a page for people, which the servers of the tests do not have."""
    return name.endswith("_html") or "/gui/" in url or "/uploads/" in url.partition("/api/")[0]


def _answers(status: int) -> bool:
    return status < 400 or status == 405  # an action, which wants a POST


def test_only_what_changed_is_sent(user: User) -> None:
    user.push()
    (user.folder / "records/1/more.txt").write_text("new")
    said = user.push("-vv")
    assert said.count("unchanged ") == 2
    assert "1 file sent" in said


def test_a_wrong_token_is_said_once_and_sends_nothing(user: User) -> None:
    said = user.push(
        code=5, PUBLISHKIT_TOKEN="wrong", PUBLISHKIT_USERNAME="", PUBLISHKIT_PASSWORD=""
    )
    assert "PUBLISHKIT_TOKEN" in said
    assert said.count("Error") == 1
    assert not (user.folder / "records/records_links.json").exists()


def test_no_credentials_are_said_once(user: User) -> None:
    said = user.push(code=5, PUBLISHKIT_TOKEN="", PUBLISHKIT_USERNAME="", PUBLISHKIT_PASSWORD="")
    assert "there are no credentials" in said


def test_a_killed_push_is_finished_by_the_next(user: User) -> None:
    process = subprocess.Popen(
        [COMMAND, "push", "records", "--to", user.target, "-vv"],
        cwd=user.folder,
        env={**os.environ, **user.credentials},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with in_time(process):
        for line in process.stderr:
            if "PUT" in line:
                break
        process.kill()
        process.communicate()
    user.push()
    assert len(user.rows) == 3
    assert {row["state"] for row in user.rows} == {"draft"}


def test_ctrl_c_ends_with_130_and_the_next_push_goes_on(user: User) -> None:
    process = subprocess.Popen(
        [COMMAND, "push", "records", "--to", user.target, "-vv"],
        cwd=user.folder,
        env={**os.environ, **user.credentials},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with in_time(process):
        for line in process.stdout:
            if "POST" in line:
                break
        process.send_signal(2)
        said, _ = process.communicate()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    user.push()
    assert len(user.rows) == 3


def test_no_secret_is_printed_or_kept(user: User) -> None:
    said = user.push("-vv")
    kept = "".join(
        path.read_text(errors="replace") for path in user.folder.rglob("*") if path.is_file()
    )
    for secret in (user.token, *user.credentials.values()):
        if secret not in {"scooper", "lhofstadter"}:
            assert secret not in said + kept


def test_both_archives_at_once(alice: User, sheldon: User) -> None:
    # the tokens of both cannot come from one PUBLISHKIT_TOKEN: both get a name
    text = (
        f'[targets.mine]\nbackend = "invenio"\nurl = "{alice.target.partition("+")[2]}"\n'
        f'[targets.theirs]\nbackend = "nomad"\nurl = "{sheldon.target.partition("+")[2]}"\n'
    )
    (alice.folder / "publishkit.toml").write_text(text)
    environment = {
        "PUBLISHKIT_MINE_TOKEN": alice.token,
        "PUBLISHKIT_THEIRS_TOKEN": sheldon.token,
    }
    arguments = ["push", "records", "--to", "mine", "--to", "theirs", "--to", "local", "--publish"]
    done = alice.run(*arguments, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [(row["folder"], row["target"], row["state"]) for row in alice.rows] == [
        (folder, target, "published")
        for folder in ("0", "1", "2")
        for target in ("local", "mine", "theirs")
    ]


def test_a_host_that_is_not_there_is_temporary(folder: Path) -> None:
    user = User("invenio+http://127.0.0.1:9", {"PUBLISHKIT_TOKEN": "t"}, "t", folder)
    said = user.push(code=7)
    assert "cannot be reached" in said
    assert not (folder / "records/records_links.json").exists()


# ---- InvenioRDM ----


def test_metadata_edited_on_the_web_is_not_overwritten(alice: User) -> None:
    alice.push()
    row = alice.rows[0]
    draft = alice.get(row["self"]).json()
    draft["metadata"]["title"] = "Edited on the web"
    headers = {"Authorization": f"Bearer {alice.token}"}
    body = {key: draft[key] for key in ("metadata", "access", "files")}
    requests.put(row["self"], json=body, headers=headers, timeout=60).raise_for_status()
    (alice.folder / "records/0/more.txt").write_text("new")
    said = alice.push(code=8)
    assert "edited on the web" in said
    assert alice.get(row["self"]).json()["metadata"]["title"] == "Edited on the web"
    alice.push("--force")
    assert alice.get(row["self"]).json()["metadata"]["title"] != "Edited on the web"


def test_a_community_reviews_declines_and_is_asked_again(
    alice: User, invenio_server: InvenioServer
) -> None:
    shutil.rmtree(alice.folder / "records")
    content: dict[str, Any] = {**metadata(), "invenio": {"communities": [invenio_server.community]}}
    write_record(alice.folder / "records/0", {"data.csv": b"0 1\n"}, content)
    assert "submitted " in alice.push("--publish")
    assert alice.rows[0]["state"] == "in-review"
    assert "unchanged " in alice.push("--publish")

    curator = {"Authorization": f"Bearer {invenio_server.tokens['curator']}"}
    review = alice.get(alice.rows[0]["review"]).json()
    decline = f"{invenio_server.api}/requests/{review['id']}/actions/decline"
    requests.post(decline, headers=curator, json={}, timeout=60).raise_for_status()
    assert "declined" in alice.push()
    assert "--resubmit" in alice.push("--publish", code=6)
    assert "submitted " in alice.push("--publish", "--resubmit")

    review = alice.get(alice.rows[0]["review"]).json()
    accept = f"{invenio_server.api}/requests/{review['id']}/actions/accept"
    requests.post(accept, headers=curator, json={}, timeout=60).raise_for_status()
    alice.push("--publish")
    assert alice.rows[0]["state"] == "published"


def test_a_vocabulary_id_that_the_archive_lacks_is_said_before_anything_is_sent(
    alice: User,
) -> None:
    path = alice.folder / "records/0/record_metadata.json"
    content = json.loads(path.read_text())
    content["metadata"]["creators"][0]["affiliations"] = [{"id": "00nosuch0", "name": "Nowhere"}]
    path.write_text(json.dumps(content))
    assert "Nowhere" in alice.push()
    content["metadata"]["languages"] = [{"id": "zzz"}]
    path.write_text(json.dumps(content))
    assert "metadata.languages[0]" in alice.push(code=4)


# ---- NOMAD ----


def test_more_records_than_drafts_are_allowed(sheldon: User) -> None:
    shutil.rmtree(sheldon.folder / "records")
    for number in range(12):
        content = metadata(f"Window {number}")
        write_record(sheldon.folder / f"records/{number}", {"data.csv": b"0 1\n"}, content)
    said = sheldon.push(code=6)
    assert "--publish" in said
    assert "--group NAME" in said
    assert not (sheldon.folder / "records/records_links.json").exists()
    assert sheldon.push("--publish").count("published ") >= 12
    assert {row["state"] for row in sheldon.rows} == {"published"}


def test_a_group_is_one_upload_with_an_entry_for_each_record(sheldon: User) -> None:
    shutil.rmtree(sheldon.folder / "records")
    for number in range(12):
        content = metadata(f"Member {number}")
        write_record(sheldon.folder / f"records/{number}", {"data.csv": b"0 1\n"}, content)
    assert sheldon.push("--group", "Twelve").count("created ") >= 12
    assert len({row["id"] for row in sheldon.rows}) == 12
    assert sheldon.push().count("unchanged ") == 12
    (sheldon.folder / "records/3/data.csv").write_text("9 9\n")
    sheldon.push("--publish")
    assert {row["state"] for row in sheldon.rows} == {"published"}
    assert "Push them together" in sheldon.run("push", "records/3", "--to", sheldon.target).stderr


def test_entries_that_fail_are_named_and_the_draft_stands(sheldon: User) -> None:
    bad = {"data": {"m_def": "no.such.module.Section", "name": "broken"}}
    (sheldon.folder / "records/0/broken.archive.json").write_text(json.dumps(bad))
    said = sheldon.push(code=8)
    assert "broken.archive.json" in said
    assert "allow-failed-entries" in sheldon.push("--publish", code=8)
    sheldon.push("--publish", "--allow-failed-entries", code=8)
    assert {row["state"] for row in sheldon.rows} == {"failed", "published"}


def test_processing_that_takes_long_is_left_and_taken_up_again(
    sheldon: User, nomad_server: NomadServer
) -> None:
    if nomad_server.worker_pid is None:
        raise AssertionError("this needs a server that the tests have started")
    os.killpg(nomad_server.worker_pid, 19)
    try:
        said = sheldon.push("--wait-timeout", "1", code=7)
    finally:
        os.killpg(nomad_server.worker_pid, 18)
    assert "still being processed" in said
    assert {row["state"] for row in sheldon.rows} == {"processing"}
    sheldon.push()
    assert {row["state"] for row in sheldon.rows} == {"draft"}


def test_an_upload_that_is_gone_is_made_anew_only_when_asked(
    sheldon: User, nomad_server: NomadServer
) -> None:
    sheldon.push()
    id_ = sheldon.rows[0]["id"]
    url = f"{nomad_server.api}/uploads/{id_}"
    requests.delete(url, headers={"Authorization": f"Bearer {sheldon.token}"}, timeout=60)
    assert "--recreate" in sheldon.push(code=8)
    assert sheldon.rows[0]["state"] == "gone"
    sheldon.push("--recreate")
    assert sheldon.rows[0]["id"] != id_
