"""The user's JSON, held against the models: what is known stays, what an archive added goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel, JsonValue

from publishkit.errors import Problem, Severity
from publishkit.validation.nearest import nearest
from publishkit.validation.reading import join, without_indices
from publishkit.validation.served import is_served

__all__ = ["Cleaner", "known_keys", "unknown_key"]

_NAMED = 12
"""How many keys a notice lists."""


@dataclass(slots=True)
class Cleaner:
    """Copies JSON and notes what it leaves out on the way."""

    problems: list[Problem] = field(default_factory=list)
    served: dict[str, None] = field(default_factory=dict)
    """The paths, without indices, of keys that an archive added, in order."""

    def clean(self, value: JsonValue, kind: object, path: str = "") -> JsonValue:
        """A copy of `value` without nulls, keys that an archive added and unknown keys.

        Args:
            value: Any JSON.
            kind: The type that the value should have; what does not fit it is kept as it is,
                for pydantic to name.
            path: The value's JSON path.
        """
        if not isinstance(value, list | dict):
            return value
        kind = _plain(kind)
        if isinstance(value, list) and get_origin(kind) is tuple:
            inner = get_args(kind)[0]
            return [self.clean(item, inner, f"{path}[{n}]") for n, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self._object(value, kind, path)
        if get_origin(kind) is Mapping and isinstance(_plain(get_args(kind)[1]), type):
            inner = get_args(kind)[1]
            return {key: self.clean(item, inner, join(path, key)) for key, item in value.items()}
        return value

    def _object(
        self, value: Mapping[str, JsonValue], kind: type[BaseModel], path: str
    ) -> dict[str, JsonValue]:
        kept: dict[str, JsonValue] = {}
        known, kinds = known_keys(kind), _kinds(kind)
        for key, item in value.items():
            where = join(path, key)
            if is_served(kind, key, value):
                self.left_out(where)
            elif key not in known:
                self.problems.append(unknown_key(where, key, known))
            elif item is not None:
                kept[key] = self.clean(item, kinds[key], where)
        return kept

    def left_out(self, path: str) -> None:
        """Note that the key at `path` is left out because an archive adds it."""
        self.served[without_indices(path)] = None

    def notice(self) -> list[Problem]:
        """One notice about the keys left out because an archive adds them."""
        if not self.served:
            return []
        keys = list(self.served)
        more = len(keys) - _NAMED
        listed = ", ".join(keys[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        message = f"keys that an archive adds are left out: {listed}"
        return [Problem("", message, severity=Severity.NOTICE)]


@cache
def known_keys(kind: type[BaseModel]) -> frozenset[str]:
    """The keys that JSON of this kind may have."""
    return frozenset(name for name, field in kind.model_fields.items() if not field.exclude)


@cache
def _kinds(kind: type[BaseModel]) -> Mapping[str, object]:
    """The types of the fields of a model."""
    return {name: field.annotation for name, field in kind.model_fields.items()}


_OTHER_WORDS: Final = {
    **dict.fromkeys(("author", "authors"), "creators"),
    **dict.fromkeys(("license", "licence", "licenses"), "rights"),
    **dict.fromkeys(("keyword", "keywords", "tags"), "subjects"),
    **dict.fromkeys(("date", "published"), "publication_date"),
    **dict.fromkeys(("abstract", "summary"), "description"),
    **dict.fromkeys(("type", "upload_type"), "resource_type"),
    "name": "title",
    "doi": "pids",
}
"""What other archives and forms call it."""


def unknown_key(path: str, key: str, known: frozenset[str]) -> Problem:
    """The problem of a key that means nothing, with the one that was probably meant."""
    other = _OTHER_WORDS.get(key.casefold(), "")
    meant = other if other in known else nearest(key, known)
    listed = ", ".join(sorted(known))
    advice = f"did you mean {meant}?" if meant else f"known here: {listed}"
    return Problem(path, "unknown key", advice)


def _plain(kind: Any) -> object:  # noqa: ANN401 - annotations have no type of their own
    """A type without `Annotated` and `| None`."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    options = [option for option in get_args(kind) if option is not type(None)]
    if type(None) in get_args(kind) and len(options) == 1:
        return _plain(options[0])
    return kind
