"""One's own datasets as collections, and the DOIs of uploads and datasets."""

from __future__ import annotations

from difflib import get_close_matches
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from publishkit.abilities import (
    Collection,
    CollectionDois,
    CollectionKeeping,
    Collections,
    DoiAssignment,
    DoiLookup,
)
from publishkit.errors import (
    AuthenticationError,
    LostAnswerError,
    NotFoundError,
    RejectedError,
    RepositoryError,
)
from publishkit_nomad.deposits import split_id
from publishkit_nomad.edits import Edit, Fields
from publishkit_nomad.uploads import UploadRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publishkit_nomad.answers import Dataset, Upload

__all__ = ["NomadCollections", "NomadDois", "collection_of"]

_NAMED_AT_MOST: Final = 5
_UNKNOWN_ACTION: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
_NOT_ENABLED: Final = "not enabled"
"""In the answer, a 403, of a NOMAD without DataCite."""


def collection_of(dataset: Dataset, gui: str) -> Collection:
    """A dataset as a collection."""
    return Collection(
        id=dataset.dataset_id,
        name=dataset.dataset_name,
        page=f"{gui}/dataset/id/{dataset.dataset_id}" if gui else "",
        doi=dataset.doi,
        created=dataset.dataset_create_time,
    )


class NomadCollections(UploadRepository, Collections, CollectionKeeping):
    """Puts the entries of uploads into datasets."""

    def collections(self, query: str = "") -> Iterator[Collection]:
        """One's own datasets, whose name has the query in it."""
        for dataset in self.access.datasets.own():
            if query.casefold() in dataset.dataset_name.casefold():
                yield collection_of(dataset, self.access.gui)

    def collection(self, name: str) -> Collection:
        """The dataset with this id, or one's own with this name."""
        own = {dataset.dataset_name: dataset for dataset in self.access.datasets.own()}
        found = self._by_id(name) or own.get(name)
        if found:
            return collection_of(found, self.access.gui)
        near = get_close_matches(name, own, n=_NAMED_AT_MOST, cutoff=0.5)
        raise NotFoundError(
            f"you have no dataset {name}" + (f"; near it: {', '.join(near)}" if near else ""),
            target=self.api.target,
            advice="List yours (publishkit collections list), or create it.",
        )

    def collect(self, id: str, collection: str) -> bool:
        """Add every entry of a draft or published upload to a dataset; always True."""
        upload_id, entry_id = split_id(id)

        def needed(upload: Upload) -> list[Edit]:
            lacking = [
                entry.entry_id
                for entry in self._editor.entries(upload, entry_id)
                if all(dataset.dataset_id != collection for dataset in entry.datasets)
            ]
            fields: Fields = {"datasets": {"add": [collection]}}
            return [Edit.of_entries(fields, lacking, upload)] if lacking else []

        self._editor.bring(upload_id, needed)
        return True

    def create_collection(self, name: str) -> Collection:
        """Make a dataset; NOMAD itself would take a name of blanks."""
        if not name.strip():
            raise RejectedError("a dataset needs a name", target=self.api.target)
        id_ = self.access.datasets.ensure([name])[name]
        return collection_of(self.api.dataset(id_), self.access.gui)

    def delete_collection(self, id: str) -> None:
        """Delete a dataset; its entries stay. RejectedError where it has a DOI."""
        dataset = self._by_id(id)
        if dataset and dataset.doi:
            raise RejectedError(
                f"the dataset {dataset.dataset_name} has the DOI {dataset.doi} and stays for good",
                target=self.api.target,
                advice="Ask NOMAD's administrators if it must go.",
            )
        if dataset:
            self.api.delete_dataset(id)

    def _by_id(self, id_: str) -> Dataset | None:
        try:
            return self.api.dataset(id_)
        except NotFoundError:
            return None


class NomadDois(UploadRepository, CollectionDois, DoiAssignment, DoiLookup):
    """Registers and finds DOIs.

    What has a DOI is never asked for one again: NOMAD 1.3.17 then deletes a dataset whose DOI it
    made up without DataCite.
    """

    def assign_collection_doi(self, id: str) -> str:
        """The DOI of a dataset; NOMAD asks that it holds something, all of it published."""
        return self._assigned(
            lambda: self.api.dataset(id).doi, lambda: self.api.assign_dataset_doi(id)
        )

    def assign_doi(self, id: str) -> str:
        """The DOI of a published upload; NOMAD 1.3 gives none."""
        return self._assigned(lambda: self._doi_of(id), lambda: self._assign(id))

    def find_doi(self, doi: str) -> str | None:
        """Among one's own uploads, then a dataset of which all visible entries are in one upload.

        NOMAD 2.0.0 answers 500 to `/uploads?doi=`.
        """
        for upload in self.api.own_uploads():
            if upload.doi and upload.doi.id.casefold() == doi.casefold():
                return upload.upload_id
        for dataset in self._datasets_with(doi):
            uploads: set[str] = set()
            for entry in self.api.search("visible", {"datasets.dataset_id": dataset.dataset_id}):
                uploads.add(entry.upload_id)
                if len(uploads) > 1:
                    return None
            return next(iter(uploads), None)
        return None

    def _datasets_with(self, doi: str) -> Iterator[Dataset]:
        """NOMAD tells DOIs in capitals from others; those of 1.x have NOMAD in them."""
        ways = dict.fromkeys((doi, doi.lower(), doi.upper()))
        for way in ways:
            yield from self.api.datasets(doi=way)

    def _doi_of(self, id_: str) -> str | None:
        found = self.api.upload(id_).doi
        return found.id if found else None

    def _assign(self, id_: str) -> None:
        try:
            self.api.assign_upload_doi(id_)
        except RepositoryError as error:
            if error.status not in _UNKNOWN_ACTION:
                raise
            raise RejectedError(
                "this NOMAD's version gives no DOIs to uploads",
                target=self.api.target,
                advice="Put the upload into a dataset, and assign a DOI to that.",
            ) from error

    def _assigned(self, look: Callable[[], str | None], assign: Callable[[], None]) -> str:
        doi = look()
        if doi:
            return doi
        lost: LostAnswerError | None = None
        try:
            assign()
        except LostAnswerError as error:
            lost = error
        except AuthenticationError as error:
            if _NOT_ENABLED not in error.answer:
                raise
            raise RejectedError(
                "this NOMAD registers no DOIs",
                target=self.api.target,
                answer=error.answer,
                advice="Ask those who run it, or publish on one that does.",
            ) from error
        doi = look()
        if doi:
            return doi
        raise lost or RejectedError("NOMAD gave no DOI", target=self.api.target)
