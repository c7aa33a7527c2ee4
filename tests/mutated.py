"""Answers of servers as no server should give them: cut, changed, of other types, or no JSON."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

Answer = tuple[int, dict[str, str], bytes]

MOST = 2500
"""Requests that one call may make; more of them would never end."""

NESTED: Any = None
for _ in range(120):
    NESTED = [NESTED]

VALUES = st.sampled_from(
    [
        None,
        False,
        0,
        1,
        -1,
        10**30,
        1.5,
        float("inf"),
        float("nan"),
        "",
        "yes",
        "on",
        "x",
        "1",
        ".",
        "..",
        "../../x",
        "a/b",
        "\x1b[2J",
        "\u2028",
        "https://evil.example/x",
        "x" * 3000,
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "20241301",
        "2024-01-01",
        [],
        [None],
        [{}],
        {},
        {"": ""},
        {"id": None},
        [[]],
        ["x", 1],
        NESTED,
    ]
)  # never true, nor "published": what an answer says of that is its own
BODIES = st.sampled_from(
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'""',
        b"0",
        b"true",
        b"\xff\xfe\x00",
        b"NaN",
        b"\x00" * 10,
        b"<html><body>502 Bad Gateway</body></html>",
        b"[" * 5000,
        b'{"a":' * 5000,
        b"9" * 5000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"id": "\\ud800"}',
        b'{"id": "a", "id": "b"}',
        b'{"data": []}',
        b'{"hits": {}}',
        b'{"errors": "all of it"}',
        b'{"message": {"a": 1}}',
    ]
)
STATUSES = st.sampled_from([200, 204, 206, 302, 304, 400, 403, 404, 410, 418, 429, 500, 503, 599])
HEADERS = st.sampled_from(
    [
        {"Retry-After": "\xb2"},
        {"Retry-After": "9" * 5000},
        {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"},
        {"X-RateLimit-Reset": "\xb2"},
        {"X-RateLimit-Reset": "-1"},
        {"Location": "http://[broken"},
        {"Location": "https://evil.example:99999/x"},
        {"Location": "\xff\xfe"},
        {"Location": "javascript:alert(1)"},
        {"Location": "//"},
        {"ETag": "\x80"},
        {"Content-Type": "image/png; charset=nonsense"},
        {"Content-Encoding": "gzip"},
    ]
)


@dataclass(frozen=True)
class Mutation:
    """One way to spoil an answer."""

    kind: str
    where: float = 0.0
    """Between 0 and 1: which part of it."""
    value: Any = None

    def __call__(self, answer: Answer) -> Answer:
        """The spoilt answer."""
        status, headers, body = answer
        if self.kind == "cut":
            return status, headers, body[: int(self.where * len(body))]
        if self.kind == "body":
            return status, headers, self.value
        if self.kind == "status":
            return self.value, headers, body
        if self.kind == "headers":
            number, more = self.value
            return number, {**headers, **more}, body
        return status, headers, self._of_json(body)

    def _of_json(self, body: bytes) -> bytes:
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return body
        changed = copy.deepcopy(document)
        places = list(_places(changed))
        if not places:
            return body
        holder, key = places[min(int(self.where * len(places)), len(places) - 1)]
        if self.kind == "drop":
            del holder[key]
        elif self.kind == "twice" and isinstance(holder, list):
            holder.append(holder[key])
        else:
            holder[key] = self.value
        return json.dumps(changed).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    keys: list[Any] = []
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    for key in keys:
        yield value, key
        yield from _places(value[key])


_WHERE = st.floats(0, 1)
MUTATIONS = st.one_of(
    st.builds(Mutation, st.sampled_from(["replace", "replace", "drop", "twice"]), _WHERE, VALUES),
    st.builds(Mutation, st.just("cut"), _WHERE),
    st.builds(Mutation, st.just("body"), value=BODIES),
    st.builds(Mutation, st.just("status"), value=STATUSES),
    st.builds(
        Mutation,
        st.just("headers"),
        value=st.tuples(st.sampled_from([200, 302, 307, 429, 503]), HEADERS),
    ),
)


@dataclass
class Spoiler:
    """Spoils some of a server's answers; counts them all."""

    mutations: tuple[Mutation, ...] = ()
    """By turns."""
    first: int = 0
    """How many answers are given as they are."""
    always: bool = False
    """Whether all answers after that are spoilt, or one."""
    count: int = field(default=0, init=False)

    def __call__(self, answer: Answer) -> Answer:
        """The answer, spoilt when it is its turn."""
        self.count += 1
        assert self.count < MOST, "it asks without end"
        number = self.count - 1 - self.first
        if not self.mutations or number < 0 or (number and not self.always):
            return answer
        return self.mutations[number % len(self.mutations)](answer)


@dataclass
class Endless(Spoiler):
    """Says of every list that far more of it is to come, and gives the same page for ever."""

    def __call__(self, answer: Answer) -> Answer:
        """The answer with a total that nobody can reach."""
        status, headers, body = super().__call__(answer)
        try:
            document = json.loads(body)
        except ValueError:
            return status, headers, body
        for key, value in (("pagination", {"next_page_after_value": "x"}), ("hits", {})):
            if isinstance(document, dict) and isinstance(document.get(key), dict):
                document[key] |= {"total": 10**12, **value}
        return status, headers, json.dumps(document).encode()


SPOILERS = st.builds(
    Spoiler,
    mutations=st.lists(MUTATIONS, min_size=1, max_size=3).map(tuple),
    first=st.integers(0, 4),
    always=st.booleans(),
)
