"""The target that comes with the backend, and which folder a target's URL means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from publishkit.errors import ConfigError
from publishkit.hooks import Target

__all__ = ["NAME", "folder_of", "targets"]

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
