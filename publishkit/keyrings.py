"""The system's keyring, where there is one: Keychain, Credential Locker, Secret Service, ...

Needs the extra `publishkit[keyring]`, which is imported only when a token is kept in or taken out
of it. Without it, or where the system has no keyring, or it does not work, there is none.
"""

from __future__ import annotations

import logging
from typing import Final, Protocol

__all__ = ["SERVICE", "KeyringError", "read", "remove", "save"]

SERVICE: Final = "publishkit"
"""Under which the keyring lists the tokens, each with its URL for the user's name."""

_log: Final = logging.getLogger(__name__)


class KeyringError(Exception):
    """The keyring does not give a token; the text says why."""


class _Keyring(Protocol):
    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def save(url: str, token: str) -> bool:
    """Keep a token; False where there is no keyring, or it does not keep it."""
    ring = _found()
    if ring is None:
        return False
    try:
        ring.set_password(SERVICE, url, token)
        return ring.get_password(SERVICE, url) == token
    except Exception as error:  # noqa: BLE001 - backends of others, which raise what they like
        _log.info("the keyring keeps nothing: %s", type(error).__name__)
        return False


def read(url: str) -> str:
    """The token for a URL.

    Raises:
        KeyringError: There is no keyring any more, it is locked, or it has none.
    """
    ring = _found()
    if ring is None:
        raise KeyringError("there is no keyring here")
    try:
        token = ring.get_password(SERVICE, url)
    except Exception as error:  # noqa: BLE001 - as above
        raise KeyringError(f"it does not open ({type(error).__name__})") from None
    if not token:
        raise KeyringError("it is not there any more")
    return token


def remove(url: str) -> bool:
    """Take a token out; False where the keyring has none.

    Raises:
        KeyringError: It has one and does not let go of it.
    """
    ring = _found()
    if ring is None:
        return False
    try:
        if not ring.get_password(SERVICE, url):
            return False
        ring.delete_password(SERVICE, url)
    except Exception as error:  # noqa: BLE001 - as above
        raise KeyringError(f"it does not open ({type(error).__name__})") from None
    return True


def _found() -> _Keyring | None:
    """The keyring that `keyring` chose; None where that keeps nothing."""
    try:
        import keyring
        from keyring.backends import fail, null
    except ImportError:
        return None
    try:
        ring: _Keyring = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001 - as above: a setting that names no backend
        _log.info("the keyring cannot be used: %s", type(error).__name__)
        return None
    return None if isinstance(ring, fail.Keyring | null.Keyring) else ring
