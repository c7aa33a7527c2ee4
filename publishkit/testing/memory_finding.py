"""What there is in memory, and getting it back."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import urlsplit

from publishkit.abilities import (
    Answer,
    Catalogue,
    Collection,
    Definitions,
    Download,
    Entries,
    Entry,
    Query,
    RawRequests,
    Search,
    Source,
    Workflows,
)
from publishkit.entryfiles import Definition, Field, Offer
from publishkit.errors import NotFoundError, RepositoryError
from publishkit.repository import Deposit, State
from publishkit.testing.plain import PlainRepository, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import JsonValue

__all__ = ["MemoryDefinitions", "MemoryDownload", "MemoryEntries", "MemoryRequests", "MemorySearch"]

ENTRY: Final = ".archive.json"
"""How the names of files end that entries are made of."""
TASK: Final = "task"
"""The section of an entry that can be the task of a workflow."""


class MemorySearch(PlainRepository, Catalogue, Search):
    """Lists, and a search for words."""

    owners: ClassVar[tuple[str, ...]] = ("public", "mine")

    def deposits(self) -> Iterator[Deposit]:
        yield from map(self.get, reversed(list(self.shelves)))

    def search(self, query: Query) -> Iterator[Deposit | Entry]:
        words = query.text.lower().split()
        for id_, shelf in reversed(list(self.shelves.items())):
            seen = query.owner == "mine" or shelf.state is State.PUBLISHED
            there = not query.collection or query.collection in shelf.collections
            if seen and there and all(word in _text(shelf) for word in words):
                yield self.get(id_)


class MemoryDownload(PlainRepository, Download):
    """What was pushed, as it was pushed."""

    def describe(self, id: str) -> Mapping[str, JsonValue]:
        with self._lock:
            shelf = self._shelf(id)
            if shelf.record is None:
                return {"metadata": {"title": shelf.title}}
            return shelf.record.with_links(shelf.named).body()

    def sources(self, id: str) -> Iterator[Source]:
        with self._lock:
            files = dict(self._shelf(id).files)
        for key, (data, digest) in files.items():
            yield Source(key, len(data), f"sha256:{digest}", partial(_open, data), resumes=True)


class MemoryEntries(PlainRepository, Entries, Workflows):
    """An entry of every file whose name ends in `.archive.json`: an object with sections."""

    known_collections: dict[str, Collection]

    def entries(self, id: str | None = None) -> Iterator[Entry]:
        for deposit in list(self.shelves) if id is None else [id]:
            shelf = self._shelf(deposit)
            for key in shelf.files:
                if key.endswith(ENTRY):
                    yield self._entry(deposit, shelf, key)

    def _entry(self, id_: str, shelf: Shelf, key: str) -> Entry:
        made = hashlib.sha256(f"{id_}/{key}".encode()).hexdigest()[:12]
        return Entry(
            id=made,
            deposit=id_,
            mainfile=key,
            name=key.rpartition("/")[2].removesuffix(ENTRY),
            published=shelf.state is State.PUBLISHED,
            processed=not self.failures,
            errors=self.failures,
            references=tuple(shelf.named),
            collections=tuple(self.known_collections[one] for one in sorted(shelf.collections)),
            page=f"{self.url}/{id_}/{made}",
            created=shelf.created,
        )

    def entry(self, id: str) -> Entry:
        for entry in self.entries():
            if entry.id == id:
                return entry
        raise NotFoundError(f"there is no entry {id}")

    def archive(self, id: str) -> Mapping[str, JsonValue]:
        entry = self.entry(id)
        content: JsonValue = json.loads(self._shelf(entry.deposit).files[entry.mainfile][0])
        return {"metadata": {"entry_id": id, "mainfile": entry.mainfile}, "content": content}

    def offer(self, id: str, sections: Sequence[str] = ()) -> Offer:
        content = self.archive(id)["content"]
        there = list(content) if isinstance(content, dict) else []
        return Offer(
            task=TASK if TASK in there else "",
            section=there[0] if there else "",
            missing=tuple(one for one in sections if one not in there),
        )

    def entry_files(self, id: str) -> Iterator[Source]:
        entry = self.entry(id)
        folder = entry.mainfile.rpartition("/")[0]
        for key, (data, digest) in list(self._shelf(entry.deposit).files.items()):
            if not folder or key.startswith(f"{folder}/"):
                yield Source(key, len(data), f"sha256:{digest}", partial(_open, data), resumes=True)


class MemoryDefinitions(PlainRepository, Definitions):
    """Tells of what begins with `example.`."""

    defined: ClassVar[Mapping[str, Definition]] = {
        "example.Thing": Definition(fields={"name": Field(kind="text")})
    }

    def definitions(self, names: Iterable[str]) -> Mapping[str, Definition | None]:
        return {name: self.defined.get(name) for name in names if name.startswith("example.")}

    def definitions_beside(self, name: str) -> Sequence[str]:
        return list(self.defined) if name.startswith("example.") else []


class MemoryRequests(PlainRepository, RawRequests):
    """Answers GET for a deposit's own address, and whatever a test puts into `answers`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.answers: dict[tuple[str, str], Answer] = {}
        """By method and path below the API's address, such as `("POST", "communities")`."""
        self.requests: list[tuple[str, str, Mapping[str, str], bytes | None]] = []
        """Every request: its method, path, query and body."""

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        if "://" in path and urlsplit(path).netloc != urlsplit(self.url).netloc:
            raise RepositoryError(f"refused to go to another host, {urlsplit(path).netloc}")
        below = path.removeprefix(f"{self.url}/api").lstrip("/")
        with self._lock:
            self.requests.append((method, below, dict(params or {}), body))
            if (method, below) in self.answers:
                return self.answers[method, below]
            if method in {"GET", "HEAD"} and below in self.shelves:
                found = {"id": below, "title": self.shelves[below].title}
                content = json.dumps(found).encode() if method == "GET" else b""
                return Answer(200, {"Content-Type": "application/json"}, content)
        return Answer(404, {"Content-Type": "application/json"}, b'{"message": "not found"}')


@contextmanager
def _open(data: bytes, offset: int) -> Iterator[Iterator[bytes]]:
    yield iter([data[offset:]])


def _text(shelf: Shelf) -> str:
    if shelf.record is None:
        return shelf.title.lower()
    metadata = shelf.record.metadata
    people = (creator.person_or_org.display_name for creator in metadata.creators)
    return " ".join([metadata.title, metadata.description or "", *people]).lower()
