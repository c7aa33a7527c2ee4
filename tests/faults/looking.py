"""Compares what the folder holds, what the links file says, and what the servers have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .archives import DISGUISE
from .scenarios import digests_of, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from .archives import Archive, Held
    from .proxy import Wire
    from .scenarios import Scenario

__all__ = ["Expected", "compare", "leaks"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be true at the end."""

    scenario: Scenario
    folder: Path
    archives: tuple[Archive, ...]
    earlier: set[str]
    """Deposits made before the fault, which stay."""

    def rows(self) -> list[dict[str, Any]]:
        """The links file."""
        path = self.folder / "records/records_links.json"
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return found


def compare(expected: Expected, made: Mapping[str, str]) -> list[str]:
    """Everything that is wrong.

    Args:
        expected: What must be true.
        made: The ids of all deposits that the servers were told to make, with the server's name.
    """
    return list(_differences(expected, made))


def _differences(expected: Expected, made: Mapping[str, str]) -> Iterator[str]:
    try:
        rows = expected.rows()
    except (OSError, ValueError) as error:
        yield f"the links file cannot be read: {error!r}"
        return
    yield from _wrong_rows(expected, rows)
    kept = {_deposit_id(row) for row in rows}
    yield from (f"{id_} is not known to have been made" for id_ in sorted(kept - made.keys()))
    archives = {archive.name: archive for archive in expected.archives}
    for id_, name in made.items():
        held = archives[name].held(id_)
        if id_ in kept:
            its = [row for row in rows if _deposit_id(row) == id_]
            yield from (f"{id_}: {what}" for what in _wrong(expected, its, held))
        elif held is not None and id_ not in expected.earlier:
            state = "published" if held.published else "a draft"
            yield f"{id_} is left over as {state}"


def _wrong_rows(expected: Expected, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    wanted = {
        (str(number), archive.name)
        for number in range(expected.scenario.records)
        for archive in expected.archives
    }
    found = [(row["folder"], row["target"]) for row in rows]
    if sorted(found) != sorted(wanted):
        yield f"the links file has rows for {found}"
    for row in rows:
        if row["state"] != "published":
            yield f"{row['folder']} on {row['target']} is {row['state']} in the links file"
        for name in ("self", "files"):
            if not str(row.get(name, "")).startswith("http"):
                yield f"{row['folder']} on {row['target']} has no link {name}"
        if str(row["id"]).rpartition("/")[2] not in str(row.get("self", "")):
            yield f"{row['folder']} on {row['target']} links to another deposit"


def _wrong(
    expected: Expected, rows: Sequence[Mapping[str, Any]], held: Held | None
) -> Iterator[str]:
    if held is None:
        yield "is gone"
        return
    if not held.published:
        yield "is not published"
    if held.open_edit:
        yield "has an edit that was not finished"
    records = [expected.folder / "records" / row["folder"] for row in rows]
    grouped = expected.scenario.grouped
    if not grouped and held.title != title_of(records[0]):
        yield f"has the title {held.title!r}"
    files = {
        f"{record.name}/{key}" if grouped else key: digest
        for record in records
        for key, digest in digests_of(record).items()
    }
    if dict(held.files) != files:
        wrong = sorted(k for k in files.keys() | held.files if files.get(k) != held.files.get(k))
        yield f"has other files than the folder: {', '.join(wrong)}"


def _deposit_id(row: Mapping[str, Any]) -> str:
    """Without the entry's id of a group's member."""
    return str(row["id"]).partition("/")[0]


def leaks(folder: Path, said: Sequence[str], wire: Wire) -> list[str]:
    """Where a token or a password stands that no one may see.

    Args:
        folder: Everything the runs wrote.
        said: What they printed.
        wire: Knows the tokens.
    """
    secrets = [secret.encode() for secret in {*wire.tokens, *wire.disguises, DISGUISE}]
    found = [
        f"run {number} printed a secret"
        for number, text in enumerate(said, 1)
        if any(secret in text.encode() for secret in secrets)
    ]
    holding = (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(secret in path.read_bytes() for secret in secrets)
    )
    return [*found, *(f"{path.relative_to(folder)} holds a secret" for path in holding)]
