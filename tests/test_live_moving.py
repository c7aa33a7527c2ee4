"""The pages for those who come from another tool: its files as they are, and every command."""

from __future__ import annotations

import json
import re
import secrets
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from shell import ARCHIVE, NOMAD, Shell, shell

from publishkit.testing import metadata, write_record

if TYPE_CHECKING:
    from servers.api import InvenioServer, NomadServer

pytestmark = pytest.mark.live

DOCS = Path(__file__).parents[1] / "docs"
CONFIG = """\
domain_name: 127.0.0.1 # Other values: archive.big-map.eu, archive-nextgen.big-map.eu
port: {port}
token: {token}"""
METADATA = """\
resource_type: "Dataset" # Options: "Dataset", "Software", "Other"; other types are not supported
title: "Partial back-up of the FINALES' database"
authors:
  - family_name: "Carberry"
    given_name: "Josiah"
    affiliations:
      - "Theory and Simulation of Materials (THEOS), École Polytechnique Fédérale de Lausanne"
  - family_name: "Von Big-Map"
    given_name: "Emma"
    affiliations:
      - "Center for Catalysis Theory (Cattheory), Technical University of Denmark"
description: "All capabilities (JSON schemas), requests, and results for requests were copied."
license: "MIT License" # Options: "BIG-MAP Archive License", ...
keywords: # Any keyword is accepted
  - "FINALES"
references: # Options for reference schemes: "arxiv" (identifier example: "2308.08462"), ...
  - scheme: "arxiv"
    identifier: "2308.08462"
  - scheme: "doi"
    identifier: "10.1093/ajae/aaq063"
"""


def commands(page: str, heading: str) -> list[str]:
    """The commands in the table below a heading, in order."""
    text = (DOCS / page).read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| .+ \| `(publishkit .+?)` \|$", text, re.MULTILINE)
    assert found
    return found


def words(line: str, **replaced: str) -> list[str]:
    """A line of a page with the reader's own names in it."""
    for word, own in replaced.items():
        line = re.sub(rf"(?<![\w-]){word.replace('_', '-')}(?![\w-])", own, line)
    return shlex.split(line)[1:]


# ---- bma ----


@pytest.fixture
def project(folder: Path, invenio_server: InvenioServer) -> Shell:
    """A folder as `bma` wants it, and nothing else to sign in by."""
    user = shell(folder, invenio_server)
    config = CONFIG.format(
        port=urlsplit(invenio_server.url).port, token=invenio_server.tokens["alice"]
    )
    (folder / "bma_config.yaml").write_text(config)
    (folder / "metadata.yaml").write_text(METADATA, encoding="utf-8")
    (folder / "upload").mkdir()
    (folder / "upload" / "a.json").write_text("{}")
    return replace(user, environment={})


def served(user: Shell, server: InvenioServer) -> dict[str, Any]:
    """What the archive itself says of the record."""
    token = {"Authorization": f"Bearer {server.tokens['alice']}"}
    row = user.rows(".")[0]
    url = row["self"] if row["state"] != "published" else row["record"]
    answer = requests.get(url, headers=token, timeout=60)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def accept(user: Shell, server: InvenioServer) -> None:
    """What the community's curator does."""
    (row,) = user.rows(".")
    token = {"Authorization": f"Bearer {server.tokens['alice']}"}
    review = requests.get(row["review"], headers=token, timeout=60).json()
    token = {"Authorization": f"Bearer {server.tokens['curator']}"}
    url = f"{server.url}/api/requests/{review['id']}/actions/accept"
    requests.post(url, json={}, headers=token, timeout=60).raise_for_status()


def test_every_line_for_users_of_bma(project: Shell, invenio_server: InvenioServer) -> None:
    folder = project.folder
    said = project.run("push", ".", "--to", ARCHIVE, code=3)
    assert "chmod 600" in said
    assert invenio_server.tokens["alice"] not in said
    (folder / "bma_config.yaml").chmod(0o600)
    for line in commands("from-bma.md", "You did this, now you do this"):
        if "update" in line:
            text = METADATA.replace("Partial", "Another partial")
            (folder / "metadata.yaml").write_text(text, encoding="utf-8")
        if line == "publishkit new-version .":
            (folder / "upload" / "b.txt").write_text(secrets.token_hex(4))
        known = project.rows(".")[0]["id"] if (folder / "records_links.json").exists() else ""
        more = ["--force"] * ("update" in line)  # the curator accepted it meanwhile
        project.run(*words(line.replace("/ID", f"/{known}"), big_map_demo=ARCHIVE), *more)
        if line == "publishkit publish . --yes":
            accept(project, invenio_server)
    found = served(project, invenio_server)["metadata"]
    assert found["title"] == "Another partial back-up of the FINALES' database"
    assert [one["person_or_org"]["name"] for one in found["creators"]] == [
        "Carberry, Josiah",
        "Von Big-Map, Emma",
    ]
    assert found["rights"][0]["id"] == "mit"
    assert {one["scheme"] for one in found["related_identifiers"]} == {"arxiv", "doi"}
    entries = served(project, invenio_server)["files"]["entries"]
    assert set(entries) == {"a.json", "b.txt"}
    assert json.loads((folder / "record.json").read_text())["metadata"]["title"]
    assert json.loads((folder / "records.json").read_text())["hits"]["total"]
    assert (folder / "metadata.yaml").read_text(encoding="utf-8").startswith("resource_type")
    assert not (folder / "upload" / "record_metadata.json").exists()


