"""The links file and its journal, whatever is kept in them and wherever a run ends."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from publishkit import journal as journals
from publishkit import ledger as ledgers
from publishkit.errors import ConfigError
from publishkit.ledger import LINKS_FILE, STATE_FOLDER, Ledger, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType
    from typing import Any


Rows = dict[tuple[str, str], Row]
State = tuple[Rows, list[dict[str, str]]]
"""Rows, and the bare links that nobody has taken over."""

MANY = settings.default.max_examples if settings.default else 100
FEW = settings(max_examples=MANY // 4, suppress_health_check=[HealthCheck.function_scoped_fixture])

HOSTILE = [
    "a\nb",
    "\u2028",
    "\x85",
    "\x00",
    '"}',
    "\\",
    "{",
    "\ufeff",
    "\x1b[2J",
    "ä",
    "ä",
    "x" * 300,
]
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8))
FOLDERS = st.sampled_from(["0", "1", "a b", "x/y", "\u2028", "-", "0\n1"])
TARGETS = st.sampled_from(["memory", "other"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=3)
NAMES = st.dictionaries(TEXTS, TEXTS, max_size=3)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("id", "state", "url", "doi", "title", "marker", "sent", "revision"), TEXTS),
    "links": st.dictionaries(st.sampled_from(["self", "record_html", "ü"]), TEXTS),
    "linked": NAMES,
    "collections": st.lists(TEXTS, max_size=3).map(tuple),
    "shares": st.lists(OBJECTS, max_size=2).map(tuple),
    "extra": OBJECTS,
}
CHANGES = st.fixed_dictionaries({}, optional=FIELDS)
BARE = [{"self": f"https://memory.example/api/{n}"} for n in range(3)]


@dataclass(frozen=True)
class Op:
    """One thing that a run does with a links file."""

    kind: str
    folder: str
    target: str = "memory"
    changes: Mapping[str, Any] = field(default_factory=dict)
    new: str = ""
    index: int = 0

    def on(self, ledger: Ledger) -> None:
        row = Row(folder=self.folder, target=self.target)
        if self.kind == "note":
            ledger.note(row, **self.changes)
        elif self.kind == "sync":
            ledger.note(row, sync=True, **self.changes)
        elif self.kind == "rename":
            ledger.rename(self.folder, self.new)
        elif self.kind == "forget":
            ledger.forget(row)
        elif any(index == self.index for index, _ in ledger.bare):
            ledger.claim(self.index, Row(folder=self.folder, target="claimed", id=str(self.index)))


OPS = st.builds(
    Op,
    kind=st.sampled_from(["note", "note", "sync", "rename", "forget", "claim"]),
    folder=FOLDERS,
    target=TARGETS,
    changes=CHANGES,
    new=FOLDERS,
    index=st.integers(0, 2),
)
RUNS = st.lists(OPS, min_size=1, max_size=5)


def state_of(ledger: Ledger) -> State:
    rows = {(row.folder, row.target): row for row in ledger.rows()}
    assert len(rows) == len(ledger.rows())
    return rows, [links for _, links in ledger.bare]


def new_folder(tmp: Path) -> Path:
    return Path(mkdtemp(dir=tmp))


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The links file of a folder with these files in it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / LINKS_FILE


def content_of(folder: Path) -> dict[str, bytes]:
    places = [folder, folder / STATE_FOLDER]
    found = [e for place in places if place.is_dir() for e in os.scandir(place) if e.is_file()]
    return {
        os.path.relpath(one.path, folder): Path(one.path).read_bytes()
        for one in found
        if one.name != "lock"
    }


def prepared(folder: Path, first: Sequence[Op]) -> Path:
    """A links file that an earlier run left, in which bare links stand too."""
    path = written(folder, {LINKS_FILE: json.dumps(BARE).encode()})
    with Ledger.open(path) as ledger:
        for op in first:
            op.on(ledger)
    return path


def goes_on(path: Path) -> None:
    """The next run keeps what was there, and what it adds."""
    before = state_of(Ledger.read(path))
    with Ledger.open(path) as ledger:
        assert state_of(ledger) == before
        added = ledger.note(Row(folder="added", target="later"), sync=True, id="more")
    rows, bare = state_of(Ledger.read(path))
    assert rows == {**before[0], ("added", "later"): added}
    assert bare == before[1]
    assert list(content_of(path.parent)) == [LINKS_FILE]
    json.loads(path.read_bytes())


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Power failures cannot be tried here, and to be safe from them takes time."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


# ---- rows ----


@given(
    row=st.builds(
        Row,
        folder=TEXTS,
        target=TEXTS,
        **{**FIELDS, "links": st.dictionaries(st.sampled_from(["self", "id", "folder"]), TEXTS)},
        others=st.dictionaries(st.text("xyz", max_size=2), JSON),
        inner_others=st.dictionaries(st.text("xyz", max_size=2), JSON),
    )
)
def test_a_row_comes_out_of_the_file_as_it_went_in(row: Row) -> None:
    read = Row.from_json(json.loads(json.dumps(row.to_json())))
    kept = {name: link for name, link in row.links.items() if name not in {"id", "folder"}}
    assert read is not None
    assert (read.folder, read.target, read.id) == (row.folder, row.target, row.id)
    assert dict(read.links) == kept
    assert read.to_json() == row.to_json()


@given(found=st.dictionaries(st.sampled_from(["folder", "target", "publishkit", "id", "x"]), JSON))
def test_whatever_stands_in_an_object_is_a_row_or_no_row_or_refused(found: dict[str, Any]) -> None:
    with suppress(ConfigError):
        row = Row.from_json(found)
        assert row is None or row.folder == found["folder"]


# ---- kills ----


@FEW
@given(first=RUNS, then=RUNS, data=st.data())
def test_a_journal_cut_at_any_byte_replays_a_prefix_of_what_was_done(
    tmp_path: Path, first: list[Op], then: list[Op], data: st.DataObject
) -> None:
    path = prepared(new_folder(tmp_path), first)
    base = path.read_bytes()
    with Ledger.open(path) as ledger:
        states = [(0, state_of(ledger))]
        for op in then:
            op.on(ledger)
            states.append((len(_journal(path)), state_of(ledger)))
        whole = _journal(path)
    cut = data.draw(st.integers(0, len(whole)))
    files = {LINKS_FILE: base, f"{STATE_FOLDER}/journal.jsonl": whole[:cut]}
    again = written(new_folder(tmp_path), files)
    expected = [state for length, state in states if length <= cut + 1][
        -1
    ]  # the line's end counts not
    assert state_of(Ledger.read(again)) == expected
    goes_on(again)


def _journal(path: Path) -> bytes:
    return (path.parent / STATE_FOLDER / "journal.jsonl").read_bytes()


@contextmanager
def watched(folder: Path, done: list[State]) -> Iterator[list[tuple[int, dict[str, bytes]]]]:
    """What lies in the folder at each line of the modules that write there, once each.

    Beside it stands how many things were done by then.
    """
    seen: list[tuple[int, dict[str, bytes]]] = []
    ours = {journals.__file__, ledgers.__file__}

    def look(frame: FrameType, event: str, argument: object) -> Any:  # noqa: ANN401 - sys.settrace's
        if frame.f_code.co_filename not in ours:
            return None
        now = (len(done), content_of(folder))
        if not seen or seen[-1] != now:
            seen.append(now)
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        yield seen
    finally:
        sys.settrace(before)


@FEW
@given(first=RUNS, then=RUNS)
@example(  # a row that was changed before it was renamed
    first=[Op("note", "0", changes={"id": "1"})],
    then=[Op("note", "0", changes={"id": "2"}), Op("rename", "0", new="1")],
)
@example(  # names that move on by one
    first=[Op("note", "0", changes={"id": "1"}), Op("note", "-", changes={"id": "2"})],
    then=[Op("rename", "0", new="1"), Op("rename", "-", new="0")],
)
@example(  # what is not taken over takes the place of what was
    first=[Op("claim", "0", index=0)],
    then=[Op("forget", "0", target="claimed"), Op("claim", "1", index=1)],
)
def test_a_run_killed_at_any_line_left_all_that_was_done(
    tmp_path: Path, first: list[Op], then: list[Op]
) -> None:
    path = prepared(new_folder(tmp_path), first)
    done: list[State] = []
    with watched(path.parent, done) as seen, Ledger.open(path) as ledger:
        done.append(state_of(ledger))
        for op in then:
            op.on(ledger)
            done.append(state_of(ledger))
    assert seen[-1][1][LINKS_FILE] == path.read_bytes()
    for count, files in seen:
        again = written(new_folder(tmp_path), files)
        assert state_of(Ledger.read(again)) in done[max(0, count - 1) : count + 1]
        goes_on(again)


# ---- disks ----


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """No file can grow beyond this size: what is written is cut off there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@FEW
@given(first=RUNS, then=RUNS, data=st.data())
def test_a_disk_that_fills_up_at_any_byte_loses_nothing(
    tmp_path: Path, first: list[Op], then: list[Op], data: st.DataObject
) -> None:
    path = prepared(new_folder(tmp_path), first)
    base = path.read_bytes()
    size = data.draw(st.integers(50, len(base) + 2000))
    before = after = state_of(Ledger.read(path))
    failed = False
    with suppress(ConfigError), full_at(size), Ledger.open(path) as ledger:
        for op in then:
            try:
                op.on(ledger)
            except ConfigError:
                failed = True
            after = state_of(ledger)
    now = state_of(Ledger.read(path))
    assert now == after or (failed and path.read_bytes() == base)
    assert now[0].keys() <= before[0].keys() | after[0].keys()
    goes_on(path)


