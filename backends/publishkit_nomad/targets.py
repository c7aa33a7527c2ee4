"""The targets that come with the backend: the central NOMAD's three deployments."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from publishkit.hooks import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NAME", "SETTINGS", "TARGETS"]

NAME: Final = "nomad"
SETTINGS: Final = frozenset({"gui", "max_bytes", "max_drafts"})
"""The keys of `settings.NomadSettings`."""

_ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType(
    {"username": "NOMAD_USERNAME", "password": "NOMAD_PASSWORD"}
)
"""The names that NOMAD's own tools and tutorials use."""


def _central(name: str, path: str, title: str, *, sandbox: bool, database: str) -> Target:
    base = f"https://nomad-lab.eu/prod/v1{path}"
    return Target(
        name=name,
        backend=NAME,
        url=f"{base}/api/v1",
        title=title,
        sandbox=sandbox,
        database=database,
        environment=_ENVIRONMENT,
    )


TARGETS: Final = (
    _central("nomad-prod", "", "NOMAD", sandbox=False, database="nomad-central"),
    _central(
        "nomad-staging",
        "/staging",
        "NOMAD staging (newer software, the same public database)",
        sandbox=False,
        database="nomad-central",
    ),
    _central(
        "nomad-test",
        "/test",
        "NOMAD test (wiped now and then)",
        sandbox=True,
        database="nomad-test",
    ),
)
"""Prod and staging are one database: what is published on either is public."""
