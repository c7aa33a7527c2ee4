"""Installs what the test servers need, once, into a cache folder.

Whatever is kept there is made under a temporary name and renamed when it is complete, so that an
interrupted installation is never taken for a good one. Its name holds a hash of what it was made
from, so that a change makes it anew. A file lock keeps two processes from doing it at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from .process import ENVIRONMENT, Command, ServerError, tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER_VARIABLE = "PUBLISHKIT_TEST_SERVERS"
PYTHON_VARIABLE = "PUBLISHKIT_TEST_SERVERS_PYTHON"
PYTHONS = ("3.12", "3.11")
HOME = Path.home()
CACHE_FOLDER = Path(
    ENVIRONMENT.get(FOLDER_VARIABLE)
    or Path(ENVIRONMENT.get("XDG_CACHE_HOME") or HOME / ".cache", "publishkit-test-servers")
).absolute()
UV = "uv==0.13.8"
PROBE = "import sys, venv, ensurepip; print(*sys.version_info[:2], sep='.')"


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: Path

    @property
    def python(self) -> Path:
        """The environment's interpreter; other scripts' first lines may name a wrong place."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """The folder that packages were installed into."""
        return next(self.folder.glob("lib/python3*/site-packages"))


def environment(name: str, requirements: Path) -> Environment:
    """Give a virtual environment that holds exactly what a requirements file lists."""
    version, python = find_python()
    key = short_hash(requirements.read_text(), version)
    folder = CACHE_FOLDER / "environments" / f"{name}-py{version}-{key}"
    log = CACHE_FOLDER / "logs" / f"{folder.name}.log"
    return Environment(make_once(folder, partial(install, python, requirements, log)))


def install(python: Path, requirements: Path, log: Path, folder: Path) -> None:
    """Fill a new virtual environment: by uv, which takes seconds, or else by pip."""
    uv: Command = [installer(python).python, "-m", "uv"]
    target = folder / "bin" / "python"
    try:
        execute([*uv, "venv", "--quiet", "--python", python, folder], log)
        execute([*uv, "pip", "install", "--python", target, "-r", requirements], log)
    except ServerError:
        # uv does not read pip's configuration, where a site may name its own package index.
        shutil.rmtree(folder, ignore_errors=True)
        execute([python, "-m", "venv", folder], log)
        execute([target, "-m", "pip", "install", "--quiet", "-r", requirements], log)


def installer(python: Path) -> Environment:
    """Give the environment that holds uv."""

    def make(folder: Path) -> None:
        log = CACHE_FOLDER / "logs" / "uv.log"
        execute([python, "-m", "venv", folder], log)
        execute([folder / "bin" / "python", "-m", "pip", "install", "--quiet", UV], log)

    return Environment(make_once(CACHE_FOLDER / "environments" / UV.replace("==", "-"), make))


def make_once(target: Path, make: Callable[[Path], None]) -> Path:
    """Give a folder, having it made first if it is not there (whole) yet."""
    if target.is_dir():
        return target
    with locked(target):
        if not target.is_dir():  # else another process made it while this one waited
            target.parent.mkdir(parents=True, exist_ok=True)
            for old in target.parent.glob(f"{target.name}.unfinished-*"):
                shutil.rmtree(old, ignore_errors=True)
            # Numbered, as a child of a process that was killed may still be at work.
            unfinished = target.with_name(f"{target.name}.unfinished-{os.getpid()}")
            make(unfinished)
            unfinished.replace(target)
    return target


@contextlib.contextmanager
def locked(target: Path) -> Iterator[None]:
    """Wait for other processes and threads that make the same folder."""
    path = CACHE_FOLDER / "locks" / f"{target.name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def execute(command: Command, log: Path) -> None:
    """Run a command, its output going to a log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        done = subprocess.run(
            command,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise ServerError(f"{Path(command[0]).name} failed, code {done.returncode}\n{tail(log)}")


def short_hash(*parts: str) -> str:
    """Name something after what it was made from."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@cache
def find_python() -> tuple[str, Path]:
    """Find an interpreter that the servers run on, and its version."""
    tried = []
    for candidate in candidates():
        if (version := probe(candidate)) in PYTHONS:
            return version, candidate
        tried.append(f"    {candidate}")
    raise ServerError(
        f"the test servers need Python {' or '.join(PYTHONS)} with venv: install python3.12 and"
        f" python3.12-venv (or 3.11), or name one in {PYTHON_VARIABLE}; tried:\n" + "\n".join(tried)
    )


def candidates() -> Iterator[Path]:
    """List the interpreter asked for; or this one, those on the search path, and pyenv's."""
    if chosen := ENVIRONMENT.get(PYTHON_VARIABLE):
        yield Path(chosen)
        return
    yield Path(sys.executable)
    for version in PYTHONS:
        if found := shutil.which(f"python{version}"):
            yield Path(found)
    pyenv = Path(ENVIRONMENT.get("PYENV_ROOT") or HOME / ".pyenv")
    with contextlib.suppress(OSError):  # it may be another user's
        for version in PYTHONS:
            yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"))


def probe(python: Path) -> str | None:
    """Give an interpreter's version, or None: a pyenv shim may exist and yet lead nowhere."""
    try:
        done = subprocess.run(
            [python, "-c", PROBE],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
