"""The command line: servers that run until they are told to stop."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from . import api
from .packages import CACHE_FOLDER
from .process import Guard, ServerError, Services
from .start_invenio import DATABASES, Knobs
from .start_nomad import VERSIONS

if TYPE_CHECKING:
    from pathlib import Path

NOT_RUNNING = 3  # as of init scripts


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says."""
    options = parser().parse_args(arguments)
    name = name_of(options)
    folder = CACHE_FOLDER / "by-hand" / name
    try:
        if options.action == "down" or (options.action == "up" and not whole(folder)):
            stop(folder)
        if options.action == "up" and not whole(folder):
            start(folder, options)
    except ServerError as error:
        say(f"error: {error}")
        return 1
    return report(folder, name, options.action)


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    found = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    found.add_argument("action", choices=["up", "down", "status"])
    found.add_argument("server", choices=["invenio", "nomad"])
    found.add_argument("--version", choices=VERSIONS, default=VERSIONS[0], help="NOMAD's")
    found.add_argument("--upload-limit", type=int, default=10, help="NOMAD: uploads per user")
    found.add_argument("--datacite", action="store_true", help="InvenioRDM: give DOIs")
    found.add_argument("--rate-limit", help='InvenioRDM: such as "5 per minute"')
    found.add_argument("--quota", type=int, help="InvenioRDM: bytes per record")
    found.add_argument("--max-files", type=int, help="InvenioRDM: files per record")
    found.add_argument("--database", choices=DATABASES, default=DATABASES[0], help="InvenioRDM's")
    return found


def name_of(options: argparse.Namespace) -> str:
    """Name the server that the command line means; those of different names can run at once."""
    if options.server == "nomad":
        return f"nomad-{options.version}"
    return "invenio" if options.database == DATABASES[0] else f"invenio-{options.database}"


def start(folder: Path, options: argparse.Namespace) -> None:
    """Start a server that outlives this program, and write down who guards it."""
    shutil.rmtree(folder, ignore_errors=True)
    services = Services(folder, detached=True)
    services.prepare()
    try:
        server = launch(services, options)
        guards = [asdict(service.guard) for service in services.running]
        state = {"guards": guards, "server": asdict(server)}
        (folder / "state.json").write_text(json.dumps(state, default=str, indent=1))
    except BaseException:
        services.stop()
        raise


def launch(services: Services, options: argparse.Namespace) -> api.InvenioServer | api.NomadServer:
    """Start the server that the command line names."""
    if options.server == "nomad":
        return api.run_nomad(services, options.version, options.upload_limit)
    limits = (options.rate_limit, options.quota, options.max_files)
    knobs = Knobs(options.datacite, *limits, options.database)
    return api.run_invenio(services, knobs)


def state(folder: Path) -> dict[str, Any]:
    """Read what `start` wrote down."""
    path = folder / "state.json"
    return json.loads(path.read_text()) if path.is_file() else {"guards": [], "server": {}}


def guards(folder: Path) -> list[Guard]:
    """Give the guards that run, the last started first."""
    found = [Guard(**guard) for guard in reversed(state(folder)["guards"])]
    return [guard for guard in found if guard.alive()]


def whole(folder: Path) -> bool:
    """Tell whether every service of a server runs."""
    return 0 < len(state(folder)["guards"]) == len(guards(folder))


def stop(folder: Path) -> None:
    """Stop a server."""
    for guard in guards(folder):
        guard.stop()


def report(folder: Path, name: str, action: str) -> int:
    """Say whether the server runs, and how tests can be pointed at it."""
    running = guards(folder)
    if not running:
        say(f"{name} is not running")
        return NOT_RUNNING if action == "status" else 0
    server = state(folder)["server"]
    say(f"{name} is running: {', '.join(guard.name for guard in reversed(running))}")
    say(f"logs: {folder / 'logs'}")
    say(json.dumps(server, indent=1))
    for line in exports(server):
        say(line)
    return 0


def say(line: str) -> None:
    """Tell whoever sits there."""
    sys.stdout.write(f"{line}\n")


def exports(server: dict[str, Any]) -> list[str]:
    """Give the shell commands that point tests at the server."""
    if "tokens" in server:
        values = {
            f"{api.INVENIO_VARIABLE}_URL": server["url"],
            f"{api.INVENIO_VARIABLE}_TOKEN": server["tokens"]["alice"],
            f"{api.INVENIO_VARIABLE}_TOKEN_BOB": server["tokens"]["bob"],
            f"{api.INVENIO_VARIABLE}_TOKEN_CURATOR": server["tokens"]["curator"],
            f"{api.INVENIO_VARIABLE}_COMMUNITY": server["community"],
        }
    else:
        values = {
            f"{api.NOMAD_VARIABLE}_URL": server["api"],
            f"{api.NOMAD_VARIABLE}_USERNAME": "hwolowitz",
            f"{api.NOMAD_VARIABLE}_PASSWORD": server["password"],
        }
    return [f"export {name}={value}" for name, value in values.items()]
