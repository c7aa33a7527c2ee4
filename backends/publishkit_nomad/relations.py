"""How an upload names other works, and how others name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from publishkit.abilities import Addresses, Link, Relations
from publishkit.errors import RejectedError
from publishkit.identifiers import as_doi
from publishkit_nomad.deposits import entry_page, split_id, upload_page
from publishkit_nomad.edits import Edit
from publishkit_nomad.entry import ENTRY, entry_id_of
from publishkit_nomad.uploads import UploadRepository
from publishkit_nomad.wishes import as_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishkit.repository import Deposit
    from publishkit_nomad.answers import Entry, Upload

__all__ = ["NomadRelations", "comparable"]


class NomadRelations(UploadRepository, Relations, Addresses):
    """Names other works as `references` of the entries; NOMAD keeps no kind of relation."""

    registers: ClassVar[bool] = False

    def relate(self, id: str, links: Sequence[Link]) -> Deposit:
        """Add references to every entry that lacks them, of a draft or published upload."""
        upload_id, entry_id = split_id(id)
        urls = self._urls(links)

        def needed(upload: Upload) -> list[Edit]:
            entries = self._editor.entries(upload, entry_id)
            return [
                Edit.of_entries({"references": {"add": [*lacking]}}, ids, upload)
                for lacking, ids in _lacking(urls, entries).items()
            ]

        self._editor.bring(upload_id, needed)
        return self.get(upload_id)

    def address(self, id: str) -> str:
        """The upload's DOI, or the page of its generated entry, known before a file is sent.

        An upload that holds files and no generated entry is named by its own page.
        """
        upload_id, entry_id = split_id(id)
        upload = self.api.upload(upload_id)
        if upload.doi:
            return f"https://doi.org/{upload.doi.id}"
        if entry_id is None:
            names = {element.name for element in self.api.folder(upload_id, "")}
            if names and ENTRY not in names:
                return self._page_of_upload(upload_id)
            entry_id = entry_id_of(upload_id, ENTRY)
        gui = self.access.gui
        return entry_page(gui, entry_id) if gui else f"{self.api.base}/entries/{entry_id}"

    def _page_of_upload(self, upload_id: str) -> str:
        gui = self.access.gui
        return upload_page(gui, upload_id) if gui else f"{self.api.base}/uploads/{upload_id}"

    def _urls(self, links: Sequence[Link]) -> list[str]:
        """The links as NOMAD takes them. RejectedError names all that it would not."""
        urls: dict[str, None] = {}
        wrong: list[str] = []
        for link in links:
            doi = as_doi(link.identifier)
            url = as_url(doi, "doi") if doi else as_url(link.identifier, "url")
            if url:
                urls[url] = None
            else:
                wrong.append(link.identifier)
        if wrong:
            raise RejectedError(
                f"NOMAD does not take {', '.join(wrong)} as a reference",
                target=self.api.target,
                advice="Give a DOI or a full URL on a public host.",
            )
        return list(urls)


def comparable(url: str) -> str:
    """What two ways to write one work have in common: its DOI, or else the URL."""
    return as_doi(url) or url


def _lacking(urls: Sequence[str], entries: Sequence[Entry]) -> dict[tuple[str, ...], list[str]]:
    """The entries by the URLs that they lack."""
    found: dict[tuple[str, ...], list[str]] = {}
    for entry in entries:
        named = {comparable(reference) for reference in entry.references}
        lacking = tuple(url for url in urls if comparable(url) not in named)
        if lacking:
            found.setdefault(lacking, []).append(entry.entry_id)
    return found
