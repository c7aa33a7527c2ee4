"""The files of big-map-archive-api-client 1.2.0, as its users have them, work as they are."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

import publishkit
from publishkit import config
from publishkit.cli import cli
from publishkit.errors import ConfigError, Problem, RecordError, RejectedError, Severity
from publishkit.folder import find_records, fingerprint, load
from publishkit.repository import Digests
from publishkit.setting import blocks
from publishkit_invenio.bma import read_config, translate

if TYPE_CHECKING:
    from collections.abc import Callable

    import responses

    from publishkit.model import Record
    from publishkit_invenio.repository import InvenioRepository

METADATA = """\
resource_type: "Dataset" # Choose one of these options: Dataset, Software, Other
title: "Mobilities in Two-Dimensional Materials" # Record's title
authors: # Record's list of authors with their affiliations
  - family_name: "Doe"
    given_name: "Jane"
    affiliations:
      - "Physics Institute, École Polytechnique Fédérale de Lausanne"
  - family_name: "Dell"
    given_name: "John"
    affiliations:
      - "Department of Physics, Technical University of Denmark"
      - "Physics Institute, École Polytechnique Fédérale de Lausanne"
description: "Two-dimensional materials are emerging as a promising platform."
license: "BIG-MAP Archive License"
keywords: # Any keyword is accepted
  - "2D materials"
  - "transport"
references:
  - scheme: "arxiv"
    identifier: "2308.08462"
  - scheme: "isbn"
    identifier: "978-3-16-148410-0"
"""
"""In the form that the tool's README gives."""
CONFIG = """\
domain_name: big-map-archive-demo.materialscloud.org # Other values: archive.big-map.eu
port: 5000
token: 123456789abcdefTOKEN"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder as the tool's README recommends it, and in it the user."""
    folder = tmp_path / "project"
    (folder / "upload").mkdir(parents=True)
    (folder / "upload" / "a.json").write_text("{}")
    (folder / "metadata.yaml").write_text(METADATA, encoding="utf-8")
    write_config(folder, CONFIG)
    monkeypatch.chdir(folder)
    return folder


def write_config(folder: Path, text: str, mode: int = 0o600) -> None:
    path = folder / "bma_config.yaml"
    path.write_text(text)
    path.chmod(mode)


def record_of(folder: Path) -> Record:
    record = load(folder, "it", blocks()).record
    assert record
    return record


def said(folder: Path, severity: Severity = Severity.ERROR) -> list[str]:
    found = load(folder / "upload", "it", blocks()).problems
    return [f"{p.path}: {p.message}" for p in found if p.severity is severity]


# ---- metadata.yaml and the data folder ----


@pytest.mark.parametrize("named", [".", "upload", "..", "../project/upload/"])
def test_the_data_folder_is_the_record_however_it_is_named(project: Path, named: str) -> None:
    found = find_records(Path(named), recursive=False)
    assert [one.resolve() for one in found] == [project / "upload"]


def test_it_says_what_the_tool_would_have_sent(project: Path) -> None:
    loaded = load(project / "upload", "it", blocks())
    assert loaded.ok
    assert [file.key for file in loaded.files] == ["a.json"]
    body = record_of(project / "upload").body()["metadata"]
    assert isinstance(body, dict)
    assert body["title"] == "Mobilities in Two-Dimensional Materials"
    assert body["resource_type"] == {"id": "dataset"}
    assert body["rights"] == [{"id": "bm-1.0"}]
    assert body["subjects"] == [{"subject": "2D materials"}, {"subject": "transport"}]
    creators: Any = body["creators"]
    people = [one["person_or_org"] for one in creators]
    assert [(p["family_name"], p["given_name"]) for p in people] == [
        ("Doe", "Jane"),
        ("Dell", "John"),
    ]
    assert creators[1]["affiliations"][0] == {
        "name": "Department of Physics, Technical University of Denmark"
    }
    works: Any = body["related_identifiers"]
    assert [(w["scheme"], w["relation_type"]["id"]) for w in works] == [
        ("arxiv", "references"),
        ("isbn", "references"),
    ]


