"""What the links files say, for papers, tables and scripts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from publishkit.abilities import Entries
from publishkit.errors import ConfigError
from publishkit.finding import NotPushedError, find
from publishkit.folder import find_records
from publishkit.receipts import page_of
from publishkit.repository import State
from publishkit.verbs.entries import entries as ask_entries
from publishkit.verbs.push import paths_of
from publishkit.verbs.working import as_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.abilities import Entry
    from publishkit.finding import Found
    from publishkit.row import Row
    from publishkit.verbs.push import Paths

__all__ = ["Linked", "by_file", "known_entries", "links", "own_entries", "pids"]

_KEPT: Final = 100
"""Entries that a links file has of a deposit; where there are as many, there may be more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A record on a target, as its links file has it."""

    name: str
    """The folder as it was given."""
    target: str
    id: str
    state: str
    """As it was last seen."""
    title: str = ""
    doi: str = ""
    page: str = ""
    """The page to look at, or ''."""
    links: Mapping[str, str] = field(default_factory=dict)


def links(
    records: Paths,
    to: str | None = None,
    *,
    links: str | Path | None = None,
    recursive: bool = False,
) -> list[Linked]:
    """What is known of the deposits of record folders; asks no server.

    Args:
        records: A record folder, a folder of record folders, or several of either.
        to: The name of the target; all by default.
        links: The links file to look in, instead of those that know the folders.
        recursive: Whether to look for records in deeper folders too.

    Raises:
        ConfigError: A folder has no deposit yet, or the target is not known.
        RecordError: There is no such folder, or no record in it.
    """
    found = [
        (one.name, one.row)
        for path in paths_of(records)
        for one in find(path, to, links=as_path(links), recursive=recursive)
    ]
    return [_linked(name, row) for name, row in found if row]


def _linked(name: str, row: Row) -> Linked:
    return Linked(
        name=name,
        target=row.target,
        id=row.id,
        state=row.state,
        title=row.title,
        doi=row.doi,
        page=page_of(State(row.state), row.links) if row.state in set(State) else "",
        links=row.links,
    )


# ---- the ids of uploads and entries, by what the folders are called ----


@dataclass(frozen=True, slots=True)
class _Ids:
    """The ids of one record."""

    upload: str = ""
    entries: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    doi: str = ""


def pids(
    records: Paths,
    to: str | None = None,
    *,
    links: str | Path | None = None,
    recursive: bool = False,
) -> dict[str, JsonValue]:
    """The ids of uploads, entries and datasets, in the form of NOMAD's `PIDs.json`.

    Records are named by their folders; those whose names differ in a number at the end (`DFT-1`,
    `DFT-2`), or that lie together in a folder, make a list. An entry is one that NOMAD made of the
    record's own files, unless there is only the one that publishkit adds. Entries that the links
    file has not are asked for.

    Args:
        records: As for `links`; records that were not pushed get empty text.
        to: The name of the target; needed where records are on several that make entries.
        links: As for `links`.
        recursive: As for `links`.

    Raises:
        ConfigError: It is not known which target is meant, or none of them makes entries.
        RecordError: There is no such folder, or no record in it.
        RepositoryError: A target was asked for entries and cannot answer.
    """
    places: dict[Path, Path] = {}
    for path in paths_of(records):
        for record in find_records(path, recursive=recursive):
            places.setdefault(record, path)
    found = {record: _ids_of(record, to, as_path(links)) for record in places}
    if not any(one.upload for one in found.values()):
        raise ConfigError(
            "none of these records is on a target that makes entries"
            if to is None
            else f"none of these records has a deposit with entries on {to}",
            advice="Push them there first: publishkit push RECORDS --to TARGET",
        )
    named = _named({record: _parts(record, path) for record, path in places.items()})
    return _pids({name: [found[one] for one in members] for name, members in named.items()})


def _ids_of(record: Path, to: str | None, links: Path | None) -> _Ids:
    try:
        each = find(record, to, links=links)
    except NotPushedError:
        return _Ids()
    made = [one for one in each if isinstance(one.repository, Entries) and one.row]
    if len(made) > 1:
        names = ", ".join(one.target.name for one in made)
        raise ConfigError(f"{record} is on {names}", advice="Name one of them by --to.")
    return _ids(made[0], made[0].row) if made and made[0].row else _Ids()


def _ids(found: Found, row: Row) -> _Ids:
    datasets = row.extra.get("datasets")
    return _Ids(
        upload=found.id,
        entries=tuple(own_entries(found, _entries(found, row)).values()),
        datasets=tuple(map(str, datasets.values())) if isinstance(datasets, dict) else (),
        doi=row.doi,
    )


def _entries(found: Found, row: Row) -> dict[str, str]:
    """The entries by their main files in the record's folder."""
    known = known_entries(row)
    return by_file(found, ask_entries(found.id, found.target.name)) if known is None else known


def known_entries(row: Row) -> dict[str, str] | None:
    """The entries that the links file has, by main files; None where there may be more."""
    known = row.extra.get("entries")
    if isinstance(known, dict) and len(known) < _KEPT:
        return {key: str(id_) for key, id_ in known.items()}
    return None


def by_file(found: Found, entries: Iterable[Entry]) -> dict[str, str]:
    """Those of a deposit's entries that are of the record, by main files in its folder."""
    prefix = f"{found.row.folder}/" if found.member and found.row else ""
    return {
        one.mainfile.removeprefix(prefix): one.id
        for one in entries
        if one.mainfile.startswith(prefix)
    }


def own_entries(found: Found, entries: Mapping[str, str]) -> Mapping[str, str]:
    """Those of the user's files; a file that is not in the folder was added on the way."""
    folder = found.folder or Path()
    own = {key: id_ for key, id_ in entries.items() if (folder / key).exists()}
    return own or entries


def _parts(record: Path, path: Path) -> tuple[str, ...]:
    """How a record is called, from the folder that was named on."""
    parts = record.relative_to(path).parts if record.is_relative_to(path) else ()
    return parts or (record.absolute().name,)


def _named(parts: Mapping[Path, Sequence[str]]) -> dict[str, list[Path]]:
    """The records by name; a name for several ends in `*` until they are a list."""
    stems = Counter(_stem(one[0]) for one in parts.values() if len(one) == 1)
    named: dict[str, list[Path]] = {}
    for record, each in parts.items():
        stem = _stem(each[0])
        several = len(each) > 1 or (stem and stems[stem] > 1)
        name = f"{each[0] if len(each) > 1 else stem}*" if several else each[0]
        named.setdefault(name, []).append(record)
    return named


def _stem(name: str) -> str:
    return re.sub(r"[-_. ]*\d+$", "", name)


def _pids(each: Mapping[str, Sequence[_Ids]]) -> dict[str, JsonValue]:
    def gathered(get: str) -> dict[str, JsonValue]:
        return {
            name.removesuffix("*"): (
                [_one_or_all(getattr(one, get)) for one in members]
                if name.endswith("*")
                else _one_or_all(getattr(members[0], get))
            )
            for name, members in each.items()
        }

    datasets = dict.fromkeys(id_ for all_ in each.values() for one in all_ for id_ in one.datasets)
    dois = {"dois": gathered("doi")} if any(one.doi for m in each.values() for one in m) else {}
    return {
        "upload_ids": gathered("upload"),
        "entry_ids": gathered("entries"),
        "dataset_id": _one_or_all(tuple(datasets)),
        **dois,
    }


def _one_or_all(ids: str | tuple[str, ...]) -> JsonValue:
    if isinstance(ids, str):
        return ids
    return ids[0] if len(ids) == 1 else list(ids) or ""
