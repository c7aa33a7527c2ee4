"""Exports of every kind: the same process comes out, and what is wrong is named."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import fabrication
import openpyxl
import pytest

from publishkit.errors import ConfigError, RecordError, TemporaryError
from publishkit.mapping import exports
from publishkit.mapping.databases import read_database, without_password
from publishkit.mapping.export import Row, as_json, of_document, of_rows
from publishkit.mapping.exports import read_export
from publishkit.mapping.model import Source
from publishkit.mapping.paths import find, parts_of
from publishkit.secrets import hidden

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.mapping.export import Export

Given = Any
"""Whatever a test gives."""
SOURCE = Source(process="process", parameters="parameters", name="label", group="run")
PASSWORD = "s3cr3t-of-the-lims"


def source(**more: Given) -> Source:
    return SOURCE.model_copy(update=more)


def said(export: Export) -> str:
    return "\n".join(str(one) for one in export.problems)


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'lims.db'}"
    fabrication.fill(url)
    return url


def test_a_json_document_is_a_process_with_steps(tmp_path: Path) -> None:
    path = fabrication.write_json(tmp_path / "export.json")
    (process,) = read_export(path, SOURCE, {}).processes
    assert [step.type for step in process.steps[:3]] == ["wet_clean", "wet_clean", "spin_coating"]
    assert (process.steps[2].number, process.steps[2].name) == (3, "Resist 3")
    assert process.steps[2].fields["speed"] == "3000"
    assert process.fields["title"] == fabrication.PROCESS["title"]
    assert "steps" not in process.fields


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_has_a_row_for_each_step(tmp_path: Path, delimiter: str) -> None:
    path = fabrication.write_csv(tmp_path / "export.csv", delimiter)
    (process,) = read_export(path, SOURCE, {}).processes
    assert process.key == "RUN-0042"
    assert len(process.steps) == fabrication.STEPS
    assert process.fields["title"] == fabrication.PROCESS["title"]
    assert process.steps[4].fields["dose"] == "120,5"
    assert "process.title" not in process.steps[4].fields


def test_a_spreadsheet_is_a_table_and_may_have_a_sheet_of_processes(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    steps = book.active
    assert steps is not None
    steps.title = "Steps"
    steps.append(["run", "type", "started", "took", "n"])
    steps.append(["R1", "bake", dt.datetime(2024, 3, 12, 8, 5), dt.timedelta(minutes=90), 3])  # noqa: DTZ001 - as Excel has them
    steps.append([None, None, None, None, None])
    steps.append(["R1", "bake", dt.datetime(2024, 3, 12), dt.time(0, 5), 2.5])  # noqa: DTZ001 - as Excel has them
    processes = book.create_sheet("Processes")
    processes.append(["run", "title"])
    processes.append(["R1", "Mine"])
    book.save(path := tmp_path / "export.xlsx")
    with pytest.raises(ConfigError, match="Steps, Processes"):
        read_export(path, SOURCE, {})
    with pytest.raises(ConfigError, match="no sheet Step"):
        read_export(path, source(sheet="Step"), {})
    found = read_export(path, source(sheet="Steps", process_sheet="Processes"), {})
    (process,) = found.processes
    assert process.fields["title"] == "Mine"
    first, second = (step.fields for step in process.steps)
    assert first["started"] == "2024-03-12T08:05:00"
    assert (first["took"], second["took"]) == ("01:30:00", "00:05:00")
    assert (first["n"], second["n"]) == (3, 2.5)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["R1", "bake", 3, "note"], "D2 is in a column without a name"),
        (["R1", "bake", "#N/A"], "C2 in the column n has the error #N/A"),
    ],
)
def test_what_a_spreadsheet_would_lose_or_make_text_of_is_refused(
    row: list[object], why: str, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["run", "type", "n"])
    book.active.append(row)
    book.save(path := tmp_path / "export.xlsx")
    with pytest.raises(ConfigError, match=why):
        read_export(path, SOURCE, {})


def test_rows_of_several_processes_are_told_apart() -> None:
    rows: list[Row] = [{"run": run, "type": "bake", "n": n} for n, run in enumerate("abab")]
    found = of_rows(rows, SOURCE, "x")
    assert [(p.key, [s.fields["n"] for s in p.steps]) for p in found.processes] == [
        ("a", [0, 2]),
        ("b", [1, 3]),
    ]


def test_what_a_process_says_of_itself_must_be_the_same_in_all_rows() -> None:
    rows: list[Row] = [
        {"run": "a", "type": "bake", "process.title": title} for title in ("One", "Two")
    ]
    assert "different values in process.title" in said(of_rows(rows, SOURCE, "x"))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"process": []}, "no processes"),
        ({}, "null at process instead of an object"),
        ({"process": {"steps": {}}}, "instead of a list of steps"),
        ({"process": {}}, "say in source.steps where the steps are"),
        ({"process": {"steps": [5]}}, "step 1: 5 instead of an object"),
        ({"process": {"steps": [{"kind": "bake"}]}}, "there are kind"),
        ({"process": {"steps": [{"type": " "}]}}, "no type at type"),
    ],
)
def test_a_document_of_another_shape_is_told_what_is_looked_for(
    document: Given, words: str
) -> None:
    assert words in said(of_document(document, SOURCE, "x"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("type,type\na,b\n", "two columns called type"),
        ("type,,x\na,b,c\n", "column 2 has no name"),
        ("type,x\na\n", "line 2 has 1 cells, the first line 2"),
        ('type,x\na,"b\n', "line 2"),
    ],
)
def test_a_file_that_is_no_table_says_where(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_export(tmp_path / "x.csv", SOURCE, {})


def test_a_csv_in_another_encoding_says_what_to_name(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("run,type,x\na,bake,µ\n".encode("cp1252"))
    with pytest.raises(ConfigError, match=r"source\.encoding: cp1252"):
        read_export(tmp_path / "x.csv", SOURCE, {})
    with pytest.raises(ConfigError, match="no encoding xyz"):
        read_export(tmp_path / "x.csv", source(encoding="xyz"), {})
    found = read_export(tmp_path / "x.csv", source(encoding="cp1252"), {})
    assert found.processes[0].steps[0].fields["x"] == "µ"


@pytest.mark.parametrize("name", ["x.xls", "x", "nosuch.json", "nosuch.csv", "nosuch.xlsx"])
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"x|cannot be read"):
        read_export(tmp_path / name, SOURCE, {})


def test_a_spreadsheet_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    with pytest.raises(ConfigError, match="no spreadsheet"):
        read_export(tmp_path / "x.xlsx", SOURCE, {})


def test_json_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(RecordError, match="cannot be used"):
        read_export(tmp_path / "x.json", SOURCE, {})


def test_only_a_database_takes_values(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="only the queries"):
        read_export(fabrication.write_json(tmp_path / "x.json"), SOURCE, {"run": "1"})


@pytest.mark.parametrize(
    ("value", "made"),
    [
        (Decimal("1.50"), 1.5),
        (Decimal(12), 12),
        (Decimal("NaN"), None),
        (float("inf"), None),
        (dt.date(2024, 3, 12), "2024-03-12"),
        (dt.datetime(2024, 3, 12, 8, tzinfo=dt.UTC), "2024-03-12T08:00:00+00:00"),
        (dt.timedelta(hours=30, seconds=1.5), "30:00:01.5"),
        (dt.timedelta(hours=-1), "-01:00:00"),
        (dt.timedelta(seconds=40), "00:00:40"),
        (dt.timedelta(), "00:00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([1, {"a": Decimal("0.5")}], [1, {"a": 0.5}]),
    ],
)
def test_cells_become_what_json_has(value: object, made: object) -> None:
    assert as_json(value) == made


def test_a_cell_of_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        as_json(b"x")


# ---- databases ----

QUERY = "SELECT * FROM steps WHERE run = :run ORDER BY number"


def test_a_database_is_asked_for_the_steps_and_the_process(database: str) -> None:
    asked = source(query=QUERY, process_query="SELECT * FROM processes WHERE run = :run")
    (process,) = read_export(database, asked, {"run": "RUN-0042"}).processes
    assert process.fields["title"] == fabrication.PROCESS["title"]
    assert len(process.steps) == fabrication.STEPS


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM steps",
        "SELECT 1; DELETE FROM steps",
        "UPDATE steps SET type = 'x'",
        "ATTACH 'x' AS y",
        "PRAGMA user_version",
    ],
)
def test_nothing_but_one_select_is_run(database: str, query: str) -> None:
    with pytest.raises(ConfigError, match="not one SELECT"):
        read_database(database, source(query=query), {})


@pytest.mark.parametrize(
    "before", ["-- the steps\n", "/* of one\nprocess */\n  ", "/**/" * 500 + "-- x\n"]
)
def test_a_query_may_begin_with_comments(database: str, before: str) -> None:
    (process,) = read_export(database, source(query=before + QUERY), {"run": "RUN-0042"}).processes
    assert len(process.steps) == fabrication.STEPS


def test_comments_alone_are_no_query(database: str) -> None:
    with pytest.raises(ConfigError, match="not one SELECT"):
        read_export(database, source(query="/**/" * 500 + "DELETE FROM steps"), {})


def test_a_document_may_be_larger_than_metadata_and_says_where_that_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "export.json"
    steps = [{"type": "bake", "label": "one"}]
    path.write_text(json.dumps({"process": {"run": "R1", "steps": steps, "x": "x" * 10_000_001}}))
    assert len(read_export(path, source(), {}).processes) == 1
    monkeypatch.setattr(exports, "_MOST", 1000)
    with pytest.raises(ConfigError, match=r"more than 1,000 bytes\. Export fewer processes"):
        read_export(path, source(), {})


def test_a_select_that_would_write_cannot(database: str) -> None:
    written = "WITH x AS (SELECT 1) INSERT INTO processes (run) SELECT 'x'"
    with pytest.raises((ConfigError, TemporaryError), match="readonly"):
        read_database(database, source(query=written), {})


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (None, "no query"),
        ("SELECT * FROM nosuch", "nosuch"),
        (QUERY, "--param run=VALUE"),
        ("SELECT run, run FROM steps", "two columns"),
        ("SELECT x'00' AS b", "in b what cannot be mapped"),
    ],
)
def test_a_query_that_will_not_do_says_why(database: str, query: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_database(database, source(query=query), {})
    assert words in str(caught.value)


def test_no_database_is_made_where_none_is(tmp_path: Path) -> None:
    path = tmp_path / "nosuch.db"
    with pytest.raises(ConfigError, match="no database"):
        read_database(f"sqlite:///{path}", source(query=QUERY), {})
    assert not path.exists()


@pytest.mark.parametrize(
    "url", ["x://", "nosuch+driver://u:{p}@h/db", "://{p}", "mssql://u:{p}@h/d"]
)
def test_a_url_of_no_database_shows_no_password(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_database(url.format(p=PASSWORD), source(query=QUERY), {"run": "1"})
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(caught.value.__cause__)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("WITH x AS (SELECT 1) DELETE FROM steps", "readonly"),
        ("SELECT CAST(x'ff' AS TEXT) AS type", "decode"),
    ],
)
def test_a_query_that_sqlite_refuses_is_the_mappings_fault(
    database: str, query: str, why: str
) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        read_database(database, source(query=query), {})
    assert database in str(caught.value)  # as it was given


def test_a_password_is_a_secret_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert PASSWORD not in without_password(f"postgresql://me:{PASSWORD}@h/db?x=1")
    assert hidden(PASSWORD) == "***"
    monkeypatch.setenv("PUBLISHKIT_SOURCE_PASSWORD", "an0ther-secret")
    assert "an0ther-secret" not in without_password("postgresql://me@h/db")
    assert hidden("an0ther-secret") == "***"


# ---- paths ----


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", 1),
        ("l[0].x", 2),
        ("l.1.x", 3),
        ("l[*].x", [2, 3]),
        ("T.max", 5),
        ("Speed [rpm]", 6),
        ("l[7].x", None),
        ("a.b.c", None),
        ("nosuch", None),
    ],
)
def test_what_stands_at_a_path(path: str, found: Given) -> None:
    value: Row = {"a": {"b": 1}, "l": [{"x": 2}, {"x": 3}], "T.max": 5, "Speed [rpm]": 6}
    assert find(value, path) == found


@pytest.mark.parametrize("path", ["", "a..b", "a[x]", "[0]", "a[0", "a[12345]"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parts_of(path)


# ---- data of programs ----


def test_data_of_a_program_may_have_what_databases_have() -> None:
    started = dt.datetime(2024, 3, 12, 8)  # noqa: DTZ001 - as databases have them
    steps: Any = ({"type": "bake", "started": started, "n": Decimal("1.50")},)
    (process,) = read_export({"steps": steps}, Source(), {}).processes
    assert process.steps[0].fields == {"type": "bake", "started": "2024-03-12T08:00:00", "n": 1.5}
    (process,) = read_export(list(steps), Source(), {}).processes
    assert process.steps[0].fields["started"] == "2024-03-12T08:00:00"


@pytest.mark.parametrize(
    ("export", "why"),
    [
        (None, "neither a file, a URL nor data"),
        (["a"], "a row is str"),
        ({"steps": object()}, "object is no text, number or time"),
        ({"steps": [{"type": "a\ud800"}]}, "half a character"),
        ([{"type": "a", "n": Decimal("1e999")}], "too large"),
    ],
)
def test_data_of_a_program_that_are_none_are_refused(export: Given, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read_export(export, Source(), {})


def test_data_that_go_round_in_a_circle_are_refused() -> None:
    export: dict[str, Any] = {}
    export["steps"] = [export]
    with pytest.raises(ConfigError, match="too deep"):
        read_export(export, Source(), {})


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql:/reader:{PASSWORD}@lims.example/lab",
        f"postgresql://reader:odd@{PASSWORD}@lims.example/lab",
    ],
)
def test_a_url_with_a_slip_in_it_does_not_show_its_password(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_export(url, Source(query="SELECT 1 AS type"), {})
    assert PASSWORD not in str(caught.value)
