"""`publishkit init` at a terminal: its questions."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from terminal import COMMAND, CTRL_C, CTRL_D, Terminal

import publishkit

if TYPE_CHECKING:
    from pathlib import Path

FILE = "record_metadata.json"


def test_a_few_questions_make_a_record_and_bad_answers_are_asked_again(tmp_path: Path) -> None:
    with Terminal("init", "rec", folder=tmp_path) as terminal:
        for question, *answers in [
            ("Title: ", "ab", "Conductivité"),
            ("Creator: ", "Jane Doe", "Doe, Jane"),
            ("ORCID iD: of Doe, Jane", "0000-0002-1825-0098", "0000-0002-1825-0097"),
            ("Affiliation: ", "https://ror.org/02s376053", "EPFL https://ror.org/02s376052"),
            ("Another creator: ", "org: The Team"),
            ("Another creator: ", ""),
            ("Description: ", "At T < 300 K"),
            ("Licence: ", "cc by", ""),
            ("Keywords: ", "battery, electrolyte,"),
            ("Publication date: ", "5.6.24", "2024-05"),
            ("Resource type: ", ""),
        ]:
            terminal.until(question)
            terminal.until("> ")
            for wrong in answers[:-1]:
                terminal.type(wrong).until("Error: ")
                terminal.until("> ")
            terminal.type(answers[-1])
        assert terminal.end() == 0
    assert terminal.seen.endswith(
        "Wrote rec/record_metadata.json\n"
        "Next: put the data files beside it, then: publishkit push rec\n"
    )
    metadata = json.loads((tmp_path / "rec" / FILE).read_text())["metadata"]
    assert metadata["title"] == "Conductivité"
    assert [one["person_or_org"]["type"] for one in metadata["creators"]] == [
        "personal",
        "organizational",
    ]
    assert metadata["creators"][0]["affiliations"] == [{"id": "02s376052", "name": "EPFL"}]
    assert metadata["description"] == "<p>At T &lt; 300 K</p>"
    assert metadata["rights"] == [{"id": "cc-by-4.0"}]
    assert metadata["subjects"] == [{"subject": "battery"}, {"subject": "electrolyte"}]
    assert metadata["publication_date"] == "2024-05"
    assert publishkit.validate(tmp_path / "rec") == []


def test_only_what_nobody_says_is_asked(tmp_path: Path) -> None:
    template = {
        "metadata": {
            "rights": [{"id": "mit"}],
            "description": "<p>Ours</p>",
            "subjects": [{"subject": "x"}],
        }
    }
    (tmp_path / "group.json").write_text(json.dumps(template))
    options = ["--template", "group.json", "--creator", "Doe, Jane", "--date", "2024"]
    with Terminal("init", "rec", *options, folder=tmp_path) as terminal:
        terminal.until("Title: ")
        terminal.until("> ")
        terminal.type("Conductivity").until("Resource type: ")
        terminal.until("> ")
        assert terminal.type("software").end() == 0
        asked = [line.partition(":")[0] for line in terminal.seen.splitlines() if ": " in line]
    assert asked == ["Template", "Title", "Resource type", "Next"]
    metadata = json.loads((tmp_path / "rec" / FILE).read_text())["metadata"]
    assert metadata["rights"] == [{"id": "mit"}]
    assert metadata["resource_type"] == {"id": "software"}


def test_with_all_that_is_needed_nothing_is_asked(tmp_path: Path) -> None:
    options = ["--title", "Conductivity", "--creator", "Doe, Jane"]
    with Terminal("init", "rec", *options, folder=tmp_path) as terminal:
        assert terminal.end() == 0
    assert len(terminal.seen.splitlines()) == 2


def test_nobody_is_asked_who_does_not_want_to_be(tmp_path: Path) -> None:
    with Terminal("init", "rec", "--non-interactive", folder=tmp_path) as terminal:
        assert terminal.end() == 2
    assert "--title: missing" in terminal.seen
    assert "--creator: missing" in terminal.seen
    done = subprocess.run(
        [COMMAND, "init", "rec"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "--title: missing" in done.stderr) == (2, True)
    assert [one.name for one in tmp_path.iterdir()] == ["home"]


def test_ctrl_c_and_the_end_of_input_leave_without_writing(tmp_path: Path) -> None:
    for key in (CTRL_C, CTRL_D):
        with Terminal("init", "rec", folder=tmp_path) as terminal:
            terminal.until("Title: ")
            terminal.until("> ")
            assert terminal.press(key, hidden=True).end() == 130
        assert "Stopped, and nothing was written." in terminal.seen
    assert [one.name for one in tmp_path.iterdir()] == ["home"]


def test_a_record_that_is_there_is_told_before_the_first_question(tmp_path: Path) -> None:
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / FILE).write_text("mine")
    with Terminal("init", "rec", folder=tmp_path) as terminal:
        assert terminal.end() == 3
    assert "Change it: publishkit edit rec" in terminal.seen
    assert "Title" not in terminal.seen


def test_keys_that_type_no_text_are_asked_again(tmp_path: Path) -> None:
    with Terminal(
        "init", "rec", "--creator", "Doe, Jane", TERM="dumb", folder=tmp_path
    ) as terminal:
        terminal.until("Title: ")
        terminal.until("> ")
        terminal.type("A\x16\x1b[2J title").until("Error: it holds a control character")
