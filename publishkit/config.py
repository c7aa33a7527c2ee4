"""Targets and credentials: what backends declare, the user adds and the environment says.

Later wins: a backend's declaration, `publishkit.toml` in the user's configuration folder,
`publishkit.toml` in this folder or the nearest parent that has one.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from publishkit import plugins
from publishkit.errors import AuthenticationError, ConfigError
from publishkit.hooks import LOOPBACK, Connection, Credentials, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event

    from publishkit.repository import Repository

__all__ = ["CONFIG_FILE", "Config", "load", "open_repository", "token_variable"]

CONFIG_FILE: Final = "publishkit.toml"
_KEYS: Final = frozenset(
    {"backend", "url", "title", "sandbox", "insecure", "database", "token_page", "environment"}
    | {"ca_bundle"}
)


@dataclass(frozen=True, slots=True)
class Config:
    """Every configured target, and the environment for credentials."""

    targets: Mapping[str, Target]
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)

    def target(self, name: str) -> Target:
        """The target of a name, or an ad hoc one such as `nomad+https://host/api/v1`.

        Raises:
            ConfigError: There is none, or its URL will not do.
        """
        kind, plus, url = name.partition("+")
        if plus and kind in plugins.backends():
            found = _checked(Target(name=name, backend=kind, url=url.rstrip("/")))
            known = (t for t in self.targets.values() if (t.backend, t.url) == (kind, found.url))
            same = next(known, found)  # of the same server: its database, limits and the rest
            return replace(same, name=name, environment={})
        if name in self.targets:
            return self.targets[name]
        raise ConfigError(
            f"there is no target {name}",
            advice=f"Choose one of {', '.join(sorted(self.targets))}, add it to {CONFIG_FILE}, "
            f"or name one ad hoc: BACKEND+https://host, with {' or '.join(plugins.backends())}.",
        )

    def urls_of(self, target: Target) -> frozenset[str]:
        """The URLs of all targets that hold the same deposits as this one."""
        others = (t.url for t in self.targets.values() if t.database == target.database)
        return frozenset({target.url, *others})

    def credentials(self, target: Target) -> Credentials:
        """What the environment and `.env` say of a target."""
        get = self.environment.get

        def value(what: str) -> str | None:
            named = get(_variable(target, what))
            return named or get(target.environment.get(what, "")) or None

        token = (value("token") or "").strip() or None
        if token and not (token.isascii() and token.isprintable()):
            raise ConfigError(
                f"{_variable(target, 'token')} holds characters that no token has",
                advice="Copy the token once more.",
            )
        return Credentials(token=token, username=value("username"), password=value("password"))


def load(start: Path | None = None, *, environment: Mapping[str, str] | None = None) -> Config:
    """Read the configuration as seen from a folder.

    Args:
        start: Where `publishkit.toml` and `.env` are looked for first; the current folder.
        environment: Instead of the process's own environment.

    Raises:
        ConfigError: With everything that is wrong in the files.
    """
    here = (start or Path.cwd()).resolve()
    targets = dict(plugins.declared_targets())
    for path in (_user_file(), _nearest(here, CONFIG_FILE)):
        if path and path.is_file():
            targets.update(_read(path, targets))
    _refuse_shared_variables(targets)
    return Config(
        {name: _checked(target) for name, target in targets.items()},
        {**_dotenv(here), **(os.environ if environment is None else environment)},
    )


def _refuse_shared_variables(targets: Mapping[str, Target]) -> None:
    """Else one target would get the other's token."""
    owners: dict[str, str] = {}
    for name, target in targets.items():
        other = owners.setdefault(token_variable(target), name)
        if other != name:
            raise ConfigError(
                f"the targets {other} and {name} would share {token_variable(target)}",
                advice=f"Give one of them another name in {CONFIG_FILE}.",
            )


def open_repository(config: Config, target: Target, stop: Event, workers: int) -> Repository:
    """Make the repository of a target; sends nothing.

    Raises:
        ConfigError: The target's settings are wrong, or it names a backend that is not installed.
    """
    backend = plugins.backends()[target.backend]
    connection = Connection(
        target=target, credentials=config.credentials(target), stop=stop, workers=workers
    )
    return backend.open(connection)


def token_variable(target: Target) -> str:
    """The environment variable that holds a target's token."""
    return _variable(target, "token")


def signing_in(config: Config, target: Target, error: AuthenticationError) -> AuthenticationError:
    """The same error, saying which credentials are lacking or not accepted."""
    page = f" (get one at {target.token_page})" if target.token_page else ""
    username, password = (_variable(target, what) for what in ("username", "password"))
    given = config.credentials(target)
    if not given:
        error.message = "there are no credentials for this target"
        ways = f" or {username} and {password}" * plugins.backends()[target.backend].passwords
        error.advice = (
            f"Set {token_variable(target)}{page}{ways}, in the environment or in a .env file."
        )
    elif given.token:
        error.advice = f"Check the token in {token_variable(target)}{page}."
    else:
        error.advice = f"Check {username} and {password}."
    return error


def _variable(target: Target, what: str) -> str:
    if "+" in target.name:
        return f"PUBLISHKIT_{what.upper()}"
    name = "".join(c if c.isalnum() else "_" for c in target.name)
    return f"PUBLISHKIT_{name}_{what}".upper()


