"""All there is to say of an upload, without waiting for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

    from publishkit_nomad.answers import Upload
    from publishkit_nomad.api import NomadApi

__all__ = ["details_of"]


def details_of(api: NomadApi, upload: Upload, datasets: JsonValue) -> dict[str, JsonValue]:
    """What is known of an upload beyond the deposit, by name."""
    failed = api.processed(upload.upload_id).processing_failed if upload.entries else 0
    return {
        "process": upload.current_process,
        "process_status": upload.process_status,
        "last_status_message": upload.last_status_message,
        "entries": upload.entries,
        "failed_entries": failed,
        "embargo_months": upload.embargo_length,
        "under_embargo": upload.with_embargo,
        "datasets": datasets,
        "coauthors": len(upload.coauthors),
        "reviewers": len(upload.reviewers),
        "license": upload.license,
    }
