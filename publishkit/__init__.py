"""Push folders of research data to NOMAD, InvenioRDM or a local archive, and keep the links.

import publishkit
receipts = publishkit.push("records/", to="nomad-test")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from publishkit._version import __version__

if TYPE_CHECKING:
    from publishkit.errors import (
        AuthenticationError,
        Cancelled,
        ConfigError,
        ConflictError,
        IntegrityError,
        LimitError,
        LostAnswerError,
        NotFoundError,
        PartialError,
        PluginError,
        Problem,
        PublishkitError,
        RecordError,
        RejectedError,
        RepositoryError,
        Severity,
        TemporaryError,
    )
    from publishkit.hooks import Target
    from publishkit.progress import Watcher
    from publishkit.receipts import Outcome, Receipt
    from publishkit.repository import State, User
    from publishkit.verbs.adopt import adopt
    from publishkit.verbs.push import push
    from publishkit.verbs.targets import targets, whoami
    from publishkit.verbs.validate import validate

__all__ = [
    "AuthenticationError",
    "Cancelled",
    "ConfigError",
    "ConflictError",
    "IntegrityError",
    "LimitError",
    "LostAnswerError",
    "NotFoundError",
    "Outcome",
    "PartialError",
    "PluginError",
    "Problem",
    "PublishkitError",
    "Receipt",
    "RecordError",
    "RejectedError",
    "RepositoryError",
    "Severity",
    "State",
    "Target",
    "TemporaryError",
    "User",
    "Watcher",
    "__version__",
    "adopt",
    "push",
    "targets",
    "validate",
    "whoami",
]

_HOMES = {
    "User": "repository",
    "Outcome": "receipts",
    "Receipt": "receipts",
    "State": "repository",
    "Target": "hooks",
    "Watcher": "progress",
    "adopt": "verbs.adopt",
    "push": "verbs.push",
    "targets": "verbs.targets",
    "validate": "verbs.validate",
    "whoami": "verbs.targets",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that importing publishkit is quick."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
