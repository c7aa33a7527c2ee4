"""Questions before what cannot be undone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from publishkit.cli.options import NEVER_ASK
from publishkit.text import clean, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishkit.hooks import Target

__all__ = ["NotConfirmedError", "destroying", "may_ask", "publishing", "registering"]


class NotConfirmedError(click.ClickException):
    """Somebody was asked and did not say yes: nothing is wrong with the command."""

    exit_code = 2


def may_ask() -> bool:
    """Whether there is somebody to ask: a terminal, and no `--non-interactive`."""
    context = click.get_current_context(silent=True)
    never = context is not None and context.meta.get(NEVER_ASK, False)
    return bool(not never and sys.stdin and sys.stdin.isatty())


def publishing(targets: Sequence[Target], *, yes: bool) -> None:
    """Ask whether to publish.

    Args:
        targets: That of each deposit that will be published and is on no sandbox.
        yes: Whether that was answered already.

    Raises:
        NotConfirmedError: Somebody was asked, and did not say yes.
        UsageError: Nobody can be asked.
    """
    where = ", ".join(sorted({f"{target.name} ({target.url})" for target in targets}))
    if targets and not yes:
        _ask(f"Publish {plural(len(targets), 'record')} on {where}", "Nothing was sent")


def registering(targets: Sequence[Target], *, yes: bool) -> None:
    """Ask whether to register DOIs; as `publishing`."""
    where = ", ".join(sorted({f"{target.name} ({target.url})" for target in targets}))
    if targets and not yes:
        _ask(f"Register {plural(len(targets), 'DOI')} on {where}", "Nothing was registered")


def destroying(names: Sequence[str], *, yes: bool) -> None:
    """Ask whether to delete drafts that are kept nowhere else.

    Raises:
        NotConfirmedError: Somebody was asked, and did not say yes.
        UsageError: Nobody can be asked.
    """
    if names and not yes:
        _ask(f"Delete {', '.join(names)}", "Nothing was deleted")


def _ask(what: str, otherwise: str) -> None:
    what = clean(what)
    if not may_ask():
        raise click.UsageError(f"{what}? This cannot be undone: confirm it by --yes.")
    try:
        sure = click.confirm(f"{what}? This cannot be undone.", err=True)
    except click.Abort:  # the end of the input
        sure = False
    if not sure:
        raise NotConfirmedError(f"{otherwise}, since it was not confirmed.")
