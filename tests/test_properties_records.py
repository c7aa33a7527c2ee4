"""Records of every kind, checked for every archive: problems are named, and nothing breaks."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mutated import BODIES, VALUES, Mutation

from publishkit import config, plugins
from publishkit.folder import fingerprint
from publishkit.repository import DataFile, Digests
from publishkit.validation import Parsed, parse

if TYPE_CHECKING:
    import random

    from publishkit.errors import Problem
    from publishkit.model import Record
    from publishkit.repository import Repository

HERE = Path(__file__).parent
SEEDS = [
    path.read_bytes()
    for path in [
        *sorted((HERE.parent / "records").rglob("record_metadata.json")),
        HERE / "publishkit" / "data" / "downloaded.json",
    ]
]
TARGETS = ("nomad-test", "zenodo-sandbox", "big-map-demo", "local")

HOSTILE = st.sampled_from(
    [
        "[" * 5000,
        "(" * 3000,
        "{" * 3000,
        "2024-05/2025",
        "-170000002",
        "y17e7",
        "156u-12-25",
        "uuuu",
        "2001-21^x",
        "10.1234/" + "(" * 3000,
        "https://" + "a." * 3000,
        "http://[",
        "0" * 5000,
        "١٢٣٤",
        "9999-12-31/",
        "../..",
        "2024-13",
        "1" * 400,
        "orcid:",
        "doi:10.",
        "<" * 3000,
        "<a " * 2000,
        "&" * 3000,
        "\u202e\u2066",
        "a" * 70000,
        "\x00",
        "9999-99-99",
        "/",
    ]
)
TEXTS = st.one_of(HOSTILE, st.text(), VALUES)
WHERE = st.floats(0, 1)
MUTATIONS = st.one_of(
    st.builds(Mutation, st.sampled_from(["replace", "replace", "drop", "twice"]), WHERE, TEXTS),
    st.builds(Mutation, st.just("cut"), WHERE),
    st.builds(Mutation, st.just("body"), value=BODIES | st.binary()),
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Metadata files of which a few places are not as they were."""
    data = draw(st.sampled_from(SEEDS))
    for mutation in draw(st.lists(MUTATIONS, min_size=1, max_size=3)):
        _, _, data = mutation((200, {}, data))
    return data


def read(data: bytes) -> Parsed:
    blocks = {name: b.block() for name, b in plugins.backends().items() if b.block}
    return parse(data, blocks=blocks)


def printable(problems: tuple[Problem, ...] | list[Problem]) -> None:
    for problem in problems:
        str(problem).encode()


@pytest.fixture(scope="module")
def repositories() -> list[Repository]:
    """One for each kind of archive; nothing is sent."""
    known = config.load(environment={})
    found = (config.open_repository(known, known.target(name), Event(), 1) for name in TARGETS)
    return list(found)


@given(data=documents())
@example(data=b"\xef\xbb\xbf{}")
@example(data=b'{"metadata": ' * 3000)
def test_any_metadata_file_is_a_record_or_has_problems(data: bytes) -> None:
    parsed = read(data)
    printable(parsed.problems)
    assert parsed.record is not None or not parsed.ok


@given(data=documents())
def test_what_a_record_says_is_read_again_as_the_same(data: bytes) -> None:
    record = read(data).record
    if record is None:
        return
    body = json.dumps(record.body()).encode()
    again = read(body).record
    assert again is not None
    assert again.body() == record.body()
    plain = record.model_copy(update={"blocks": {}})
    assert fingerprint(again, {}) == fingerprint(plain, {})


@given(data=documents(), rng=st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_change_what_is_sent(data: bytes, rng: random.Random) -> None:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    first, second = read(data).record, read(json.dumps(_shuffled(document, rng)).encode()).record
    if first is not None and second is not None:
        files = {"a": Digests("1", "2"), "b": Digests("3", "4")}
        other = dict(reversed(files.items()))
        assert fingerprint(first, files) == fingerprint(second, other)


def _shuffled(value: Any, rng: random.Random) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_shuffled(item, rng) for item in value]
    if isinstance(value, dict):
        items = [(key, _shuffled(item, rng)) for key, item in value.items()]
        rng.shuffle(items)
        return dict(items)
    return value


NAMES = st.one_of(
    st.sampled_from(["a.txt", "POTCAR", "nomad.yaml", "record_metadata.json", "a/b/c", "x" * 255]),
    st.text(min_size=1, max_size=20),
)


@given(
    data=documents(),
    names=st.lists(NAMES, max_size=3, unique=True),
    size=st.sampled_from([0, 1, 10**6, 10**15]),
)
@settings(suppress_health_check=[])
def test_every_archive_names_what_it_would_refuse(
    repositories: list[Repository], data: bytes, names: list[str], size: int
) -> None:
    record: Record | None = read(data).record
    if record is None:
        return
    files = [DataFile(name, Path("/nowhere") / "x", size) for name in names]
    for repository in repositories:
        printable(repository.check(record, files))
