"""Dotted names of what is nested: `layers[0].name`, and `layers[*].name` for all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import JsonValue

__all__ = ["EACH", "ClashError", "Place", "find", "found_under", "parts_of", "put"]

EACH: Final = -1
"""Stands for every item of a list."""
_MOST: Final = 1000
_PART: Final = re.compile(r"([^.\[\]]+)((?:\[(?:\d+|\*)\])*)")

Part = str | int


class ClashError(ValueError):
    """A value does not fit where it is to go."""


def parts_of(path: str) -> tuple[Part, ...]:
    """The names and numbers in a path. Raises ValueError with what is wrong with it."""
    parts: list[Part] = []
    for one in path.split("."):
        found = _PART.fullmatch(one.strip())
        if not found:
            raise ValueError(f'"{path}" is not like layers[0].name')
        parts.append(found[1].strip())
        parts += [EACH if n == "*" else int(n) for n in re.findall(r"\[(\d+|\*)\]", found[2])]
    if any(isinstance(part, int) and part >= _MOST for part in parts):
        raise ValueError(f'"{path}" has a number of {_MOST} or more')
    return tuple(parts)


def find(value: JsonValue, path: str) -> JsonValue:
    """What stands at a path; None where there is nothing. A field with dots in its name is found.

    With `[*]` it is a list, with None for items that lack it.
    """
    if isinstance(value, dict) and path in value:
        return value[path]
    try:
        return _found(value, parts_of(path))
    except ValueError:
        return None


def _found(value: JsonValue, parts: Sequence[Part]) -> JsonValue:
    for number, part in enumerate(parts):
        if isinstance(part, str):
            index = int(part) if part.isdecimal() and isinstance(value, list) else part
        else:
            index = part
        if index == EACH:
            rest = parts[number + 1 :]
            return [_found(one, rest) for one in value] if isinstance(value, list) else None
        if isinstance(value, dict) and isinstance(index, str):
            value = value.get(index)
        elif isinstance(value, list) and isinstance(index, int) and index < len(value):
            value = value[index]
        else:
            return None
    return value


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value goes."""

    path: str
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, path: str) -> Place:
        """The place of a path. Raises ValueError with what is wrong with it."""
        parts = parts_of(path)
        if parts.count(EACH) > 1:
            raise ValueError(f'"{path}" has more than one [*]')
        return cls(path, parts)

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers in it: items of lists are made in their order, after all that has none."""
        return tuple(part for part in self.parts if isinstance(part, int))

    @property
    def plain(self) -> str:
        """The path without numbers: that of the field in its definition."""
        return ".".join(part for part in self.parts if isinstance(part, str))


def put(target: dict[str, JsonValue], place: Place, value: JsonValue) -> None:
    """Put a value where it goes.

    Raises:
        ClashError: Something else is there, or an item before it is not.
    """
    if EACH not in place.parts:
        _put(target, place.parts, value)
        return
    if not isinstance(value, list):
        raise ClashError(f"{place.path} takes a list, and there is one value")
    at = place.parts.index(EACH)
    for number, one in enumerate(value):
        _put(target, (*place.parts[:at], number, *place.parts[at + 1 :]), one)


def _put(target: dict[str, JsonValue], parts: Sequence[Part], value: JsonValue) -> None:
    here: JsonValue = target
    for part, following in zip(parts, (*parts[1:], None), strict=True):
        fresh: JsonValue = value
        if following is not None:
            fresh = {} if isinstance(following, str) else []
        here = _within(here, part, fresh, last=following is None)


def _within(here: JsonValue, part: Part, fresh: JsonValue, *, last: bool) -> JsonValue:
    if isinstance(here, dict) and isinstance(part, str):
        if last and part in here:
            raise ClashError(f"{part} has a value already")
        return here.setdefault(part, fresh)
    if isinstance(here, list) and isinstance(part, int):
        if part > len(here):
            raise ClashError(f"there is no item {part - 1} before item {part}")
        if part == len(here):
            here.append(fresh)
        elif last:
            raise ClashError(f"item {part} has a value already")
        return here[part]
    raise ClashError(f"{part} is to go into what is a value already")


def found_under(fields: Mapping[str, JsonValue], taken: Iterable[str]) -> list[str]:
    """The dotted names of all that fields hold and no path takes."""
    known = {re.sub(r"\[(\d+|\*)\]", "", path) for path in taken}
    return [name for name in _names(fields, "") if not _is_taken(name, known)]


def _is_taken(name: str, known: set[str]) -> bool:
    steps = name.split(".")
    return any(".".join(steps[: n + 1]) in known for n in range(len(steps)))


def _names(value: Mapping[str, JsonValue], prefix: str) -> list[str]:
    names: dict[str, None] = {}
    for key, one in value.items():
        path = f"{prefix}{key}"
        items = [x for x in one if isinstance(x, dict)] if isinstance(one, list) else []
        inner = [one] if isinstance(one, dict) else items
        for each in inner:
            names |= dict.fromkeys(_names(each, f"{path}."))
        if not inner:
            names[path] = None
    return list(names)
