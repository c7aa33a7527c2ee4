"""One object of the links file: a folder on a target, and its deposit there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from pydantic import JsonValue, TypeAdapter

from publishkit.errors import ConfigError

__all__ = ["FIELDS", "FORMAT", "Row"]

FORMAT: Final = 1
"""Of the links file; a higher one is refused."""

_TEXTS: Final = (
    "url", "doi", "title", "updated", "marker", "previous", "next", "sent", "revision", "contents",
    "group",
)  # fmt: skip
_INNER: Final = (*_TEXTS, "linked", "linked_before", "collections", "shares", "extra")
_TOP: Final = frozenset({"folder", "target", "id", "state", "publishkit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One object of the links file: a folder on a target."""

    folder: str
    """Relative to the links file, with `/` on every system."""
    target: str
    id: str = ""
    state: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    doi: str = ""
    title: str = ""
    updated: str = ""
    marker: str = ""
    """The name under which a deposit is, or was to be, created."""
    previous: str = ""
    """The id of the published deposit that this one is a new version of, until it is published."""
    next: str = ""
    """The marker of a new version that is being made, until its id is known."""
    sent: str = ""
    """The fingerprint of what the deposit holds; empty while it is being changed."""
    revision: str = ""
    contents: str = ""
    group: str = ""
    """The name of the group whose deposit this record shares."""
    linked: Mapping[str, str] = field(default_factory=dict)
    """What the deposit names beyond what the record says: identifiers and their relations."""
    linked_before: Mapping[str, str] = field(default_factory=dict)
    """What `previous` names."""
    collections: tuple[str, ...] = ()
    """The ids of collections that the deposit was put into, beyond what the record says."""
    shares: tuple[Mapping[str, JsonValue], ...] = ()
    """The secret links that were made: id, permission, expires, and the URL if that was wanted."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)
    others: Mapping[str, JsonValue] = field(default_factory=dict)
    """Keys at the top level that are not ours, kept as they are."""
    inner_others: Mapping[str, JsonValue] = field(default_factory=dict)
    """The same below `publishkit`."""

    def to_json(self) -> dict[str, JsonValue]:
        """The object as it stands in the file."""
        inner: dict[str, JsonValue] = {"format": FORMAT}
        for name in _INNER:
            value = getattr(self, name)
            if value:
                inner[name] = _plain(value)
        # a server's name for a link must not take the place of what the row is about
        links = {name: link for name, link in self.links.items() if name not in _TOP}
        if links:
            inner["links"] = list(links)  # which of the keys above are the server's
        return {
            "folder": self.folder,
            "target": self.target,
            "id": self.id,
            "state": self.state,
            **self.others,
            **links,
            "publishkit": {**inner, **self.inner_others},
        }

    @classmethod
    def from_json(cls, found: Mapping[str, JsonValue]) -> Row | None:
        """Read an object of the file; None when it names no folder and target.

        Raises:
            ConfigError: It was written by a later version of publishkit.
        """
        folder, target, inner = (found.get(key) for key in ("folder", "target", "publishkit"))
        if not (isinstance(folder, str) and isinstance(target, str)):
            return None
        ours = dict(inner) if isinstance(inner, dict) else {}
        version = ours.pop("format", FORMAT)
        if not isinstance(version, int):
            raise ConfigError(f"the format of {folder} on {target} is no number")
        if version > FORMAT:
            raise ConfigError(
                f"its format {version} is newer than this publishkit understands ({FORMAT})",
                advice="Upgrade publishkit: pip install --upgrade publishkit",
            )
        rest = {k: v for k, v in found.items() if k not in _TOP}
        named = ours.pop("links", None)
        names = named if isinstance(named, list) else []
        links = {k: v for k, v in rest.items() if isinstance(v, str) and k in names}
        return cls(
            folder=folder,
            target=target,
            id=_text(found.get("id")),
            state=_text(found.get("state")),
            links=links,
            others={k: v for k, v in rest.items() if k not in links},
            extra=_object(ours.get("extra")),
            linked=_names(ours.get("linked")),
            linked_before=_names(ours.get("linked_before")),
            collections=_texts(ours.get("collections")),
            shares=_objects(ours.get("shares")),
            inner_others={k: v for k, v in ours.items() if k not in _INNER},
            **{name: _text(ours.get(name)) for name in _TEXTS},
        )

    def changed(self, changes: Mapping[str, object]) -> Row:
        """The row after a change, as a line of the journal has it; unknown fields count nothing.

        Raises:
            ValidationError: A field is not what it must be.
        """
        known = {name: value for name, value in changes.items() if name in FIELDS}
        now = {name: getattr(self, name) for name in FIELDS}
        return _ROW.validate_python({**now, **known})


FIELDS: Final = frozenset(f.name for f in fields(Row))
_ROW: Final = TypeAdapter(Row)


def _plain(value: object) -> JsonValue:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [dict(item) if isinstance(item, Mapping) else str(item) for item in value]
    return str(value)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _names(value: JsonValue) -> dict[str, str]:
    return {name: text for name, text in _object(value).items() if isinstance(text, str)}


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _objects(value: JsonValue) -> tuple[dict[str, JsonValue], ...]:
    return tuple(map(_object, value)) if isinstance(value, list) else ()
