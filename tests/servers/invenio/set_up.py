"""Fills a new InvenioRDM instance: tables, indices, vocabularies, users, tokens, a community.

Writes the users' ids and tokens, and the community's id, to the file named on the command line.
"""

# ruff: noqa: ANN401 - the libraries here have no types
# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator"

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import invenio_rdm_records.fixtures
from flask_security.utils import hash_password
from invenio_access.permissions import system_identity
from invenio_app.factory import create_api
from invenio_communities.proxies import current_communities
from invenio_db import db
from invenio_files_rest.models import Location
from invenio_oauth2server.models import Token
from invenio_queues.proxies import current_queues
from invenio_rdm_records.fixtures import PrioritizedVocabulariesFixtures
from invenio_rdm_records.fixtures.tasks import get_authenticated_identity
from invenio_records_resources.tasks import manage_indexer_queues
from invenio_search import current_search, current_search_client
from invenio_users_resources.services.users.tasks import reindex_users

USERS = ("alice", "bob", "curator")
COMMUNITY = "bigmap"


def main() -> None:
    """Do all the steps, in an order that works."""
    app = create_api()
    with app.app_context():
        current_queues.declare()
        create_database(Path(app.instance_path) / "data")
        create_indices()
        drop_old_mappings()
        load_vocabularies(Path(app.instance_path))
        users = {name: create_user(app, name) for name in USERS}
        reindex_users([user["id"] for user in users.values()])
        community = create_community(users["curator"]["id"])
        manage_indexer_queues()  # what is queued is not kept
        # The first search after a load does not see it, and InvenioRDM keeps an empty answer
        # about a vocabulary for an hour.
        current_search_client.indices.refresh(index="*")
    result = {"users": users, "community": community}
    Path(sys.argv[1]).write_text(json.dumps(result, indent=1))


def create_database(files: Path) -> None:
    """Create the tables, and say where files go."""
    db.create_all()
    files.mkdir(exist_ok=True)
    db.session.add(Location(name="default", uri=str(files), default=True))
    db.session.commit()


def create_indices() -> None:
    """Do what ``invenio index init`` does: that refuses a server that is not OpenSearch."""
    indices = current_search_client.indices
    create = indices.create

    def create_without_symbols(index: str, body: Any = None, **named: Any) -> Any:
        # The stand-in's regular expressions lack \p{S}; only the sorting of names uses it.
        return create(
            index=index, body=json.loads(json.dumps(body).replace(r"\\p{S}", "")), **named
        )

    indices.create = create_without_symbols
    for step in ("put_templates", "put_component_templates", "put_index_templates", "create"):
        for _ in getattr(current_search, step)():
            pass


def drop_old_mappings() -> None:
    """Keep only the newest version of the records' indices.

    The others stay empty in a new instance, and the stand-in searches "all fields" wrongly in an
    alias of several indices with different fields.
    """
    versions: dict[str, list[tuple[list[int], str]]] = {}
    for row in current_search_client.cat.indices(index="rdm-rdmrecords-*", format="json"):
        if found := re.fullmatch(r"(.*-)v([\d.]+)-\d+", row["index"]):
            version = [int(part) for part in found[2].split(".")]
            versions.setdefault(found[1], []).append((version, row["index"]))
    for found_versions in versions.values():
        for _, index in sorted(found_versions)[:-1]:
            current_search_client.indices.delete(index=index)


def load_vocabularies(instance: Path) -> None:
    """Load the packaged vocabularies, except those that the instance's app_data replaces."""
    packaged = Path(invenio_rdm_records.fixtures.__file__).parent / "data"
    PrioritizedVocabulariesFixtures(
        system_identity,
        app_data_folder=instance / "app_data",
        pkg_data_folder=packaged,
        delay=False,
    ).load()


def create_user(app: Any, name: str) -> dict[str, Any]:
    """Create a user who may sign in, and a token."""
    users = app.extensions["security"].datastore
    user = users.create_user(
        email=f"{name}@example.org",
        username=name,
        password=hash_password("123456"),
        active=True,
        confirmed_at=datetime.now(UTC),
        preferences={"visibility": "public", "email_visibility": "restricted"},
        user_profile={"full_name": name.title(), "affiliations": "Test"},
    )
    users.commit()
    token = Token.create_personal("test", user.id, scopes=[], is_internal=False)
    db.session.commit()
    return {"id": user.id, "token": token.access_token}


def create_community(owner: int) -> dict[str, str]:
    """Create a community whose owner has to accept what is submitted to it."""
    access = {
        "visibility": "public",
        "members_visibility": "public",
        "member_policy": "open",
        "record_submission_policy": "open",
        "review_policy": "closed",
    }
    data = {"slug": COMMUNITY, "metadata": {"title": "BIG-MAP"}, "access": access}
    made = current_communities.service.create(get_authenticated_identity(owner), data)
    return {"slug": COMMUNITY, "id": str(made.id)}


if __name__ == "__main__":
    main()
