"""What a push costs, as far as it does not hang on the machine: requests, connections, memory.

The stand-in of the benchmarks counts. These figures are the ones that docs/performance.md states;
whoever makes them smaller changes them here, and what makes them larger needs a reason.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
from shell import COMMAND

from publishkit.hooks import WORKERS
from publishkit.testing import write_record

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.enable_socket

ROOT = Path(__file__).parents[1]
OF_A_RUN = 3
"""Requests to InvenioRDM that a run makes once: who is signed in, and two vocabulary terms."""
UNCHANGED = 1
"""Requests for a record that is as it was, on InvenioRDM."""
UNCHANGED_NOMAD = 3
"""The same on NOMAD, whose upload is told in three parts."""
TO_NOMAD = 15
"""Requests for a new record on NOMAD, however many files it has."""
MEGABYTE = 10**6


def of_record(files: int) -> int:
    """Requests for a new record on InvenioRDM: create, announce, two a file, describe."""
    return 2 * files + 3


class Bench:
    """A stand-in, and the command that pushes to it."""

    def __init__(self, ports: dict[str, int], folder: Path) -> None:
        self._ports = ports
        self._folder = folder

    def push(self, backend: str, *more: str) -> dict[str, Any]:
        """Push the folder: what it took, and what the stand-in saw since the last push."""
        url = f"http://127.0.0.1:{self._ports['port']}" + "/api/v1" * (backend == "nomad")
        target = f'[targets.bench]\nbackend = "{backend}"\nurl = "{url}"\n'
        (self._folder / "publishkit.toml").write_text(target)
        usage = self._folder / "usage.json"
        launcher = [sys.executable, "-IS", str(ROOT / "benchmarks" / "launch.py"), str(usage)]
        done = subprocess.run(
            [*launcher, str(COMMAND), "push", "records", "--to", "bench", *more],
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return {**self._seen(), **json.loads(usage.read_text())}

    def _seen(self) -> dict[str, Any]:
        control = f"http://127.0.0.1:{self._ports['control']}/"
        with urlopen(control, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
        with urlopen(f"{control}reset", data=b"", timeout=60):  # noqa: S310 - as above
            return found


@contextmanager
def standing_in(folder: Path) -> Iterator[dict[str, int]]:
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.standin", "--spool", str(folder)],
        cwd=ROOT,  # it knows nothing of publishkit, so that the tree is not what is tested
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("PUBLISHKIT_BENCH_TOKEN", "a-token")
    work = tmp_path / "bench"
    work.mkdir()
    with standing_in(work) as ports:
        yield Bench(ports, work)


def content(number: int) -> bytes:
    return f"{number},{number}\n".encode() * 50


def record(bench_folder: Path, files: int) -> Path:
    return write_record(
        bench_folder / "bench/records/0", {f"{n:03}.csv": content(n) for n in range(files)}
    )


@pytest.mark.parametrize("files", [1, 10, 40])
def test_a_push_to_invenio_takes_two_requests_a_file_over_few_connections(
    bench: Bench, tmp_path: Path, files: int
) -> None:
    record(tmp_path, files)
    found = bench.push("invenio")
    (held,) = found["invenio"]
    assert held["files"] == {
        f"{n:03}.csv": [len(content(n)), f"md5:{hashlib.md5(content(n)).hexdigest()}"]  # noqa: S324
        for n in range(files)
    }
    assert found["requests"] == OF_A_RUN + of_record(files), found["by_route"]
    assert found["connections"] <= WORKERS


def test_what_did_not_change_takes_one_request(bench: Bench, tmp_path: Path) -> None:
    record(tmp_path, 10)
    bench.push("invenio")
    again = bench.push("invenio")
    assert (again["requests"], again["connections"]) == (UNCHANGED, 1), again["by_route"]


def test_of_a_record_of_which_one_file_changed_only_that_file_is_sent(
    bench: Bench, tmp_path: Path
) -> None:
    folder = record(tmp_path, 10)
    bench.push("invenio")
    (folder / "003.csv").write_bytes(b"changed")
    again = bench.push("invenio")
    sent = {route: count for route, count in again["by_route"].items() if "{key}" in route}
    assert sum(count for route, count in sent.items() if route.startswith("PUT")) == 1, sent
    (held,) = again["invenio"]
    assert held["files"]["003.csv"][0] == len(b"changed")


@pytest.mark.parametrize("files", [1, 10])
def test_a_push_to_nomad_takes_as_many_requests_for_one_file_as_for_many(
    bench: Bench, tmp_path: Path, files: int
) -> None:
    record(tmp_path, files)
    found = bench.push("nomad")
    (held,) = found["nomad"]
    sent = {name: one for name, one in held["files"].items() if name.endswith(".csv")}
    assert sent == {
        f"{n:03}.csv": [len(content(n)), f"{zlib.crc32(content(n)):08x}"] for n in range(files)
    }
    assert found["requests"] == TO_NOMAD, found["by_route"]
    assert found["connections"] <= WORKERS
    again = bench.push("nomad")
    assert (again["requests"], again["connections"]) == (UNCHANGED_NOMAD, 1), again["by_route"]


@pytest.mark.parametrize("backend", ["invenio", "nomad"])
def test_a_large_file_is_read_once_and_never_held_in_memory(
    bench: Bench, tmp_path: Path, backend: str
) -> None:
    size = 120 * MEGABYTE
    folder = write_record(tmp_path / "bench/records/0", {"large.bin": b"begins"})
    with (folder / "large.bin").open("r+b") as file:
        file.truncate(size)  # a hole: nothing on the disk
    found = bench.push(backend)
    (held,) = found[backend]
    assert held["files"]["large.bin"][0] == size
    assert found["peak"] < 100 * MEGABYTE
    assert size <= found["read"] < size + 50 * MEGABYTE


OUTCOME = {"wall": 2.0, "cpu": 1.0, "peak": 5e7, "read": 0, "requests": 9, "connections": 4}
ABOUT = {"date": "2026-03-25", "machine": "two cores", "versions": "some", "size": "full"}


def test_a_run_whose_bytes_did_not_arrive_counts_as_failed_on_the_page(tmp_path: Path) -> None:
    right = {**OUTCOME, "problem": "", "note": "", "extra": {}}
    wrong = {**right, "wall": 0.1, "problem": "1 files are not as they were: 0: a.csv"}
    slow = {**right, "wall": 20.0}
    runs = [("publishkit", right), ("publishkit", wrong), ("bma", slow), ("curl", wrong)]
    samples = [{"variant": "10 files", "tool": tool, "outcome": one} for tool, one in runs]
    results = {"A": {"about": ABOUT, "samples": samples}}
    (tmp_path / "results.json").write_text(json.dumps(results))
    page = tmp_path / "page.md"
    page.write_text("# Before\n<!-- benchmarks: begin -->\nold\n<!-- benchmarks: end -->\nafter\n")
    words = [sys.executable, "-m", "benchmarks", "page", "--work", str(tmp_path)]
    subprocess.run([*words, "--page", str(page)], cwd=ROOT, check=True, timeout=120)
    text = page.read_text()
    assert "old" not in text
    assert text.startswith("# Before\n")
    assert text.endswith("after\n")
    rows = [
        [c.strip() for c in line.split("|")] for line in text.splitlines() if "10 files |" in line
    ]
    assert [row[2:6] for row in rows] == [
        ["publishkit", "2.00", "2.00 to 2.00", "1"],
        ["bma", "20.0", "20.0 to 20.0", "10.0"],
        ["curl", "failed", "", ""],
    ]
    assert len({len(row) for row in rows}) == 1
    assert "publishkit, 10 files: 1 of 2 runs failed (1 files are not as they were" in text
