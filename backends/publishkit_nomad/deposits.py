"""An upload as a `Deposit`: state, links, and what changes when it does."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from publishkit.errors import NotFoundError, TemporaryError
from publishkit.repository import Deposit, State
from publishkit_nomad.entry import ENTRY, entry_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import JsonValue

    from publishkit_nomad.answers import Entry, Processed, Upload
    from publishkit_nomad.api import NomadApi

__all__ = [
    "FAILED",
    "MEMBER_SEPARATOR",
    "deposit_of",
    "entry_page",
    "errors_of",
    "failures_of",
    "member_of",
    "outline_of",
    "reason_of_failure",
    "split_id",
    "upload_page",
]

MEMBER_SEPARATOR: Final = "/"
"""Between the ids of an upload and an entry, which consist of letters, digits, `-` and `_`."""
ENTRIES_SHOWN: Final = 100
"""Of how many entries the deposit tells."""
FAILURES_SHOWN: Final = 100

_PROCESSING: Final = "processing"
"""Contents while files may move."""
_PROCESS_FILES: Final = "_process_upload"
FAILED: Final = "FAILURE"


def deposit_of(
    api: NomadApi, upload: Upload, gui: str, known: Sequence[Entry] | None = None
) -> Deposit:
    """The deposit that an upload is; none to two small requests.

    Args:
        api: Where its entries and root folder are asked for.
        upload: As it is now.
        gui: The base of NOMAD's web pages, empty if there are none.
        known: The entries by the name of their main files, if they were just asked for.
    """
    id_, entries = upload.upload_id, tuple(known or ())[:ENTRIES_SHOWN]
    if known is None and upload.entries:
        entries = api.first_entries(id_, ENTRIES_SHOWN)
    extra: dict[str, JsonValue] = {
        "entries": {entry.mainfile: entry.entry_id for entry in entries},
        "datasets": {d.dataset_name: d.dataset_id for e in entries for d in e.datasets},
    }
    return replace(
        outline_of(api.base, upload, gui),
        revision=_revision(upload, entries),
        contents=_PROCESSING if upload.process_running else _contents(api, upload),
        links=_links(api.base, gui, upload, entries),
        extra={name: value for name, value in extra.items() if value},
    )


def outline_of(base: str, upload: Upload, gui: str) -> Deposit:
    """The deposit as a list shows it: what is known without asking any further."""
    return Deposit(
        id=upload.upload_id,
        state=_state(upload),
        revision="",
        contents="",
        links=_links(base, gui, upload, ()),
        doi=upload.doi.id if upload.doi else None,
        title=upload.upload_name or "",
        created=upload.upload_create_time,
        updated=upload.changed,
    )


def _state(upload: Upload) -> State:
    if upload.published:
        return State.PUBLISHED
    if upload.process_running:
        return State.PROCESSING
    return State.FAILED if upload.process_status == FAILED else State.DRAFT


def _revision(upload: Upload, entries: Sequence[Entry]) -> str:
    """A digest of what edits change, but for datasets.

    Comment and references belong to entries and are not in the upload's own JSON. Of several
    entries the generated ones count, so that an entry that comes or goes with a file changes
    nothing. A dataset that is deleted leaves its entries without anybody having edited them.
    """
    own = [e for e in entries if e.mainfile.rpartition("/")[2] == ENTRY] or entries[:1]
    said = [
        upload.upload_name,
        sorted(upload.coauthors),
        sorted(upload.reviewers),
        upload.embargo_length,
        [[e.entry_id, e.comment or "", sorted(e.references)] for e in own],
    ]
    return _digest(said)


def _contents(api: NomadApi, upload: Upload) -> str:
    """A digest of what the root folder says of all below it, and of the last change to files.

    A folder's size there is that of all below it. The time of a process is known where it was the
    last one, and not at all in NOMAD 1.4.3: a file that somebody replaces by another of the same
    size, and then edits metadata, goes unnoticed.
    """
    if upload.untouched:
        return _digest([None, 0, 0, []])
    try:
        root = api.root(upload.upload_id)
    except NotFoundError as error:  # of the files, not of the upload, which was just there
        raise TemporaryError(
            f"the files of the upload {upload.upload_id} cannot be listed",
            target=api.target,
            answer=error.answer,
        ) from error
    when = upload.complete_time if upload.current_process == _PROCESS_FILES else None
    names = [[element.name, element.size] for element in root.first]
    return _digest([when, root.size, root.total, names])


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def _links(base: str, gui: str, upload: Upload, entries: Sequence[Entry]) -> dict[str, str]:
    self = f"{base}/uploads/{upload.upload_id}"
    links = {"self": self, "files": f"{self}/rawdir/"}
    if not upload.published:
        links["publish"] = f"{self}/action/publish"
    if gui:
        links["self_html"] = upload_page(gui, upload.upload_id)
    entry = entry_id_of(upload.upload_id, ENTRY)
    if any(e.entry_id == entry for e in entries):
        links |= _entry_links(base, gui, entry)
    return links


def _entry_links(base: str, gui: str, entry_id: str) -> dict[str, str]:
    links = {"record": f"{base}/entries/{entry_id}"}
    if gui:
        links["record_html"] = entry_page(gui, entry_id)
    return links


def upload_page(gui: str, upload_id: str) -> str:
    """Where people see an upload."""
    return f"{gui}/user/uploads/upload/id/{upload_id}"


def entry_page(gui: str, entry_id: str) -> str:
    """Where people see an entry."""
    return f"{gui}/search/entries/entry/id/{entry_id}"


def member_of(deposit: Deposit, prefix: str, base: str, gui: str) -> Deposit:
    """The part of a group's deposit that lies in one folder, known by its generated entry."""
    entry_id = entry_id_of(deposit.id, f"{prefix}/{ENTRY}")
    links = _entry_links(base, gui, entry_id)
    links["self"] = links["record"]
    if gui:
        links["self_html"] = links["record_html"]
    links["files"] = f"{base}/uploads/{deposit.id}/rawdir/{prefix}"
    if "publish" in deposit.links:
        links["publish"] = deposit.links["publish"]
    return replace(
        deposit,
        id=f"{deposit.id}{MEMBER_SEPARATOR}{entry_id}",
        links=links,
        failures=tuple(f for f in deposit.failures if f.startswith(f"{prefix}/")),
        extra={"group": deposit.id, "prefix": prefix},
    )


