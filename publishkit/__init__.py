"""Push folders of research data to NOMAD, InvenioRDM or a local archive, and keep the links.

import publishkit
receipts = publishkit.push("records/", to="nomad-test")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from publishkit._version import __version__

if TYPE_CHECKING:
    from publishkit import workflows
    from publishkit.abilities import Answer, Collection, Entry, Link, Permission, Share
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
        UnsupportedError,
    )
    from publishkit.hooks import Target
    from publishkit.progress import Activity, PullWatcher, Watcher
    from publishkit.receipts import Outcome, Receipt
    from publishkit.repository import Deposit, State, User
    from publishkit.verbs.adopt import adopt
    from publishkit.verbs.catalogue import deposits, search
    from publishkit.verbs.collections import (
        collection,
        collections,
        create_collection,
        delete_collection,
    )
    from publishkit.verbs.convert import convert
    from publishkit.verbs.delete import Deleted, delete, discard
    from publishkit.verbs.doi import assign_collection_doi, assign_doi, reserve_doi
    from publishkit.verbs.entries import archive, entries, entry, pull_entry
    from publishkit.verbs.import_cams import Imported, import_cams
    from publishkit.verbs.init import init
    from publishkit.verbs.link import Linkage, link
    from publishkit.verbs.links import Linked, links, pids
    from publishkit.verbs.login import SignedIn, SignedOut, login, logout
    from publishkit.verbs.mapping import MapOutcome, Mapped, check_mapping, map_export
    from publishkit.verbs.preview import Preview, preview
    from publishkit.verbs.publish import publish
    from publishkit.verbs.pull import Pulled, pull
    from publishkit.verbs.push import push
    from publishkit.verbs.request import request
    from publishkit.verbs.schema import schema
    from publishkit.verbs.share import share, shares, unshare
    from publishkit.verbs.status import Status, status
    from publishkit.verbs.submit import (
        Submitted,
        SubmittedEntry,
        SubmittedProcess,
        submit_process,
    )
    from publishkit.verbs.targets import targets, whoami
    from publishkit.verbs.update import update
    from publishkit.verbs.users import user, users
    from publishkit.verbs.validate import validate
    from publishkit.verbs.version import new_version
    from publishkit.verbs.workflow import Built, build_workflow

__all__ = [
    "Activity",
    "Answer",
    "AuthenticationError",
    "Built",
    "Cancelled",
    "Collection",
    "ConfigError",
    "ConflictError",
    "Deleted",
    "Deposit",
    "Entry",
    "Imported",
    "IntegrityError",
    "LimitError",
    "Link",
    "Linkage",
    "Linked",
    "LostAnswerError",
    "MapOutcome",
    "Mapped",
    "NotFoundError",
    "Outcome",
    "PartialError",
    "Permission",
    "PluginError",
    "Preview",
    "Problem",
    "PublishkitError",
    "PullWatcher",
    "Pulled",
    "Receipt",
    "RecordError",
    "RejectedError",
    "RepositoryError",
    "Severity",
    "Share",
    "SignedIn",
    "SignedOut",
    "State",
    "Status",
    "Submitted",
    "SubmittedEntry",
    "SubmittedProcess",
    "Target",
    "TemporaryError",
    "UnsupportedError",
    "User",
    "Watcher",
    "__version__",
    "adopt",
    "archive",
    "assign_collection_doi",
    "assign_doi",
    "build_workflow",
    "check_mapping",
    "collection",
    "collections",
    "convert",
    "create_collection",
    "delete",
    "delete_collection",
    "deposits",
    "discard",
    "entries",
    "entry",
    "import_cams",
    "init",
    "link",
    "links",
    "login",
    "logout",
    "map_export",
    "new_version",
    "pids",
    "preview",
    "publish",
    "pull",
    "pull_entry",
    "push",
    "request",
    "reserve_doi",
    "schema",
    "search",
    "share",
    "shares",
    "status",
    "submit_process",
    "targets",
    "unshare",
    "update",
    "user",
    "users",
    "validate",
    "whoami",
    "workflows",
]

_HOMES = {
    "Imported": "verbs.import_cams",
    "import_cams": "verbs.import_cams",
    "MapOutcome": "verbs.mapping",
    "Mapped": "verbs.mapping",
    "check_mapping": "verbs.mapping",
    "map_export": "verbs.mapping",
    "Submitted": "verbs.submit",
    "SubmittedEntry": "verbs.submit",
    "SubmittedProcess": "verbs.submit",
    "submit_process": "verbs.submit",
    "Activity": "progress",
    "Answer": "abilities",
    "Entry": "abilities",
    "Deposit": "repository",
    "Pulled": "verbs.pull",
    "PullWatcher": "progress",
    "pull": "verbs.pull",
    "deposits": "verbs.catalogue",
    "search": "verbs.catalogue",
    "archive": "verbs.entries",
    "entries": "verbs.entries",
    "entry": "verbs.entries",
    "pull_entry": "verbs.entries",
    "request": "verbs.request",
    "Collection": "abilities",
    "Deleted": "verbs.delete",
    "Link": "abilities",
    "Linkage": "verbs.link",
    "Linked": "verbs.links",
    "Outcome": "receipts",
    "Preview": "verbs.preview",
    "preview": "verbs.preview",
    "Permission": "abilities",
    "Receipt": "receipts",
    "Share": "abilities",
    "SignedIn": "verbs.login",
    "SignedOut": "verbs.login",
    "State": "repository",
    "Status": "verbs.status",
    "Target": "hooks",
    "User": "repository",
    "Watcher": "progress",
    "adopt": "verbs.adopt",
    "assign_collection_doi": "verbs.doi",
    "assign_doi": "verbs.doi",
    "collection": "verbs.collections",
    "collections": "verbs.collections",
    "Built": "verbs.workflow",
    "build_workflow": "verbs.workflow",
    "convert": "verbs.convert",
    "create_collection": "verbs.collections",
    "delete": "verbs.delete",
    "delete_collection": "verbs.collections",
    "discard": "verbs.delete",
    "init": "verbs.init",
    "link": "verbs.link",
    "login": "verbs.login",
    "logout": "verbs.login",
    "links": "verbs.links",
    "pids": "verbs.links",
    "new_version": "verbs.version",
    "publish": "verbs.publish",
    "push": "verbs.push",
    "schema": "verbs.schema",
    "reserve_doi": "verbs.doi",
    "share": "verbs.share",
    "shares": "verbs.share",
    "status": "verbs.status",
    "targets": "verbs.targets",
    "unshare": "verbs.share",
    "update": "verbs.update",
    "user": "verbs.users",
    "users": "verbs.users",
    "validate": "verbs.validate",
    "whoami": "verbs.targets",
}

_MODULES = {"workflows"}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that importing publishkit is quick."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
