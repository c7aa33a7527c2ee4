"""InvenioRDM's REST API, mounted at /api, as gunicorn serves it."""

# ruff: noqa: ANN401 - the libraries here have no types
# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator"

from __future__ import annotations

import threading
import time
import traceback
from pathlib import Path
from typing import Any

from invenio_app.factory import create_api
from invenio_db import db
from invenio_files_rest.models import Location
from invenio_queues.proxies import current_queues
from invenio_records_resources.tasks import manage_indexer_queues
from invenio_search import current_search_client
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

SECONDS_BETWEEN = 2.0


def prepared_api() -> Any:
    """Create the application, and what it needs in the other services."""
    app = create_api()
    with app.app_context():
        current_queues.declare()
        point_to_files(Path(app.instance_path) / "data")
        # As in set_up.py: the first search would not see what was loaded.
        current_search_client.indices.refresh(index="*")
    return app


def point_to_files(folder: Path) -> None:
    """Tell the database, which was copied with the instance, where its files go now."""
    folder.mkdir(exist_ok=True)
    Location.query.update({"uri": str(folder)})
    db.session.commit()


def index_for_ever(app: Any) -> None:
    """Index what is queued in bulk; elsewhere Celery's clock does it every ten seconds."""
    while True:
        time.sleep(SECONDS_BETWEEN)
        try:
            with app.app_context():
                manage_indexer_queues()
        except Exception:  # noqa: BLE001 - the next round may do better, and a test can read the log
            traceback.print_exc()


api = prepared_api()
threading.Thread(target=index_for_ever, args=(api,), daemon=True).start()
application = DispatcherMiddleware(NotFound(), {"/api": api})
