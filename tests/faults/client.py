"""Runs of the command, in a folder of their own."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .forked import CONTEXT, execute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

    from .proxy import Wire

__all__ = ["DRAFTS", "KILLED", "Client", "Run"]

PATIENCE: Final = 240.0
"""Seconds after which a run counts as hanging."""
KILLED: Final = -9
DRAFTS: Final = 1000
"""Unpublished uploads that a NOMAD allows here, and that publishkit is told of."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that ended."""

    arguments: Sequence[str]
    code: int
    """The exit code, or KILLED."""
    said: str
    """What it printed, errors included."""
    hung: bool = False


_OWN: Final = {"nomad": f"max_drafts = {DRAFTS}\n"}
"""Settings of one backend: cases run side by side, as one user."""


@dataclass(frozen=True, slots=True)
class Client:
    """A user with a folder.

    Attributes:
        folder: Holds the records, the configuration, and a home.
        environment: Signs in.
    """

    folder: Path
    environment: Mapping[str, str]

    def configure(self, targets: Mapping[str, str], timeout: float | None = None) -> None:
        """Write the configuration.

        Args:
            targets: Each target's URL; its name is its backend's.
            timeout: Seconds of silence after which a connection is dead; the default if None.
        """
        more = f"timeout = {timeout:g}\n" if timeout else ""
        text = "\n".join(
            f'[targets.{name}]\nbackend = "{name}"\nurl = "{url}"\nsandbox = true\n'
            f"{more}{_OWN.get(name, '')}"
            for name, url in targets.items()
        )
        (self.folder / "publishkit.toml").write_text(text, encoding="utf-8")

    async def run(self, arguments: Sequence[str], wire: Wire, *, lasting: float = PATIENCE) -> Run:
        """Run the command to its end, or until the wire kills it.

        Args:
            arguments: The command line.
            wire: Gets to know how to kill it.
            lasting: Seconds after which it is killed.
        """
        log = self.folder / "said.txt"
        process = CONTEXT.Process(
            target=execute, args=(arguments, self.folder, self._variables(), log), daemon=True
        )
        process.start()
        wire.kill = process.kill
        hung = False
        try:
            await asyncio.wait_for(_ended(process), lasting)
        except TimeoutError:
            hung = True
        finally:
            process.kill()  # what hangs, or was left when the matrix itself was stopped
            process.join()
        code = process.exitcode
        assert code is not None
        return Run(arguments, code, log.read_text(encoding="utf-8", errors="replace"), hung)

    def _variables(self) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "PUBLISHKIT_CACHE_DIR": str(self.folder / "cache"),
            **self.environment,
        }


async def _ended(process: ForkServerProcess) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)
