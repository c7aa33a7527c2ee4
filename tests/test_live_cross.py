"""One record on two real archives, each deposit naming the other."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import requests
from servers.api import InvenioServer, NomadServer, invenio
from shell import ARCHIVE, COMMAND, NOMAD, Shell, in_time, shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.live

BOTH = ("--to", NOMAD, "--to", ARCHIVE, "--cross")


@pytest.fixture(scope="module")
def with_dois(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InvenioServer]:
    """An InvenioRDM that gives DOIs."""
    with invenio(tmp_path_factory.mktemp("invenio-dois"), datacite=True) as server:
        yield server


@pytest.fixture
def user(with_dois: InvenioServer, nomad_server: NomadServer, folder: Path) -> Shell:
    """A user of an archive that gives DOIs, and of each NOMAD in turn."""
    return shell(folder, with_dois, nomad_server)


@pytest.fixture
def plain(invenio_server: InvenioServer, nomad_server: NomadServer, folder: Path) -> Shell:
    """A user of an archive without DOIs, and of each NOMAD in turn."""
    return shell(folder, invenio_server, nomad_server)


def related(user: Shell, record: str = "0") -> list[str]:
    """What the InvenioRDM deposit names as identical to it."""
    found = get(
        user.row(ARCHIVE, record)["self"], user.environment["PUBLISHKIT_ARCHIVE_HERE_TOKEN"]
    )
    listed = found["metadata"].get("related_identifiers", [])
    return [r["identifier"] for r in listed if r["relation_type"]["id"] == "isidenticalto"]


def references(user: Shell, record: str = "0") -> list[list[str]]:
    """What each entry of the NOMAD deposit refers to."""
    row = user.row(NOMAD, record)
    said = user.json("entries", "list", row["id"], "--to", NOMAD)
    return [one["references"] for one in said]


def get(url: str, token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answer = requests.get(url, headers=headers, timeout=60)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def test_each_names_the_other_and_again_nothing_is_added(user: Shell) -> None:
    user.run("push", "records", *BOTH)
    doi = user.row(ARCHIVE)["publishkit"]["doi"]
    assert doi.startswith("10.5072/")
    (page,) = related(user)
    assert page == user.row(NOMAD)["record_html"]
    assert all(f"https://doi.org/{doi}" in found for found in references(user))

    said = user.run("push", "records", *BOTH)
    assert said.count("unchanged ") == 6
    assert related(user) == [page]

    user.run("push", "records", *BOTH, "--publish")
    assert {row["state"] for row in user.rows()} == {"published"}
    assert related(user) == [page]
    assert all(found.count(f"https://doi.org/{doi}") == 1 for found in references(user))
    before = (user.folder / "records/records_links.json").read_bytes()
    assert user.run("push", "records", *BOTH, "--publish").count("unchanged ") == 6
    assert (user.folder / "records/records_links.json").read_bytes() == before


def test_without_dois_the_page_that_the_record_will_have_is_named(plain: Shell) -> None:
    plain.run("push", "records/0", *BOTH, "--publish")
    page = plain.row(ARCHIVE)["record_html"]
    assert all(page in found for found in references(plain))
    assert related(plain) == [plain.row(NOMAD)["record_html"]]


def test_what_was_published_before_is_linked_too(user: Shell) -> None:
    user.run("push", "records/0", "--to", ARCHIVE, "--publish")
    user.run("push", "records/0", "--to", NOMAD, "--publish")
    user.run("link", "records/0", "--cross")
    assert related(user) == [user.row(NOMAD)["record_html"]]
    doi = user.row(ARCHIVE)["publishkit"]["doi"]
    assert all(f"https://doi.org/{doi}" in found for found in references(user))
    said = user.run("push", "records/0", *BOTH, "--publish")
    assert said.count("unchanged ") == 2
    assert len(related(user)) == 1


def test_a_changed_title_leaves_the_links(user: Shell) -> None:
    user.run("push", "records/0", *BOTH)
    path = user.folder / "records/0/record_metadata.json"
    record = json.loads(path.read_text())
    record["metadata"]["title"] = "Another title"
    path.write_text(json.dumps(record))
    user.run("push", "records/0", "--to", NOMAD, "--to", ARCHIVE)
    assert related(user) == [user.row(NOMAD)["record_html"]]
    doi = user.row(ARCHIVE)["publishkit"]["doi"]
    assert all(f"https://doi.org/{doi}" in found for found in references(user))


def test_killed_at_some_request_the_next_push_finishes(user: Shell) -> None:
    """Killed again and again, at a later request each time, on the records as they stand then."""
    requests_made = 13
    while killed_at(user, requests_made):
        requests_made += 13
    user.run("push", "records", *BOTH, "--publish")
    assert {row["state"] for row in user.rows()} == {"published"}
    for record in ("0", "1", "2"):
        assert related(user, record) == [user.row(NOMAD, record)["record_html"]]
        doi = user.row(ARCHIVE, record)["publishkit"]["doi"]
        assert all(found.count(f"https://doi.org/{doi}") == 1 for found in references(user, record))
    for target in (ARCHIVE, NOMAD):  # nothing that was made is left over without a folder
        titles = [one["title"] for one in user.json("list", "--to", target)]
        assert [title for title in titles if title.startswith("publishkit-")] == []


def killed_at(user: Shell, count: int) -> bool:
    """Start a push and kill it after so many requests; whether it was still running."""
    process = subprocess.Popen(
        [COMMAND, "push", "records", *BOTH, "--publish", "-vv"],
        cwd=user.folder,
        env={**os.environ, **user.environment},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    seen = 0
    with in_time(process):
        for line in process.stderr:
            seen += bool(re.search(r" (GET|POST|PUT|DELETE) http", line))
            if seen >= count:
                process.kill()
                break
        process.communicate()
    return seen >= count


def test_while_a_review_lasts_the_other_waits(
    invenio_server: InvenioServer, nomad_server: NomadServer, folder: Path
) -> None:
    user = shell(folder, invenio_server, nomad_server)
    path = folder / "records/0/record_metadata.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "invenio": {"communities": [invenio_server.community]}}))
    said = user.run("push", "records/0", *BOTH, "--publish")
    assert f"until {ARCHIVE}" in said
    assert (user.row(ARCHIVE)["state"], user.row(NOMAD)["state"]) == ("in-review", "draft")
    accept(invenio_server, user.row(ARCHIVE)["id"])
    user.run("push", "records/0", *BOTH, "--publish")
    assert (user.row(ARCHIVE)["state"], user.row(NOMAD)["state"]) == ("published", "published")
    assert related(user) == [user.row(NOMAD)["record_html"]]


def accept(server: InvenioServer, record: str) -> None:
    """Accept a submission, as the community's curator."""
    token = server.tokens["curator"]
    headers = {"Authorization": f"Bearer {token}"}
    draft = get(f"{server.api}/records/{record}/draft", server.tokens["alice"])
    request = draft["parent"]["review"]["id"]
    url = f"{server.api}/requests/{request}/actions/accept"
    requests.post(url, headers=headers, json={}, timeout=60).raise_for_status()


def test_a_doi_that_comes_later_is_added_to_what_is_published(
    with_dois: InvenioServer, nomad_servers: Callable[[str], NomadServer], folder: Path
) -> None:
    user = shell(folder, with_dois, nomad_servers("2.0.0"))  # 1.x gives uploads no DOI
    user.run("push", "records/0", *BOTH, "--publish")
    user.run("doi", "assign", "records/0", "--to", NOMAD)
    doi = user.row(NOMAD)["publishkit"]["doi"]
    user.run("link", "records/0", "--cross")
    assert doi.lower() in [one.lower() for one in related(user)]
    user.run("link", "records/0", "--cross")
    assert len(related(user)) == 2
