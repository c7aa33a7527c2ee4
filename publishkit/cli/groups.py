"""Groups of commands that take an archive's id for an argument, whatever it begins with."""

from __future__ import annotations

import re
from collections import deque
from typing import Final

import click

__all__ = ["Group", "looks_like_an_id"]

_ID: Final = re.compile(r"-(?=.*[A-Z0-9_])[A-Za-z0-9_-]{20,}")
"""An id that begins with a dash, as one in 64 of NOMAD's does (2.0.0: 22 or 28 characters of
base64url). No option is so long and has a digit, a capital or an underscore."""


def looks_like_an_id(argument: str) -> bool:
    """Whether an argument that begins with a dash is an id all the same."""
    return _ID.fullmatch(argument) is not None


class Group(click.Group):
    """A group whose commands take such an id for an argument; click takes it for options."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and put what it is called with into an order that click reads."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not isinstance(command, click.Group):
            rest = _sorted(command, rest) if any(map(looks_like_an_id, rest)) else rest
        return name, command, rest


def _sorted(command: click.Command, arguments: list[str]) -> list[str]:
    """The options first, then `--`, after which nothing is an option any more."""
    valued = {
        name
        for option in command.params
        if isinstance(option, click.Option) and not (option.is_flag or option.count)
        for name in option.opts
    }
    options: list[str] = []
    values: list[str] = []
    rest = deque(arguments)
    while rest:
        argument = rest.popleft()
        if argument == "--":
            values.extend(rest)
            break
        if len(argument) == 1 or argument[0] != "-" or looks_like_an_id(argument):
            values.append(argument)
            continue
        options.append(argument)
        if argument in valued and rest:
            options.append(rest.popleft())
    return [*options, "--", *values]
