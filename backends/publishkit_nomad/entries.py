"""The entries that NOMAD makes of uploads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from publishkit.abilities import Entries, Entry, Source, Workflows
from publishkit.errors import AuthenticationError, NotFoundError, RejectedError
from publishkit_nomad import flows
from publishkit_nomad.collecting import collection_of
from publishkit_nomad.deposits import FAILED, entry_page, errors_of, split_id
from publishkit_nomad.entry import ENTRY
from publishkit_nomad.entry_files import ArchiveFiles
from publishkit_nomad.files import walk
from publishkit_nomad.manifest import MANIFEST
from publishkit_nomad.raw import opened
from publishkit_nomad.uploads import UploadRepository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from publishkit.entryfiles import Offer
    from publishkit_nomad import answers

__all__ = ["NomadEntries", "entry_of"]


def entry_of(found: answers.Entry, gui: str, errors: tuple[str, ...] = ()) -> Entry:
    """An entry as the search index has it.

    Args:
        found: What the index says.
        gui: The base of NOMAD's web pages, empty if there are none.
        errors: What more is known to have gone wrong.
    """
    return Entry(
        id=found.entry_id,
        deposit=found.upload_id,
        mainfile=found.mainfile,
        name=found.entry_name or "",
        type=found.entry_type or "",
        processed=found.processed and not errors,
        published=found.published,
        errors=errors or found.processing_errors,
        comment=found.comment or "",
        references=found.references,
        collections=tuple(collection_of(dataset, gui) for dataset in found.datasets),
        page=entry_page(gui, found.entry_id) if gui else "",
        created=found.upload_create_time,
    )


class NomadEntries(UploadRepository, Entries, Workflows):
    """Tells of entries, and of what workflows can refer to in them."""

    def entries(self, id: str | None = None) -> Iterator[Entry]:
        """Those of an upload by main file, or of all one's own; of a group's member its own."""
        if id is None:
            return (self._entry(found) for found in self.api.search("user", {}))
        upload_id, entry_id = split_id(id)
        if entry_id is not None:
            return iter((self.entry(entry_id),))
        return self._of_upload(upload_id)

    def _of_upload(self, upload_id: str) -> Iterator[Entry]:
        upload = self.api.upload(upload_id)
        for found in self.api.all_processed(upload_id):
            yield self._processed(found, upload)

    def entry(self, id: str) -> Entry:
        """One entry; of one that failed a second request tells why."""
        found = self.api.entry(id)
        if found.processed:
            return self._entry(found)
        try:
            processing = self.api.processed_entry(found.upload_id, id)
        except (AuthenticationError, NotFoundError, RejectedError):  # somebody else's
            return self._entry(found)
        return self._entry(found, errors_of(processing))

    def archive(self, id: str) -> Mapping[str, JsonValue]:
        """The processed archive of an entry."""
        return self.api.archive(id)

    def offer(self, id: str, sections: Sequence[str] = ()) -> Offer:
        """What a processed entry offers; one that failed has none of it."""
        found = self.api.archive_parts(id, {**flows.WANTED, "metadata": {"upload_id": "*"}})
        missing = [
            one
            for one in sections
            if not flows.answered(self.api.archive_parts(id, flows.required(one)), one)
        ]
        metadata = found.get("metadata")
        deposit = str(metadata.get("upload_id", "")) if isinstance(metadata, dict) else ""
        return flows.offer_of(found, missing, partial(ArchiveFiles().anywhere, deposit, id))

    def entry_files(self, id: str) -> Iterator[Source]:
        """All raw files of the main file's folder and those below it."""
        found = self.api.entry(id)
        folder = found.mainfile.rpartition("/")[0]
        for key, size in walk(self.api, found.upload_id, folder):
            if key != found.mainfile and key.rpartition("/")[2] in {ENTRY, MANIFEST}:
                continue  # what publishkit put there is of no use in another upload
            yield Source(
                key=key,
                size=size,
                checksum=None,
                open=partial(opened, self.api, found.upload_id, key),
                resumes=True,
            )

    def _entry(self, found: answers.Entry, errors: tuple[str, ...] = ()) -> Entry:
        return entry_of(found, self.access.gui, errors)

    def _processed(self, found: answers.Processed, upload: answers.Upload) -> Entry:
        """An entry as the upload's own list has it, which knows it before the index does."""
        errors = errors_of(found) if found.process_status == FAILED else ()
        if found.entry_metadata:
            return self._entry(found.entry_metadata, errors)
        return Entry(
            id=found.entry_id,
            deposit=upload.upload_id,
            mainfile=found.mainfile,
            processed=not errors,
            published=upload.published,
            errors=errors,
            page=entry_page(self.access.gui, found.entry_id) if self.access.gui else "",
            created=upload.upload_create_time,
        )
