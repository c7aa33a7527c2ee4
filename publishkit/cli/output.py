"""What the library gives, as JSON for machines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publishkit.errors import PublishkitError

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["print_json", "to_json"]


def print_json(found: object) -> None:
    """Print one object on one line."""
    click.echo(json.dumps(to_json(found), ensure_ascii=True))


def to_json(found: object) -> JsonValue:
    """An object of the library as JSON: its fields by their names, times in UTC."""
    if found is None or isinstance(found, bool | int | float) or type(found) is str:
        return found
    if isinstance(found, datetime):
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(found, date):
        return found.isoformat()
    if isinstance(found, Enum):
        return to_json(found.value)
    if isinstance(found, PublishkitError):
        return {"kind": type(found).__name__, "message": found.message, "advice": found.advice}
    if isinstance(found, Path):
        return str(found)
    if isinstance(found, Mapping):
        return {str(key): to_json(value) for key, value in found.items()}
    if is_dataclass(found) and not isinstance(found, type):
        shown = (field.name for field in fields(found) if not callable(getattr(found, field.name)))
        return {name: to_json(getattr(found, name)) for name in shown}
    if isinstance(found, tuple | list | set | frozenset):
        return [to_json(item) for item in found]
    return str(found)
