"""Why a deposit is left as it is: what a push says of it, and a preview of one."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from publishkit.errors import ConflictError, NotFoundError, RejectedError
from publishkit.repository import State

if TYPE_CHECKING:
    from publishkit.repository import Deposit

__all__ = ["edited_elsewhere", "gone", "unchangeable"]


def gone(id_: str, error: NotFoundError) -> NotFoundError:
    """The error that the deposit of a folder is not there any more."""
    error.message = f"the deposit {id_} is gone"
    error.advice = "Make it anew: publishkit push --recreate"
    return error


def edited_elsewhere(id_: str, folder: str, target: str = "") -> ConflictError:
    """The error that somebody changed the metadata meanwhile."""
    return ConflictError(
        f"the metadata of {id_} was edited on the web since the last push",
        target=target,
        advice="Take the edits over into the folder by publishkit pull "
        f"{shlex.quote(folder)}, or overwrite them by --force.",
    )


def unchangeable(folder: str, target: str, deposit: Deposit) -> RejectedError:
    """The error that the folder differs from a deposit on a target that must not be changed."""
    return RejectedError(
        f"{folder} differs from what is {deposit.state.value} as {deposit.id}, "
        "which cannot be changed; nothing was sent",
        advice=_other_ways(deposit, f"{shlex.quote(folder)} --to {shlex.quote(target)}"),
    )


def _other_ways(deposit: Deposit, what: str) -> str:
    ways = {
        State.PUBLISHED: f"Send what changed as a new version: publishkit new-version {what}; "
        f"or only the metadata: publishkit update {what}",
        State.IN_REVIEW: "Wait for the review, or withdraw the submission on its page, and push "
        "again.",
    }
    return ways.get(deposit.state, "Send the changes and submit it again by --publish --resubmit.")
