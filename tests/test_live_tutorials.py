"""What three published tutorials do by hand, from start to end, with these commands."""

from __future__ import annotations

import io
import json
import re
import secrets
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests
from servers.stand_ins.users import USERS
from shell import ARCHIVE, NOMAD, Shell, shell

import publishkit
from publishkit.testing import metadata, write_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue
    from servers.api import InvenioServer, NomadServer

pytestmark = pytest.mark.live

READ = (
    "self", "self_html", "files", "record", "record_html",
    "publish", "versions", "access_links", "reserve_doi",
)  # fmt: skip
"""The links that scripts made after BIG-MAP Archive's API examples read."""
CREATES = re.compile(r" POST \S+/api/records: ")
"""How a request that makes a record is logged."""


# ---- NOMAD ----


@pytest.fixture
def user(nomad_server: NomadServer, folder: Path) -> Shell:
    """A user of each NOMAD in turn, whose ten drafts no other test needs."""
    return shell(folder, nomad=nomad_server, scooper="hwolowitz")


@pytest.fixture
def somebody(nomad_server: NomadServer, user: Shell) -> dict[str, str]:
    """Another of the accounts that the test servers have."""
    known = {one["username"]: one for one in USERS} | nomad_server.users
    taken = ("admin", user.environment["PUBLISHKIT_NOMAD_HERE_USERNAME"])
    return next(one for name, one in known.items() if name not in taken)


@pytest.fixture
def other(user: Shell, somebody: dict[str, str]) -> Shell:
    """The other one at a shell."""
    name = {"PUBLISHKIT_NOMAD_HERE_USERNAME": somebody["username"]}
    return replace(user, environment={**user.environment, **name})


