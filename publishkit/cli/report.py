"""What the command line prints: results to standard output, all else to standard error."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from publishkit.cli.columns import in_columns, show_rows
from publishkit.errors import Cancelled, Problem, PublishkitError, RecordError, Severity
from publishkit.showing.ink import Ink
from publishkit.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from publishkit.config import Config
    from publishkit.hooks import Target
    from publishkit.receipts import Receipt
    from publishkit.repository import User
    from publishkit.tables import Cells

__all__ = [
    "show_account",
    "show_error",
    "show_problems",
    "show_receipt",
    "show_targets",
]

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}


def show_error(error: PublishkitError) -> None:
    """Print an error and what to do next."""
    if isinstance(error, RecordError):
        show_problems(error.problems, quiet=False)
    said = clean(str(error))
    if isinstance(error, Cancelled):  # which is what the user wanted
        click.echo(said[:1].upper() + said[1:], err=True)
        return
    click.echo(Ink.of(sys.stderr).paint("Error: ", "red") + said, err=True, color=True)


def show_problems(problems: Sequence[Problem], *, quiet: bool) -> None:
    """Print what was found in records; errors even when quiet."""
    for problem in problems:
        if problem.severity is Severity.ERROR or not quiet:
            severity, _, rest = str(problem).partition(": ")
            marked = Ink.of(sys.stderr).paint(f"{severity}: ", _COLOURS[problem.severity])
            click.echo(marked + clean(rest), err=True, color=True)


def show_receipt(receipt: Receipt, verb: str = "") -> None:
    """Print what became of one record on one target."""
    from publishkit.showing.reporting import receipt_lines

    for line in receipt_lines(receipt, Ink.of(sys.stdout), verb):
        click.echo(line, color=True)  # the ink knows


def show_targets() -> None:
    """Print every target, what it can do, and whether there are credentials for it."""
    from publishkit import config as configuration
    from publishkit.verbs.targets import abilities, targets

    config = configuration.load()
    if in_columns(as_json=False, quiet=False):
        known = {target.name: _signed(config, target) for target in targets()}
        _show_targets_in_columns(known)
        _show_signed_in_besides(config)
        return
    for target in targets():
        able = abilities(target)
        signed = _signed(config, target)
        marks = (
            ["sandbox"] * target.sandbox + able + [signed] * (not target.url.startswith("file:"))
        )
        click.echo(f"{target.name:<16} {target.backend:<8} {target.url}  ({', '.join(marks)})")


def _show_targets_in_columns(signed: Mapping[str, str]) -> None:
    """A table, and below it what targets can do: the same for many of them."""
    from publishkit.verbs.targets import abilities, targets

    found = targets()
    show_rows(_row(one, signed[one.name]) for one in found)
    alike: dict[tuple[str, ...], list[str]] = {}
    for target in found:
        alike.setdefault(tuple(abilities(target)), []).append(target.name)
    for able, names in alike.items():
        said = f"{', '.join(names)}: {', '.join(able) or 'only push'}"
        width = shutil.get_terminal_size().columns - 1
        click.echo("\n" + click.wrap_text(clean(said), width, subsequent_indent="  "))


def _show_signed_in_besides(config: Config) -> None:
    """Name the servers without a name of their own that `publishkit login` keeps a token for."""
    from publishkit.kept import address

    named = {address(target.url) for target in config.targets.values()}
    others = [url for url in config.sources.kept if url not in named]
    if others:
        click.echo(clean(f"\nSigned in besides on: {', '.join(sorted(others))}"))


def _row(target: Target, signed: str) -> Cells:
    cells = {name: cell for name, cell in target.cells().items() if name != "title"}
    return {**cells, "credentials": "" if target.url.startswith("file:") else signed}


def _signed(config: Config, target: Target) -> str:
    """Whether there are credentials; looks into no keyring, which might ask for its password."""
    kept = config.sources.kept_for(target)
    if kept and kept.expired and not config.sources.given(target):
        return "sign-in expired"
    return "signed in" if config.has_credentials(target) else "no credentials"


def show_account(target: str, account: User, *, verb: str = "") -> None:
    """Print who is signed in."""
    who = " ".join(filter(None, [account.name, f"<{account.email}>" if account.email else ""]))
    said = f"{verb} as " if verb else ""
    click.echo(f"{target}: {said}{clean(who)} (id {clean(account.id)})")