def test_a_record_that_bma_made_is_taken_over(
    project: Shell, invenio_server: InvenioServer
) -> None:
    (project.folder / "bma_config.yaml").chmod(0o600)
    project.run("push", ".", "--to", ARCHIVE, "--publish", "--yes")
    (row,) = project.rows(".")
    (project.folder / "records_links.json").unlink()
    project.run("adopt", row["id"], "upload", "--to", ARCHIVE)
    assert "unchanged" in project.run("push", ".", "--to", ARCHIVE)
    project.run("pull", ".")
    pulled = json.loads((project.folder / "upload" / "record_metadata.json").read_text("utf-8"))
    published = served(project, invenio_server)["metadata"]["publication_date"]
    assert pulled["metadata"]["publication_date"] == published
    assert "unchanged" in project.run("push", ".", "--to", ARCHIVE)


# ---- nomad-utility-workflows ----


@pytest.fixture
def tutorial(tmp_path: Path, nomad_server: NomadServer) -> Shell:
    """The folders of the tutorial, and its .env; the target is where NOMAD is here."""
    folder = tmp_path / "root"
    sample = {"m_def": "nomad.datamodel.metainfo.eln.ELNSample", "name": "DFT"}
    raw = {"calculation.archive.json": json.dumps({"data": sample}).encode()}
    for name in ("DFT-1", "DFT-2", "md-workflow"):
        write_record(folder / name, raw, metadata(title=f"{name} {secrets.token_hex(4)}"))
    names = '{username = "NOMAD_USERNAME", password = "NOMAD_PASSWORD"}'
    (folder / "publishkit.toml").write_text(
        f'[targets.{NOMAD}]\nbackend = "nomad"\nurl = "{nomad_server.api}"\nenvironment = {names}\n'
    )
    known = "lhofstadter" if "lhofstadter" in nomad_server.users else next(iter(nomad_server.users))
    text = f'NOMAD_USERNAME="{known}"\nNOMAD_PASSWORD="{nomad_server.password}"\n'
    (folder / ".env").write_text(text)
    (folder / ".env").chmod(0o644)
    return Shell(folder)


def test_every_line_for_users_of_nomad_utility_workflows(tutorial: Shell) -> None:
    said = tutorial.run("whoami", "--to", NOMAD, code=3)
    assert f"chmod 600 {tutorial.folder / '.env'}" in said
    (tutorial.folder / ".env").chmod(0o600)
    dataset = f"Example Dataset {secrets.token_hex(4)}"
    lines = commands("from-nomad-utility-workflows.md", "You did this, now you do this")
    try:
        for line in lines[:4]:
            own = line.replace("Example Dataset", dataset)
            tutorial.run(*words(own, nomad_test=NOMAD))
        tutorial.run("links", ".", "--format", "pids", "-o", "PIDs.json")
        rows = {row["folder"]: row for row in tutorial.rows(".")}
        found = json.loads((tutorial.folder / "PIDs.json").read_text())
        assert found["upload_ids"] == {
            "DFT": [rows["DFT-1"]["id"], rows["DFT-2"]["id"]],
            "md-workflow": rows["md-workflow"]["id"],
        }
        entries = rows["DFT-1"]["publishkit"]["extra"]["entries"]
        assert found["entry_ids"]["DFT"][0] == entries["calculation.archive.json"]
        (shown,) = tutorial.json("collections", "show", dataset, "--to", NOMAD)
        assert found["dataset_id"] == shown["id"]
    finally:
        tutorial.run("delete", ".", "--to", NOMAD, "--yes")
        tutorial.start("collections", "delete", dataset, "--to", NOMAD, "--yes")
