"""The services behind the servers that come as programs in PyPI packages."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .packages import Environment, environment
from .process import Command, Services, answers

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "stand_ins" / "requirements.txt"


def programs() -> Environment:
    """Give the environment that holds the programs, and the stand-ins' libraries."""
    return environment("backends", REQUIREMENTS)


def start_search(services: Services, port: int) -> None:
    """Start noida-db, which looks like Elasticsearch; it keeps its data in ``search/data``."""
    folder = services.folder / "search"
    folder.mkdir(exist_ok=True)
    binary = programs().packages / "noida_db" / "noida-db"
    if not os.access(binary, os.X_OK):
        binary.chmod(0o755)
    options = ["--only", "elasticsearch", "--host", "127.0.0.1", "--elasticsearch-port", str(port)]
    command: Command = [binary, "start", *options, "--data-dir", "data"]
    start_confined(services, "search", port, command, folder)


def start_redis(services: Services, port: int) -> None:
    """Start a real Redis, which writes nothing to disk."""
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    command: Command = [programs().folder / "bin" / "redis-server", *options]
    services.start("redis", command, ready=lambda: answers(port))


def start_temporal(services: Services, port: int) -> None:
    """Start Temporal's test server, which would otherwise listen on all interfaces."""
    folder = services.folder / "temporal"
    folder.mkdir(exist_ok=True)
    binary = programs().folder / "bin" / "temporal-test-server"
    start_confined(services, "temporal", port, [binary, str(port)], folder)


def start_stand_in(services: Services, name: str, port: int) -> None:
    """Start one of the project's own stand-ins."""
    command: Command = [programs().python, "-m", f"stand_ins.fake_{name}", str(port)]
    variables = {"PYTHONPATH": str(HERE)}
    services.start(name, command, environment=variables, ready=lambda: answers(port))


def start_confined(
    services: Services, name: str, port: int, command: Command, folder: Path
) -> None:
    """Start a program that sees, and is seen from, this machine only."""
    wrapper: Command = [sys.executable, "-IS", HERE / "confine.py", "--port", str(port), "--"]
    services.start(
        name,
        [*wrapper, *command],
        folder=folder,
        environment={"HOME": "."},
        ready=lambda: answers(port),
    )
