"""Targets and credentials: what backends declare, the user adds and the environment says.

Later wins: a backend's declaration, `publishkit.toml` in the user's configuration folder,
`publishkit.toml` in this folder or the nearest parent that has one.
"""

from __future__ import annotations

import os
import shlex
import tomllib
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from publishkit import foreign_config, kept, plugins
from publishkit.credentials import Sources, dotenv, secret_variables, variable
from publishkit.errors import AuthenticationError, ConfigError
from publishkit.hooks import LOOPBACK, Connection, Credentials, Target, TokenPages
from publishkit.private import refuse_lax
from publishkit.secrets import Secret, remember
from publishkit.smallfiles import read_small

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from threading import Event

    from publishkit.repository import Repository

__all__ = ["CONFIG_FILE", "Config", "load", "open_repository", "pages_of", "signing_in"]

CONFIG_FILE: Final = "publishkit.toml"
_MOST: Final = 1_000_000
"""Bytes of a file of settings."""
_KEYS: Final = frozenset(
    {"backend", "url", "title", "sandbox", "insecure", "database", "token_page", "environment"}
    | {"ca_bundle", "timeout"}
)


@dataclass(frozen=True, slots=True)
class Config:
    """Every configured target, and where credentials come from."""

    targets: Mapping[str, Target]
    sources: Sources = field(repr=False, default_factory=Sources)
    template: Path | None = None
    """What new records begin with."""

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
            advice=f"{self._meant(name)}Choose one of {', '.join(sorted(self.targets))}, add it to "
            f"{CONFIG_FILE}, or name one ad hoc: BACKEND+https://host, with "
            f"{' or '.join(plugins.backends())}.",
        )

    def _meant(self, name: str) -> str:
        """A question after the target that somebody probably meant, or ''."""
        import difflib  # seldom needed

        same = [t.name for t in self.targets.values() if t.url and name.startswith(t.url)]
        close = same or difflib.get_close_matches(name, self.targets, n=1, cutoff=0.7)
        return f"Did you mean {close[0]}? " if close else ""

    def urls_of(self, target: Target) -> frozenset[str]:
        """The URLs of all targets that hold the same deposits as this one."""
        others = (t.url for t in self.targets.values() if t.database == target.database)
        return frozenset({target.url, *others})

    def credentials(self, target: Target) -> Credentials:
        """What to sign in with on a target; may open the keyring. See `Sources.credentials`."""
        return self.sources.credentials(target)

    def has_credentials(self, target: Target) -> bool:
        """Whether there are credentials for a target; opens no keyring."""
        return bool(self.sources.given(target) or self.sources.kept_for(target))

    def unsigned(self) -> Config:
        """The same targets without credentials: for what is done offline."""
        return Config(self.targets)


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
    template: Path | None = None
    for path in (_user_file(), _nearest(here, CONFIG_FILE)):
        if path and path.is_file():
            found = _read(path)
            targets.update(_targets(found, targets, path))
            template = _template(found, path) or template
    others = list(foreign_config.signing_in(here, targets))
    targets = {**{one.target.name: one.target for one in others}, **targets}
    _refuse_shared_variables(targets)
    checked = {name: _checked(target) for name, target in targets.items()}
    return Config(checked, _sources(here, targets.values(), others, environment), template)


def _sources(
    here: Path,
    targets: Collection[Target],
    others: Iterable[foreign_config.Known],
    environment: Mapping[str, str] | None,
) -> Sources:
    secret = {name for target in targets for name in secret_variables(target)}
    path = _nearest(here, ".env")
    from_file = dotenv(path, secret)
    given = _with_secrets(os.environ if environment is None else environment, secret)
    return Sources(
        given,
        _with_secrets(from_file, secret),
        path,
        {variable(one.target, "token"): one for one in _private(others)},
        kept.all_kept(),
    )


def _private(others: Iterable[foreign_config.Known]) -> Iterator[foreign_config.Known]:
    """Those of other tools' files that give a token, which nobody else may read."""
    for one in others:
        if one.token:
            refuse_lax(one.path, otherwise="set the token's variable in the environment instead")
            remember(one.token)
            yield one


