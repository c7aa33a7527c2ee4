"""What targets there are, and who one is on them."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from publishkit import config as configuration
from publishkit.abilities import ABILITIES
from publishkit.errors import AuthenticationError
from publishkit.tables import tabled
from publishkit.verbs.push import setting_of

if TYPE_CHECKING:
    from datetime import datetime

    from publishkit.hooks import Target
    from publishkit.repository import User

__all__ = ["Identity", "abilities", "identity", "targets", "whoami"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in on a target, and by what."""

    user: User
    source: str
    """Where the credentials come from, for people; '' where none are needed."""
    expires: datetime | None = None
    """When they end, in UTC; None where they never do or that is not known."""


@tabled
def targets() -> list[Target]:
    """Every configured target, by name.

    Raises:
        ConfigError: A configuration file is wrong.
    """
    return [target for _, target in sorted(configuration.load().targets.items())]


def abilities(target: Target) -> list[str]:
    """What a target can do beyond what every repository can.

    Raises:
        ConfigError: The target's settings are wrong.
    """
    config = configuration.load().unsigned()
    repository = configuration.open_repository(config, target, Event(), 1)
    return [name for name, ability in ABILITIES.items() if isinstance(repository, ability)]


def whoami(to: str) -> User:
    """Ask a target who is signed in.

    Args:
        to: The name of a target.

    Raises:
        ConfigError: There is no such target.
        AuthenticationError: It does not accept the credentials, or there are none.
        TemporaryError: It cannot be reached.
    """
    return identity(to).user


def identity(to: str) -> Identity:
    """Ask a target who is signed in, and say by what; see `whoami`."""
    setting = setting_of(to, workers=1)
    (target,) = setting.targets
    try:
        user = setting.repositories[target.name].whoami()
    except AuthenticationError as error:
        configuration.signing_in(setting.config, target, error)
        raise
    sources = setting.config.sources
    kept = None if sources.given(target) else sources.kept_for(target)
    source = setting.config.credentials(target).source
    return Identity(user, source, kept.expires if kept else None)
