"""Which files of a folder are no data: hidden ones, litter, and what `.publishignore` names."""

from __future__ import annotations

import fnmatch
import os
import re
from typing import TYPE_CHECKING

from publishkit.errors import Problem
from publishkit.smallfiles import read_small

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pathspec import GitIgnoreSpec

__all__ = ["IGNORE_FILE", "Ignore", "is_litter"]

IGNORE_FILE = ".publishignore"
"""Names files that are not to be sent, in gitignore's syntax; in any folder of a record."""
_MOST = 1_000_000
"""Bytes; a larger one is no list of names."""
_LITTER = (
    "*~",  # Emacs, vi and others: backups
    "#*#",  # Emacs: unsaved
    "~$*",  # Microsoft Office: somebody has it open
    "*.sw[op]",  # vi: somebody has it open
    "__pycache__",
    "__MACOSX",
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "Icon\r",  # macOS: a folder's own icon
)
_litter = re.compile("|".join(fnmatch.translate(p.casefold()) for p in _LITTER))


def is_litter(name: str) -> bool:
    """Whether a file of this name is hidden, ours, or left by an editor or the system."""
    return (
        name.startswith(".") or name == "records_links.json" or bool(_litter.match(name.casefold()))
    )


class Ignore:
    """What the `.publishignore` files from a record's folder downwards name.

    As in git, the file nearest to a path decides, and the last pattern in it that matches.

    Args:
        specs: The key of a folder (empty for the record's own) and the patterns there.
    """

    def __init__(self, specs: Sequence[tuple[str, GitIgnoreSpec]] = ()) -> None:
        self._specs = tuple(specs)

    def within(self, folder: Path, key: str) -> tuple[Ignore, list[Problem]]:
        """This, and the `.publishignore` of a folder on the way down.

        Args:
            folder: Where it may lie.
            key: The folder's key in the record.
        """
        path = folder / IGNORE_FILE
        if not os.path.lexists(path):
            return self, []
        from pathspec import GitIgnoreSpec  # slow to import, seldom needed

        where = f"{key}/{IGNORE_FILE}" if key else IGNORE_FILE
        try:
            text = read_small(path, _MOST).decode("utf-8-sig")
            spec = GitIgnoreSpec.from_lines(text.splitlines())
        except UnicodeDecodeError:
            return self, [Problem(where, "not UTF-8", "save the file as UTF-8")]
        except OSError as error:
            return self, [Problem(where, f"cannot be read: {error.strerror}", "make it readable")]
        except (ValueError, re.error) as error:
            return self, [Problem(where, f"not gitignore's syntax: {error}", "correct the pattern")]
        return Ignore([*self._specs, (key, spec)]), []

    def matches(self, key: str, *, folder: bool) -> bool:
        """Whether a file, or a folder with all that is in it, is named."""
        for base, spec in reversed(self._specs):
            relative = key[len(base) + 1 :] if base else key
            include = spec.check_file(f"{relative}/" if folder else relative).include
            if include is not None:
                return include
        return False