def _with_secrets(variables: Mapping[str, str], secret: Collection[str]) -> dict[str, str]:
    """The same variables; those that are secret do not show from now on."""
    remember(*(variables[name] for name in secret if name in variables))
    return {name: Secret(v) if name in secret else v for name, v in variables.items()}


def _refuse_shared_variables(targets: Mapping[str, Target]) -> None:
    """Else one target would get the other's token."""
    owners: dict[str, str] = {}
    for name, target in targets.items():
        shared = variable(target, "token")
        other = owners.setdefault(shared, name)
        if other != name:
            raise ConfigError(
                f"the targets {other} and {name} would share {shared}",
                advice=f"Give one of them another name in {CONFIG_FILE}.",
            )


def open_repository(
    config: Config,
    target: Target,
    stop: Event,
    workers: int,
    *,
    credentials: Credentials | None = None,
) -> Repository:
    """Make the repository of a target; sends nothing.

    Args:
        config: Where the credentials come from.
        target: The target.
        stop: Set when the user stops the run.
        workers: How many requests may be under way at once.
        credentials: Instead of those of the configuration.

    Raises:
        ConfigError: The target's settings are wrong, it names a backend that is not installed, or
            the keyring does not give the token.
    """
    backend = plugins.backends()[target.backend]
    _check_trust(target)
    given = config.credentials(target) if credentials is None else credentials
    return backend.open(Connection(target=target, credentials=given, stop=stop, workers=workers))


def _check_trust(target: Target) -> None:
    """Make sure that the certificates to trust are there: nothing is sent on less.

    Raises:
        ConfigError: The file is missing, or no such file; says who names it.
    """
    parts = urlsplit(target.url)
    named: dict[str, str | Path | None] = {f"ca_bundle of {target.name}": target.ca_bundle}
    if not target.ca_bundle and parts.hostname not in LOOPBACK:  # as requests looks for them
        name = next(filter(os.environ.get, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")), "")
        named = {name: os.environ.get(name)}
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


def pages_of(target: Target) -> TokenPages:
    """The pages of a target's archive that are about tokens."""
    backend = plugins.backends()[target.backend]
    found = backend.pages(target) if backend.pages else TokenPages()
    return replace(found, make=target.token_page or found.make)


def signing_in(config: Config, target: Target, error: AuthenticationError) -> None:
    """Let an error say which credentials are lacking or not accepted, and what to do."""
    given, own = config.sources.given(target), config.sources.kept_for(target)
    login = f"publishkit login {shlex.quote(target.name)}"
    if given:
        page = pages_of(target).make
        hint = f" (get a token at {page})" if given.token and page else ""
        user = "" if given.token else "the user name, and "
        error.advice = f"Check {user}{given.source}{hint}."
    elif own:
        ended = f"ended on {own.expires:%Y-%m-%d}" if own.expires and own.expired else ""
        error.advice = f"The token that login kept {ended or 'may have been revoked'}. Run {login}."
    else:
        both = [variable(target, what) for what in ("username", "password")]
        ways = f", or {' and '.join(both)}" * plugins.backends()[target.backend].passwords
        error.message = "there are no credentials for this target"
        error.answer = ""  # which explains what was sent, and nothing was
        error.advice = f"Run {login}, or, as in CI, set {variable(target, 'token')}{ways}."


def _user_file() -> Path | None:
    import platformdirs

    return platformdirs.user_config_path("publishkit") / CONFIG_FILE


def _nearest(here: Path, name: str) -> Path | None:
    candidates = (folder / name for folder in (here, *here.parents))
    return next((path for path in candidates if path.is_file()), None)


def _read(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(read_small(path, _MOST).decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        why = getattr(error, "strerror", "") or str(error)
        raise ConfigError(f"{path} cannot be read: {why}", advice="Correct the file.") from error


def _template(found: Mapping[str, object], path: Path) -> Path | None:
    """The template that a file names, as seen from the file."""
    named = found.get("template")
    return path.parent / Path(named).expanduser() if isinstance(named, str) else None


def _targets(
    found: Mapping[str, object], known: Mapping[str, Target], path: Path
) -> dict[str, Target]:
    wrong = [f"unknown key {key}" for key in found if key not in {"targets", "template"}]
    if not isinstance(found.get("template", ""), str):
        wrong.append("template must be text")
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
