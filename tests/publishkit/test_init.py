"""`publishkit init` and `publishkit.init`: from options and templates; questions are elsewhere."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit.folder import data_files, load
from publishkit.setting import blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

FILE = "record_metadata.json"
TITLE = ("--title", "Conductivity")
JANE = "Doe, Jane; 0000-0002-1825-0097; Example Institute"


def read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / FILE).read_text())
    return found


def template(folder: Path, value: object) -> Path:
    path = folder / "group.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_options_alone_make_a_valid_record(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "new" / "record"
    code, out, err = run("init", folder, *TITLE, "--creator", JANE, "--license", "CC-BY-4.0")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == (
        f"Next: put the data files beside it, then: publishkit push {folder}"
    )
    assert read(folder) == {
        "$schema": ".record_metadata.schema.json",
        "metadata": {
            "title": "Conductivity",
            "creators": [
                {
                    "person_or_org": {
                        "type": "personal",
                        "family_name": "Doe",
                        "given_name": "Jane",
                        "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}],
                    },
                    "affiliations": [{"name": "Example Institute"}],
                }
            ],
            "rights": [{"id": "cc-by-4.0"}],
            "publication_date": dt.datetime.now().astimezone().date().isoformat(),
            "resource_type": {"id": "dataset"},
        },
    }
    assert load(folder, "", blocks()).problems == ()
    assert run("validate", folder, "--to", "memory")[0] == 0


def test_the_schema_lies_beside_it_and_is_no_data(tmp_path: Path) -> None:
    publishkit.init(tmp_path, title="Conductivity", creators=JANE)
    schema = tmp_path / read(tmp_path)["$schema"]
    assert json.loads(schema.read_text()) == publishkit.schema()
    assert data_files(tmp_path) == ([], [])


def test_the_schema_is_not_part_of_what_is_sent(tmp_path: Path) -> None:
    publishkit.init(tmp_path, title="Conductivity", creators=JANE)
    record = load(tmp_path, "", blocks()).record
    assert record is not None
    assert "schema" not in json.dumps(record.body())


def test_everything_that_is_missing_or_wrong_is_told_at_once(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "x"
    code, out, err = run("init", folder, "--creator", "Jane Doe", "--date", "5.6.24")
    assert (code, out) == (2, "")
    for words in ("--title: missing", "--creator: (Jane Doe)", "--date: ", "nothing was written"):
        assert words in err
    assert not folder.exists()


def test_what_is_there_is_never_overwritten(tmp_path: Path, run: Run) -> None:
    (tmp_path / FILE).write_text("mine")
    code, _, err = run("init", tmp_path, *TITLE, "--creator", JANE)
    assert code == 3
    assert f"Change it: publishkit edit {tmp_path}" in err
    assert (tmp_path / FILE).read_text() == "mine"
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).symlink_to("nowhere")
    assert run("init", tmp_path, *TITLE, "--creator", JANE)[0] == 3
    assert not (tmp_path / "nowhere").exists()


def test_a_file_in_the_folders_place_is_told(tmp_path: Path, run: Run) -> None:
    (tmp_path / "x").write_text("")
    code, _, err = run("init", tmp_path / "x", *TITLE, "--creator", JANE)
    assert (code, "is not a folder" in err) == (3, True)
    code, _, err = run("init", tmp_path / "x" / "y", *TITLE, "--creator", JANE)
    assert (code, "Not a directory" in err) == (3, True)


def test_a_folder_with_data_can_be_pushed_at_once(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "record"
    folder.mkdir()
    (folder / "data.csv").write_text("1,2\n")
    _, out, _ = run("init", folder, *TITLE, "--creator", JANE)
    assert out.splitlines()[-1] == f"Next: publishkit push {folder}"
    assert run("push", folder, "--to", "memory")[0] == 0


# ---- templates ----

COMMON: dict[str, Any] = {
    "$schema": "elsewhere.json",
    "access": {"record": "public", "files": "public"},
    "files": {"enabled": True},
    "metadata": {
        "creators": [{"affiliations": [{"name": "Example Institute", "id": "02s376052"}]}],
        "rights": [{"id": "cc0-1.0"}],
        "funding": [{"funder": {"name": "European Commission"}, "award": {"number": "957189"}}],
        "publisher": "Example Institute",
    },
    "memory": {"collections": ["ours"]},
}


def test_a_template_gives_what_records_have_in_common(tmp_path: Path) -> None:
    publishkit.init(
        tmp_path / "a",
        title="Conductivity",
        creators=["Doe, Jane", "Roe, Max; Elsewhere", "org: The Team"],
        template=template(tmp_path, COMMON),
    )
    made = read(tmp_path / "a")
    metadata = made["metadata"]
    assert [one.get("affiliations") for one in metadata["creators"]] == [
        COMMON["metadata"]["creators"][0]["affiliations"],
        [{"name": "Elsewhere"}],
        None,
    ]
    assert metadata["funding"] == COMMON["metadata"]["funding"]
    assert metadata["rights"] == [{"id": "cc0-1.0"}]
    assert made["access"] == COMMON["access"]
    assert made["$schema"] == ".record_metadata.schema.json"
    assert "files" not in made
    assert [
        str(p) for p in load(tmp_path / "a", "", blocks()).problems if p.severity == "error"
    ] == []


def test_a_group_can_name_its_template_once_for_all(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    template(tmp_path, COMMON)
    (tmp_path / "publishkit.toml").write_text('template = "group.json"\n')
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    code, out, _ = run("init", "a", *TITLE, "--creator", JANE)
    assert (code, out.splitlines()[0]) == (0, f"Template: {tmp_path / 'group.json'}")
    assert read(tmp_path / "below" / "a")["metadata"]["rights"] == [{"id": "cc0-1.0"}]
    run("init", "b", *TITLE, "--creator", JANE, "--no-template")
    assert "rights" not in read(tmp_path / "below" / "b")["metadata"]
    assert run("init", "c", "--no-template", "--template", "x")[0] == 2
    (tmp_path / "publishkit.toml").write_text("template = 1\n")
    code, _, err = run("init", "c", *TITLE, "--creator", JANE)
    assert (code, "template must be text" in err) == (3, True)


def test_options_go_before_the_template(tmp_path: Path) -> None:
    whole = {
        "metadata": {
            "title": "Of the group",
            "creators": [{"person_or_org": {"type": "organizational", "name": "The Group"}}],
            "rights": [{"id": "mit"}],
        }
    }
    path = template(tmp_path, whole)
    publishkit.init(tmp_path / "a", template=path)
    assert read(tmp_path / "a")["metadata"]["title"] == "Of the group"
    publishkit.init(tmp_path / "b", title="My own", license="cc-by-4.0", template=path)
    metadata = read(tmp_path / "b")["metadata"]
    assert (metadata["title"], metadata["rights"]) == ("My own", [{"id": "cc-by-4.0"}])
    assert metadata["creators"] == whole["metadata"]["creators"]


def test_every_error_of_a_template_is_told_and_nothing_written(tmp_path: Path, run: Run) -> None:
    wrong = {
        "metadata": {"titel": "x", "rights": [{}], "publication_date": "5.6.24"},
        "pids": {"doi": {"identifier": "10.1234/x", "provider": "external"}},
    }
    path = template(tmp_path, wrong)
    code, _, err = run("init", tmp_path / "a", *TITLE, "--creator", JANE, "--template", path)
    assert code == 4
    for words in ("metadata.titel", "metadata.rights[0]", "publication_date", "a DOI belongs to"):
        assert f"{path}: {words}" in err or words in err
    assert "the template is not valid. Correct it there." in err
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"metadata": []}', '{"metadata": {"creators": {}}}'])
def test_a_template_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(publishkit.RecordError, match="template"):
        publishkit.init(
            tmp_path / "a", title="Title", creators=JANE, template=template(tmp_path, text)
        )


def test_a_template_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(publishkit.ConfigError, match="cannot be read"):
        publishkit.init(tmp_path / "a", template=tmp_path / "none.json")


def test_python_is_told_of_all_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(publishkit.RecordError) as caught:
        publishkit.init(tmp_path / "a", license="zzzz")
    assert [problem.path for problem in caught.value.problems] == ["title", "creators", "license"]


# ---- the schema of a record that is there already ----


def test_the_schema_can_be_put_beside_any_record(tmp_path: Path, run: Run) -> None:
    publishkit.init(tmp_path, title="Title", creators=JANE)
    value = read(tmp_path)
    name = value.pop("$schema")
    (tmp_path / name).unlink()
    (tmp_path / FILE).write_text(json.dumps(value))
    assert run("schema", "--write", tmp_path)[0] == 0
    assert read(tmp_path) == {**value, "$schema": name}
    assert json.loads((tmp_path / name).read_text()) == publishkit.schema()
    before = (tmp_path / FILE).read_bytes()
    assert run("schema", "--write", tmp_path)[0] == 0
    assert (tmp_path / FILE).read_bytes() == before


def test_the_schema_is_printed(run: Run) -> None:
    code, out, _ = run("schema")
    assert (code, json.loads(out)) == (0, publishkit.schema())


def test_the_schemas_place_is_not_followed_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".record_metadata.schema.json").symlink_to(tmp_path / "precious")
    publishkit.init(tmp_path / "a", title="Title", creators=JANE)
    assert (tmp_path / "precious").read_text() == "mine"
    assert json.loads((tmp_path / "a" / ".record_metadata.schema.json").read_text())
