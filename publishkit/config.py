"""Targets and credentials: what backends declare, the user adds and the environment says.

Later wins: a backend's declaration, `publishkit.toml` in the user's configuration folder,
`publishkit.toml` in this folder or the nearest parent that has one.
"""

from __future__ import annotations

import io
import os
import shlex
import tomllib
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from publishkit import foreign_config, plugins
from publishkit.errors import AuthenticationError, ConfigError
from publishkit.hooks import LOOPBACK, Connection, Credentials, Target
from publishkit.secrets import Secret, remember
from publishkit.smallfiles import read_small

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from threading import Event

    from publishkit.repository import Repository

__all__ = ["CONFIG_FILE", "Config", "load", "open_repository", "token_variable"]

CONFIG_FILE: Final = "publishkit.toml"
_MOST: Final = 1_000_000
"""Bytes of a file of settings."""
_KEYS: Final = frozenset(
    {"backend", "url", "title", "sandbox", "insecure", "database", "token_page", "environment"}
    | {"ca_bundle", "timeout"}
)


@dataclass(frozen=True, slots=True)
class Config:
    """Every configured target, and the environment for credentials."""

    targets: Mapping[str, Target]
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    """Files of other tools by the variables in whose place their tokens stand."""

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
        shown = name if not set(name) & set("@?#") else f"{kind.partition('/')[0]}..."  # no secret
        raise ConfigError(
            f"there is no target {shown}",
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

        token = Secret((value("token") or "").strip()) or None
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
    others = list(foreign_config.signing_in(here, targets))
    targets = {**{one.target.name: one.target for one in others}, **targets}
    _refuse_shared_variables(targets)
    secret = {name for target in targets.values() for name in _secret_variables(target)}
    above = {**_dotenv(here, secret), **(os.environ if environment is None else environment)}
    variables = {**_tokens(others), **above}
    for name in secret & variables.keys():
        remember(variables[name])
        variables[name] = Secret(variables[name])
    files = {token_variable(one.target): one.path for one in others}
    return Config(
        {name: _checked(target) for name, target in targets.items()},
        variables,
        {name: path for name, path in files.items() if name not in above},
    )


def _secret_variables(target: Target) -> list[str]:
    """The variables that hold a target's token and password, and those of targets without name."""
    names = [_variable(target, what) for what in ("token", "password")]
    own = [target.environment[what] for what in ("token", "password") if what in target.environment]
    return [*names, *own, "PUBLISHKIT_TOKEN", "PUBLISHKIT_PASSWORD"]


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
    _check_trust(target)
    connection = Connection(
        target=target, credentials=config.credentials(target), stop=stop, workers=workers
    )
    return backend.open(connection)


def _check_trust(target: Target) -> None:
    """Make sure that the certificates to trust are there: nothing is sent on less.

    Raises:
        ConfigError: The file is missing, or no such file; says who names it.
    """
    parts = urlsplit(target.url)
    named: dict[str, str | Path | None] = {f"ca_bundle of {target.name}": target.ca_bundle}
    if not target.ca_bundle and parts.hostname not in LOOPBACK:  # as requests looks for them
        named = {name: os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
    for who, path in named.items():
        if parts.scheme == "https" and path and not Path(path).is_dir():
            _refuse_no_bundle(who, path)


def _refuse_no_bundle(who: str, path: str | Path) -> None:
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:  # of which ssl's own is one
        missing = isinstance(error, FileNotFoundError | PermissionError)
        why = error.strerror if missing else "it holds no certificates in PEM format"
        raise ConfigError(
            f"{path}, the {who}, cannot be used: {why}",
            advice="Name a file with the certificates of the authorities to trust.",
        ) from error


def token_variable(target: Target) -> str:
    """The environment variable that holds a target's token."""
    return _variable(target, "token")


def signing_in(config: Config, target: Target, error: AuthenticationError) -> None:
    """Let an error say which credentials are lacking or not accepted."""
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
        named = token_variable(target)
        error.advice = f"Check the token in {config.files.get(named, named)}{page}."
    else:
        error.advice = f"Check {username} and {password}."


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


def _dotenv(here: Path, secret: Collection[str]) -> dict[str, str]:
    path = _nearest(here, ".env")
    found = _parsed(path) if path else {}
    if path and any(value and name in secret for name, value in found.items()):
        _refuse_lax(path)
    return found


def _tokens(others: Iterable[foreign_config.Known]) -> dict[str, str]:
    """The tokens that other tools' files give, by the variables in whose place they stand."""
    given = [one for one in others if one.token]
    for one in given:
        _refuse_lax(one.path)
    return {token_variable(one.target): one.token for one in given}


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


def _refuse_lax(path: Path) -> None:
    """Refuse a file with credentials that others than its owner may use."""
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise ConfigError(
            f"{path} holds credentials, and others than you may read or change it",
            advice=f"Run chmod 600 {shlex.quote(str(path))} (where the file system knows no such "
            "rights, set the variables in the environment instead).",
        )


def _read(path: Path, known: Mapping[str, Target]) -> dict[str, Target]:
    try:
        found = tomllib.loads(read_small(path, _MOST).decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        why = getattr(error, "strerror", "") or str(error)
        raise ConfigError(f"{path} cannot be read: {why}", advice="Correct the file.") from error
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
    wrong_time = not _is_time(table.get("timeout", 1))
    return ["timeout must be a number of seconds"] * wrong_time + [
        f"{key} must be {_TYPE_NAMES[kind]}"
        for key in sorted(_KEYS & table.keys() - {"timeout"})
        if not isinstance(table[key], kind := expected.get(key, str))
    ]


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < inf


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


def _without_url(target: Target) -> str:
    """A target's name; of one without a name only the backend's, since a URL may hold a secret."""
    return target.name.partition("+")[0]


def _checked(target: Target) -> Target:
    try:
        parts = urlsplit(target.url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigError(
            f"the url of {_without_url(target)} is none",
            advice="Write it as https://host, or https://host:port.",
        ) from (None if "@" in target.url else error)  # it may quote a password
    allowed = _SCHEMES.get(parts.scheme)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(
            f"the url of {_without_url(target)} holds more than a host and a path",
            advice="Keep user names, passwords, queries and fragments out of it.",
        )
    if not allowed or (parts.scheme != "file" and not host):
        raise ConfigError(
            f"the url of {_without_url(target)} does not begin with https:// and a host",
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
