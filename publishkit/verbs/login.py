"""Sign in on a target once, so that every later command is; and sign out."""

from __future__ import annotations

import logging
import shlex
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Final

from publishkit import config as configuration
from publishkit import kept
from publishkit.abilities import Token, TokenExchange
from publishkit.credentials import checked_token
from publishkit.errors import AuthenticationError, ConfigError, RepositoryError, UnsupportedError
from publishkit.finding import able
from publishkit.hooks import Credentials
from publishkit.secrets import Secret, remember

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from publishkit.config import Config
    from publishkit.hooks import Target
    from publishkit.repository import Repository, User

__all__ = ["SignedIn", "SignedOut", "login", "logout", "revocable", "target_of"]

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What became of signing in."""

    target: str
    user: User
    kept_in: str
    """Where the token is, for people: the system keyring, or a file."""
    expires: datetime | None = None
    """When it ends, in UTC; None where it never does or that is not known."""
    before: str = ""
    """Other credentials, that go before it: `PUBLISHKIT_ZENODO_TOKEN in the environment`."""


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What became of signing out."""

    target: str
    removed: tuple[str, ...]
    """Where the token was; () where nobody was signed in."""
    revoked: bool = False
    """Whether the archive does not accept it any more either."""
    expires: datetime | None = None
    """When it ends, in UTC; None where it never does or that is not known."""
    page: str = ""
    """Where to revoke it by hand; '' where that is not known."""
    before: str = ""
    """Other credentials, with which one is still signed in."""


def target_of(to: str) -> Target:
    """The target to sign in on.

    Raises:
        ConfigError: There is no such target, or it needs no signing in.
    """
    return _needing(configuration.load().target(to))


def revocable(to: str) -> kept.Kept | None:
    """The token that `login` kept for a target, if a password would revoke it."""
    config = configuration.load()
    own = config.sources.kept_for(config.target(to))
    return own if own and own.id and not own.expired else None


def login(to: str, *, token: str = "", username: str = "", password: str = "") -> SignedIn:
    """Sign in on a target, and keep a token for it.

    The token is checked, then kept in the system's keyring or, where there is none, in a file that
    only its owner can read. A password is exchanged for a token, and not kept. Nothing is kept, and
    what was kept before is not lost, unless the target accepts what was given.

    Args:
        to: The name of a target.
        token: A token, as the target's page gives it; or else
        username: the name of the account, or its e-mail address, and
        password: its password.

    Raises:
        ConfigError: There is no such target, it needs no signing in, or the token cannot be kept.
        UnsupportedError: It gives no token for a password.
        AuthenticationError: It does not accept what was given.
        TemporaryError: It cannot be reached.
    """
    token, password = Secret(token), Secret(password)  # so that no traceback shows them
    remember(token, password)
    config = configuration.load()
    target = _needing(config.target(to))
    given = checked_token(token, "what was given as a token")
    if bool(given) == bool(username and password):
        raise ConfigError(
            "there are both a token and a password" if given else "there is nothing to sign in by",
            advice="Give a token, or a username and a password.",
        )
    if not given:
        return _exchange(config, target, username, password)
    with _refusing(target, "the token"):
        return _keep(config, target, Token(given))


def logout(to: str, *, password: str = "") -> SignedOut:
    """Sign out of a target: take what `login` kept out of the keyring and the file.

    Args:
        to: The name of a target.
        password: Of the account, to revoke the token at the target too where that can be done.

    Raises:
        ConfigError: There is no such target, or the token cannot be taken out.
        AuthenticationError: The password is not accepted; the token is still kept.
        TemporaryError: The target cannot be reached; likewise.
    """
    password = Secret(password)
    remember(password)
    config = configuration.load()
    target = _needing(config.target(to))
    own = config.sources.kept_for(target)
    revoked = bool(own and own.id and password)
    if own and revoked:
        with _refusing(target, "the password", "logout"):
            _exchanging(config, target, own.user, password).revoke_token(own.id)
    removed = tuple(kept.forget(target.url))
    return SignedOut(
        target=target.name,
        removed=removed,
        revoked=revoked,
        expires=own.expires if own else None,
        page=configuration.pages_of(target).revoke,
        before=config.sources.given(target).source,
    )


def _needing(target: Target) -> Target:
    if target.url.startswith("file:"):
        raise UnsupportedError(f"{target.name} needs no signing in", advice="Push to it as it is.")
    return target


def _exchange(config: Config, target: Target, username: str, password: str) -> SignedIn:
    exchanging = _exchanging(config, target, username, password)
    before = config.sources.kept_for(target)
    with _refusing(target, "the user name and the password"):
        issued = exchanging.exchange(f"publishkit on {socket.gethostname()}")
    remember(issued.value)
    try:
        done = _keep(config, target, issued, username)
    except BaseException:  # Ctrl-C too
        _end(exchanging, issued.id)
        raise
    if before:  # else they would add up: an account may have so many
        _end(exchanging, before.id)
    return done


def _exchanging(config: Config, target: Target, username: str, password: str) -> TokenExchange:
    credentials = Credentials(username=username, password=password)
    repository = _opened(config, target, credentials)
    return able(repository, TokenExchange, target, "give a token for a password")


def _end(exchanging: TokenExchange, id_: str) -> None:
    """Revoke a token that is not needed; without it that is no harm."""
    try:
        if id_:
            exchanging.revoke_token(id_)
    except RepositoryError as error:
        _log.info("a token could not be revoked: %s", error)


def _keep(config: Config, target: Target, issued: Token, username: str = "") -> SignedIn:
    user = _opened(config, target, Credentials(token=issued.value)).whoami()
    called = username or user.username or user.name or user.id
    place = kept.keep(target.url, issued.value, user=called, expires=issued.expires, id=issued.id)
    before = config.sources.given(target).source
    return SignedIn(target.name, user, place, issued.expires, before)


def _opened(config: Config, target: Target, credentials: Credentials) -> Repository:
    return configuration.open_repository(config, target, Event(), 1, credentials=credentials)


@contextmanager
def _refusing(target: Target, what: str, verb: str = "login") -> Iterator[None]:
    """Let a refusal say what to check, and what came of it."""
    try:
        yield
    except AuthenticationError as error:
        page = configuration.pages_of(target).make
        where = f" (a token is made at {page})" if page and what == "the token" else ""
        again = f"publishkit {verb} {shlex.quote(target.name)}"
        result = "Nothing was kept." if verb == "login" else "The token is still kept."
        error.advice = f"{result} Check {what}{where}, and run {again} again."
        raise