FAULTS = ("fsync", "ftruncate", "fstat", "open", "access")


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("lasting", [True, False])
def test_a_disk_that_fails_at_any_call_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, lasting: bool
) -> None:
    for count in range(8):
        path = prepared(new_folder(tmp_path), [Op("note", "0", changes={"id": "1"})])
        before, kept = state_of(Ledger.read(path)), list[Row]()
        with monkeypatch.context() as patch, suppress(ConfigError), Ledger.open(path) as ledger:
            patch.setattr(os, name, failing(getattr(os, name), count, lasting=lasting))
            for folder in ("1", "2", "3"):
                row = Row(folder=folder, target="memory")
                kept.append(ledger.note(row, sync=True, id=folder))
        rows, _ = state_of(Ledger.read(path))
        assert rows.items() >= before[0].items()
        assert [rows[row.folder, row.target] for row in kept] == kept
        goes_on(path)


def failing(real: Callable[..., object], count: int, *, lasting: bool) -> Callable[..., object]:
    """The same function, but for a call of that number, and with `lasting` all after it."""
    calls = iter(range(1000))

    def fail(*arguments: object, **more: object) -> object:
        number = next(calls)
        if number == count or (lasting and number > count):
            raise OSError(5, "Input/output error")
        return real(*arguments, **more)

    return fail


