"""The tools that are measured, each in an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PACKAGES", "Tools", "prepared"]

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final[Mapping[str, str]] = {
    "bma": "big-map-archive-api-client==1.2.0",
    "example script": "requests==2.32.5",
    "nomad-utility-workflows": "nomad-utility-workflows==0.3.2",
    "rocrate-inveniordm": "rocrate-inveniordm==2.1.0",
}
"""What is installed for each peer; curl is the machine's own."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Where the tools are."""

    publishkit: Path
    """The command."""
    folder: Path
    """One environment a peer."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """By name."""

    def of(self, peer: str, program: str) -> str:
        """A program in a peer's environment."""
        return str(self.folder / peer.replace(" ", "-") / "bin" / program)


def prepared(folder: Path, publishkit: Path | None) -> Tools:
    """Build the environments that are not there yet, and ask everybody for their version.

    Args:
        folder: Where environments are kept.
        publishkit: The command to measure; the checkout is installed anew unless given.
    """
    for name, package in PACKAGES.items():
        _install(folder / name.replace(" ", "-"), package)
    command = publishkit or _checkout(folder / "publishkit")
    versions = {name: package.partition("==")[2] for name, package in PACKAGES.items()}
    versions |= {"publishkit": _said(str(command), "--version").split()[-1]}
    if curl := shutil.which("curl"):
        versions["curl"] = _said(curl, "--version").split()[1]
    return Tools(command, folder, versions)


def _checkout(environment: Path) -> Path:
    _create(environment)
    _into(environment, "--force-reinstall", "--no-deps", str(ROOT))
    _into(environment, str(ROOT))
    return environment / "bin" / "publishkit"


def _install(environment: Path, package: str) -> None:
    mark = environment / "installed.txt"
    if mark.exists() and mark.read_text() == package:
        return
    _create(environment)
    _into(environment, package)
    mark.write_text(package)


def _create(environment: Path) -> None:
    if not (environment / "bin" / "python").exists():
        uv = shutil.which("uv")
        quick = [uv, "venv", "-q", "-p", sys.executable] if uv else None
        _do(*(quick or [sys.executable, "-m", "venv"]), str(environment))


def _into(environment: Path, *what: str) -> None:
    python = str(environment / "bin" / "python")
    if uv := shutil.which("uv"):
        _do(uv, "pip", "install", "-q", "--python", python, *what)
    else:
        _do(python, "-m", "pip", "install", "-q", *what)


def _do(*words: str) -> None:
    subprocess.run(words, check=True, timeout=900)


def _said(*words: str) -> str:
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout
