"""Names of files as a server gives them, before they become paths: none may lead anywhere else.

A name that will not do is refused, and never changed into another one.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from publishkit import plugins
from publishkit.config import CONFIG_FILE
from publishkit.ledger import LINKS_FILE, STATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

__all__ = ["PART_SUFFIX", "hostile", "inside", "obstacles"]

PART_SUFFIX: Final = ".publishkit-part"
"""Of files that are being downloaded."""
_LONGEST: Final = 255
"""Bytes in one part of a path, on every system in use."""
_OURS: Final = frozenset({STATE_FOLDER, LINKS_FILE, CONFIG_FILE, ".env"})
"""What steers publishkit in any folder: a deposit must not bring it along."""
_TAKEN: Final = {".git": "where git keeps what it runs"}
"""What a folder may have that a deposit must not add to."""
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{kind}{number}" for kind in ("com", "lpt") for number in "0123456789\u00b9\u00b2\u00b3"}
)
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_NOT_ON_WINDOWS: Final = re.compile(r'[<>:"|?*]|[. ]$')


def hostile(keys: Sequence[str], reserved: Collection[str] = ()) -> dict[str, str]:
    """The keys that must not become paths, each with the reason.

    Args:
        keys: All that are to lie in one folder, since some are only wrong together.
        reserved: Names that something else in that folder has; nothing can lie below them either.
    """
    taken = {_fold(name): "the place of something else" for name in reserved} | _TAKEN
    wrong = {key: why for key in keys if (why := _why(key) or taken.get(_first(key), ""))}
    return wrong | dict(_collisions([key for key in keys if key not in wrong]))


def obstacles(folder: Path, keys: Iterable[str]) -> dict[str, str]:
    """The keys that cannot be written because of what lies in the folder, each with the reason.

    Args:
        folder: Where they are to lie.
        keys: Keys that are not hostile by themselves.
    """
    return {key: why for key in keys if (why := _in_the_way(folder, key))}


def inside(folder: Path, path: Path) -> bool:
    """Whether a path, with every symbolic link on the way followed, lies in a folder."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _why(key: str) -> str:
    """What is wrong with a key by itself, or ''."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return "not Unicode"
    if any(unicodedata.category(char) == "Cc" for char in key):
        return "control characters"
    if "\\" in key:
        return "a backslash"
    if key.startswith("/"):
        return "an absolute path"
    return next((why for part in key.split("/") if (why := _why_part(part))), "")


def _why_part(part: str) -> str:
    folded = _fold(part)
    reasons = (
        (part in {"", ".", ".."}, "an empty part, or . or .."),
        (_DRIVE.match(part), "a drive"),
        (folded.partition(".")[0].rstrip() in _DEVICES, "the name of a device on Windows"),
        (len(part.encode()) > _LONGEST, "too long"),
        (folded in _OURS or folded.endswith(PART_SUFFIX), "a name that publishkit uses itself"),
        (folded in _configs(), "the configuration of a tool by which publishkit signs in"),
        (os.name == "nt" and _NOT_ON_WINDOWS.search(part), "what Windows does not allow"),
    )
    return next((why for bad, why in reasons if bad), "")


def _configs() -> set[str]:
    """What of other tools steers publishkit in any folder."""
    each = plugins.backends().values()
    return {_fold(one.foreign_config.file) for one in each if one.foreign_config}


def _first(key: str) -> str:
    return _fold(key.partition("/")[0])


def _fold(name: str) -> str:
    """A form that is equal for names that some file system takes for one.

    Case, the way accents are written and invisible characters make no difference.
    """
    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", visible).casefold())


def _collisions(keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    folded = Counter(map(_fold, keys))
    folders = {
        "/".join(parts[:count])
        for parts in (one.split("/") for one in folded)
        for count in range(1, len(parts))
    }
    for key in keys:
        if folded[_fold(key)] > 1:
            yield key, "another file of the same name, apart from case or accents"
        elif _fold(key) in folders:
            yield key, "a file and a folder of one name"


def _in_the_way(folder: Path, key: str) -> str:
    path = folder / key
    for parent in reversed(path.parents[: key.count("/")]):
        if not os.path.lexists(parent):
            return ""
        if not inside(folder, parent):
            return "a symbolic link there leads out of the folder"
        if not parent.is_dir():
            return f"{parent} is not a folder"
    if not os.path.lexists(path):
        return ""
    if not inside(folder, path):
        return "a symbolic link there leads out of the folder"
    return _no_file(path)


def _no_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode
    except OSError:  # a symbolic link that leads nowhere is replaced
        return "" if path.is_symlink() else "what lies there cannot be read"
    return "" if stat.S_ISREG(mode) else "something else than a file lies there"