# ---- all together ----


class Runs(RuleBasedStateMachine):
    """Run after run, some of them killed: the links file is what was done."""

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(mkdtemp(prefix="publishkit-"))
        self.folder = self.base / "0"
        self.count = 0
        self.known: State = ({}, [])

    @property
    def path(self) -> Path:
        return self.folder / LINKS_FILE

    @initialize()
    def begin(self) -> None:
        self.folder.mkdir()
        self.path.write_text(json.dumps(BARE))
        self.known = ({}, BARE)

    @rule(ops=RUNS)
    def run(self, ops: list[Op]) -> None:
        with Ledger.open(self.path) as ledger:
            assert state_of(ledger) == self.known
            for op in ops:
                op.on(ledger)
            self.known = state_of(ledger)

    @rule(ops=RUNS, at=st.floats(0, 1), torn=st.binary(max_size=20))
    def killed(self, ops: list[Op], at: float, torn: bytes) -> None:
        done: list[State] = [self.known]
        with watched(self.folder, done) as seen, Ledger.open(self.path) as ledger:
            for op in ops:
                op.on(ledger)
                done.append(state_of(ledger))
        count, files = seen[int(at * (len(seen) - 1))]
        tail = f"{STATE_FOLDER}/journal.jsonl"
        if tail in files:
            files[tail] += b'{"folder": "' + torn.replace(b"\n", b"").replace(b"\r", b"")
        self.count += 1
        self.folder = self.base / str(self.count)
        self.folder.mkdir()
        written(self.folder, files)
        now = state_of(Ledger.read(self.path))
        assert now in done[count - 1 : count + 1]
        self.known = now

    @invariant()
    def what_was_done_is_there(self) -> None:
        assert state_of(Ledger.read(self.path)) == self.known

    def teardown(self) -> None:
        shutil.rmtree(self.base)


TestRuns = Runs.TestCase
TestRuns.settings = settings(max_examples=MANY // 6, stateful_step_count=6)