def test_it_is_valid_for_the_archives_without_a_warning(project: Path) -> None:
    problems = publishkit.validate(project, to="big-map-demo")
    assert {problem.severity for problem in problems} == {Severity.NOTICE}


def test_a_push_of_the_project_is_a_push_of_its_data_and_nothing_else(project: Path) -> None:
    (receipt,) = publishkit.push(".", to="local")
    bag = Path(receipt.links["self"].removeprefix("file://"))
    assert sorted(p.name for p in (bag / "data").rglob("*")) == ["a.json"]
    (again,) = publishkit.push("upload", to="local")
    assert again.outcome.value == "unchanged"
    assert (project / "records_links.json").exists()


def test_tomorrow_it_is_the_same_record(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = {"a.json": Digests("", "0" * 64)}
    before = record_of(project / "upload")

    class Tomorrow(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Tomorrow:
            return cls(2099, 1, 1, tzinfo=tz)

    monkeypatch.setattr("publishkit.foreign.dt.datetime", Tomorrow)
    after = record_of(project / "upload")
    assert before.metadata.publication_date != after.metadata.publication_date == "2099-01-01"
    assert fingerprint(before, digests) == fingerprint(after, digests)


def test_an_edit_of_what_is_published_keeps_its_date(
    project: Path,
    repository: InvenioRepository,
    web: responses.RequestsMock,
    answer: Callable[..., dict[str, Any]],
) -> None:
    metadata = {**answer("record")["metadata"], "publication_date": "2020-02-20"}
    published = answer("record", metadata=metadata)
    record = f"https://archive.example/api/records/{published['id']}"
    web.get(f"{record}/draft", status=404, json={"status": 404, "message": "gone"})
    web.get(record, json=published)
    web.post(f"{record}/draft", status=201, json=published)
    put = web.put(f"{record}/draft", status=400, json={"status": 400, "message": "No."})
    web.delete(f"{record}/draft", status=204)
    with pytest.raises(RejectedError):  # what was sent counts here
        repository.edit(published["id"], record_of(project / "upload"))
    sent = json.loads(put.calls[0].request.body or "{}")["metadata"]
    assert (sent["publication_date"], sent["title"][:10]) == ("2020-02-20", "Mobilities")


def test_edits_of_the_file_count_at_once(project: Path) -> None:
    publishkit.push(".", to="local")
    text = METADATA.replace("Mobilities", "Motilities")
    (project / "metadata.yaml").write_text(text, encoding="utf-8")
    (receipt,) = publishkit.push(".", to="local")
    assert receipt.outcome.value == "updated"


def test_other_names_of_the_data_folder_do_when_it_is_named(project: Path) -> None:
    (project / "upload").rename(project / "run 7")
    assert find_records(project / "run 7", recursive=False) == [project / "run 7"]
    with pytest.raises(RecordError, match="not which folder holds its files"):
        find_records(project, recursive=False)


def test_a_folder_with_everything_in_it_is_a_record_as_for_the_tool(project: Path) -> None:
    (project / "metadata.yaml").rename(project / "upload" / "metadata.yaml")
    assert find_records(project / "upload", recursive=False) == [project / "upload"]
    files = load(project / "upload", "it", blocks()).files
    assert [file.key for file in files] == ["a.json", "metadata.yaml"]


def test_several_projects_are_several_records(project: Path) -> None:
    (project / "b").mkdir()
    for name in ("metadata.yaml", "upload"):
        (project / name).rename(project / "b" / name)
    assert find_records(project, recursive=False) == [project / "b" / "upload"]


def test_our_own_file_counts_where_there_is_one(project: Path) -> None:
    ours = project / "upload" / "record_metadata.json"
    ours.write_text("{}")
    assert load(project / "upload", "it", blocks()).record is None
    ours.unlink()
    assert load(project / "upload", "it", blocks()).record


@pytest.mark.parametrize(
    "text",
    [
        "title: A thesis\nauthor: Jane\nkeywords: [a]\ndescription: b\n",  # pandoc's
        "stages:\n  train:\n    cmd: python train.py\n",
        "",
    ],
)
def test_other_files_of_that_name_make_no_record(project: Path, text: str) -> None:
    (project / "metadata.yaml").write_text(text)
    with pytest.raises(RecordError, match="there is no record_metadata"):
        find_records(project, recursive=False)


def test_sub_folders_are_sent_and_that_is_said(project: Path) -> None:
    (project / "upload" / "old").mkdir()
    (project / "upload" / "old" / "b.txt").write_text("b")
    assert said(project, Severity.WARNING) == [
        ".: files in sub-folders (1) are sent too; big-map-archive-api-client passes over them"
    ]


def test_everything_that_is_wrong_is_named_at_once_with_file_and_key(project: Path) -> None:
    (project / "metadata.yaml").write_text(
        "resource_type: Datset\ntitel: x\n"
        "authors:\n  - familyname: Doe\n    affiliations: EPFL\n  - Jane\n"
        "license: CC0\nkeyword: [a]\n"
        "references:\n  - {scheme: doi, identifier: 10.12}\n  - scheme: handle\n"
    )
    assert set(said(project)) == {
        '../metadata.yaml: resource_type: "Datset" is not understood',
        "../metadata.yaml: titel: an unknown key",
        "../metadata.yaml: title: missing",
        "../metadata.yaml: authors[0].familyname: an unknown key",
        "../metadata.yaml: authors[0].family_name: missing",
        "../metadata.yaml: authors[1]: no keys with values",
        '../metadata.yaml: license: "CC0" is not understood',
        "../metadata.yaml: keyword: an unknown key",
        '../metadata.yaml: references[1].scheme: "handle" is not understood',
        "../metadata.yaml: references[1].identifier: missing",
    }


def test_what_the_records_rules_find_is_named_by_the_files_keys(project: Path) -> None:
    (project / "metadata.yaml").write_text(METADATA.replace("2308.08462", "nonsense"), "utf-8")
    (found,) = said(project)
    assert found.startswith("../metadata.yaml: references[0].identifier: ")


def test_keys_that_the_tool_passes_over_are_a_warning(project: Path) -> None:
    (project / "metadata.yaml").write_text(METADATA + "funding: EU\n", encoding="utf-8")
    (found,) = said(project, Severity.WARNING)
    assert found == "../metadata.yaml: funding: big-map-archive-api-client passes over it"


@pytest.mark.parametrize(
    ("old", "new", "path", "value"),
    [
        ('"2308.08462"', "2308.08460", "related_identifiers", "2308.08460"),
        ('title: "Mobilities in Two-Dimensional Materials"', "title: 2024", "title", "2024"),
        ('  - "transport"', "  - no", "subjects", "no"),
        ('  - "2D materials"\n  - "transport"', "  graphene", "subjects", "graphene"),
        ('"Dataset"', "dataset", "resource_type", "dataset"),
    ],
    ids=["a number", "a year", "a yes or no", "a lone word", "small letters"],
)
def test_odd_forms_are_what_was_written(
    project: Path, old: str, new: str, path: str, value: str
) -> None:
    assert old in METADATA
    (project / "metadata.yaml").write_text(METADATA.replace(old, new), encoding="utf-8")
    assert said(project) == []
    body: Any = record_of(project / "upload").body()["metadata"]
    assert value in json.dumps(body[path])


def test_aliases_and_merged_keys_work(project: Path) -> None:
    (project / "metadata.yaml").write_text(
        "resource_type: Other\ntitle: Shared\nkeywords: []\ndescription:\nlicense:\n"
        "authors:\n  - &jane {family_name: Doe, given_name: Jane, affiliations: [&e EPFL]}\n"
        "  - <<: *jane\n    given_name: John\nreferences:\n"
    )
    assert said(project) == []
    creators: Any = record_of(project / "upload").body()["metadata"]
    people = [one["person_or_org"] for one in creators["creators"]]
    assert [(p["family_name"], p["given_name"]) for p in people] == [
        ("Doe", "Jane"),
        ("Doe", "John"),
    ]


@pytest.mark.parametrize("left_out", ["description", "license", "keywords", "references"])
def test_what_may_be_empty_may_be_left_out(left_out: str) -> None:
    import yaml

    _, problems = translate({k: v for k, v in yaml.safe_load(METADATA).items() if k != left_out})
    assert problems == []


def test_the_metadata_file_is_looked_through_for_secrets_too(project: Path) -> None:
    text = METADATA.replace("transport", "ghp_" + "a" * 36)
    (project / "metadata.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match="1 error"):
        publishkit.push(".", to="local")


# ---- on to record_metadata.json ----


def test_convert_writes_our_file_once_and_the_deposit_stays(project: Path) -> None:
    publishkit.push(".", to="local")
    (path,) = publishkit.convert(".")
    assert path == Path("upload/record_metadata.json")
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["metadata"]["title"] == "Mobilities in Two-Dimensional Materials"
    (receipt,) = publishkit.push(".", to="local")
    assert receipt.outcome.value == "updated"  # it has a date of its own from now on
    with pytest.raises(ConfigError, match="already"):
        publishkit.convert(".")


def test_convert_takes_files_of_any_name(project: Path) -> None:
    (project / "metadata.yaml").rename(project / "of last year.yaml")
    (project / "upload").rename(project / "results")
    made = publishkit.convert("results", metadata_file="of last year.yaml")
    assert made == [Path("results/record_metadata.json")]
    assert publishkit.push("results", to="local")[0].ok


def test_convert_says_what_is_wrong_and_writes_nothing(project: Path) -> None:
    (project / "metadata.yaml").write_text(METADATA.replace("title:", "titel:"), encoding="utf-8")
    done = CliRunner().invoke(cli, ["convert", "."])
    assert isinstance(done.exception, RecordError)
    assert not (project / "upload" / "record_metadata.json").exists()
    with pytest.raises(ConfigError, match="no metadata file"):
        publishkit.convert("upload", metadata_file="bma_config.yaml")


def test_a_change_by_a_command_goes_into_our_file(project: Path) -> None:
    publishkit.push(".", to="local")
    publishkit.update(".", changes={"metadata": {"version": "v2"}})
    written = json.loads((project / "upload" / "record_metadata.json").read_text("utf-8"))
    assert written["metadata"]["version"] == "v2"
    assert (project / "metadata.yaml").read_text("utf-8") == METADATA


def test_a_change_that_fails_leaves_no_file(project: Path) -> None:
    publishkit.push(".", to="local")
    (project / "upload" / "id_rsa").write_text("-----BEGIN OPENSSH PRIVATE KEY-----")
    with pytest.raises(RecordError):
        publishkit.update(".", changes={"metadata": {"version": "v2"}})
    assert not (project / "upload" / "record_metadata.json").exists()


def test_a_change_of_what_is_published_wants_its_date(project: Path) -> None:
    publishkit.push(".", to="local", publish=True)
    with pytest.raises(RejectedError, match="is published, and metadata"):
        publishkit.update(".", changes={"metadata": {"version": "v2"}})


# ---- bma_config.yaml ----


def test_the_token_is_that_of_the_target_at_its_server(project: Path) -> None:
    found = config.load(project / "upload", environment={})
    assert found.credentials(found.target("big-map-demo")).token == "123456789abcdefTOKEN"
    assert not found.credentials(found.target("big-map"))
    assert "123456789abcdefTOKEN" not in repr(found)


def test_the_environment_wins(project: Path) -> None:
    given = {"PUBLISHKIT_BIG_MAP_DEMO_TOKEN": "of the environment".replace(" ", "-")}
    found = config.load(project, environment=given)
    assert found.credentials(found.target("big-map-demo")).token == "of-the-environment"


def test_a_server_that_is_no_target_becomes_one_of_its_name(project: Path) -> None:
    name = "big-map-archive-demo-public.materialscloud.org"
    write_config(project, f"domain_name: {name}\ntoken: abc\n")
    found = config.load(project, environment={})
    target = found.target(name)
    assert (target.backend, target.url) == ("invenio", f"https://{name}")
    assert found.credentials(target).token == "abc"
    assert not found.credentials(found.target("invenio+https://elsewhere.example"))


def test_a_configured_target_on_this_machine_counts_by_its_port(project: Path) -> None:
    write_config(project, "domain_name: 127.0.0.1\nport: 5000\ntoken: abc\n")
    (project / "publishkit.toml").write_text(
        '[targets.mine]\nbackend = "invenio"\nurl = "http://127.0.0.1:5000"\n'
        '[targets.yours]\nbackend = "invenio"\nurl = "http://127.0.0.1:5001"\n'
    )
    found = config.load(project, environment={})
    assert found.credentials(found.target("mine")).token == "abc"
    assert not found.credentials(found.target("yours"))


def test_a_token_for_https_never_goes_over_plain_http(project: Path) -> None:
    write_config(project, "domain_name: archive.example\ntoken: abc\n")
    (project / "publishkit.toml").write_text(
        '[targets.plain]\nbackend = "invenio"\ninsecure = true\n'
        'url = "http://archive.example:443"\n'
    )
    found = config.load(project, environment={})
    assert not found.credentials(found.target("plain"))


@pytest.mark.skipif(os.name != "posix", reason="these rights are POSIX's")
def test_a_file_that_others_may_read_is_refused_with_the_command_to_run(project: Path) -> None:
    write_config(project, CONFIG, mode=0o644)
    with pytest.raises(ConfigError, match="chmod 600") as refused:
        config.load(project, environment={})
    assert "123456789abcdefTOKEN" not in str(refused.value)


def test_a_file_that_was_not_filled_in_gives_no_token(project: Path) -> None:
    write_config(project, CONFIG.replace("123456789abcdefTOKEN", "<replace>"), mode=0o644)
    found = config.load(project, environment={})
    assert not found.credentials(found.target("big-map-demo"))


def test_everything_that_is_wrong_in_it_is_named_at_once_without_the_token(project: Path) -> None:
    write_config(project, "domain_name: https://a.example/\nport: x\ntoken: [s3cr3t-s3cr3t]\n")
    with pytest.raises(ConfigError) as refused:
        config.load(project, environment={})
    text = str(refused.value)
    assert all(f"{key}: " in text for key in ("domain_name", "port", "token"))
    assert "s3cr3t" not in text
    assert str(project / "bma_config.yaml") in text


@pytest.mark.parametrize("text", ["token: 's3cr3t", "- s3cr3t", "", "\0s3cr3t: a", "a: &s3cr3t *x"])
def test_a_file_that_is_no_such_yaml_is_named_without_what_it_says(
    project: Path, text: str
) -> None:
    write_config(project, text)
    with pytest.raises(ConfigError, match="bma_config") as refused:
        config.load(project, environment={})
    assert "s3cr3t" not in str(refused.value)


def test_a_port_may_be_left_out_as_the_readme_does() -> None:
    found, problems = read_config({"domain_name": "archive.big-map.eu", "token": "0123"})
    assert problems == []
    assert found
    assert (found.url, found.token) == ("https://archive.big-map.eu", "0123")
    assert "0123" not in repr(found)


def test_the_configuration_never_goes_along_with_the_data(project: Path) -> None:
    for name in ("bma_config.yaml", "my settings.txt"):
        (project / "upload" / name).write_text(f"domain_name: a.example\ntoken: {'A1b2' * 15}\n")
    problems: list[Problem] = publishkit.validate(project)
    wrong = {problem.path for problem in problems if problem.severity is Severity.ERROR}
    assert wrong == {"bma_config.yaml", "my settings.txt"}


def test_a_refused_token_is_looked_for_in_the_file_that_gave_it(project: Path) -> None:
    from publishkit.errors import AuthenticationError

    found = config.load(project, environment={})
    error = AuthenticationError("refused")
    config.signing_in(found, found.target("big-map-demo"), error)
    assert str(project / "bma_config.yaml") in error.advice


def test_a_deposit_cannot_bring_a_configuration_along() -> None:
    from publishkit.keys import hostile

    assert set(hostile(["BMA_config.yaml", "data/bma_config.yaml", "metadata.yaml"])) == {
        "BMA_config.yaml",
        "data/bma_config.yaml",
    }
