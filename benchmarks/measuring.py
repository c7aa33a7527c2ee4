"""Commands in clean folders, and what they took."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Command", "Place", "Usage", "place"]

LAUNCHER: Final = Path(__file__).with_name("launch.py")
TIMEOUT: Final = 1800.0
"""Seconds after which a command counts as failed."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, and what it finds."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Written into the folder before, text by name."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system."""
    peak: int
    """Bytes of memory at most."""
    read: int
    """Bytes read of files."""
    code: int
    """Its exit code."""
    said: str
    """What it printed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder and a home folder of its own."""

    folder: Path

    def run(self, command: Command) -> Usage:
        """Run a command here, and wait for its end."""
        for name, text in command.files.items():
            (self.folder / name).write_text(text)
        result, printed = self.folder.parent / "usage.json", self.folder.parent / "printed"
        with printed.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-IS", str(LAUNCHER), str(result), *command.words],
                cwd=self.folder,
                env={**self._clean(), **command.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(TIMEOUT)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
        said = printed.read_text(errors="replace")
        return Usage(**json.loads(result.read_text()), code=code, said=said)

    def _clean(self) -> dict[str, str]:
        home = self.folder.parent / "home"
        home.mkdir(exist_ok=True)
        return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


@contextmanager
def place(work: Path) -> Iterator[Place]:
    """A place that is gone afterwards."""
    with TemporaryDirectory(prefix="run-", dir=work) as root:
        folder = Path(root, "work")
        folder.mkdir()
        yield Place(folder)
