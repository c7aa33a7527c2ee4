"""Runs of the command line, each in a process that is forked from one that has imported everything.

A matrix of thousands of runs would otherwise spend most of its time on importing.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["CONTEXT", "execute"]

IMPORTED: Final = (
    "bagit",
    "edtf",
    "idutils",
    "publishkit.cli",
    "publishkit.verbs.push",
    "publishkit_invenio.repository",
    "publishkit_local.repository",
    "publishkit_nomad.repository",
)
"""What the command imports, as soon as it needs it."""

CONTEXT: Final = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([*IMPORTED])


def execute(
    arguments: Sequence[str], folder: Path, variables: Mapping[str, str], log: Path
) -> None:
    """Run the command line, in a process of `CONTEXT`.

    Args:
        arguments: Of the command.
        folder: Where.
        variables: All of its environment.
        log: Where output and errors go.
    """
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    with log.open("wb") as out:  # not a pipe, which would have to be read meanwhile
        for number in (1, 2):
            os.dup2(out.fileno(), number)
    sys.argv = ["publishkit", *arguments]
    from publishkit.cli import main  # imported already

    main()
