"""The local archive: every command killed before each of its changes of the file system.

After each kill the same command is run again; what the archive and the links file hold then is
compared with what they should. Nothing but the installed package and the file system takes part.

    python -m tests.faults.local --every 1 --jobs 2
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

import bagit

from .forked import CONTEXT
from .launcher import execute_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["SCENARIOS", "Killed", "Scenario", "matrix", "table"]

TIMEOUT: Final = 300.0
"""Seconds that one command may take."""
OUR_FILES: Final = {"index.html", ".lock", "collections.txt", "drafts", "published"}
"""What an archive in order has, beside empty folders."""
RECORDS: Final = ("a", "b")


@dataclass(frozen=True)
class Scenario:
    """A command, what comes before it, and what it should leave."""

    name: str
    command: tuple[str, ...]
    published: int
    """Bags of published deposits that there are in the end, older versions included."""
    drafts: int = 0
    state: str | None = "published"
    """Of every row; None where there are no rows in the end."""
    before: tuple[tuple[str, ...] | Callable[[Path], None], ...] = ()
    """Commands, and changes of the folder."""
    trash: int = 0


@dataclass(frozen=True)
class Killed:
    """What became of one kill."""

    scenario: str
    at: int
    """The change of the file system before which it came, counted from 1."""
    problems: tuple[str, ...]
    """What is not as it should be after the command was run again; empty if it converged."""


def _edit(work: Path) -> None:
    """Change files and metadata of every record: one file changed, one new, one away."""
    for name in RECORDS:
        folder = work / "records" / name
        (folder / "data.csv").write_text(f"{name}: changed\n")
        (folder / "sub" / "more.txt").unlink()
        (folder / "new" / "deep").mkdir(parents=True)
        (folder / "new" / "deep" / "x.txt").write_text(name)
        _write_metadata(folder, f"Edited {name}")


def _retitle(work: Path) -> None:
    for name in RECORDS:
        _write_metadata(work / "records" / name, f"Retitled {name}")


_PUBLISHED: Final = ("push", "records", "--publish", "--yes")

SCENARIOS: Final = (
    Scenario("push", ("push", "records"), published=0, drafts=2, state="draft"),
    Scenario("push --publish", _PUBLISHED, published=2),
    Scenario(
        "push of changes",
        ("push", "records", "--publish", "--workers", "1"),
        published=2,
        before=(("push", "records"), _edit),
    ),
    Scenario(
        "publish",
        ("publish", "records", "--yes"),
        published=2,
        before=(("push", "records"),),
    ),
    Scenario("update", ("update", "records"), published=4, before=(_PUBLISHED, _retitle)),
    Scenario(
        "new-version",
        ("new-version", "records", "--publish", "--yes"),
        published=4,
        before=(_PUBLISHED, _edit),
    ),
    Scenario(
        "link",
        ("link", "records", "--collection", "Batteries"),
        published=2,
        before=(_PUBLISHED, ("collections", "create", "Batteries", "--to", "local")),
    ),
    Scenario(
        "delete",
        ("delete", "records"),
        published=0,
        state=None,
        trash=2,
        before=(("push", "records"),),
    ),
    Scenario(
        "delete --yes",
        ("delete", "records", "--yes"),
        published=0,
        state=None,
        before=(("push", "records"),),
    ),
)


@dataclass(frozen=True)
class Ended:
    """A command that ended, or was killed."""

    code: int
    said: str
    """What it printed, errors included."""


@dataclass
class Desk:
    """A folder in which one scenario after another is tried; its path stays the same."""

    root: Path
    work: Path = field(init=False)

    def __post_init__(self) -> None:
        self.work = self.root / "work"
        self.template = self.root / "template"

    def prepare(self, scenario: Scenario) -> None:
        """Do what comes before the command, and keep a copy."""
        for folder in (self.work, self.template):
            if folder.exists():
                shutil.rmtree(folder)
        _write_records(self.work)
        for step in scenario.before:
            if callable(step):
                step(self.work)
            else:
                done = self.run(*step)
                if done.code:
                    raise RuntimeError(f"{step}: {done.said}")
        shutil.copytree(self.work, self.template)

    def reset(self) -> None:
        """Bring back what was there before the command."""
        shutil.rmtree(self.work)
        shutil.copytree(self.template, self.work)

    def run(self, *arguments: str, at: int = 0) -> Ended:
        """Run the command, killed before a change of the file system unless `at` is 0."""
        log = self.root / "said.txt"
        given = (at, self.work, arguments, self._environment(), log)
        process = CONTEXT.Process(target=execute_until, args=given, daemon=True)
        process.start()
        process.join(TIMEOUT)
        if process.exitcode is None:
            process.kill()
            raise RuntimeError(f"{arguments} hangs: {log.read_text(errors='replace')}")
        return Ended(process.exitcode, log.read_text(errors="replace"))

    def _environment(self) -> dict[str, str]:
        home = {name: str(self.work) for name in ("HOME", "USERPROFILE")}
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("PUBLISHKIT_", "XDG_"))}
        return {**ours, **home, "PUBLISHKIT_CACHE_DIR": str(self.root / "cache")}


def matrix(
    every: int = 1,
    jobs: int = 2,
    scenarios: Sequence[Scenario] = SCENARIOS,
    tell: Callable[[Killed], None] = lambda _: None,
) -> list[Killed]:
    """Kill every scenario's command at every change of the file system, or at every n-th.

    Args:
        every: 1 for all; n for each n-th, beginning with the first.
        jobs: How many are tried at once.
        scenarios: Which to try.
        tell: Is told of each kill as soon as it is known what became of it.
    """
    with (
        TemporaryDirectory(prefix="publishkit-killed-") as folder,
        ThreadPoolExecutor(jobs) as pool,
    ):
        desks: Queue[Desk] = Queue()
        for number in range(jobs):
            desks.put(Desk(Path(folder, str(number))))
        each = pool.map(lambda scenario: _try(scenario, every, desks, tell), scenarios)
        return [one for done in each for one in done]


def _try(
    scenario: Scenario, every: int, desks: Queue[Desk], tell: Callable[[Killed], None]
) -> list[Killed]:
    desk, done = desks.get(), []
    try:
        desk.prepare(scenario)
        for one in _kills(scenario, desk, every):
            tell(one)
            done.append(one)
    finally:
        desks.put(desk)
    return done


def _kills(scenario: Scenario, desk: Desk, every: int) -> Iterator[Killed]:
    for at in count(1, every):
        desk.reset()
        first = desk.run(*scenario.command, at=at)
        if first.code >= 0:  # it ended before there were so many changes
            problems = tuple(_wrong(scenario, desk, first))
            if problems or at == 1:
                yield Killed(scenario.name, 0, problems or ("it made no change",))
            return
        yield Killed(scenario.name, at, tuple(_after(scenario, desk)))


def _after(scenario: Scenario, desk: Desk) -> Iterator[str]:
    """What is wrong after the command was killed, and run again."""
    for bag in _bags(desk.work, "published"):
        yield from (f"after the kill, {wrong}" for wrong in _invalid(bag))
    yield from _wrong(scenario, desk, desk.run(*scenario.command))


def _wrong(scenario: Scenario, desk: Desk, done: Ended) -> Iterator[str]:
    if done.code:
        yield f"exit code {done.code}: {done.said}"
        return
    yield from _wrong_archive(scenario, desk.work)
    yield from _wrong_links(scenario, desk.work)
    before = _content(desk.work)
    again = desk.run(*scenario.command)
    if again.code:
        yield f"the third run ended with {again.code}: {again.said}"
    changed = {path for path, _ in before.items() ^ _content(desk.work).items()}
    if changed:
        yield f"the third run changed {', '.join(sorted(changed))}"


# ---- what should be there ----


def _wrong_archive(scenario: Scenario, work: Path) -> Iterator[str]:
    archive = work / "publishkit-archive"
    for kind, expected in (("published", scenario.published), ("drafts", scenario.drafts)):
        bags = _bags(work, kind)
        if len(bags) != expected:
            yield f"{len(bags)} bags in {kind}, not {expected}"
        for bag in bags:
            yield from _invalid(bag)
            yield from _unlisted(archive, bag)
    if len(list(archive.glob(".trash/*"))) != scenario.trash:
        yield f"the trash has {sorted(p.name for p in archive.glob('.trash/*'))}"
    left = [
        path
        for path in archive.rglob("*")
        if path.name.endswith(".part") or path.name == ".partial" or _is_rest(archive, path)
    ]
    yield from (f"left over: {path.relative_to(work)}" for path in left)
    yield from (f"left over: {path.relative_to(work)}" for path in _rests(work / "records"))


def _is_rest(archive: Path, path: Path) -> bool:
    top = path.relative_to(archive).parts[0]
    return top not in OUR_FILES | {".trash"} and not (path.is_dir() and path.parent == archive)


def _rests(records: Path) -> Iterator[Path]:
    state = records / ".publishkit"
    yield from (path for path in state.glob("*") if path.name != "lock")
    yield from (path for path in records.rglob("*.new"))


def _unlisted(archive: Path, bag: Path) -> Iterator[str]:
    page = (archive / "index.html").read_text(encoding="utf-8")
    times = page.count(f'href="{bag.parent.name}/{bag.name}/index.html"')
    if times != 1:
        yield f"{bag.name} is {times} times on the archive's page"


def _invalid(bag: Path) -> Iterator[str]:
    try:
        bagit.Bag(str(bag)).validate()
    except bagit.BagError as error:
        yield f"{bag.parent.name}/{bag.name} is no valid bag: {error}"


def _wrong_links(scenario: Scenario, work: Path) -> Iterator[str]:
    rows = json.loads((work / "records" / "records_links.json").read_text(encoding="utf-8"))
    expected = RECORDS if scenario.state else ()
    if sorted(row["folder"] for row in rows) != sorted(expected):
        yield f"the links file has {[row['folder'] for row in rows]}"
        return
    for row in rows:
        yield from _wrong_row(row, scenario.state, work)


def _wrong_row(row: dict[str, str], state: str | None, work: Path) -> Iterator[str]:
    bag = Path(url2pathname(urlsplit(row["self"]).path))
    if row["state"] != state:
        yield f"the row of {row['folder']} says {row['state']}"
    if not (bag.is_dir() and bag.name.endswith(row["id"])):
        yield f"the row of {row['folder']} leads to {bag}, of {row['id']}"
        return
    there, here = _content(bag / "data"), _content(work / "records" / row["folder"])
    title = json.loads(here.pop("record_metadata.json"))["metadata"]["title"]
    if there != here:
        yield f"{bag.name} holds {sorted(there)}, its folder {sorted(here)}"
    told = json.loads((bag / "record_metadata.json").read_text(encoding="utf-8"))
    if told["metadata"]["title"] != title:
        yield f"the title in {bag.name} is {told['metadata']['title']}, not {title}"


def _bags(work: Path, kind: str) -> list[Path]:
    return sorted((work / "publishkit-archive").glob(f"{kind}/*"))


def _content(folder: Path) -> dict[str, bytes]:
    """Every file but locks, which name the last process."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"lock", ".lock"}
    }


