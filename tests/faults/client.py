"""Runs of the installed command, in a folder of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .proxy import Wire

__all__ = ["COMMAND", "KILLED", "Client", "Run"]

COMMAND: Final = Path(sys.executable).with_name("publishkit")
PATIENCE: Final = 240.0
"""Seconds after which a run counts as hanging."""
KILLED: Final = -9


@dataclass(frozen=True, slots=True)
class Run:
    """A run that ended."""

    arguments: Sequence[str]
    code: int
    """The exit code, or KILLED."""
    said: str
    """What it printed, errors included."""
    hung: bool = False


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
            f'[targets.{name}]\nbackend = "{name}"\nurl = "{url}"\nsandbox = true\n{more}'
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
        with log.open("w+b") as out:  # not a pipe, which would have to be read meanwhile
            process = await asyncio.create_subprocess_exec(
                str(COMMAND),
                *arguments,
                cwd=self.folder,
                env=self._variables(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=asyncio.subprocess.STDOUT,
            )
            wire.kill = partial(_kill, process)
            hung = False
            try:
                code = await asyncio.wait_for(process.wait(), lasting)
            except TimeoutError:
                _kill(process)
                code, hung = await process.wait(), True
            finally:
                if process.returncode is None:  # the matrix itself was stopped
                    _kill(process)
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


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):  # it had just ended
        process.kill()
