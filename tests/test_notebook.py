"""The notebook in the documentation: it runs, and gives what it shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebook.ipynb"
EXECUTE = Path(sys.executable).with_name("jupyter-execute")
CHANGING = (
    (r"file://[^\"'\s]*?/publishkit-archive", "file:///home/jane/publishkit-archive"),
    (r"\b[0-9a-f]{12}\b", "ID"),
    (r"\b20\d\d-\d\d-\d\d\b", "DAY"),
)
"""What differs between two runs."""


def outputs(path: Path) -> list[tuple[str, Any]]:
    """What each cell of code says, by its first line."""
    cells = json.loads(path.read_text())["cells"]
    return [
        (cell["source"][0], [_said(output) for output in cell["outputs"]])
        for cell in cells
        if cell["cell_type"] == "code"
    ]


def _said(output: dict[str, Any]) -> Any:  # noqa: ANN401 - as a notebook holds it
    text = json.dumps(
        {**output.get("data", {}), "text": output.get("text"), "is": output["output_type"]}
    )
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return json.loads(text)


def test_the_notebook_gives_what_it_shows(tmp_path: Path) -> None:
    copy = tmp_path / "notebook.ipynb"
    shutil.copy(NOTEBOOK, copy)
    (tmp_path / "jane").mkdir()
    done = subprocess.run(
        [EXECUTE, "--inplace", copy],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path / "jane"), "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for (cell, given), (same, shown) in zip(outputs(copy), outputs(NOTEBOOK), strict=True):
        assert cell == same
        assert bool(given) == bool(shown)
    assert any("text/html" in one for _, said in outputs(copy) for one in said)


def test_the_notebook_names_nobodys_folders() -> None:
    text = NOTEBOOK.read_text()
    assert "/tmp" not in text  # noqa: S108 - that is what it must not name
    assert set(re.findall(r"file:///(\w+/\w+)", text)) == {"home/jane"}
