"""`record_metadata.json` becomes a `Record`, and everything that is wrong with it is named at once.

Nothing here asks a server: what only one archive refuses belongs to its backend.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishkit.errors import Problem, Severity
from publishkit.model import Record
from publishkit.validation.cleaning import Cleaner, known_keys
from publishkit.validation.nearest import nearest
from publishkit.validation.node import Node, shown
from publishkit.validation.reading import MAX_BYTES, read_json, too_large
from publishkit.validation.rules import rules
from publishkit.validation.served import is_served
from publishkit.validation.shape import fit
from publishkit.validation.works import given_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel, JsonValue

__all__ = ["MAX_BYTES", "Parsed", "parse", "too_large"]

_OLD_ZENODO = frozenset({"conceptdoi", "conceptrecid", "doi_url", "owners", "recid"})


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came out of a metadata file."""

    record: Record | None
    """None if no record could be made; it may be there beside errors, for further checks."""
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether the record can be sent."""
        return not any(problem.severity is Severity.ERROR for problem in self.problems)


def parse(
    data: bytes,
    *,
    blocks: Mapping[str, type[BaseModel]],
    today: dt.date | None = None,
) -> Parsed:
    """Read and check a metadata file.

    Args:
        data: Its bytes.
        blocks: The models of the backends' blocks by name.
        today: Which embargoes are over, in UTC; now if not given.
    """
    value, problems = read_json(data)
    if value is None and problems:
        return Parsed(None, tuple(problems))
    if not isinstance(value, dict):
        wrong = Problem("", f"{shown(value)} instead of a record", "write an object: {...}")
        return Parsed(None, (wrong,))
    if _OLD_ZENODO & value.keys():
        return Parsed(None, (_old_zenodo(),))
    record, found = _checked(value, blocks, today or dt.datetime.now(dt.UTC).date())
    return Parsed(record, tuple(dict.fromkeys([*problems, *found])))


def _checked(
    value: Mapping[str, JsonValue], blocks: Mapping[str, type[BaseModel]], today: dt.date
) -> tuple[Record | None, list[Problem]]:
    own = {key: item for key, item in value.items() if key in blocks}
    absent = [key for key, item in value.items() if key not in blocks and _is_block(key, item)]
    known = {k: v for k, v in value.items() if k not in own and k not in absent and k != "$schema"}
    cleaner = Cleaner()
    body = cleaner.clean(known, Record)
    problems = [*cleaner.problems, *_take_out_pids(body, cleaner)]
    made, wrong = _blocks(own, blocks)
    record, unfit = fit(Record, body, blocks=made)
    problems += [*unfit, *rules(Node(body), today), *wrong]
    problems += [_not_installed(name) for name in absent]
    return (None if wrong else record), problems + cleaner.notice()


def _take_out_pids(body: JsonValue, cleaner: Cleaner) -> list[Problem]:
    """Take out the identifiers that an archive gave out itself; another one refuses them."""
    pids = body.get("pids") if isinstance(body, dict) else None
    if not isinstance(pids, dict):
        return []
    if pids.pop("oai", None):
        cleaner.left_out("pids.oai")
    problem = given_out(Node(pids["doi"], "pids.doi")) if "doi" in pids else None
    if problem:
        del pids["doi"]
    return [problem] if problem else []


def _blocks(
    own: Mapping[str, JsonValue], models: Mapping[str, type[BaseModel]]
) -> tuple[dict[str, BaseModel], list[Problem]]:
    made: dict[str, BaseModel] = {}
    problems: list[Problem] = []
    for name, value in own.items():
        block, wrong = fit(models[name], value, name)
        problems += wrong
        if block is not None:
            made[name] = block
    return made, problems


def _is_block(key: str, value: JsonValue) -> bool:
    """Whether a top-level key looks like the block of a backend that is not installed."""
    return (
        isinstance(value, dict)
        and key not in known_keys(Record)
        and key.isidentifier()
        and key.islower()
        and not is_served(Record, key, {})
        and nearest(key, known_keys(Record)) is None
    )


def _not_installed(name: str) -> Problem:
    return Problem(
        name,
        "no backend of this name is installed here, so this block is not checked",
        "install the package that brings it to push there",
        Severity.WARNING,
    )


def _old_zenodo() -> Problem:
    return Problem(
        "",
        "this is the format of Zenodo's former API",
        "download the record as JSON from its page (Export), or with the header "
        '"Accept: application/vnd.inveniordm.v1+json"',
    )
