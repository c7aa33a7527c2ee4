"""Keyrings for tests: one that works, one that is locked, one that forgets."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend

__all__ = ["FileRing", "Forgetful", "Locked", "Ring"]


class Ring:
    """A keyring in memory that counts how often it was asked."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


class Locked(Ring):
    """One that its owner does not unlock."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError("locked")


class Forgetful(Ring):
    """One that takes everything and keeps nothing, as some do without a session."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep nothing."""


class FileRing(KeyringBackend):
    """One for other processes: in the file that `FILE_RING` names."""

    priority = 1

    def _held(self) -> dict[str, str]:
        path = Path(os.environ["FILE_RING"])
        found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def get_password(self, service: str, username: str) -> str | None:
        return self._held().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._keep({**self._held(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        held = self._held()
        del held[f"{service} {username}"]
        self._keep(held)

    def _keep(self, held: dict[str, str]) -> None:
        Path(os.environ["FILE_RING"]).write_text(json.dumps(held))