def _user_file() -> Path | None:
    import platformdirs

    return platformdirs.user_config_path("publishkit") / CONFIG_FILE


def _nearest(here: Path, name: str) -> Path | None:
    candidates = (folder / name for folder in (here, *here.parents))
    return next((path for path in candidates if path.is_file()), None)


def _dotenv(here: Path) -> dict[str, str]:
    path = _nearest(here, ".env")
    if not path:
        return {}
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}", advice="Save it as UTF-8, or move it away."
        ) from error
    return {key: value for key, value in found.items() if value is not None}


def _read(path: Path, known: Mapping[str, Target]) -> dict[str, Target]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", advice="Correct the file.") from error
    wrong = [f"unknown key {key}" for key in found if key != "targets"]
    tables = found.get("targets", {})
    if not isinstance(tables, dict):
        tables, wrong = {}, [*wrong, "targets must be a table"]
    targets: dict[str, Target] = {}
    for name, table in tables.items():
        try:
            targets[name] = _target(name, table, known.get(name), path)
        except ConfigError as error:
            wrong.append(error.message)
    if wrong:
        raise ConfigError(f"{path}: {'; '.join(wrong)}", advice="Correct the file.")
    return targets


def _target(name: str, table: object, base: Target | None, path: Path) -> Target:
    if not isinstance(table, dict):
        raise ConfigError(f"targets.{name} must be a table")
    wrong = [*_wrong_types(table)]
    if base and "url" in table and table["url"] != base.url:
        # else a file in somebody's folder could send a token to another host
        wrong.append(f"the url of {name} is fixed at {base.url}; give another server its own name")
    if base and not base.sandbox and table.get("sandbox"):
        wrong.append(f"{name} is no sandbox, and cannot be made one")
    missing = [key for key in ("backend", "url") if not base and key not in table]
    wrong += [f"{key} is missing" for key in missing]
    wrong += _wrong_environment(table.get("environment", {}))
    backend = str(table.get("backend", base.backend if base else ""))
    wrong += _wrong_settings(table, backend)
    if wrong:
        raise ConfigError(f"targets.{name}: {', '.join(wrong)}")
    return _merged(name, table, base, path)


def _wrong_environment(table: object) -> list[str]:
    if not isinstance(table, dict):
        return []
    known = ("token", "username", "password")
    wrong = [f"unknown key environment.{key}" for key in table if key not in known]
    return wrong + [f"environment.{k} must be text" for k, v in table.items() if type(v) is not str]


def _merged(name: str, table: Mapping[str, object], base: Target | None, path: Path) -> Target:
    target = base or Target(name=name, backend=str(table["backend"]), url=str(table["url"]))
    settings = {key: value for key, value in table.items() if key not in _KEYS}
    changes = {key: value for key, value in table.items() if key in _KEYS}
    if isinstance(bundle := changes.get("ca_bundle"), str):
        changes["ca_bundle"] = path.parent / Path(bundle).expanduser()
    changes["url"] = str(changes.get("url", target.url)).rstrip("/")
    return replace(target, settings={**target.settings, **settings}, **changes)  # type: ignore[arg-type]


def _wrong_types(table: Mapping[str, object]) -> list[str]:
    expected: dict[str, type] = {"sandbox": bool, "insecure": bool, "environment": dict}
    return [
        f"{key} must be {_TYPE_NAMES[kind]}"
        for key in sorted(_KEYS & table.keys())
        if not isinstance(table[key], kind := expected.get(key, str))
    ]


_TYPE_NAMES: Final[Mapping[type, str]] = {
    bool: "true or false",
    dict: "a table",
    str: "text",
}


def _wrong_settings(table: Mapping[str, object], backend: str) -> list[str]:
    found = plugins.backends().get(backend)
    if not found:
        names = ", ".join(plugins.backends())
        return [f"there is no backend {backend!r} (installed: {names})"] if backend else []
    allowed = _KEYS | found.settings
    return [f"unknown key {key}" for key in table if key not in allowed]


_SCHEMES: Final[Mapping[str, Callable[[Target, str], bool]]] = {
    "https": lambda _target, _host: True,
    "http": lambda target, host: target.insecure or host in LOOPBACK,
    "file": lambda _target, _host: True,
}


def _checked(target: Target) -> Target:
    try:
        parts = urlsplit(target.url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigError(
            f"the url of {target.name} is none: {error}",
            advice="Write it as https://host, or https://host:port.",
        ) from error
    allowed = _SCHEMES.get(parts.scheme)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(
            f"the url of {target.name.partition('+')[0]} holds more than a host and a path",
            advice="Keep user names, passwords, queries and fragments out of it.",
        )
    if not allowed or (parts.scheme != "file" and not host):
        raise ConfigError(
            f"{target.name}: {target.url!r} is not a URL that begins with https://",
            advice="Write it with its scheme, such as https://host.",
        )
    if not allowed(target, host):
        raise ConfigError(
            f"{target.name}: plain http to {host} would show the token to everybody on the way",
            advice="Use https, or say insecure = true in the target's configuration.",
        )
    return replace(
        target,
        sandbox=target.sandbox or host in LOOPBACK,
        database=target.database or target.url,
    )
