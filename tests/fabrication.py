"""A made-up fabrication process of 25 steps of 8 types, as a LIMS might export it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DATA", "MAPPING", "OWN", "PROCESS", "document", "rows", "steps", "write_csv"]

DATA: Final = Path(__file__).parent / "publishkit" / "data" / "fabrication"
MAPPING: Final = DATA / "mapping.yaml"
OWN: Final = DATA / "own.yaml"
"""By sections of NOMAD's own."""

PROCESS: Final[dict[str, Any]] = {
    "run": "RUN-0042",
    "title": "Made-up gratings on glass",
    "purpose": "Lines and spaces for the tests",
    "operator": "Doe, Jane; 0000-0002-1825-0097; Example Institute",
    "day": "12.03.2024",
    "wafer_area": "20.25",
}
_KINDS: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    ("wet_clean", "Degrease", {"time": "00:05:00", "solvent": "ACE", "ultrasonic": "Y"}),
    ("wet_clean", "Rinse", {"time": "00:01:30", "solvent": "IPA", "ultrasonic": "N"}),
    ("spin_coating", "Resist", {"resist": "R-1", "speed": "3000", "spin_min": "0.75",
                                "thickness": "1.4 um"}),
    ("bake", "Soft bake", {"time": "90:00", "temperature": "95"}),
    ("exposure", "Gratings", {"dose": "120,5", "mask": "G7"}),
    ("development", "Develop", {"seconds": "45", "developer": "D-2", "agitated": "yes"}),
    ("inspection", "Look", {"passed": "ok", "widths": "1.21; 1.19; 1.2"}),
    ("deposition", "Metal", {"material": "Al", "rate": "0.5", "minutes": "2",
                             "pressure": "2e-6"}),
    ("etching", "Open", {"time": "00:00:40", "gases": "CF4, O2", "power": "150"}),
)  # fmt: skip
STEPS: Final = 25


def steps() -> Iterator[dict[str, Any]]:
    """The steps in order: the parameters of each beside what every step has."""
    for number in range(1, STEPS + 1):
        type_, label, parameters = _KINDS[(number - 1) % len(_KINDS)]
        more = {"bias": "80"} if type_ == "etching" and number > 9 else {}
        yield {
            "id": f"S{number:03}",
            "number": number,
            "type": type_,
            "label": f"{label} {number}",
            "started": f"2024-03-12 {8 + number // 4:02}:{number % 4 * 15:02}",
            "parameters": {**parameters, **more},
        }


def document() -> dict[str, Any]:
    """What the LIMS exports as JSON."""
    return {"process": {**PROCESS, "steps": list(steps())}}


def rows() -> list[dict[str, Any]]:
    """The same as a table: a row for each step, with the process's own fields in it."""
    process = {f"process.{k}": v for k, v in PROCESS.items() if k != "run"}
    return [
        {**{k: v for k, v in one.items() if k != "parameters"}, "run": PROCESS["run"], **process}
        | one["parameters"]
        for one in steps()
    ]


def columns() -> list[str]:
    """The columns of the table."""
    return list(dict.fromkeys(column for row in rows() for column in row))


def write_json(path: Path) -> Path:
    """Write the document."""
    path.write_text(json.dumps(document()), encoding="utf-8")
    return path


def write_csv(path: Path, delimiter: str = ";") -> Path:
    """Write the table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns(), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows())
    return path


def fill(url: str) -> None:
    """Put the process, and another one, into the two tables of a database."""
    engine = sqlalchemy.create_engine(url)
    kept = sqlalchemy.MetaData()
    text, number = sqlalchemy.Text, sqlalchemy.Integer
    processes = sqlalchemy.Table("processes", kept, *(sqlalchemy.Column(c, text) for c in PROCESS))
    own = [c for c in columns() if not c.startswith("process.")]
    table = sqlalchemy.Table(
        "steps", kept, *(sqlalchemy.Column(c, number if c == "number" else text) for c in own)
    )
    kept.create_all(engine)
    with engine.begin() as connection:
        connection.execute(processes.insert(), [PROCESS, {**PROCESS, "run": "RUN-0043"}])
        connection.execute(
            table.insert(), [{column: row.get(column) for column in own} for row in rows()]
        )
    engine.dispose()
