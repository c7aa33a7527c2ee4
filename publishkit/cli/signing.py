"""The commands about oneself: login, logout, whoami."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from publishkit.cli import logs, options, report
from publishkit.cli.confirming import may_ask
from publishkit.cli.output import print_json
from publishkit.cli.text import clean

if TYPE_CHECKING:
    from datetime import datetime

    from publishkit.hooks import Target
    from publishkit.verbs.login import SignedOut

__all__ = ["login", "logout", "whoami"]


_LONGEST: Final = 65_536
"""Bytes of a line with a token."""


@click.command()
@options.target
@click.option("--with-token", is_flag=True, help="Read a token from standard input.")
@options.non_interactive
@options.loudness
def login(*, to: str, with_token: bool, quiet: bool, verbose: int) -> None:
    """Sign in on TARGET, and keep a token for the commands to come.

    Asks for a token, or for the user name and password of a NOMAD account, which are exchanged for
    a token and not kept. The token is checked, and kept in the system's keyring or in a file that
    only you can read.
    """
    from publishkit.verbs.login import login as sign_in
    from publishkit.verbs.login import target_of

    logs.configure(verbose)
    target = target_of(to)
    if with_token:
        given = {"token": _piped()}
    else:
        _refuse_no_terminal(target)
        given = _asked(target)
    done = sign_in(to, **given)
    if quiet:
        return
    report.show_account(to, done.user, verb="signed in")
    end = f", valid until {_day(done.expires)}" if done.expires else ""
    click.echo(f"The token is kept in {clean(done.kept_in)}{end}.")
    _warn(done.before)


def _piped() -> str:
    piped = sys.stdin is not None and not sys.stdin.isatty()
    line = sys.stdin.buffer.readline(_LONGEST) if piped else b""
    token = line.decode("utf-8-sig", errors="replace").strip()
    if not token:
        raise click.UsageError(
            "there is no token on standard input: publishkit login TARGET --with-token < FILE"
        )
    return token


def _refuse_no_terminal(target: Target) -> None:
    from publishkit.credentials import variable

    if not may_ask():
        raise click.UsageError(
            "Nobody can be asked here: give a token on standard input (--with-token), or do "
            f"without login and set {variable(target, 'token')}."
        )


def _asked(target: Target) -> dict[str, str]:
    """What a person answers: a token, or a user name and password where those will do."""
    from publishkit.config import pages_of
    from publishkit.plugins import backends

    page = pages_of(target).make
    click.echo(f"Signing in on {target.title or target.name} ({target.url}).", err=True)
    if backends()[target.backend].passwords:
        instead = f" Instead of it: a token from {page}, by --with-token." if page else ""
        click.echo(f"The password is exchanged for a token, and not kept.{instead}", err=True)
        username = _prompt("User name or e-mail address")
        return {"username": username, "password": _prompt("Password", hidden=True)}
    ticked = f" (tick {target.token_scopes})" if target.token_scopes else ""
    if page:
        click.echo(f"Make a token at {page}{ticked} and paste it here.", err=True)
    return {"token": _prompt("Token", hidden=True)}


def _prompt(what: str, *, hidden: bool = False) -> str:
    """Ask until there is an answer; a hidden one does not show while it is typed."""
    answer = ""
    while not answer:
        shown = f"{what} (does not show)" if hidden else what
        answer = click.prompt(shown, hide_input=hidden, err=True)
        answer = answer if what == "Password" else answer.strip()
    return answer


@click.command()
@options.target
@options.non_interactive
@options.loudness
def logout(*, to: str, quiet: bool, verbose: int) -> None:
    """Sign out of TARGET: take its token out of the keyring and the file.

    Where the archive can revoke the token and wants the password for it, that is asked for.
    """
    from publishkit.verbs.login import logout as sign_out

    logs.configure(verbose)
    done = sign_out(to, password=_password_to_revoke(to) if may_ask() and not quiet else "")
    if quiet:
        return
    if not done.removed:
        click.echo(f"You are not signed in on {to}.")
    else:
        click.echo(f"Signed out of {to}: the token is gone from {clean(', '.join(done.removed))}.")
        click.echo(_of_token(done))
    _warn(done.before)


def _password_to_revoke(to: str) -> str:
    from publishkit.verbs.login import revocable

    own = revocable(to)
    if own is None:
        return ""
    end = f" until {_day(own.expires)}" if own.expires else ""
    click.echo(f"The token is valid{end}; to revoke it {to} wants the password.", err=True)
    what = f"Password of {clean(own.user)} (does not show; empty: do not revoke it)"
    return str(click.prompt(what, hide_input=True, default="", show_default=False, err=True))


def _of_token(done: SignedOut) -> str:
    """What became of the token at the archive."""
    if done.revoked:
        return "It is revoked."
    if done.page:
        return f"It stays valid until you delete it at {done.page}"
    return f"It stays valid until {_day(done.expires)}." if done.expires else "It stays valid."


def _warn(before: str) -> None:
    if before:
        click.echo(f"Note: {clean(before)} goes before what login keeps.", err=True)


@click.command()
@options.target
@options.as_json
@options.loudness
def whoami(*, to: str, as_json: bool, quiet: bool, verbose: int) -> None:
    """Ask TARGET who is signed in, and say where the credentials come from."""
    from publishkit.verbs.targets import identity

    logs.configure(verbose)
    found = identity(to)
    if as_json:
        from dataclasses import asdict

        more = {"credentials": found.source, "expires": found.expires}
        print_json({**asdict(found.user), **more})
    elif not quiet:
        report.show_account(to, found.user)
        if found.source:
            end = f", until {_day(found.expires)}" if found.expires else ""
            click.echo(f"signed in by {clean(found.source)}{end}")


def _day(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d}" if time else ""
