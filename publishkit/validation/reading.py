"""Bytes become JSON, strictly: what two readers could understand differently is an error."""

from __future__ import annotations

import codecs
import json
import math
from typing import TYPE_CHECKING, NoReturn

from publishkit.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

__all__ = ["MAX_BYTES", "MAX_DEPTH", "join", "read_json", "too_large", "without_indices"]

MAX_BYTES = 10_000_000
"""A metadata file larger than this is a mistake."""
MAX_DEPTH = 50
"""Levels of nesting; InvenioRDM's own metadata has 9."""


class _Object(dict[str, "JsonValue"]):
    """A JSON object that remembers which keys were written twice."""

    twice: tuple[str, ...] = ()


def read_json(data: bytes, most: int = MAX_BYTES) -> tuple[JsonValue, list[Problem]]:
    """Parse a JSON document.

    Args:
        data: UTF-8, with or without a byte order mark.
        most: How many bytes it may have.

    Returns:
        The value, None if there is none, and every problem.
    """
    if len(data) > most:
        return None, [too_large(len(data))]
    try:
        value: JsonValue = json.loads(
            _decoded(data), object_pairs_hook=_object, parse_constant=_no_number
        )
    except RecursionError:
        return None, [_too_deep()]
    except json.JSONDecodeError as error:
        return None, [_malformed(error)]
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [Problem("", f"not UTF-8 at line {line}", "save the file as UTF-8")]
    except ValueError as error:
        return None, [Problem("", _said(error), "write a number that JSON has, or text")]
    unfit, repeated = _unfit(value)
    return (None if unfit else value), [*unfit, *repeated]


def too_large(size: int) -> Problem:
    """The problem of a metadata file of `size` bytes."""
    return Problem(
        "",
        f"the metadata file has {size:,} bytes, more than {MAX_BYTES:,}",
        "put data into files of their own beside it",
    )


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-8")  # says where it fails: at the mark
    return data.decode("utf-8-sig")


def _said(error: ValueError) -> str:
    """Python's own limit on digits is explained in its terms; ours are sentences already."""
    return "a number has thousands of digits" if "digits" in str(error) else str(error)


def _object(pairs: list[tuple[str, JsonValue]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        made.twice = tuple(key for key in made if keys.count(key) > 1)
    return made


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _malformed(error: json.JSONDecodeError) -> Problem:
    where = f"line {error.lineno}, column {error.colno}"
    if not error.doc.strip():
        return Problem("", "the file is empty", "write the record's metadata into it")
    advice = "correct the JSON there, or a little before"
    rest = error.doc[error.pos :].lstrip()
    if rest.startswith(("}", "]")) or "trailing comma" in error.msg:
        advice = "JSON allows no comma after the last item"
    elif rest.startswith(("'", "\u201c", "\u2018")):
        advice = 'JSON wants straight double quotes (")'
    elif rest.startswith(("//", "/*", "#")):
        advice = "JSON has no comments"
    return Problem("", f"not valid JSON at {where}: {error.msg}", advice)


def _too_deep() -> Problem:
    return Problem(
        "", f"nested more than {MAX_DEPTH} levels deep", "write the same in fewer levels"
    )


def _unfit(document: JsonValue) -> tuple[list[Problem], list[Problem]]:
    """What Python reads and no archive can keep, and keys that are written more than once."""
    unfit: list[Problem] = []
    repeated: list[Problem] = []
    for path, depth, value in _walk(document):
        if depth > MAX_DEPTH:
            unfit.append(_too_deep())
            break
        if isinstance(value, _Object):
            unfit += [_surrogate(join(path, key)) for key in value if not _is_unicode(key)]
            repeated += [_written_twice(join(path, key)) for key in value.twice]
        elif isinstance(value, str) and not _is_unicode(value):
            unfit.append(_surrogate(path))
        elif isinstance(value, float) and not math.isfinite(value):
            unfit.append(
                Problem(path, "the number is too large", "write a smaller number, or text")
            )
    return unfit, repeated


def _written_twice(path: str) -> Problem:
    return Problem(path, "this key is written more than once", "keep one of them")


def _walk(document: JsonValue) -> Iterator[tuple[str, int, JsonValue]]:
    """Path, depth and value of everything, in order; no recursion, so any depth will do."""
    left: list[tuple[str, int, JsonValue]] = [("", 0, document)]
    while left:
        path, depth, value = left.pop()
        yield path, depth, value
        inner: list[tuple[str, JsonValue]] = []
        if isinstance(value, dict):
            inner = [(join(path, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            inner = [(f"{path}[{number}]", item) for number, item in enumerate(value)]
        left += [(where, depth + 1, item) for where, item in reversed(inner)]


def join(path: str, key: str) -> str:
    """The JSON path of `key` in the object at `path`."""
    return f"{path}.{key}" if path else key


def without_indices(path: str) -> str:
    """`metadata.creators[0].role` as `metadata.creators.role`."""
    first, *rest = path.split("[")
    return first + "".join(part.partition("]")[2] for part in rest)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _surrogate(path: str) -> Problem:
    shown = path.encode("ascii", "backslashreplace").decode()
    return Problem(shown, "half of a surrogate pair, which is no character", "write the character")
