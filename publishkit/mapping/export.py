"""What an export holds, whatever it was read from: processes, and their steps."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from pydantic import JsonValue

from publishkit.errors import Problem
from publishkit.mapping.paths import find
from publishkit.validation.node import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from publishkit.mapping.model import Source

__all__ = [
    "Export",
    "Process",
    "Row",
    "Step",
    "as_json",
    "is_missing",
    "of_document",
    "of_rows",
    "problem",
]

_EXACT: Final = 16
"""Digits of whole numbers that every reader of JSON keeps."""
PROCESS: Final = "process."
"""What the columns of a table begin with that are the process's."""
Row = dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a process."""

    number: int
    """From 1, as it stands in the export."""
    type: str
    name: str
    fields: Mapping[str, JsonValue]

    @property
    def said(self) -> str:
        """What messages call it."""
        return f"step {self.number} ({self.type})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process, with its steps in order."""

    key: str
    """What tells it from others in the same export; '' where nothing does."""
    fields: Mapping[str, JsonValue]
    own: frozenset[str]
    """Those of its fields that steps do not have too, as the columns of a table are."""
    steps: Sequence[Step]
    lost: tuple[str, ...] = ()
    """What could not be made a step of, as messages call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was read."""

    name: str
    """What it is called: a file's name without its end, a database's name."""
    processes: Sequence[Process]
    problems: Sequence[Problem] = field(default=())
    """What could not be made a step of."""


def problem(where: str, message: str, advice: str = "") -> Problem:
    """Something that is wrong with an export."""
    return Problem(where, message, advice)


def as_json(value: object) -> JsonValue:
    """What a cell of a table or a database holds, as JSON has it; times as ISO 8601 has them.

    Raises:
        ValueError: It is data that JSON has no words for.
    """
    if isinstance(value, str) and not _is_unicode(value):
        raise ValueError("text with half a character in it")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    for kind, convert in _KINDS.items():
        if isinstance(value, kind):
            return convert(value)
    raise ValueError(f"{type(value).__name__} is no text, number or time")


def _of_decimal(value: Decimal) -> JsonValue:
    if not value.is_finite():
        return None
    whole = value == value.to_integral_value() and value.adjusted() < _EXACT
    made = int(value) if whole else float(value)
    if not math.isfinite(made):
        raise ValueError("the number is too large")
    return made


