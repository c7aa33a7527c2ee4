"""From a request to the method that answers it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote

from benchmarks.standin.wire import Buffer, Head, Reply, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.standin.counts import Json

__all__ = ["Call", "Refused", "Route", "as_json", "found", "integer", "mapping", "sequence"]

_HOLE: Final = re.compile(r"\{(\w+)(\*?)\}")


class Refused(Exception):  # noqa: N818 - an answer, not a mistake
    """Ends a call with an answer of failure."""

    def __init__(self, status: int, said: Json) -> None:
        super().__init__(status)
        self.reply = as_json(said, status)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its route."""

    head: Head
    sink: Sink
    names: Mapping[str, str]
    """What stood in the path's holes, decoded."""

    @property
    def query(self) -> dict[str, str]:
        """What was asked for behind the path."""
        return dict(parse_qsl(self.head.query, keep_blank_values=True))

    @property
    def json(self) -> Json:
        """The body; None where there is none."""
        data = self.sink.data if isinstance(self.sink, Buffer) else b""
        if not data:
            return None
        read: Json = json.loads(data)
        return read


class Route:
    """A method and a path with holes, and what answers.

    Args:
        method: The HTTP method.
        path: With holes for segments, `{id}`, and for all that follows, `{path*}`.
        answer: What answers.
        sink: Where the body goes: memory unless given.
    """

    def __init__(
        self,
        method: str,
        path: str,
        answer: Callable[[Call], Reply],
        sink: Callable[[Head], Sink] = lambda _: Buffer(),
    ) -> None:
        self.method = method
        self.name = f"{method} {path}"
        self.answer = answer
        self.sink = sink
        parts = _HOLE.split(path)
        texts, names, stars = parts[::3], parts[1::3], parts[2::3]
        holes = [f"(?P<{n}>{'.*' if s else '[^/]+'})" for n, s in zip(names, stars, strict=True)]
        self._pattern = re.compile(
            "".join(re.escape(t) + h for t, h in zip(texts, [*holes, ""], strict=True)) + "/?"
        )

    def match(self, head: Head) -> dict[str, str] | None:
        """What stands in the holes, None for another route."""
        if head.method != self.method:
            return None
        matched = self._pattern.fullmatch(head.path)
        return {k: unquote(v) for k, v in matched.groupdict().items()} if matched else None


def found(routes: Sequence[Route], head: Head) -> tuple[Route, dict[str, str]] | None:
    """The first route that a request fits."""
    for route in routes:
        names = route.match(head)
        if names is not None:
            return route, names
    return None


def as_json(said: Json, status: int = 200) -> Reply:
    """An answer of JSON."""
    return Reply(status, json.dumps(said).encode())


def mapping(value: Json) -> dict[str, Json]:
    """An object, empty for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: Json) -> list[Json]:
    """A list, empty for anything else."""
    return value if isinstance(value, list) else []


def integer(value: Json, default: int) -> int:
    """A whole number, also one in a query."""
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else default
