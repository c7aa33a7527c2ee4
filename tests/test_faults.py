"""The check that ends each case of the fault matrix: it must notice what it is there to notice."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from faults.archives import Held
from faults.looking import Expected, compare, leaks
from faults.proxy import Wire
from faults.report import Line, append, done_already, read, table, write_between
from faults.scenarios import SCENARIOS, digests_of, title_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass
class Shelf:
    """An archive in memory."""

    name: str = "invenio"
    place: str = "invenio"
    url: str = ""
    version: str = "1"
    deposits: dict[str, Held] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    disguises: Mapping[str, str] = field(default_factory=dict)

    def held(self, id_: str) -> Held | None:
        return self.deposits.get(id_)

    def delete(self, id_: str) -> None:
        self.deposits.pop(id_, None)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def expected(tmp_path: Path, shelf: Shelf) -> Expected:
    """A case that went well."""
    scenario = SCENARIOS["single"]
    scenario.prepare(tmp_path, "here")
    record = tmp_path / "records/0"
    shelf.deposits["a1"] = Held(True, title_of(record), digests_of(record))
    found = Expected(scenario, tmp_path, (shelf,), set())
    write(found, {})
    return found


def write(expected: Expected, changes: Mapping[str, Any]) -> None:
    links = {"self": "https://x/records/a1", "files": "https://x/records/a1/files"}
    row = {"folder": "0", "target": "invenio", "id": "a1", "state": "published", **links}
    path = expected.folder / "records/records_links.json"
    path.write_text(json.dumps([{**row, **changes}]))


MADE = {"a1": "invenio"}


def test_what_went_well_has_no_problems(expected: Expected) -> None:
    assert compare(expected, MADE) == []


def test_a_deposit_too_many_is_noticed(expected: Expected, shelf: Shelf) -> None:
    shelf.deposits["b2"] = shelf.deposits["a1"]
    shelf.deposits["c3"] = replace(shelf.deposits["a1"], published=False)
    assert compare(expected, {**MADE, "b2": "invenio", "c3": "invenio"}) == [
        "b2 is left over as published",
        "c3 is left over as a draft",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"published": False}, "is not published"),
        ({"title": "publishkit-0123"}, "has the title"),
        ({"open_edit": True}, "not finished"),
        ({"files": {}}, "other files"),
    ],
)
def test_a_deposit_that_is_not_as_the_folder_is_noticed(
    expected: Expected, shelf: Shelf, change: Mapping[str, Any], said: str
) -> None:
    shelf.deposits["a1"] = replace(shelf.deposits["a1"], **change)
    (found,) = compare(expected, MADE)
    assert said in found


def test_one_byte_that_differs_is_noticed(expected: Expected) -> None:
    path = expected.folder / "records/0/data.csv"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    (found,) = compare(expected, MADE)
    assert found == "a1: has other files than the folder: data.csv"


@pytest.mark.parametrize(
    "change", [{"state": "draft"}, {"target": "other"}, {"files": ""}, {"self": "https://x/b2"}]
)
def test_a_wrong_links_file_is_noticed(expected: Expected, change: Mapping[str, Any]) -> None:
    write(expected, change)
    assert len(compare(expected, MADE)) == 1


def test_a_lost_deposit_is_noticed(expected: Expected, shelf: Shelf) -> None:
    shelf.deposits.clear()
    assert compare(expected, MADE) == ["a1: is gone"]


def test_a_secret_that_was_printed_or_kept_is_noticed(tmp_path: Path) -> None:
    wire = Wire(tokens={"t0ken"})
    assert leaks(tmp_path, ["all is well"], wire) == []
    (tmp_path / "journal").write_text("x t0ken x")
    assert leaks(tmp_path, ["t0ken"], wire) == ["run 1 printed a secret", "journal holds a secret"]


def test_outcomes_become_a_table_in_a_page_and_are_not_run_again(tmp_path: Path) -> None:
    page, results = tmp_path / "page.md", tmp_path / "results.jsonl"
    page.write_text("before\n<!-- matrix -->\nold\n<!-- end of matrix -->\nafter\n")
    well = Line(
        "single-nomad-500-1", "single", "nomad", "NOMAD 1", "500", 1, True, True, 1, (), "again"
    )
    badly = replace(well, name="single-nomad-500-2", at=2, problems=("it is gone",))
    for line in (well, badly, replace(well, name="single-nomad-500-3", reached=False)):
        append(results, line)
    assert done_already(results) == {"single-nomad-500-1", "single-nomad-500-3"}
    write_between(page, "matrix", table(read(results), "the command"))
    text = page.read_text()
    assert "| 1 of 2 (1) |" in text
    assert "1 of 2 cases converged" in text
    assert text.startswith("before\n")
    assert text.endswith("<!-- end of matrix -->\nafter\n")
    assert "old" not in text