def _is_unicode(text: str) -> bool:
    """Whether it can be written: Python's text may have halves of characters in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _clock(value: dt.timedelta) -> str:
    """`hh:mm:ss`; the transformation `duration` reads it."""
    minutes, seconds = divmod(abs(value), dt.timedelta(minutes=1))
    sign = "-" if value < dt.timedelta() else ""
    said = f"{seconds.total_seconds():09.6f}".rstrip("0").rstrip(".")
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{said}"


_KINDS: Final[Mapping[type, Callable[[Any], JsonValue]]] = {
    float: lambda value: value if math.isfinite(value) else None,
    Decimal: _of_decimal,
    dt.date: lambda value: value.isoformat(),  # of a moment too
    dt.time: dt.time.isoformat,
    dt.timedelta: _clock,
    UUID: str,
}


def is_missing(value: JsonValue) -> bool:
    """Whether an export has nothing there: null, or text of blanks as in an empty cell."""
    return value is None or (isinstance(value, str) and not value.strip())


# ---- documents ----


def of_document(document: JsonValue, source: Source, name: str) -> Export:
    """The processes in a JSON document."""
    found = find(document, source.process) if source.process else document
    listed = found if isinstance(found, list) else [found]
    problems: list[Problem] = []
    processes: list[Process] = []
    if not listed:
        problems.append(problem("", "there are no processes", "give an export with one"))
    for number, one in enumerate(listed, 1):
        where = f"process {number}" if isinstance(found, list) else "process"
        if isinstance(one, dict):
            processes.append(_of_object(one, source, problems, where))
        else:
            at = f" at {source.process}" if source.process else ""
            advice = "say in source.process where it is"
            problems.append(problem(where, f"{shown(one)}{at} instead of an object", advice))
    return Export(name=name, processes=processes, problems=problems)


def _of_object(
    value: Mapping[str, JsonValue], source: Source, problems: list[Problem], where: str
) -> Process:
    found = find(dict(value), source.steps)
    if not isinstance(found, list):
        there = "nothing" if found is None else shown(found)
        wrong = f"{there} at {source.steps} instead of a list of steps"
        problems.append(problem(where, wrong, "say in source.steps where the steps are"))
    steps, lost = _steps(found if isinstance(found, list) else [], source, problems)
    first = source.steps.partition(".")[0]
    fields = {name: one for name, one in value.items() if name != first or "." in source.steps}
    key = find(fields, source.group) if source.group else None
    said = "" if is_missing(key) or isinstance(key, dict | list) else str(key).strip()
    return Process(key=said, fields=fields, own=frozenset(fields), steps=steps, lost=lost)


def _steps(
    rows: Iterable[JsonValue], source: Source, problems: list[Problem]
) -> tuple[list[Step], tuple[str, ...]]:
    """The steps, and what is none."""
    steps: list[Step] = []
    lost: list[str] = []
    for number, row in enumerate(rows, 1):
        type_ = find(row, source.type)
        if not isinstance(row, dict) or is_missing(type_) or not isinstance(type_, str | int):
            lost.append(f"step {number}")
            problems.append(_no_step(lost[-1], row, source))
            continue
        name = find(row, source.name) if source.name else None
        steps.append(
            Step(
                number=number,
                type=str(type_).strip(),
                name="" if isinstance(name, dict | list) or name is None else str(name).strip(),
                fields=_with_parameters(row, source),
            )
        )
    return steps, tuple(lost)


def _no_step(where: str, row: JsonValue, source: Source) -> Problem:
    if not isinstance(row, dict):
        return problem(where, f"{shown(row)} instead of an object", "correct the export")
    known = ", ".join(list(row)[:10])
    advice = f"say in source.type which field names the type; there are {known}"
    return problem(where, f"no type at {source.type}", advice)


def _with_parameters(row: Row, source: Source) -> Row:
    if not source.parameters:
        return row
    found = find(row, source.parameters)
    first = source.parameters.partition(".")[0]
    rest = {key: one for key, one in row.items() if key != first or "." in source.parameters}
    return {**rest, **found} if isinstance(found, dict) else rest


# ---- tables ----


def of_rows(
    rows: Sequence[Row], source: Source, name: str, processes: Sequence[Row] = ()
) -> Export:
    """The processes in a table with a row for each step.

    Args:
        rows: The steps, by columns.
        source: Where things are.
        name: What the export is called.
        processes: What another table has of the processes themselves.
    """
    problems: list[Problem] = []
    groups: dict[str, list[Row]] = {}
    for number, row in enumerate(rows, 1):
        key = find(row, source.group) if source.group else ""
        if key is None or (source.group and is_missing(key)):
            wrong = f"nothing in the column {source.group}, which tells the processes apart"
            problems.append(problem(f"row {number}", wrong, "fill it in"))
            continue
        groups.setdefault(str(key).strip(), []).append(row)
    own = _own_rows(processes, source, problems)
    made = [_of_group(key, each, source, own, problems) for key, each in groups.items()]
    problems += [
        problem(f"process {key}", "it has no steps", "take its row out, or add its steps")
        for key in own
        if key not in groups
    ]
    if not rows:
        problems.append(problem("", "there are no rows", "give a table with a row for each step"))
    return Export(name=name, processes=made, problems=problems)


def _own_rows(processes: Sequence[Row], source: Source, problems: list[Problem]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for number, row in enumerate(processes, 1):
        key = str(find(row, source.group)).strip() if source.group else ""
        if key in found:
            advice = "let source.group name the column that tells them apart"
            problems.append(
                problem(f"process row {number}", "another row has the same key", advice)
            )
        found[key] = row
    return found


def _of_group(
    key: str,
    rows: Sequence[Row],
    source: Source,
    own: Mapping[str, Row],
    problems: list[Problem],
) -> Process:
    columns = dict.fromkeys(column for row in rows for column in row)
    mine = [column for column in columns if column.startswith(PROCESS)]
    alike = {column: rows[0].get(column) for column in columns if _same(rows, column)}
    for column in mine:
        if column not in alike:
            where = f"process {key}".strip()
            wrong = f"its rows have different values in {column}"
            problems.append(problem(where, wrong, "write the same into all rows of a process"))
    said = {column.removeprefix(PROCESS): alike[column] for column in mine if column in alike}
    extra = own.get(key, {})
    fields = {**{k: v for k, v in alike.items() if k not in mine}, **said, **extra}
    own_columns = [{k: v for k, v in row.items() if k not in mine} for row in rows]
    steps, lost = _steps(own_columns, source, problems)
    return Process(
        key=key,
        fields=fields,
        own=frozenset({*(column.removeprefix(PROCESS) for column in mine), *extra}),
        steps=steps,
        lost=lost,
    )


def _same(rows: Sequence[Row], column: str) -> bool:
    return all(row.get(column) == rows[0].get(column) for row in rows)
