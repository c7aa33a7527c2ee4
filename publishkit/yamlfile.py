"""Bytes become plain data as YAML says, and nothing more: no objects, no guesses, no bombs.

Scalars stay the text that was written: of `2308.08460` a number would lose the zero, and `no` is a
word. Where types matter they are those of JSON and no more: `5`, `true` and `null` without quotes.
What aliases stand for is counted where they stand, so that a short file cannot be endless.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from publishkit.errors import Problem

if TYPE_CHECKING:
    from pydantic import JsonValue
    from yaml.nodes import MappingNode, Node, ScalarNode

__all__ = ["MAX_BYTES", "read_yaml"]

MAX_BYTES: Final = 1_000_000
"""A file of settings or metadata that is larger is a mistake."""
_MAX_DEPTH: Final = 50
_MAX_VALUES: Final = 100_000
"""With what aliases stand for."""
_NULL: Final = "tag:yaml.org,2002:null"
_MERGE: Final = "tag:yaml.org,2002:merge"
_WORDS: Final = {"null": None, "true": True, "false": False}
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,30})(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
"""As JSON writes numbers: `012`, `1:30` and `1_000` are text."""
_PLAIN: Final = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("bool", "float", "int", "map", "merge", "null", "seq", "str", "timestamp", "value")
)


def read_yaml(data: bytes, *, typed: bool = False) -> tuple[JsonValue, list[Problem]]:
    """Parse a YAML document.

    Args:
        data: UTF-8, with or without a byte order mark.
        typed: Whether numbers, `true`, `false` and `null` are what JSON makes of them; in quotes
            they are text.

    Returns:
        The value, None if there is none, and every problem; none of them quotes the file, which
        may hold a secret.
    """
    if len(data) > MAX_BYTES:
        return None, [_problem(f"the file has {len(data):,} bytes, more than {MAX_BYTES:,}", "")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [_problem(f"not UTF-8 at line {line}", "save the file as UTF-8")]
    return _composed(text, typed=typed)


def _composed(text: str, *, typed: bool) -> tuple[JsonValue, list[Problem]]:
    import yaml  # seldom needed

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        reader = _Reader(typed)
        value = reader.value(root, "", 0) if root else None
    except yaml.MarkedYAMLError as error:
        return None, [_malformed(error)]
    except yaml.YAMLError:  # of the reader, whose text quotes what is there
        return None, [_problem("a character in it is none that YAML allows", "take it out")]
    except (RecursionError, _TooMuch):
        return None, [_problem("nested too deep, or too much in it", "write it out, simpler")]
    if root is None:
        return None, [_problem("the file is empty", "fill it in, or take it away")]
    return value, reader.problems


def _problem(message: str, advice: str) -> Problem:
    return Problem("", message, advice)


def _malformed(error: Exception) -> Problem:
    """Says where, in the parser's words; those name characters and tokens, no text of the file."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    what = str(getattr(error, "problem", "") or "")
    said = f": {what}" if what and "alias" not in what and "anchor" not in what else ""
    return _problem(
        f"not valid YAML{where}{said}",
        "correct it there, or a little before; text with : or # in it wants quotes",
    )


class _TooMuch(Exception):  # noqa: N818 - never leaves this module
    """The document is a bomb."""


@dataclass(slots=True)
class _Reader:
    """Goes through a document once."""

    typed: bool
    left: int = _MAX_VALUES
    problems: list[Problem] = field(default_factory=list)

    def value(self, node: Node, path: str, depth: int) -> JsonValue:
        """What a node stands for."""
        from yaml.nodes import MappingNode, ScalarNode, SequenceNode

        self.left -= 1
        if self.left < 0 or depth > _MAX_DEPTH:
            raise _TooMuch
        if node.tag not in _PLAIN:
            self._error(path, f"YAML's tag {node.tag.rpartition(':')[2]} is not understood here")
            return None
        if isinstance(node, SequenceNode):
            inner = enumerate(node.value)
            return [self.value(one, f"{path}[{number}]", depth + 1) for number, one in inner]
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if self.typed and isinstance(node, ScalarNode):
            return self._typed(node, path)
        return None if node.tag == _NULL else str(node.value)

    def _typed(self, node: ScalarNode, path: str) -> JsonValue:
        text = str(node.value)
        if node.style:  # in quotes, or a block of text
            return text
        if not text or text in _WORDS:
            return _WORDS.get(text)
        if not _NUMBER.fullmatch(text):
            return text
        number: int | float = json.loads(text)
        if not math.isfinite(number):
            self._error(path, f"{text} is too large for a number", "write it in quotes, as text")
        return number

    def _mapping(self, node: MappingNode, path: str, depth: int) -> dict[str, JsonValue]:
        made: dict[str, JsonValue] = {}
        merged: dict[str, JsonValue] = {}
        for key, item in node.value:
            if key.id != "scalar":
                self._error(path, "a key that is no text")
                continue
            where = f"{path}.{key.value}" if path else key.value
            found = self.value(item, where, depth + 1)
            if key.tag == _MERGE:
                merged = {**_bases(found), **merged}
                continue
            if key.value in made:
                self._error(where, "this key is written more than once", "keep one of them")
            made[key.value] = found
        return {**merged, **made}

    def _error(self, path: str, message: str, advice: str = "write it plainly") -> None:
        self.problems.append(Problem(path, message, advice))


def _bases(value: JsonValue) -> dict[str, JsonValue]:
    """What a merge key (`<<`) brings: a mapping, or several of which the first counts most."""
    each = value if isinstance(value, list) else [value]
    bases = [one for one in each if isinstance(one, dict)]
    return {key: item for one in reversed(bases) for key, item in one.items()}
