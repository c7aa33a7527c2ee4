"""InvenioRDM's configuration for tests; the instance folder gets it as ``invenio.cfg``."""

# ruff: noqa: ANN401 - the libraries here have no types
# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator"

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import invenio_rdm_records.services.pids.providers.datacite as _datacite
from sqlalchemy import event
from sqlalchemy.engine import Engine

_given: dict[str, Any] = json.loads(Path(os.environ["PUBLISHKIT_TEST_SETTINGS"]).read_text())
_instance = Path(os.environ["INVENIO_INSTANCE_PATH"])
_redis = f"redis://127.0.0.1:{_given['redis_port']}"

SECRET_KEY = "for tests only, and the same for all, as tokens are encrypted with it"
SQLALCHEMY_DATABASE_URI = (
    f"postgresql+psycopg2://postgres@127.0.0.1:{_given['postgresql_port']}/postgres"
    if _given["database"] == "postgresql"
    else f"sqlite:///{_instance}/invenio.db"
)
SQLALCHEMY_ENGINE_OPTIONS: dict[str, Any] = {}
SITE_HOSTNAME = "127.0.0.1"
SITE_UI_URL = f"http://127.0.0.1:{_given['port']}"
SITE_API_URL = f"{SITE_UI_URL}/api"
TRUSTED_HOSTS = ["127.0.0.1", "localhost"]
OAISERVER_ID_PREFIX = "127.0.0.1"
WSGI_PROXIES = 0
LOGGING_CONSOLE_LEVEL = "WARNING"
MAIL_SUPPRESS_SEND = True
SECURITY_EMAIL_DOMAIN_MX_CHECK = False
SESSION_COOKIE_SECURE = False
APP_DEFAULT_SECURE_HEADERS = {
    "content_security_policy": {"default-src": ["'self'"]},
    "content_security_policy_report_only": False,
    "content_security_policy_report_uri": None,
    "force_file_save": False,
    "force_https": False,  # the packaged default would redirect to https
    "force_https_permanent": False,
    "frame_options": "sameorigin",
    "frame_options_allow_from": None,
    "session_cookie_http_only": True,
    "session_cookie_secure": False,
    "strict_transport_security": False,
    "strict_transport_security_include_subdomains": True,
    "strict_transport_security_max_age": 31556926,
    "strict_transport_security_preload": False,
}

SEARCH_HOSTS = [{"host": "127.0.0.1", "port": _given["search_port"]}]
SEARCH_CLIENT_CONFIG = {"timeout": 60, "use_ssl": False}
SEARCH_INDEX_PREFIX = "rdm-"

CACHE_REDIS_URL = f"{_redis}/0"
ACCOUNTS_SESSION_REDIS_URL = f"{_redis}/1"
RATELIMIT_STORAGE_URI = f"{_redis}/3"
COMMUNITIES_IDENTITIES_CACHE_REDIS_URL = f"{_redis}/4"
BROKER_URL = CELERY_BROKER_URL = f"{_redis}/5"
CELERY_RESULT_BACKEND = "cache"
CELERY_CACHE_BACKEND = "memory"
CELERY_TASK_ALWAYS_EAGER = True  # in the request: there is no Celery worker
CELERY_TASK_EAGER_PROPAGATES = False

if _given["rate_limit"] is not None:
    # Clients with a token count as guests, too.
    RATELIMIT_AUTHENTICATED_USER = RATELIMIT_GUEST_USER = _given["rate_limit"]
if _given["quota"] is not None:
    FILES_REST_DEFAULT_QUOTA_SIZE = FILES_REST_DEFAULT_MAX_FILE_SIZE = _given["quota"]
    RDM_FILES_DEFAULT_QUOTA_SIZE = RDM_FILES_DEFAULT_MAX_FILE_SIZE = _given["quota"]
if _given["max_files"] is not None:
    RDM_RECORDS_MAX_FILES_COUNT = _given["max_files"]

DATACITE_ENABLED = _given["datacite_port"] is not None
if DATACITE_ENABLED:
    DATACITE_USERNAME = "TEST.TEST"
    DATACITE_PASSWORD = "test"
    DATACITE_PREFIX = "10.5072"
    DATACITE_TEST_MODE = False  # it would put the real service's address in place of ours
    # There is no setting for the address.
    _datacite.DataCiteRESTClient = partial(
        _datacite.DataCiteRESTClient, url=f"http://127.0.0.1:{_given['datacite_port']}/"
    )


def _connected(connection: Any, _record: Any) -> None:
    """Make SQLite do what InvenioRDM expects of a database."""
    # Python's own handling of transactions would break savepoints: see _begin.
    connection.isolation_level = None
    # Without foreign keys, deleting the draft of a new version deletes the parent record.
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA busy_timeout = 60000")
    connection.execute("PRAGMA synchronous = OFF")


def _begin(connection: Any) -> None:
    """Lock at the start: two that lock later, at once, would get "database is locked"."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


if _given["database"] == "sqlite":
    event.listen(Engine, "connect", _connected)
    event.listen(Engine, "begin", _begin)
