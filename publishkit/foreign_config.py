"""Configuration files of other tools, by which their users sign in here too.

A backend declares which files these are (`publishkit.hooks.ForeignConfig`). One gives the token of
the target that is at its server: a configured one, else one that is called like the server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publishkit import plugins
from publishkit.errors import ConfigError, Problem
from publishkit.hooks import LOOPBACK, ForeignConfig, SignIn, Target
from publishkit.secrets import Secret
from publishkit.smallfiles import read_small
from publishkit.yamlfile import MAX_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Known", "signing_in"]


@dataclass(frozen=True, slots=True)
class Known:
    """A target, and the token for it."""

    target: Target
    path: Path
    """The file that says so."""
    token: str = field(repr=False)
    """'' where the file has none yet."""


def signing_in(here: Path, targets: Mapping[str, Target]) -> Iterator[Known]:
    """What the files near a folder say; of each tool's the nearest upwards counts.

    Args:
        here: The folder.
        targets: What is configured by name.

    Raises:
        ConfigError: A file cannot be read; names everything that is wrong with it.
    """
    for name, backend in plugins.backends().items():
        kind = backend.foreign_config
        path = _nearest(here, kind) if kind else None
        if not (kind and path):
            continue
        found = _read(path, kind)
        same = [t for t in targets.values() if t.backend == name and _is_at(t, found.url)]
        fresh = Target(name=urlsplit(found.url).netloc, backend=name, url=found.url)
        yield from (Known(target, path, Secret(found.token)) for target in same or [fresh])


def _nearest(here: Path, kind: ForeignConfig) -> Path | None:
    candidates = (folder / kind.file for folder in (here, *here.parents))
    return next((path for path in candidates if path.is_file()), None)


def _is_at(target: Target, url: str) -> bool:
    """Whether a target is at a server, and a token for that one is safe with it."""
    own, other = urlsplit(target.url), urlsplit(url)
    safe = own.scheme == "https" or own.hostname in LOOPBACK
    return safe and (own.hostname, own.port or 443) == (other.hostname, other.port or 443)


def _read(path: Path, kind: ForeignConfig) -> SignIn:
    try:
        value, problems = read_yaml(read_small(path, MAX_BYTES))
    except OSError as error:
        raise _refused(path, kind, f"cannot be read: {error.strerror}") from error
    if isinstance(value, dict):
        found, wrong = kind.read(value)
        problems += wrong
        if found and not problems:
            return found
    elif not problems:
        problems.append(Problem("", "there are no keys with values in it", "write key: value"))
    raise _refused(path, kind, "; ".join(map(_told, problems)))


def _told(problem: Problem) -> str:
    said = f"{problem.path}: {problem.message}" if problem.path else problem.message
    return f"{said} ({problem.advice})" if problem.advice else said


def _refused(path: Path, kind: ForeignConfig, why: str) -> ConfigError:
    return ConfigError(
        f"{path}, a configuration of {kind.tool}: {why}",
        advice="Correct the file, or move it away; publishkit works without it.",
    )
