"""What a backend declares of itself, and the one hook by which it is found.

Imports nothing heavy beyond pluggy, so that looking a target up costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pluggy

from publishkit.tables import Anchor, Tabular

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from pydantic import BaseModel, JsonValue

    from publishkit.entryfiles import EntryFiles
    from publishkit.errors import Problem
    from publishkit.repository import Repository
    from publishkit.tables import Cells

    Look = Callable[[str], JsonValue]
    """Gives another field of the same step by its dotted name; None where it is missing."""

__all__ = [
    "Backend",
    "Connection",
    "Conversion",
    "Credentials",
    "ForeignConfig",
    "ForeignMetadata",
    "SignIn",
    "Target",
    "TokenPages",
    "Transformation",
    "hookimpl",
    "publishkit_backend",
    "publishkit_transformations",
]

PROJECT = "publishkit"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""The hosts that are this machine."""
WORKERS: Final = 8
"""How many requests are under way at once unless the user says otherwise."""
_hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Tabular):
    """A named, configured repository."""

    name: str
    backend: str
    url: str
    title: str = ""
    """What people call it."""
    sandbox: bool = False
    """Whether what is published there does not count, so that publishing need not be confirmed."""
    insecure: bool = False
    """Whether plain http to a host other than loopback is allowed."""
    database: str = ""
    """Targets that name the same database hold the same deposits."""
    token_page: str = ""
    """Where a user gets a token."""
    token_scopes: str = ""
    """What a user has to tick there, such as `deposit:write`; '' where there is nothing to tick."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables for `token`, `username` and `password`."""
    timeout: float = 120.0
    """Seconds without a byte after which a connection counts as dead; where the archive may have
    to think for long, such as when it publishes, five times as many."""
    ca_bundle: Path | None = None
    """A file of certificates to trust instead of the usual ones."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """What else the configuration says of this target; the backend checks it."""

    def cells(self) -> Cells:
        """What a table says of it."""
        return {
            "target": self.name,
            "kind": self.backend,
            "address": Anchor(self.url, self.url),
            "title": self.title,
            "sandbox": "yes" if self.sandbox else "",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What to sign in with; never shown."""

    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    source: str = field(default="", compare=False)
    """Where they come from, for people: `PUBLISHKIT_ZENODO_TOKEN in the environment`."""

    def __bool__(self) -> bool:
        return bool(self.token or (self.username and self.password))


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Everything a backend is given to reach one target."""

    target: Target
    credentials: Credentials
    stop: Event
    """Set when the user stops the run; waits end by `Cancelled`."""
    workers: int = WORKERS
    """How many requests may be under way at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPages:
    """The pages of an archive that are about tokens; '' where there is none."""

    make: str = ""
    """Where one gets a token."""
    revoke: str = ""
    """Where one takes it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignMetadata:
    """A YAML file in which another tool keeps a record's metadata: read where ours is missing."""

    tool: str
    """What people call the tool."""
    file: str
    """The file's name."""
    data: str
    """The folder beside it in which the tool's users keep the data files."""
    keys: frozenset[str]
    """Its keys; a file of this name with three of them is one."""
    telling: frozenset[str]
    """Those of which one must be there: other tools' files of this name have none."""
    translate: Callable[[Mapping[str, JsonValue]], tuple[Mapping[str, JsonValue], list[Problem]]]
    """Gives what a `record_metadata.json` would say, and everything that is wrong with the file, by
    its own keys. Scalars are text as it was written, or None. Without a `publication_date` it is
    the day on which the record is sent."""
    words: frozenset[str]
    """Keys that take only words of the tool's own: that an archive may not know them is no news."""
    names: Mapping[str, str]
    """Its keys by the paths in `record_metadata.json` that they become, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What another tool's configuration says."""

    url: str
    """Of the server."""
    token: str = field(repr=False)
    """'' where it was not filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignConfig:
    """A YAML file with which another tool signs in: read in this folder or a parent."""

    tool: str
    file: str
    """The file's name; never sent with a record."""
    read: Callable[[Mapping[str, JsonValue]], tuple[SignIn | None, list[Problem]]]
    """Gives what it says, and everything that is wrong with it, by its keys, without secrets.
    Scalars are text as it was written, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One kind of repository."""

    name: str
    targets: tuple[Target, ...]
    """The targets that come with the backend."""
    settings: frozenset[str] = frozenset()
    """The keys that `Target.settings` may have."""
    passwords: bool = False
    """Whether one may sign in with a username and a password instead of a token."""
    pages: Callable[[Target], TokenPages] | None = None
    """Gives the pages about tokens of a target, found from its URL; sends nothing."""
    locate: Callable[[Target, str], str | None] | None = None
    """Gives the id of the deposit whose page or API address at a target is this URL, or None; sends
    nothing. For an entry, the id of the deposit that it is in where the URL has it."""
    foreign_metadata: ForeignMetadata | None = None
    """Metadata files of another tool for this kind of repository."""
    foreign_config: ForeignConfig | None = None
    """Configuration files of another tool for it."""
    entry_files: Callable[[], EntryFiles] | None = None
    """Gives how files are written of which this kind of repository makes entries."""
    block: Callable[[], type[BaseModel]] | None = None
    """Gives the model of this backend's block in `record_metadata.json`; called when needed."""
    open: Callable[[Connection], Repository]
    """Makes a repository; sends nothing. Raises ConfigError for settings that are wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A transformation with its arguments, ready for values."""

    apply: Callable[[JsonValue, Look], JsonValue]
    """Makes a value of a value, which is never None. Raises ValueError with the reason why it does
    not, in words that go on after what the value is: `no number`."""
    uses: frozenset[str] = frozenset()
    """The fields that it looks at beside the value, by their dotted names."""
    unit: str = ""
    """The unit in which numbers are that come out."""
    whole: bool = False
    """Whether a list is given to it as a whole, and not item by item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation:
    """What a mapping can do to a value, by a name."""

    name: str
    """By which a mapping asks for it: letters, digits and underscores."""
    title: str
    """What it does, in a sentence, for the documentation and for editors."""
    prepare: Callable[[BaseModel | None], Conversion]
    """Is given the arguments. Raises ValueError where they make no sense."""
    arguments: Callable[[], type[BaseModel]] | None = None
    """Gives the model of its arguments; called when needed. None takes none."""
    shorthand: str = ""
    """The argument that is meant where a mapping gives a value instead of an object."""
    bare: bool = False
    """Whether it can be named without any arguments."""


@_hookspec
def publishkit_backend() -> Backend:  # type: ignore[empty-body]
    """Return the backend of this plugin.

    Called once when the plugin is loaded. Must be quick: import requests, pydantic and the rest
    inside `Backend.open` and `Backend.block`.
    """


@_hookspec
def publishkit_transformations() -> Sequence[Transformation]:  # type: ignore[empty-body]
    """Return what mappings can ask for beyond what comes with publishkit.

    Called when a mapping is read. Must be as quick as `publishkit_backend`.
    """
