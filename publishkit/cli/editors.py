"""The user's editor: which one it is, and how it is run."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from publishkit.errors import ConfigError, PublishkitError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["run_editor"]

_USUAL: Final = ("notepad",) if os.name == "nt" else ("sensible-editor", "nano", "vim", "vi")


def run_editor(path: Path) -> None:
    """Open a file in `$VISUAL`, `$EDITOR` or a usual editor, and wait until it is closed.

    No shell is involved, so that the file may be called anything.

    Raises:
        ConfigError: There is no such editor.
        PublishkitError: It ended with an error.
    """
    command = _command()
    try:
        with _unstopped():
            code = subprocess.run([*command, str(path)], check=False).returncode  # noqa: S603 - the user's
    except OSError as error:
        raise ConfigError(
            f"the editor {command[0]} cannot be run: {error.strerror}",
            advice='Set VISUAL or EDITOR to one that can, such as nano or "code --wait".',
        ) from error
    if code:
        raise PublishkitError(
            f"the editor {command[0]} ended with an error ({code}), so nothing was saved",
            advice="Set VISUAL or EDITOR to another one if it does not work.",
        )


def _command() -> list[str]:
    """The program and its arguments, such as `code --wait`."""
    for name in ("VISUAL", "EDITOR"):
        if chosen := os.environ.get(name, "").strip():
            return _split(name, chosen)
    usual = next((one for one in _USUAL if shutil.which(one)), None)
    if usual is None:
        raise ConfigError(
            "no editor was found", advice='Set EDITOR to one, such as nano or "code --wait".'
        )
    return [usual]


def _split(name: str, chosen: str) -> list[str]:
    try:
        parts = shlex.split(chosen, posix=os.name != "nt")
    except ValueError as error:
        raise ConfigError(f"{name} is not a command: {error}", advice="Correct it.") from error
    program, *rest = (part.strip('"') for part in parts)
    return [shutil.which(program) or program, *rest]


@contextmanager
def _unstopped() -> Iterator[None]:
    """Leave Ctrl-C to the editor; a handler, other than ignoring, is not handed down to it."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
