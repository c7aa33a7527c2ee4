"""The metadata that a repository gives of a deposit, beside what lies in a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from publishkit import folder as folders
from publishkit.validation import parse
from publishkit.validation.reading import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel, JsonValue

    from publishkit.repository import Digests

__all__ = ["as_text", "is_same", "with_blocks"]


def as_text(value: Mapping[str, JsonValue]) -> str:
    """JSON as a file has it; in ASCII where it holds what UTF-8 cannot."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(value, indent=2) + "\n"
    return text


def with_blocks(
    given: Mapping[str, JsonValue],
    old: bytes | None,
    blocks: Mapping[str, type[BaseModel]],
    own: str,
) -> dict[str, JsonValue]:
    """The metadata with what only the folder's own file can know: other backends' blocks.

    Its `$schema` stays too.

    Args:
        given: As the repository gives it.
        old: The folder's own file, if there is one.
        blocks: The models of the backends' blocks by name.
        own: The backend of the repository.
    """
    value, _ = read_json(old) if old else (None, [])
    known = value if isinstance(value, dict) else {}
    others = {
        name: block
        for name, block in known.items()
        if name in blocks and name != own and name not in given
    }
    first = {"$schema": known["$schema"]} if "$schema" in known else {}
    return {**first, **given, **others}


def is_same(old: bytes, text: str, blocks: Mapping[str, type[BaseModel]]) -> bool:
    """Whether two metadata files say the same, however it is written."""
    return old == text.encode() or _meaning(old, blocks) == _meaning(text.encode(), blocks) != ""


def _meaning(data: bytes, blocks: Mapping[str, type[BaseModel]]) -> str:
    """A fingerprint of the metadata; '' where it is not valid."""
    found = parse(data, blocks=blocks)
    if not found.ok or found.record is None:
        return ""
    derived = found.record.files.model_copy(update={"enabled": True})
    no_files: dict[str, Digests] = {}
    return folders.fingerprint(found.record.model_copy(update={"files": derived}), no_files)
