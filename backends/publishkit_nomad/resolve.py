"""What only the server knows of a record: who its people are, which datasets exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.errors import Problem, Severity
from publishkit.repository import Resolved
from publishkit_nomad.block import NomadBlock
from publishkit_nomad.people import UnclearUserError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publishkit.model import Record
    from publishkit_nomad.datasets import Datasets
    from publishkit_nomad.people import People

__all__ = ["resolve"]


def resolve(record: Record, people: People, datasets: Datasets) -> Resolved:
    """The record with user ids in place of names, and a notice for each person and dataset."""
    name = next((n for n, b in record.blocks.items() if isinstance(b, NomadBlock)), None)
    block = record.block(NomadBlock)
    if name is None or block is None:
        return Resolved(record)
    problems = list(_new_datasets(block, name, datasets))
    update: dict[str, tuple[str, ...]] = {}
    for field, called in (("coauthors", block.coauthors), ("reviewers", block.reviewers)):
        if called is not None:
            update[field], found = _persons(called, f"{name}.{field}", people)
            problems += found
    blocks = {**record.blocks, name: block.model_copy(update=update)}
    return Resolved(record.model_copy(update={"blocks": blocks}), tuple(problems))


def _persons(
    called: Sequence[str], path: str, people: People
) -> tuple[tuple[str, ...], list[Problem]]:
    ids: list[str] = []
    problems: list[Problem] = []
    for number, text in enumerate(called):
        where = f"{path}[{number}]"
        try:
            user = people.find(text)
        except UnclearUserError as error:
            advice = "name a user id, user name, e-mail address or full name that only one has"
            problems.append(Problem(where, str(error), advice))
            continue
        ids.append(user.user_id)
        said = f"{text} is {shown(user)}"
        if user.user_id == people.me().user_id:
            # of somebody else's upload one may well be a coauthor
            said = f"{text} is yourself, left out where you are the main author"
        problems.append(Problem(where, said, severity=Severity.NOTICE))
    return tuple(dict.fromkeys(ids)), problems


def _new_datasets(block: NomadBlock, name: str, datasets: Datasets) -> Iterator[Problem]:
    for number, dataset in enumerate(block.datasets or ()):
        if not datasets.find(dataset):
            yield Problem(
                f"{name}.datasets[{number}]",
                f"you have no dataset {dataset}; it will be created",
                severity=Severity.NOTICE,
            )
