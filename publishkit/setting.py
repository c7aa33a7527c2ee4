"""The setting of a run: its options, its targets and how to reach them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from publishkit import config as configuration
from publishkit import plugins
from publishkit.digests import DigestCache
from publishkit.errors import AuthenticationError
from publishkit.hooks import WORKERS
from publishkit.job import Choices

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from threading import Event

    from pydantic import BaseModel

    from publishkit.config import Config
    from publishkit.hooks import Target
    from publishkit.repository import Repository

__all__ = ["Options", "Setting", "blocks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to push; the command line's options and the arguments of `push`."""

    publish: bool = False
    recursive: bool = False
    links: Path | None = None
    skip_invalid: bool = False
    group: str = ""
    cross: bool = False
    """Let the deposits of a record name each other."""
    publish_now: bool = False
    """Do not wait until an archive has accepted what others name."""
    wait_timeout: float | None = None
    workers: int = WORKERS
    allow_secrets: bool = False
    """Send files too that look like credentials."""
    choices: Choices = field(default_factory=Choices)


@dataclass(frozen=True)
class Setting:
    """The targets of a run and how to reach them."""

    config: Config
    targets: tuple[Target, ...]
    workers: int
    stop: Event

    @cached_property
    def repositories(self) -> Mapping[str, Repository]:
        """A repository for each target by its name; nothing was sent yet."""
        return {
            target.name: configuration.open_repository(self.config, target, self.stop, self.workers)
            for target in self.targets
        }

    @cached_property
    def digests(self) -> DigestCache:
        """The cache of local files' digests."""
        return DigestCache()

    def sign_in(self) -> None:
        """Make sure that every target is there and accepts the credentials.

        Raises:
            AuthenticationError: One does not.
            TemporaryError: One cannot be reached.
        """
        for target in self.targets:
            try:
                self.repositories[target.name].whoami()
            except AuthenticationError as error:
                configuration.signing_in(self.config, target, error)
                raise


def blocks() -> dict[str, type[BaseModel]]:
    """The models of the backends' blocks by name."""
    return {name: b.block() for name, b in plugins.backends().items() if b.block}