def split_id(id_: str) -> tuple[str, str | None]:
    """The ids of an upload and, for a member of a group, of its entry."""
    upload_id, _, entry_id = id_.partition(MEMBER_SEPARATOR)
    return upload_id, entry_id or None


def reason_of_failure(upload: Upload) -> str | None:
    """Why the upload as a whole failed, in NOMAD's words; None if it did not."""
    if upload.process_status != FAILED or upload.process_running:
        return None
    said = [_last_line(error) for error in upload.errors]
    return "; ".join(said) or _last_line(upload.last_status_message or "processing failed")


def failures_of(api: NomadApi, upload: Upload) -> tuple[str, ...]:
    """What NOMAD could not process, `path: its words`, sorted by path."""
    if not upload.entries:
        return ()
    return tuple(sorted(_failed(api, upload.upload_id)))


def _failed(api: NomadApi, upload_id: str) -> Iterator[str]:
    count = api.processed(upload_id).processing_failed
    if not count:
        return
    page = api.processed(upload_id, page_size=min(count, FAILURES_SHOWN))
    for entry in page.data:
        if entry.process_status == FAILED:
            yield f"{entry.mainfile}: {_words_of(entry)}"
    if count > FAILURES_SHOWN:
        yield f"{count - FAILURES_SHOWN} more entries failed"


def _words_of(entry: Processed) -> str:
    return "; ".join(errors_of(entry)) or "processing failed"


def errors_of(entry: Processed) -> tuple[str, ...]:
    """Why an entry could not be processed, in NOMAD's words, without tracebacks."""
    indexed = entry.entry_metadata.processing_errors if entry.entry_metadata else ()
    return tuple(dict.fromkeys(_last_line(error) for error in (*entry.errors, *indexed)))


def _last_line(error: str) -> str:
    """An error without the traceback before it."""
    lines = [line.strip() for line in error.splitlines() if line.strip(' "\t')]
    return lines[-1] if lines else error
