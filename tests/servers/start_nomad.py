"""Starts NOMAD: the real application and worker, with small services behind them."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from . import backends
from .packages import CACHE_FOLDER, Environment, environment
from .process import Command, ServerError, Services
from .stand_ins.users import PASSWORD, USERS
from .web import call, good

INSIDE = Path(__file__).parent / "nomad"
VERSIONS = ("2.0.0", "1.4.3", "1.3.17")
NOWHERE = "http://127.0.0.1:9"
EXAMPLE = {"data": {"m_def": "nomad.datamodel.metainfo.eln.ELNSample", "name": "warm-up"}}


@dataclass(frozen=True)
class Ports:
    """Where everything listens."""

    api: int
    keycloak: int
    mongo: int
    datacite: int
    search: int
    queue: int


def start(services: Services, version: str, upload_limit: int) -> dict[str, Any]:
    """Start a fresh server that has processed one upload already, and give its address."""
    if version not in VERSIONS:
        raise ServerError(f"NOMAD {version} is not one of {', '.join(VERSIONS)}")
    python = environment(f"nomad-{version}", INSIDE / f"requirements-{version}.txt")
    ports = Ports(*(services.port() for _ in range(6)))
    config = configuration(version, ports, services.folder / "files", upload_limit)
    (services.folder / "files").mkdir()
    # Every JSON file is a YAML file.
    (services.folder / "nomad.yaml").write_text(json.dumps(config, indent=1))
    start_backends(services, version, ports)
    api = f"http://127.0.0.1:{ports.api}/api/v1"
    worker = run(services, python, ports, "worker", ["worker"])
    options = ["app", "--host", "127.0.0.1", "--port", str(ports.api)]
    run(services, python, ports, "app", options)
    services.wait("NOMAD", lambda: good(f"{api}/info"))
    warm_up(services, api)
    return {"api": api, "worker_pid": worker}


def configuration(version: str, ports: Ports, files: Path, upload_limit: int) -> dict[str, Any]:
    """Give the settings that differ from NOMAD's own."""
    old = version.startswith("1.3.")
    slash = "/" if old else ""
    config: dict[str, Any] = {
        "meta": {"deployment": "test"},
        "services": service_settings(version, ports.api, upload_limit),
        "mongo": {"host": "127.0.0.1", "port": ports.mongo, "db_name": "nomad_test"},
        "elastic": {"host": "127.0.0.1", "port": ports.search},
        "keycloak": {
            "server_url": f"http://127.0.0.1:{ports.keycloak}{slash}",
            "realm_name": "nomad_test",
            "username": USERS[0]["username"],
            "password": PASSWORD,
            "client_id": "nomad_public",
        },
        "north": {"enabled": False},
        "oasis": {"is_oasis": False, "uses_central_user_management": False},
        "fs": {"working_directory": str(files)},
        "rfc3161_timestamp": {"server": NOWHERE},  # or entries would be stamped by a public server
    }
    if not old:
        # With more than one activity at a time, each waits about a second for its turn.
        worker = {"pool_size": 1, "max_concurrent_activities": 1}
        queue = {"host": "127.0.0.1", "port": ports.queue, "internal_worker": worker}
        config["temporal"] = queue
    if version.startswith("2."):
        host = f"http://127.0.0.1:{ports.datacite}"
        config["datacite"] = {"enabled": True, "mds_host": host, "user": "test", "password": "test"}
    return config


def service_settings(version: str, port: int, upload_limit: int) -> dict[str, Any]:
    """Give the settings of the application itself."""
    settings: dict[str, Any] = {
        "api_host": "127.0.0.1",
        "api_port": port,
        # 2.0 refuses an empty one, and 1.x would make //api/v1 of a slash.
        "api_base_path": "/" if version.startswith("2.") else "",
        "https": False,
        "upload_limit": upload_limit,
        "admin_user_id": USERS[0]["user_id"],
        "optimade_enabled": False,
        "dcat_enabled": False,
        "h5grove_enabled": False,
        "console_log_level": 30,
    }
    return settings if version.startswith("1.3.") else settings | {"mode": "development"}


def start_backends(services: Services, version: str, ports: Ports) -> None:
    """Start what is behind NOMAD."""
    backends.start_stand_in(services, "keycloak", ports.keycloak)
    backends.start_stand_in(services, "mongo", ports.mongo)
    backends.start_stand_in(services, "datacite", ports.datacite)
    backends.start_search(services, ports.search)
    if version.startswith("1.3."):
        backends.start_redis(services, ports.queue)
    else:
        backends.start_temporal(services, ports.queue)
    services.settle()


def run(
    services: Services, python: Environment, ports: Ports, name: str, options: list[str]
) -> int:
    """Start one of NOMAD's own programs, and give its pid."""
    libmagic = python.packages / "pylibmagic"
    variables = {
        "HOME": str(CACHE_FOLDER),
        "LD_LIBRARY_PATH": str(libmagic),  # so that Debian's libmagic1 is not needed
        "MAGIC": str(libmagic / "magic.mgc"),
        "NOMAD_CONFIG": str(services.folder / "nomad.yaml"),
        "PUBLISHKIT_TEST_BROKER": f"redis://127.0.0.1:{ports.queue}/0",
    }
    command: Command = [python.python, INSIDE / "run.py", "admin", "run", *options]
    folder = services.folder / "files"
    return services.start(name, command, folder=folder, environment=variables).pid


def warm_up(services: Services, api: str) -> None:
    """Have an upload processed, and delete it: only then is the worker known to be there."""
    form = {"grant_type": "password", "username": USERS[0]["username"], "password": PASSWORD}
    token = call(
        "POST",
        f"{api}/auth/token",
        urlencode(form).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
    )[1]["access_token"]
    signed = {"Authorization": f"Bearer {token}"}
    status, answer = call(
        "POST",
        f"{api}/uploads?file_name=warm-up.zip",
        zipped("warm-up.archive.json", json.dumps(EXAMPLE)),
        signed | {"Content-Type": "application/zip"},
    )
    if status != 200:
        raise ServerError(f"NOMAD answered the first upload with {status}: {answer}")
    url = f"{api}/uploads/{answer['upload_id']}"
    services.wait("the first upload", lambda: finished(call("GET", url, headers=signed)[1]))
    call("DELETE", url, headers=signed)
    # NOMAD 1.3 deletes later.
    services.wait("its removal", lambda: call("GET", url, headers=signed)[0] == 404)


def finished(answer: dict[str, Any]) -> bool:
    """Tell whether an upload was processed, and raise if that failed."""
    data = answer["data"]
    if data["process_running"]:
        return False
    if data["process_status"] != "SUCCESS" or data["entries"] != 1:
        raise ServerError(f"NOMAD failed to process the first upload: {data}")
    return True


def zipped(name: str, content: str) -> bytes:
    """Give a zip of one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()
