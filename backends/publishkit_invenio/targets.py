"""The targets that come with the backend: BIG-MAP Archive and Zenodo, each with its sandbox."""

from __future__ import annotations

from typing import Final

from publishkit.hooks import Target

__all__ = ["NAME", "SETTINGS", "TARGETS"]

NAME: Final = "invenio"
SETTINGS: Final = frozenset({"dois", "max_bytes", "max_file_bytes", "max_files", "publisher"})
"""The keys of `settings.InvenioSettings`."""

_GB: Final = 10**9
_ZENODO_SCOPES: Final = "deposit:write and deposit:actions"
"""As https://developers.zenodo.org has it."""


def _target(
    name: str,
    url: str,
    title: str,
    *,
    sandbox: bool = False,
    scopes: str = "",
    **settings: str | int,
) -> Target:
    return Target(
        name=name,
        backend=NAME,
        url=url,
        title=title,
        sandbox=sandbox,
        database=name,
        token_scopes=scopes,
        settings={"max_files": 100, **settings},
    )


TARGETS: Final = (
    _target(
        "big-map",
        "https://archive.big-map.eu",
        "BIG-MAP Archive",
        max_bytes=100 * _GB,
    ),
    _target(
        "big-map-demo",
        "https://big-map-archive-demo.materialscloud.org",
        "BIG-MAP Archive demo",
        sandbox=True,
        max_bytes=100 * _GB,
    ),
    _target(
        "zenodo",
        "https://zenodo.org",
        "Zenodo",
        max_bytes=50 * _GB,
        dois="on",
        publisher="Zenodo",
        scopes=_ZENODO_SCOPES,
    ),
    _target(
        "zenodo-sandbox",
        "https://sandbox.zenodo.org",
        "Zenodo sandbox",
        sandbox=True,
        max_bytes=50 * _GB,
        dois="on",
        publisher="Zenodo",
        scopes=_ZENODO_SCOPES,
    ),
)
"""With the limits that these archives state for one record."""