@pytest.fixture
def notebook(user: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The user, who has a notebook too, where `import publishkit` does what the commands do."""
    sign_in(user, monkeypatch)
    return user


def sign_in(user: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `import publishkit` find what a user's shell has."""
    monkeypatch.chdir(user.folder)
    for name, value in user.environment.items():
        monkeypatch.setenv(name, value)


def upload_of(server: NomadServer, user: Shell, upload: str) -> dict[str, Any]:
    """What NOMAD itself says of an upload."""
    name = user.environment["PUBLISHKIT_NOMAD_HERE_USERNAME"]
    form = {"grant_type": "password", "username": name, "password": server.password}
    answer = requests.post(f"{server.api}/auth/token", data=form, timeout=60)
    answer.raise_for_status()
    said = got(f"{server.api}/uploads/{upload}", answer.json()["access_token"])
    found: dict[str, Any] = said["data"]
    return found


def public_entries(server: NomadServer, dataset: str) -> list[dict[str, Any]]:
    """The entries of a dataset that NOMAD shows to everybody."""
    asked = {"query": {"datasets.dataset_id": dataset}, "pagination": {"page_size": 100}}
    answer = requests.post(f"{server.api}/entries/query", json=asked, timeout=60)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def got(url: str, token: str = "") -> dict[str, Any]:
    """Ask an archive directly; without a token, as anybody may."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.get(url, headers={**headers, "Accept": "application/json"}, timeout=60)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def status(user: Shell, what: str) -> dict[str, Any]:
    """How a deposit stands."""
    lines: list[dict[str, Any]] = user.json("status", what, "--to", NOMAD)
    (found,) = lines
    return found


def sample(name: str) -> bytes:
    """The smallest file that NOMAD makes an entry of."""
    data = {"m_def": "nomad.datamodel.metainfo.eln.ELNSample", "name": name}
    return json.dumps({"data": data}).encode()


def calculation(number: int) -> dict[str, bytes]:
    """The raw files of a small calculation."""
    return {
        "water.archive.json": sample(f"Water {number}"),
        "aims.out": f"Total energy: -2081.{number} eV\n".encode(),
    }


def without_entry(title: str) -> dict[str, JsonValue]:
    """Metadata of a record whose own files give NOMAD its entries."""
    return metadata(title) | {"nomad": {"entry": False}}


def test_nomads_guide_to_publishing_with_python(
    user: Shell, somebody: dict[str, str], nomad_server: NomadServer
) -> None:
    """Sign in, create a dataset, upload, look, edit the metadata, look, publish, look."""
    name, doi = f"Test_Dataset-{secrets.token_hex(4)}", "https://doi.org/10.1038/sdata.2016.18"
    (me,) = user.json("whoami", "--to", NOMAD)
    assert me["username"] == user.environment["PUBLISHKIT_NOMAD_HERE_USERNAME"]
    (dataset,) = user.json("collections", "create", name, "--to", NOMAD)

    user.run("push", "records/0", "--to", NOMAD)
    upload = user.row(NOMAD)["id"]
    said = status(user, upload)
    assert (said["state"], said["details"]["process_status"]) == ("draft", "SUCCESS")
    assert (said["details"]["entries"], said["failures"]) == (1, [])

    user.run(
        *("update", "records/0", "--to", NOMAD),
        *("--set", "nomad.upload_name=Test_Upload"),
        *("--set", f'nomad.references=["{doi}"]'),
        *("--set", f'nomad.datasets=["{name}"]'),
        *("--set", "nomad.embargo_length=0"),
        *("--set", f'nomad.coauthors=["{somebody["email"]}"]'),
        *("--set", "nomad.comment=This is a test upload..."),
    )
    found = upload_of(nomad_server, user, upload)
    assert found["upload_name"] == status(user, upload)["title"] == "Test_Upload"
    assert (found["coauthors"], found["embargo_length"]) == ([somebody["user_id"]], 0)
    (entry,) = user.json("entries", "list", "records/0")
    assert (entry["comment"], entry["references"]) == ("This is a test upload...", [doi])
    assert [one["id"] for one in entry["collections"]] == [dataset["id"]]
    assert public_entries(nomad_server, dataset["id"]) == []

    user.run("publish", "records/0", "--to", NOMAD, "--yes")
    assert status(user, upload)["state"] == "published"
    assert upload_of(nomad_server, user, upload)["published"]
    (public,) = public_entries(nomad_server, dataset["id"])
    assert (public["upload_name"], public["references"]) == ("Test_Upload", [doi])
    (hit,) = user.json("search", "--collection", name, "--to", NOMAD)
    assert (hit["id"], hit["deposit"]) == (entry["id"], upload) == (public["entry_id"], upload)


def test_a_dummy_upload_is_looked_at_and_deleted(notebook: Shell) -> None:
    """The basics in part 2 of the tutorial on project management with NOMAD's API."""
    write_record(notebook.folder / "Test", {}, metadata("Dummy"))
    notebook.run("push", "Test", "--to", NOMAD)
    (said,) = notebook.json("status", "Test")
    assert (said["state"], said["details"]["process_status"]) == ("draft", "SUCCESS")
    assert said["files"] == {}

    notebook.run("delete", "Test", "--yes")
    assert "not found" in notebook.run("status", said["id"], "--to", NOMAD, code=6)
    with pytest.raises(publishkit.NotFoundError):
        list(publishkit.status(said["id"], to=NOMAD))
    assert said["id"] not in {one["id"] for one in notebook.json("list", "--to", NOMAD)}
    assert (notebook.folder / "Test" / "record_metadata.json").exists()


def uploaded(files: Mapping[str, bytes]) -> str:
    """Upload a zip as the pages of NOMAD do; gives the upload's id."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for key, content in files.items():
            archive.writestr(key, content)
    body, kind, name = buffer.getvalue(), "application/zip", {"file_name": "some.zip"}
    answer = publishkit.request(
        "POST", "/uploads", to=NOMAD, params=name, body=body, content_type=kind
    )
    assert answer.status == 200
    return str(json.loads(answer.content)["upload_id"])


def example_data() -> list[str]:
    """Publish three calculations; gives the ids of their entries."""
    uploads = [uploaded(calculation(number)) for number in (1, 2, 3)]
    for upload in uploads:
        publishkit.publish(upload, to=NOMAD)
    return [one.id for upload in uploads for one in publishkit.entries(upload, to=NOMAD)]


def test_calculations_and_a_browsers_upload_become_a_published_dataset(
    user: Shell, other: Shell, nomad_server: NomadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Part 2 of the tutorial on project management with NOMAD's API."""
    sign_in(other, monkeypatch)
    examples = example_data()
    sign_in(user, monkeypatch)
    dft = [pulled(user, entry, number) for number, entry in enumerate(examples, 1)]
    user.run("push", "dft", "--to", NOMAD)
    pids = collected(user, dft)

    browser = pids["upload_ids"]["md"] = uploaded({"md.archive.json": sample("MD")})
    name = f"Example Dataset {secrets.token_hex(4)}"
    pids["dataset_id"] = publishkit.create_collection(name, to=NOMAD).id
    titles = [*(f"Test Upload - DFT-{number}" for number in range(3)), "Test Upload - MD"]
    name_and_link(user, dict(zip([*dft, browser], titles, strict=True)), pids["dataset_id"])

    uploads = [*pids["upload_ids"]["DFT"], browser]
    said = [one for upload in uploads for one in publishkit.status(upload, to=NOMAD)]
    assert {one.details["process_status"] for one in said} == {"SUCCESS"}
    assert [one.title for one in said] == titles
    assert all(one.details["datasets"] == {name: pids["dataset_id"]} for one in said)
    pids["entry_ids"]["md"] = [one.id for one in publishkit.entries(browser, to=NOMAD)]

    user.run("publish", "dft", "--yes")
    user.run("publish", browser, "--to", NOMAD, "--yes")
    found = [upload_of(nomad_server, user, upload) for upload in uploads]
    assert [one["upload_name"] for one in found] == titles
    assert all(one["published"] for one in found)
    assert [row["state"] for row in user.rows("dft")] == ["published"] * 3
    in_dataset = {*pids["entry_ids"]["DFT"], *pids["entry_ids"]["md"]}
    public = public_entries(nomad_server, pids["dataset_id"])
    assert (len(public), {one["entry_id"] for one in public}) == (4, in_dataset)
    assert {one.id for one in publishkit.search("", to=NOMAD, collection=name)} == in_dataset


def pulled(user: Shell, entry: str, number: int) -> str:
    """Make a record folder of a calculation that is in the archive."""
    folder = user.folder / "dft" / f"DFT-{number}"
    user.run("entries", "pull", entry, folder, "--to", NOMAD)
    assert contents(folder) == calculation(number)
    # as in the tutorial, each upload has the calculation's entry and no other
    write_record(folder, {}, without_entry(f"DFT {number}"))
    return f"dft/DFT-{number}"


def collected(user: Shell, folders: Sequence[str]) -> dict[str, Any]:
    """The ids of the calculations' uploads and entries, as the tutorial's PIDs.json has them."""
    entries = [one for folder in folders for one in user.json("entries", "list", folder)]
    assert [one["name"] for one in entries] == ["Water 1", "Water 2", "Water 3"]
    uploads = [one["deposit"] for one in entries]
    assert uploads == [row["id"] for row in user.rows("dft")]
    return {"upload_ids": {"DFT": uploads}, "entry_ids": {"DFT": [one["id"] for one in entries]}}


def name_and_link(user: Shell, titles: Mapping[str, str], dataset: str) -> None:
    """Name uploads and put them into a dataset: the first with commands, the others in Python."""
    (first, title), *others = titles.items()
    user.run("update", first, "--set", f"nomad.upload_name={title}")
    user.run("link", first, "--collection", dataset)
    for what, called in others:
        publishkit.update(what, to=NOMAD, changes={"nomad": {"upload_name": called}})
        publishkit.link(what, to=NOMAD, collection=dataset)


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder that are not hidden."""
    found = [path for path in folder.rglob("[!.]*") if path.is_file()]
    keys = {path.relative_to(folder).as_posix(): path for path in found}
    return {key: path.read_bytes() for key, path in keys.items() if not key.startswith(".")}


def test_what_somebody_pushed_is_pulled_by_its_entry_and_pushed_as_ones_own(
    user: Shell, other: Shell
) -> None:
    """As in part 2, but the example data was published with a push."""
    write_record(user.folder / "theirs" / "water", calculation(1), metadata("Water"))
    other.run("push", "theirs", "--to", NOMAD, "--publish", "--yes")
    theirs = other.json("entries", "list", "theirs/water")
    entry = next(one["id"] for one in theirs if one["name"] == "Water 1")

    user.run("entries", "pull", entry, "mine/DFT-1", "--to", NOMAD)
    write_record(user.folder / "mine/DFT-1", {}, metadata("Water, once more"))
    user.run("push", "mine", "--to", NOMAD)
    pushed = status(user, user.rows("mine")[0]["id"])
    assert (pushed["state"], set(pushed["files"])) == ("draft", set(calculation(1)))
    user.run("delete", "mine", "--yes")


def test_all_my_uploads_and_all_their_entries_are_listed_beyond_a_page(user: Shell) -> None:
    """The last wrappers of the how-to to part 2; NOMAD's pages have ten lines."""
    mark = secrets.token_hex(4)
    files = {f"{mark}.archive.json": sample(mark)}
    for number in range(11):
        content = without_entry(f"{mark} {number:02}")
        write_record(user.folder / "many" / f"{number:02}", files, content)
    user.run("push", "many", "--to", NOMAD, "--publish", "--yes")
    made = {row["id"] for row in user.rows("many")}
    assert len(made) == 11

    mine = user.json("list", "--to", NOMAD)
    assert made <= {one["id"] for one in mine}
    assert len({one["id"] for one in mine}) == len(mine)
    titles = [one["title"] for one in mine if mark in (one["title"] or "")]
    assert sorted(titles) == [f"{mark} {number:02}" for number in range(11)]
    entries = user.json("entries", "list", "--to", NOMAD)
    found = [one["deposit"] for one in entries if one["name"] == mark]
    assert (len(found), set(found)) == (11, made)
    assert len(user.json("list", "--to", NOMAD, "--limit", "10")) == 10


def test_a_dummy_dataset_is_made_and_deleted(user: Shell) -> None:
    """As the how-to to part 2 does it."""
    name = f"dummy dataset {secrets.token_hex(4)}"
    (made,) = user.json("collections", "create", name, "--to", NOMAD)
    (shown,) = user.json("collections", "show", made["id"], "--to", NOMAD)
    assert (shown["id"], shown["name"]) == (made["id"], name)
    user.run("collections", "delete", name, "--to", NOMAD, "--yes")
    assert made["id"] in user.run("collections", "show", made["id"], "--to", NOMAD, code=6)
    assert made["id"] not in {one["id"] for one in user.json("collections", "list", "--to", NOMAD)}


# ---- BIG-MAP Archive ----


@pytest.fixture
def alice(invenio_server: InvenioServer, folder: Path) -> Shell:
    """A user of an archive like BIG-MAP's, with the two folders of the examples."""
    for name in ("0", "1"):
        path = folder / "records" / name / "record_metadata.json"
        record = json.loads(path.read_text())
        record["metadata"]["title"] += f" ({secrets.token_hex(4)})"
        path.write_text(json.dumps(record))
    (folder / "records" / "2").rename(folder / "another")
    return shell(folder, invenio_server)


def local(user: Shell, name: str) -> dict[str, Any]:
    """A record's `record_metadata.json`."""
    path = user.folder / "records" / name / "record_metadata.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def scientific_data(links: Sequence[Mapping[str, Any]], token: str) -> list[JsonValue]:
    """Read each record's scientific_data.json with nothing but its links."""
    listed = [entry for one in links for entry in got(one["files"], token)["entries"]]
    return [
        got(one["links"]["content"], token)
        for one in listed
        if one["key"] == "scientific_data.json"
    ]


def test_two_folders_become_two_public_records_whose_links_scripts_can_use(
    alice: Shell, invenio_server: InvenioServer
) -> None:
    """BIG-MAP Archive's API examples: create records, read them by their links, share them."""
    token = invenio_server.tokens["alice"]
    paths = [alice.folder / "records" / name / "scientific_data.json" for name in ("0", "1")]
    expected = [json.loads(path.read_text()) for path in paths]

    said = alice.run("push", "records", "--to", ARCHIVE, "-vv")
    assert len(CREATES.findall(said)) == 2  # else no other test could see that none is made
    drafts = alice.rows()
    assert [row["folder"] for row in drafts] == ["0", "1"]
    assert all(row[key].startswith("http") for row in drafts for key in READ)
    assert scientific_data(drafts, token) == expected

    alice.run("push", "records", "--to", ARCHIVE, "--publish", "--yes")
    published = alice.rows()
    assert [row["id"] for row in published] == [row["id"] for row in drafts]
    assert scientific_data(published, "") == expected
    for row in published:
        public = got(row["self"])
        assert public["is_published"]
        assert public["metadata"]["title"] == local(alice, row["folder"])["metadata"]["title"]
        assert row["self"] == row["record"]
        assert row["self_html"] == row["record_html"]
        assert {"files", "versions", "access_links"} <= row.keys()


def made_by_the_script(user: Shell, server: InvenioServer) -> list[dict[str, str]]:
    """Make drafts as the example script does: each record's links, in an array, and no more."""
    headers = {"Authorization": f"Bearer {server.tokens['alice']}", "Accept": "application/json"}
    found = []
    for name in ("0", "1"):
        url = f"{server.api}/records"
        answer = requests.post(url, json=local(user, name), headers=headers, timeout=60)
        assert answer.status_code == 201
        links: dict[str, str] = answer.json()["links"]
        for path in sorted((user.folder / "records" / name).iterdir()):
            if path.name != "record_metadata.json":
                send(links["files"], path, headers)
        found.append(links)
    (user.folder / "records" / "records_links.json").write_text(json.dumps(found))
    return found


def send(url: str, path: Path, headers: Mapping[str, str]) -> None:
    """Upload a file as the example script does: start, send the content, commit."""
    started = requests.post(url, json=[{"key": path.name}], headers=headers, timeout=60)
    assert started.status_code == 201
    entries = started.json()["entries"]
    links = next(one["links"] for one in entries if one["key"] == path.name)
    binary = {**headers, "Content-Type": "application/octet-stream"}
    sent = requests.put(links["content"], data=path.read_bytes(), headers=binary, timeout=60)
    assert sent.status_code == 200
    committed = requests.post(links["commit"], headers=headers, timeout=60)
    assert committed.status_code == 200


def test_drafts_that_the_example_script_made_are_taken_over_published_updated_and_pulled(
    alice: Shell, invenio_server: InvenioServer
) -> None:
    """BIG-MAP Archive's API examples, whose script somebody ran before."""
    links = made_by_the_script(alice, invenio_server)
    said = alice.run("push", "records", "--to", ARCHIVE, "--publish", "--yes", "-vv")
    assert not CREATES.search(said)
    assert not re.search(r" PUT \S+/content: ", said)  # the files are there already
    rows = alice.rows()
    assert [row["record"] for row in rows] == [one["record"] for one in links]
    assert [row["folder"] for row in rows] == ["0", "1"]
    assert all(got(one["record"])["is_published"] for one in links)

    title = f"A better title ({secrets.token_hex(4)})"
    alice.run("update", "records/0", "--to", ARCHIVE, "--set", f"metadata.title={title}")
    titles = [got(one["record"])["metadata"]["title"] for one in links]
    assert titles == [title, local(alice, "1")["metadata"]["title"]]
    assert local(alice, "0")["metadata"]["title"] == title

    for row in rows:
        copy = alice.folder / f"copy-of-{row['folder']}"
        alice.run("pull", row["id"], copy, "--to", ARCHIVE)
        pulled, pushed = contents(copy), contents(alice.folder / "records" / row["folder"])
        described = json.loads(pulled.pop("record_metadata.json"))
        assert described["metadata"] == json.loads(pushed.pop("record_metadata.json"))["metadata"]
        assert pulled == pushed
    again = alice.run("push", "records", "--to", ARCHIVE, "--publish", "--yes")
    assert again.count("unchanged ") == 2
