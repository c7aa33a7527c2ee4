"""What a shell completes: commands and options by click, targets and folders from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem, get_completion_class

from publishkit.errors import PublishkitError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["completion", "folders", "targets"]

_VARIABLE: Final = "_PUBLISHKIT_COMPLETE"
"""By which a shell asks click, named as click names it by itself."""
_HOW: Final[Mapping[str, str]] = {
    "bash": 'add to ~/.bashrc: eval "$(publishkit completion bash)"',
    "zsh": 'add to ~/.zshrc, below compinit: eval "$(publishkit completion zsh)"',
    "fish": "publishkit completion fish > ~/.config/fish/completions/publishkit.fish",
}
"""What to do to have it in every shell."""


def targets(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The configured targets whose names begin so; asks no server, and nothing of the user."""
    from publishkit import config

    try:
        known = config.load().targets
    except PublishkitError:  # the command itself says what is wrong
        return []
    names = sorted(name for name in known if name.startswith(incomplete))
    return [CompletionItem(name, help=known[name].title or known[name].url) for name in names]


def folders(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Leaves it to the shell, which knows folders best."""
    return [CompletionItem(incomplete, type="dir")]


@click.command()
@click.argument("shell", type=click.Choice(list(_HOW)))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> None:
    """Print what makes a shell complete commands, options, targets and folders.

    \b
    bash  add to ~/.bashrc: eval "$(publishkit completion bash)"
    zsh   add to ~/.zshrc, below compinit: eval "$(publishkit completion zsh)"
    fish  publishkit completion fish > ~/.config/fish/completions/publishkit.fish
    """  # noqa: D301 - click wants the character itself, which keeps the lines apart
    kind = get_completion_class(shell)
    if kind is None:
        raise AssertionError(f"click completes in {shell}")
    root = context.find_root().command
    made = kind(root, {}, "publishkit", _VARIABLE)
    click.echo(f"{made.source().rstrip()}\n\n# in every shell: {_HOW[shell]}")
