"""Runs NOMAD's own command line, with allowances for what stands in for its services.

- NOMAD 2 refuses an Elasticsearch whose major version it does not know; noida-db says 8.
- noida-db takes one field per object in ``sort``; NOMAD sends several.
- The application and the worker are started at once, and both create what indices are missing.
- NOMAD 1.3 works through RabbitMQ. Its Celery speaks Redis, too, but there is no setting for it.
"""

# ruff: noqa: ANN401 - the libraries here have no types
# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator"

from __future__ import annotations

import fcntl
import importlib
import os
import sys
from pathlib import Path
from typing import Any

from nomad.cli import run_cli
from nomad.config.models.config import Config
from nomad.metainfo.elasticsearch_extension import Index


def use_redis(broker: str) -> None:
    """Have Celery take its tasks from Redis."""
    Config.rabbitmq_url = lambda _: broker


def accept_any_version() -> None:
    """Leave out the look at Elasticsearch's version, where there is one."""
    try:
        compat: Any = importlib.import_module("nomad.elastic_compat")
    except ImportError:
        return
    compat.verify_server_version = lambda *_, **__: None


def create_indices_in_turn() -> None:
    """Have one program at a time look for an index and create it."""
    create = Index.create_index

    def create_in_turn(index: Any, *rest: Any, **named: Any) -> Any:
        with Path(os.environ["NOMAD_CONFIG"]).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return create(index, *rest, **named)

    Index.create_index = create_in_turn


def split_sort_objects(library: str) -> None:
    """Have a client of Elasticsearch send one object per field to sort by."""
    try:
        transport = importlib.import_module(library).Transport
        perform = transport.perform_request
    except (ImportError, AttributeError):
        return

    def perform_split(client: Any, method: str, url: str, *rest: Any, **named: Any) -> Any:
        body = named.get("body")
        if isinstance(body, dict) and isinstance(body.get("sort"), list):
            named["body"] = body | {"sort": split(body["sort"])}
        return perform(client, method, url, *rest, **named)

    transport.perform_request = perform_split


def split(sort: list[Any]) -> list[Any]:
    """Take {"a": "asc", "b": "asc"} apart."""
    pairs = [item.items() if isinstance(item, dict) else [(item, "asc")] for item in sort]
    return [{field: order} for items in pairs for field, order in items]


if broker := os.environ.get("PUBLISHKIT_TEST_BROKER"):
    use_redis(broker)
accept_any_version()
create_indices_in_turn()
split_sort_objects("elasticsearch7")
split_sort_objects("elasticsearch")

# The worker's own child processes import this file, too: they need the changes above, not this.
if __name__ == "__main__":
    sys.exit(run_cli())
