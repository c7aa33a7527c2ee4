"""One's own datasets, by name."""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING, Final

from publishkit.errors import LostAnswerError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publishkit_nomad.answers import Dataset
    from publishkit_nomad.api import NomadApi
    from publishkit_nomad.people import People

__all__ = ["Datasets"]

_ID: Final = re.compile(r"[\w-]{22}", re.ASCII)
"""How NOMAD's ids of datasets look."""


class Datasets:
    """The datasets of the account that is signed in."""

    def __init__(self, api: NomadApi, people: People) -> None:
        self._api = api
        self._people = people
        # two creations at once both succeed, and leave two datasets of one name (NOMAD 1.4.3)
        self._lock = Lock()

    def find(self, name: str) -> str | None:
        """The id of the dataset with this id or name; the first, should there be several."""
        if _ID.fullmatch(name) and any(dataset.dataset_id == name for dataset in self.own()):
            return name
        found = self._api.datasets_named(name, self._people.me().user_id)
        return found[0].dataset_id if found else None

    def own(self) -> Iterator[Dataset]:
        """All of them."""
        return self._api.datasets(user_id=self._people.me().user_id)

    def ensure(self, names: Iterable[str]) -> dict[str, str]:
        """The ids of datasets by name; creates those that lack."""
        return {name: self._ensure(name) for name in sorted(set(names))}

    def _ensure(self, name: str) -> str:
        with self._lock:
            return self.find(name) or self._create(name)

    def _create(self, name: str) -> str:
        try:
            return self._api.create_dataset(name)
        except (LostAnswerError, RejectedError):
            # the answer was lost, or another process was first
            found = self.find(name)
            if found:
                return found
            raise
