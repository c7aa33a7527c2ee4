"""Where the credentials for a target come from.

The environment goes before a `.env` file in this folder or a parent, and both before the token
that `publishkit login` kept.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from publishkit.errors import ConfigError
from publishkit.hooks import Credentials
from publishkit.kept import Kept, address, token_of
from publishkit.private import refuse_lax
from publishkit.secrets import Secret
from publishkit.smallfiles import read_small

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from publishkit.hooks import Target

__all__ = ["Sources", "checked_token", "dotenv", "secret_variables", "variable"]

_MOST: Final = 1_000_000
"""Bytes of a `.env` file."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All places that credentials come from, as they were when the configuration was read."""

    environment: Mapping[str, str] = field(repr=False, default_factory=dict)
    dotenv: Mapping[str, str] = field(repr=False, default_factory=dict)
    dotenv_path: Path | None = None
    kept: Mapping[str, Kept] = field(repr=False, default_factory=dict)
    """By `kept.address`."""
    _opened: dict[str, Secret] = field(repr=False, compare=False, default_factory=dict)
    """What the keyring gave, by `kept.address`: it may ask the user each time."""

    def given(self, target: Target) -> Credentials:
        """What the environment and the `.env` file say of a target.

        What the environment says completely goes before the file; else they complete each other.

        Raises:
            ConfigError: The token cannot be one.
        """
        own = self._of(target, self.environment)
        return own or self._of(target, {**self.dotenv, **self.environment})

    def kept_for(self, target: Target) -> Kept | None:
        """What `publishkit login` kept for a target's URL; opens no keyring."""
        return self.kept.get(address(target.url))

    def credentials(self, target: Target) -> Credentials:
        """What to sign in with on a target; opens the keyring if they are there.

        Raises:
            ConfigError: The token cannot be one, or the keyring does not give it.
        """
        given, kept = self.given(target), self.kept_for(target)
        if given or not kept:
            return given
        key = address(target.url)
        if key not in self._opened:
            self._opened[key] = token_of(target.url, kept)
        source = f"publishkit login, kept in {kept.where}"
        return Credentials(token=self._opened[key], source=source)

    def _of(self, target: Target, variables: Mapping[str, str]) -> Credentials:
        named = {what: _names(target, what) for what in ("token", "username", "password")}
        found = {
            what: next(((name, variables[name]) for name in names if variables.get(name)), None)
            for what, names in named.items()
        }
        values = {what: one[1] for what, one in found.items() if one}
        credentials = Credentials(
            token=checked_token(values.get("token", ""), variable(target, "token")),
            username=values.get("username"),
            password=values.get("password"),
        )
        deciding = found["token"] or found["password"]
        source = self._place(deciding[0]) if deciding and credentials else ""
        return replace(credentials, source=source)

    def _place(self, name: str) -> str:
        if self.environment.get(name):
            return f"{name} in the environment"
        return f"{name} in {self.dotenv_path}"


def checked_token(token: str, name: str) -> Secret | None:
    """A token without the blanks around it; None where there is none.

    Args:
        token: As it was given.
        name: What it is called in the error.

    Raises:
        ConfigError: It holds what no token does.
    """
    bare = Secret(token.strip())
    if bare and not (bare.isascii() and bare.isprintable()):
        raise ConfigError(
            f"{name} holds characters that no token has", advice="Copy the token once more."
        )
    return bare or None


def variable(target: Target, what: str) -> str:
    """The environment variable for a target's `token`, `username` or `password`."""
    if "+" in target.name:
        return f"PUBLISHKIT_{what.upper()}"
    name = "".join(c if c.isalnum() else "_" for c in target.name)
    return f"PUBLISHKIT_{name}_{what}".upper()


def _names(target: Target, what: str) -> list[str]:
    named = [variable(target, what)]
    return [*named, target.environment[what]] if what in target.environment else named


def secret_variables(target: Target) -> list[str]:
    """The variables that hold a target's token and password, and those of targets without name."""
    names = [name for what in ("token", "password") for name in _names(target, what)]
    return [*names, "PUBLISHKIT_TOKEN", "PUBLISHKIT_PASSWORD"]


def dotenv(path: Path | None, secret: Collection[str]) -> dict[str, str]:
    """The variables in a `.env` file.

    Args:
        path: The file; None where there is none.
        secret: The variables that hold credentials.

    Raises:
        ConfigError: It cannot be read, or others may read the credentials in it.
    """
    found = _parsed(path) if path else {}
    if path and any(value and name in secret for name, value in found.items()):
        refuse_lax(path, otherwise="set the variables in the environment instead")
    return found


def _parsed(path: Path) -> dict[str, str]:
    """The variables in a `.env` file; no value shows in a traceback."""
    from dotenv import dotenv_values

    try:
        text = read_small(path, _MOST).decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", advice="Mend that, or move it away."
        ) from error
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path} cannot be read: it is not UTF-8", advice="Save it as UTF-8, or move it away."
        ) from None  # it has the whole content in it
    found = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {key: Secret(value) for key, value in found.items() if value is not None}
