"""The target that comes with the backend, and which folder a target's URL means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from publishkit.errors import ConfigError
from publishkit.hooks import Target

__all__ = ["NAME", "folder_of", "locate", "targets"]

NAME: Final = "local"
FOLDER: Final = "publishkit-archive"


def targets() -> tuple[Target, ...]:
    """The target `local`: the folder `publishkit-archive` in the home folder.

    In the current folder where there is no home folder, as for a container's nameless user.
    """
    try:
        parent = Path.home()
    except RuntimeError:
        parent = Path.cwd()
    url = (parent / FOLDER).absolute().as_uri()
    return (Target(name="local", backend=NAME, url=url, title="Local archive", sandbox=True),)


def folder_of(target: Target) -> Path:
    """The folder that a target's URL means; it need not exist.

    Raises:
        ConfigError: The URL is not `file:` with an absolute path.
    """
    parts = urlsplit(target.url)
    host = "" if parts.netloc == "localhost" else parts.netloc
    wrong = parts.scheme != "file" or parts.query or parts.fragment
    if not wrong and (not host or os.name == "nt"):
        share = f"//{host}" if host else ""
        folder = Path(url2pathname(share + parts.path))
        if folder.is_absolute() and folder != Path(folder.anchor):
            return folder
    example = (Path(Path.cwd().anchor) / "data" / "archive").as_uri()
    raise ConfigError(
        f"{target.name}: {target.url!r} does not name a folder of this machine",
        advice=f"Write the absolute path of a folder as a file URL, such as {example}",
    )


def locate(target: Target, url: str) -> str | None:
    """The id of the deposit whose folder, page or file at a target has this URL, or None.

    Raises:
        ConfigError: The target's URL does not name a folder.
    """
    from publishkit_local.layout import id_in  # seldom needed

    try:
        parts = urlsplit(url)
    except ValueError:  # no URL
        return None
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        return None
    return id_in(Path(url2pathname(parts.path)), folder_of(target))