# ---- what is pushed ----


def _write_records(work: Path) -> None:
    for name in RECORDS:
        folder = work / "records" / name
        (folder / "sub").mkdir(parents=True)
        (folder / "data.csv").write_text(f"{name}\n")
        (folder / "sub" / "more.txt").write_text(f"more of {name}\n")
        (folder / "empty.txt").write_text("")
        _write_metadata(folder, f"Record {name}")


def _write_metadata(folder: Path, title: str) -> None:
    creator = {"person_or_org": {"type": "personal", "family_name": "Carberry"}}
    metadata = {
        "title": title,
        "creators": [creator],
        "publication_date": "2026-03-25",
        "resource_type": {"id": "dataset"},
        "publisher": "An example",
    }
    (folder / "record_metadata.json").write_text(json.dumps({"metadata": metadata}))


# ---- the command line ----


def table(kills: Sequence[Killed]) -> str:
    """What became of the kills as Markdown: a row for each scenario."""
    lines = ["| command | kills | converged |", "| --- | ---: | ---: |"]
    for scenario in dict.fromkeys(one.scenario for one in kills):
        mine = [one for one in kills if one.scenario == scenario]
        good = sum(not one.problems for one in mine)
        lines.append(f"| `{scenario}` | {len(mine)} | {good} |")
    return "\n".join([*lines, ""])


def main() -> int:
    """Try what the command line says, and print what did not converge, and the table."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.faults.local")
    parser.add_argument("--every", type=int, default=1, help="kill at each N-th change only")
    parser.add_argument("--jobs", type=int, default=2, help="scenarios at once")
    options = parser.parse_args()
    kills = matrix(options.every, options.jobs, tell=_tell)
    sys.stdout.write(table(kills))
    return int(any(one.problems for one in kills))


def _tell(one: Killed) -> None:
    for problem in one.problems:
        sys.stdout.write(f"{one.scenario}, killed at change {one.at}: {problem}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
