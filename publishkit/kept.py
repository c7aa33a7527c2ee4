"""The tokens that `publishkit login` keeps: what is known of each, and where it is.

A file in the user's configuration folder lists them by URL, since a token goes to the URL it was
given for and nowhere else, whatever a target is called. The token itself is in the system's
keyring, or in the file where there is no keyring. So listing them opens no keyring.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from publishkit import keyrings
from publishkit.errors import ConfigError
from publishkit.private import refuse_lax, write_private
from publishkit.secrets import Secret, remember
from publishkit.smallfiles import read_small

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["KEYRING", "Kept", "address", "all_kept", "forget", "keep", "place", "token_of"]

KEYRING: Final = "the system keyring"
_FORMAT: Final = 1
_MOST: Final = 1_000_000
"""Bytes of the file."""
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A token that is kept for one URL."""

    user: str = ""
    """Who signed in, as the archive calls them."""
    expires: datetime | None = None
    """In UTC; None where it never ends or that is not known."""
    id: str = ""
    """Under which it can be revoked; '' where it cannot."""
    token: Secret | None = field(default=None, repr=False)
    """None where it is in the keyring."""

    @property
    def where(self) -> str:
        """Where it is, for people."""
        return str(place()) if self.token else KEYRING

    @property
    def expired(self) -> bool:
        """Whether it ended, by this machine's clock."""
        return self.expires is not None and self.expires <= datetime.now(UTC)


def address(url: str) -> str:
    """A URL as the file has it: the same for all ways to write it."""
    parts = urlsplit(url)
    port = "" if parts.port in {None, _PORTS.get(parts.scheme)} else f":{parts.port}"
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def place() -> Path:
    """The file; it need not exist.

    Raises:
        ConfigError: There is no home folder that it could be in.
    """
    path = _path()
    if path is None:
        raise ConfigError(
            "there is no home folder to keep a token in",
            advice="Set the token in the environment instead (docs/targets.md).",
        )
    return path


def _path() -> Path | None:
    import platformdirs

    path = platformdirs.user_config_path("publishkit") / "credentials.json"
    return path if path.is_absolute() else None  # a user without a home, as in some containers


def all_kept() -> dict[str, Kept]:
    """What is kept, by `address`; opens no keyring.

    Raises:
        ConfigError: The file cannot be read or understood, or others may read it.
    """
    path = _path()
    if path is None:
        return {}
    try:
        refuse_lax(path, otherwise="delete it and set the token in the environment")
        found = _understood(path, read_small(path, _MOST))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", advice="Mend that, or delete it."
        ) from error
    remember(*(kept.token for kept in found.values()))
    return found


def token_of(url: str, kept: Kept) -> Secret:
    """The token itself, out of the keyring if it is there.

    Raises:
        ConfigError: The keyring does not give it.
    """
    if kept.token:
        return kept.token
    try:
        token = keyrings.read(address(url))
    except keyrings.KeyringError as error:
        raise ConfigError(
            f"the token for {url} is in {KEYRING}, but {error}",
            advice="Unlock it, or sign in again by publishkit login.",
        ) from None
    remember(token)
    return Secret(token)


def keep(url: str, token: str, *, user: str, expires: datetime | None, id: str) -> str:
    """Keep a token for a URL instead of the one before, and say where it is.

    Raises:
        ConfigError: It cannot be kept; nothing changed.
    """
    key = address(url)
    remember(token)
    try:
        with _changing() as entries:
            own = None if keyrings.save(key, token) else Secret(token)
            entries[key] = kept = Kept(user=user, expires=expires, id=id, token=own)
    except ConfigError:
        with suppress(keyrings.KeyringError):
            keyrings.remove(key)
        raise
    return kept.where


def forget(url: str) -> list[str]:
    """Take the token for a URL out of the keyring and the file; says where one was.

    Raises:
        ConfigError: It cannot be taken out.
    """
    key = address(url)
    path = _path()
    if path is None or not path.parent.is_dir():  # nothing was ever kept
        return []
    with _changing() as entries:
        kept = entries.pop(key, None)
        try:
            removed = [KEYRING] * keyrings.remove(key)
        except keyrings.KeyringError as error:
            if kept and not kept.token:
                raise ConfigError(
                    f"the token for {url} is in {KEYRING}, but {error}",
                    advice="Unlock it and run the same command again.",
                ) from None
            removed = []  # none of ours is known to be there
        return removed + [str(path)] * bool(kept and kept.token)


# ---- the file ----


@contextmanager
def _changing() -> Iterator[dict[str, Kept]]:
    """What is kept, for change; written anew at the end, unless the change fails."""
    from filelock import FileLock, Timeout

    path = place()
    try:
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=10):
            entries = all_kept()
            before = dict(entries)
            yield entries
            if entries != before:
                write_private(path, _written(entries))
    except Timeout:
        raise ConfigError(
            f"{path} is being written by another publishkit", advice="Run the same command again."
        ) from None
    except (OSError, NotImplementedError) as error:  # filelock before 3.20 has the latter
        raise ConfigError(
            f"{path} cannot be written: {getattr(error, 'strerror', None) or error}",
            advice="Mend that, or set the token in the environment instead (docs/targets.md).",
        ) from error


def _written(entries: Mapping[str, Kept]) -> bytes:
    tokens = {url: _as_json(kept) for url, kept in sorted(entries.items())}
    return json.dumps({"format": _FORMAT, "tokens": tokens}, indent=2).encode() + b"\n"


def _as_json(kept: Kept) -> dict[str, str]:
    expires = kept.expires.isoformat() if kept.expires else ""
    known = {"user": kept.user, "expires": expires, "id": kept.id, "token": kept.token or ""}
    return {name: value for name, value in known.items() if value}


def _understood(path: Path, data: bytes) -> dict[str, Kept]:
    try:
        found = json.loads(data)
        if found["format"] != _FORMAT:
            raise ConfigError(
                f"{path} was written by a newer publishkit", advice="Upgrade this one."
            )
        return {url: _of_json(entry) for url, entry in found["tokens"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ConfigError(
            f"{path} is not what publishkit login writes",
            advice="Delete it, and sign in again by publishkit login.",
        ) from None  # it has the whole content in it


def _of_json(entry: Mapping[str, str]) -> Kept:
    texts = {name: str(entry.get(name, "")) for name in ("user", "expires", "id", "token")}
    expires = datetime.fromisoformat(texts["expires"]) if texts["expires"] else None
    token = Secret(texts["token"]) if texts["token"] else None
    if expires and expires.tzinfo is None:
        raise ValueError("a time without its zone")
    return Kept(user=texts["user"], expires=expires, id=texts["id"], token=token)
