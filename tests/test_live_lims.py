"""A made-up process of 25 steps of 8 types, from a lab's database into real NOMADs."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fabrication
import pytest
from servers.backends import start_postgresql
from servers.process import Services
from shell import NOMAD, Shell, shell

import publishkit
from publishkit import Outcome, RecordError, Severity, State
from publishkit.progress import Quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.api import NomadServer

    from publishkit import Submitted
    from publishkit.receipts import Receipt

pytestmark = pytest.mark.live

RUN = "RUN-0042"


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL with the process in it, and a user who may only read."""
    with Services(tmp_path_factory.mktemp("postgresql")) as services:
        port = services.port()
        start_postgresql(services, port)
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        fabrication.fill(url.replace("postgresql:", "postgresql+psycopg:"))
        yield url


@pytest.fixture
def user(
    tmp_path: Path, nomad_server: NomadServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    """Somebody with an account, in an empty folder."""
    found = shell(tmp_path, nomad=nomad_server, scooper="lhofstadter")
    monkeypatch.chdir(tmp_path)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    yield found
    for links in sorted(tmp_path.rglob("records_links.json"), reverse=True):
        found.start("delete", links.parent, "--to", NOMAD, "--yes")


def archive(entry: str) -> dict[str, Any]:
    """The entry of a process as NOMAD has it, with what its references lead to in their place."""
    wanted = {"name": "*", "lab_id": "*", "duration": "*", "datetime": "*"}
    required = {
        "resolve-inplace": True,
        "metadata": {"processing_errors": "*", "entry_references": "*"},
        "data": {"name": "*", "steps": {"activity": wanted}},
        "workflow2": {"tasks": {"task": {"name": "*"}}},
    }
    body = json.dumps({"required": required}).encode()
    answer = publishkit.request("POST", f"/entries/{entry}/archive/query", to=NOMAD, body=body)
    assert answer.status == 200
    found: dict[str, Any] = json.loads(answer.content)["data"]["archive"]
    return found


def check(submitted: Submitted) -> None:
    """All entries are processed, and NOMAD itself resolves every reference."""
    (process,) = submitted.processes
    assert submitted.ok
    assert len(process.steps) == fabrication.STEPS
    for one in publishkit.entries(process.entry.deposit, NOMAD):
        assert one.processed, one.errors
    found = archive(process.entry.id)
    assert found["metadata"]["processing_errors"] == []
    targets = [one["target_entry_id"] for one in found["metadata"]["entry_references"]]
    assert targets == [step.id for step in process.steps.values()]
    resolved = [step["activity"] for step in found["data"]["steps"]]
    assert [one["lab_id"] for one in resolved] == [one["id"] for one in fabrication.steps()]
    labels = [one["label"] for one in fabrication.steps()]
    assert [one["name"] for one in resolved] == labels
    # NOMAD makes these while it processes the process, of what is processed by then
    assert [one["task"]["name"] for one in found["workflow2"]["tasks"]] == labels


@contextmanager
def sources(kind: str, url: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The export of one kind, and what its query wants."""
    if kind == "postgresql":
        yield url, {"run": RUN}
        return
    write = {"json": fabrication.write_json, "csv": fabrication.write_csv}[kind]
    yield str(write(Path(f"export.{kind}"))), {}


@pytest.mark.parametrize("kind", ["json", "csv", "postgresql"])
def test_a_process_goes_into_nomad_and_its_references_are_resolved(
    user: Shell, postgresql: str, kind: str
) -> None:
    with sources(kind, postgresql) as (export, params):
        submitted = publishkit.submit_process(
            export, fabrication.MAPPING, to=NOMAD, folder="kept", params=params
        )
    check(submitted)
    (process,) = submitted.processes
    durations = {s["activity"]["lab_id"]: s["activity"].get("duration") for s in
                 archive(process.entry.id)["data"]["steps"]}  # fmt: skip
    assert (durations["S001"], durations["S003"], durations["S004"]) == (300.0, 45.0, 5400.0)
    spin = publishkit.archive(
        process.steps["steps/03-spin_coating-Resist-3.archive.json"].id, NOMAD
    )
    told = spin["data"]
    assert isinstance(told, dict)
    assert (told["speed"], told["thickness"]) == (3000.0, 1400.0)
    assert str(told["datetime"]).startswith("2024-03-12T07:45:00")  # in UTC
    ids = json.loads(Path("kept/ids.json").read_text())
    assert ids["upload_ids"] == {RUN: process.entry.deposit}
    assert ids["processes"][RUN]["entry"] == process.entry.id
    assert len(ids["processes"][RUN]["steps"]) == fabrication.STEPS
    assert user.folder.exists()


def test_sections_that_every_nomad_has_do_as_well(user: Shell) -> None:
    export = fabrication.write_json(user.folder / "export.json")
    submitted = publishkit.submit_process(export, fabrication.OWN, to=NOMAD, folder="kept")
    check(submitted)


class Seen(Quiet):
    """A watcher as a web backend has it."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []

    def finished(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)


def test_called_again_it_goes_on_and_publishes_nothing_twice(
    user: Shell, capfd: pytest.CaptureFixture[str]
) -> None:
    export = fabrication.write_json(user.folder / "export.json")
    seen = Seen()
    draft = publishkit.submit_process(export, fabrication.MAPPING, to=NOMAD, watcher=seen)
    assert [one.outcome for one in seen.receipts] == [Outcome.CREATED]
    made = publishkit.submit_process(export, fabrication.MAPPING, to=NOMAD, publish=True)
    assert made.processes[0].entry == draft.processes[0].entry
    assert made.receipts[0].state is State.PUBLISHED
    assert made.receipts[0].published_now
    again = publishkit.submit_process(
        export, fabrication.MAPPING, to=NOMAD, publish=True, ids="ids.json", cleanup=True
    )
    (receipt,) = again.receipts
    assert receipt.outcome is Outcome.UNCHANGED
    assert not receipt.published_now
    assert not again.receipts[0].folder.exists()
    last = publishkit.submit_process(export, fabrication.MAPPING, to=NOMAD, publish=True)
    assert last.receipts[0].id == receipt.id
    assert json.loads(Path("ids.json").read_text())["upload_ids"] == {RUN: receipt.id}
    assert capfd.readouterr().out == ""


def test_what_is_not_published_is_not_cleaned_up(user: Shell) -> None:
    export = fabrication.write_json(user.folder / "export.json")
    made = publishkit.submit_process(export, fabrication.OWN, to=NOMAD, folder="kept", cleanup=True)
    assert "not published yet" in made.kept
    assert made.receipts[0].folder.exists()


@pytest.fixture
def short(user: Shell) -> Path:
    """A process of three steps."""
    document = fabrication.document()
    document["process"]["steps"] = document["process"]["steps"][:3]
    path: Path = user.folder / "short.json"
    path.write_text(json.dumps(document))
    return path


def test_steps_of_their_own_are_referred_to_by_their_ids(user: Shell, short: Path) -> None:
    command = ("map", short, "--mapping", fabrication.OWN, "--to", NOMAD, "--separate")
    said = user.run(*command)
    assert f"publishkit push records/{RUN}-steps --to {NOMAD}" in said
    assert not (user.folder / "records" / RUN).exists()
    user.run("push", f"records/{RUN}-steps", "--to", NOMAD)
    assert f"written    records/{RUN}: 3 steps" in user.run(*command)
    user.run("push", f"records/{RUN}", "--to", NOMAD)
    (row,) = user.rows("records")
    entry = row["publishkit"]["extra"]["entries"]["process.archive.json"]
    steps = {one["folder"]: one["id"] for one in user.rows(f"records/{RUN}-steps")}
    references = archive(entry)["metadata"]["entry_references"]
    assert [one["target_upload_id"] for one in references] == [steps[n] for n in sorted(steps)]
    resolved = [one["activity"]["lab_id"] for one in archive(entry)["data"]["steps"]]
    assert resolved == ["S001", "S002", "S003"]
    assert "unchanged" in user.run(*command)
    user.run("delete", f"records/{RUN}-steps", "--to", NOMAD, "--yes")


def test_the_button_does_that_by_itself(user: Shell, short: Path) -> None:
    made = publishkit.submit_process(short, fabrication.OWN, to=NOMAD, folder="kept", separate=True)
    (process,) = made.processes
    assert len(made.receipts) == 4
    assert len({step.deposit for step in process.steps.values()}) == 3
    targets = archive(process.entry.id)["metadata"]["entry_references"]
    assert [one["target_entry_id"] for one in targets] == [s.id for s in process.steps.values()]
    again = publishkit.submit_process(
        short, fabrication.OWN, to=NOMAD, folder="kept", separate=True
    )
    assert [one.outcome for one in again.receipts] == [Outcome.UNCHANGED] * 4
    user.run("delete", f"kept/records/{RUN}-steps", "--to", NOMAD, "--yes")


def test_run_lims_is_the_same_from_a_shell(user: Shell) -> None:
    export = fabrication.write_csv(user.folder / "export.csv")
    command = ("run-lims", export, "--mapping", fabrication.MAPPING, "--to", NOMAD, "--folder", "k")
    said = user.run(*command)
    assert "created" in said
    assert "and those of 25 steps" in said
    assert "Ids: k/ids.json" in said
    said = user.run(*command, "--publish", "--yes", "--cleanup")
    assert "published" in said
    assert not (user.folder / "k" / "records" / RUN).exists()


def test_what_nomad_does_not_define_is_found_before_anything_is_sent(user: Shell) -> None:
    export = fabrication.write_json(user.folder / "export.json")
    text = fabrication.OWN.read_text()
    text = text.replace("eln.ELNProcess", "eln.ELNProces").replace("steps, ref", "stepps, ref")
    text = text.replace("{name: title, lab_id: run}", "{name: title, labid: run}")
    (user.folder / "own.yaml").write_text(text)
    with pytest.raises(RecordError) as caught:
        publishkit.submit_process(export, "own.yaml", to=NOMAD, folder="kept")
    said = "\n".join(map(str, caught.value.problems))
    assert "did you mean nomad.datamodel.metainfo.eln.ELNProcess?" in said
    assert "no field stepps; did you mean steps?" in said
    assert "no field labid; did you mean lab_id?" in said
    assert not Path("kept").exists()
    (user.folder / "own.yaml").write_text(fabrication.OWN.read_text())
    found = publishkit.check_mapping(export, "own.yaml", to=NOMAD)
    assert not [one for one in found if one.severity is not Severity.NOTICE]


def test_a_nomad_that_does_not_answer_is_told_and_no_error(user: Shell) -> None:
    config = user.folder / "publishkit.toml"
    config.write_text('[targets.away]\nbackend = "nomad"\nurl = "http://127.0.0.1:9/api/v1"\n')
    export = fabrication.write_json(user.folder / "export.json")
    (made,) = publishkit.map_export(export, fabrication.OWN, to="away")
    assert "were not looked up" in str(made.problems[0])


def test_a_database_cannot_be_written_to_and_shows_no_password(
    user: Shell, postgresql: str
) -> None:
    text = fabrication.MAPPING.read_text()
    start, end = text.index("  query: >"), text.index("files:")
    query = "WITH x AS (DELETE FROM steps RETURNING *) SELECT * FROM x"
    (user.folder / "m.yaml").write_text(f"{text[:start]}  query: {query}\n{text[end:]}")
    schema = (fabrication.DATA / "fab.schema.archive.yaml").read_bytes()
    (user.folder / "fab.schema.archive.yaml").write_bytes(schema)
    said = user.run("map", postgresql, "--mapping", "m.yaml", code=3)
    assert "read-only transaction" in said
    secret = "n0t-to-be-seen"
    url = postgresql.replace("postgres@", f"nobody:{secret}@").replace("/postgres", "/nosuch")
    said = user.run("map", url, "--mapping", fabrication.MAPPING, "--param", "run=x", "-vv", code=7)
    assert secret not in said
    said = user.run(
        *("map", url.replace(f":{secret}", ""), "--mapping", fabrication.MAPPING),
        *("--param", "run=x"),
        code=7,
        PUBLISHKIT_SOURCE_PASSWORD=secret,
    )
    assert secret not in said
