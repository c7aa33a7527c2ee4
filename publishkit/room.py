"""How many unpublished deposits the targets have room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit.abilities import DraftLimit, Grouping
from publishkit.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishkit.plan import Step
    from publishkit.repository import Repository
    from publishkit.setting import Options, Setting

__all__ = ["room_for"]


def room_for(setting: Setting, options: Options, steps: Sequence[Step]) -> int | None:
    """How many records may be unpublished at once; None for as many as there are.

    Args:
        setting: The targets, which are asked.
        options: How to push.
        steps: What is to be done.

    Raises:
        LimitError: A target has no room for what is to be created.
    """
    most: int | None = None
    for target in setting.targets:
        repository = setting.repositories[target.name]
        new = sum(s.target is target and s.creates for s in steps)
        if not new or not isinstance(repository, DraftLimit):
            continue
        room = repository.room()
        mine = sum(s.target is target and _will_free(s) for s in steps) * options.publish
        if room + mine < (1 if options.publish else new):
            raise LimitError(
                f"there is room for {max(room, 0)} more unpublished deposits, and {new} are to be "
                "created; nothing was sent",
                target=target.name,
                advice=_more_room(repository, publish=options.publish),
            )
        if options.publish:
            most = max(1, room if most is None else min(most, room))
    return most


def _will_free(step: Step) -> bool:
    """Whether publishing the step frees a place that its draft takes now."""
    return not step.creates and not step.done


def _more_room(repository: Repository, *, publish: bool) -> str:
    ways = ["Publish or delete older ones"]
    if not publish:
        ways.insert(0, "Publish as you go by --publish")
    if isinstance(repository, Grouping):
        ways.insert(0, "Put them into one deposit by --group NAME")
    return f"{', or '.join([ways[0], *(w[0].lower() + w[1:] for w in ways[1:])])}."
