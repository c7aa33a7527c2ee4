"""What the library gives, as JSON for machines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from publishkit.errors import PublishkitError

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["as_data", "plain", "print_json"]


def print_json(found: object) -> None:
    """Print an object of the library on one line: its fields by their names, times in UTC."""
    click.echo(json.dumps(found, default=plain))


def as_data(found: object) -> JsonValue:
    """An object of the library as JSON."""
    data: JsonValue = json.loads(json.dumps(found, default=plain))
    return data


def plain(found: object) -> object:
    """A value in what JSON has."""
    if isinstance(found, datetime):
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(found, PublishkitError):
        return {"kind": type(found).__name__, "message": found.message, "advice": found.advice}
    if isinstance(found, Mapping):
        return dict(found)
    if is_dataclass(found) and not isinstance(found, type):
        values = ((field.name, getattr(found, field.name)) for field in fields(found))
        return {name: value for name, value in values if not callable(value)}
    if isinstance(found, set | frozenset):
        return sorted(found)
    return str(found)
