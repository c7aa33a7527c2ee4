"""Starts InvenioRDM: the real application, with small services behind it."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import backends
from .packages import CACHE_FOLDER, Environment, environment, make_once, short_hash
from .process import Command, Services
from .web import good

INSIDE = Path(__file__).parent / "invenio"
REQUIREMENTS = INSIDE / "requirements.txt"
RESULT = "accounts.json"
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Knobs:
    """What a test may change: see `api.invenio`."""

    datacite: bool = False
    rate_limit: str | None = None
    quota: int | None = None
    max_files: int | None = None
    database: str = DATABASES[0]


@dataclass(frozen=True)
class Settings(Knobs):
    """What `invenio/config.py` reads."""

    port: int = 0
    redis_port: int = 0
    search_port: int = 0
    postgresql_port: int | None = None
    datacite_port: int | None = None


def start(services: Services, knobs: Knobs) -> dict[str, Any]:
    """Start a fresh server, and give its address, users and community."""
    python = environment("invenio", REQUIREMENTS)
    shutil.copytree(template(python, knobs.database), services.folder, dirs_exist_ok=True)
    datacite = services.port() if knobs.datacite else None
    settings = start_backends(services, knobs, services.port(), datacite)
    serve(services, python, settings)
    url = f"http://127.0.0.1:{settings.port}"
    services.wait("InvenioRDM", lambda: good(f"{url}/api/records?size=1"))
    accounts: dict[str, Any] = json.loads((services.folder / RESULT).read_text())
    return {"url": url} | accounts


def template(python: Environment, database: str) -> Path:
    """Give a filled instance to copy: to fill one takes long, mostly for the vocabularies."""
    sources = [REQUIREMENTS, backends.REQUIREMENTS, INSIDE / "config.py", INSIDE / "set_up.py"]
    if database == "postgresql":
        sources.append(backends.POSTGRESQL)
    sources += sorted((INSIDE / "app_data").iterdir())
    key = short_hash(python.folder.name, *(path.read_text() for path in sources))

    def fill(folder: Path) -> None:
        with Services(folder) as services:
            start_backends(services, Knobs(database=database), 0, None)
            command: Command = [python.python, INSIDE / "set_up.py", folder / RESULT]
            services.run("set_up", command, variables(folder))
        shutil.rmtree(folder / "logs")

    return make_once(CACHE_FOLDER / "templates" / f"invenio-{database}-{key}", fill)


def start_backends(
    services: Services, knobs: Knobs, port: int, datacite_port: int | None
) -> Settings:
    """Start what is behind InvenioRDM, and write the configuration that says where it is."""
    settings = Settings(
        **asdict(knobs),
        port=port,
        redis_port=services.port(),
        search_port=services.port(),
        postgresql_port=services.port() if knobs.database == "postgresql" else None,
        datacite_port=datacite_port,
    )
    backends.start_redis(services, settings.redis_port)
    backends.start_search(services, settings.search_port)
    if settings.postgresql_port is not None:
        backends.start_postgresql(services, settings.postgresql_port)
    if datacite_port is not None:
        backends.start_stand_in(services, "datacite", datacite_port)
    instance = services.folder / "instance"
    instance.mkdir(exist_ok=True)
    shutil.copytree(INSIDE / "app_data", instance / "app_data", dirs_exist_ok=True)
    shutil.copyfile(INSIDE / "config.py", instance / "invenio.cfg")
    (services.folder / "settings.json").write_text(json.dumps(asdict(settings), indent=1))
    services.settle()
    return settings


def serve(services: Services, python: Environment, settings: Settings) -> None:
    """Start the application, in one process on SQLite: that would not let two write at once."""
    workers = ["--workers", "1", "--threads", "8"]
    if settings.database == "postgresql":
        workers = ["--workers", "2", "--threads", "4"]
    options = ["--bind", f"127.0.0.1:{settings.port}", *workers]
    options += ["--timeout", "600", "--no-control-socket", "--chdir", str(INSIDE)]
    options += ["--access-logfile", str(services.folder / "logs" / "access.log")]
    command: Command = [python.python, "-m", "gunicorn", "wsgi:application", *options]
    services.start("invenio", command, environment=variables(services.folder))


def variables(folder: Path) -> dict[str, str]:
    """Give the environment variables that InvenioRDM and its configuration read."""
    return {
        "HOME": str(CACHE_FOLDER),
        "INVENIO_INSTANCE_PATH": str(folder / "instance"),
        "PUBLISHKIT_TEST_SETTINGS": str(folder / "settings.json"),
        "PYTHONWARNINGS": "ignore",
    }
